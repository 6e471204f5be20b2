// Top counts who says most in what is piped into it: `history 200 | top`, or
// which words, with --words. It shows input from a pipe, flags and JSON.
package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

func main() { sdk.Serve("top", "1.0.0", top()) }

func top() sdk.Command {
	c := sdk.Cmd("top [count:int(1..1000)=10] [-w|--words]", "count who, or what, comes up most", count)
	c.Args[0].Help = "how many to show"
	c.Flags[0].Help = "count words, not people"
	c.Help = "It reads messages, as history and search write them, also as JSON. Other lines count as\n" +
		"words, but not as people's."
	c.Examples = []string{"history 200 | top", "history 1d | top 5", "history 500 | grep release | top --words"}
	c.Filter, c.Records = true, true
	return c
}

// A row is one line of `top --json`.
type row struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// limit bounds what a hostile pipe can make us remember: different names.
const limit = 100_000

func count(c *sdk.Call) error {
	counts := map[string]int{}
	add := func(name string) {
		if _, known := counts[name]; known || len(counts) < limit {
			counts[name]++
		}
	}
	for line := range c.Lines() {
		name, text := message(line)
		if !c.Bool("words") {
			if name != "" {
				add(name)
			}
			continue
		}
		for _, w := range word.FindAllString(text, -1) {
			add(strings.ToLower(w))
		}
	}
	if err := c.Context().Err(); err != nil {
		return err
	}
	most := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, name := range most[:min(len(most), c.Int("count"))] {
		var err error
		if c.JSON {
			err = c.Object(row{name, counts[name]})
		} else {
			err = c.Printf("%5d  %s", counts[name], name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	word = regexp.MustCompile(`[\pL\pN][\pL\pN\pM'’]*`)
	// A number, a time, a room, and then NAME: TEXT or * NAME TEXT.
	said = regexp.MustCompile(`^(?:\d+ )?(?:\[[^\]]*\] )*(?:\* ([^ ]+)|([^ :]+):) ?(.*)$`)
)

// message takes a line apart; name is "" if nobody said it.
func message(line string) (name, text string) {
	var object struct{ From, Text string }
	if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &object) == nil && object.From != "" {
		return object.From, object.Text
	}
	m := said.FindStringSubmatch(line)
	if m == nil {
		return "", line
	}
	return m[1] + m[2], m[3]
}
