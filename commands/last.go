package commands

import (
	"context"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) last() command.Command {
	return command.New(command.Spec{
		Name: "last", Group: groupPeople, Records: true, Cost: costList,
		Summary: "list who came and went",
		Help: `
Lists the last visits, of everyone or of one person, the newest first: how long
ago somebody came and left, and how long they stayed. A change of name ends one
visit and begins another. The server remembers the last 1000 since it started.
`,
		Examples: []string{"last", "last bob", "last -n 50 | grep bob"},
		Args: []command.Arg{
			// Not a User: who it was may have left.
			{Name: "user", Type: command.String, Optional: true, Help: "whose visits"},
		},
		Flags: []command.Flag{{Name: "number", Short: "n", Type: command.Int, Default: "20", Help: "how many at most, from 1 to 200"}},
	}, func(_ context.Context, c *command.Call) error {
		n := c.Int("number")
		if n < 1 || n > maxListed {
			return chat.Errorf(chat.Invalid, "--number must be a whole number from 1 to %d, not %d.", maxListed, n)
		}
		visits, err := d.visits(c, c.String("user"), n)
		if err != nil {
			return err
		}
		var t table
		t.row("NAME", "CAME", "LEFT", "STAYED")
		for _, v := range visits {
			if c.JSON {
				if err := c.Object(newVisitObject(v)); err != nil {
					return err
				}
				continue
			}
			left, until := "still here", c.Now
			if !v.Out.IsZero() {
				left, until = span(c.Now.Sub(v.Out))+" ago", v.Out
			}
			t.row(v.Name, span(c.Now.Sub(v.In))+" ago", left, span(until.Sub(v.In)))
		}
		if c.JSON {
			return nil
		}
		return t.write(c.Out, c.View().Width)
	})
}

// visits are the last n visits, the newest first; if somebody is named, theirs,
// of which there is at least one if there is no error.
func (d *Deps) visits(c *command.Call, name string, n int) ([]chat.Visit, error) {
	if !c.Has("user") {
		return d.Hub.Visits("", n), nil
	}
	key := text.Fold(strings.TrimPrefix(name, "@"))
	if visits := d.Hub.Visits(key, n); len(visits) > 0 {
		return visits, nil
	}
	if u := d.Hub.User(key); u != nil { // here for so long that the visit is forgotten
		return []chat.Visit{{Name: u.Name().Display, In: u.Since()}}, nil
	}
	remembered := slices.Values(appendNames(d.Hub.UserNames(), d.Hub.Visits("", maxListed)))
	return nil, orSay(c, missing("Nobody called "+name+" is or was here lately", name, remembered, "last lists who was"))
}

func appendNames(names []string, visits []chat.Visit) []string {
	for _, v := range visits {
		names = append(names, v.Name)
	}
	return names
}
