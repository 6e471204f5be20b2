package commands

import (
	"context"
	"fmt"
	"slices"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// What history shows at most. The bytes keep a long answer well within what a
// session may owe its terminal.
const (
	maxHistory      = 500
	maxHistoryBytes = 64 << 10
)

func (d *Deps) history() command.Command {
	return command.New(command.Spec{
		Name: "history", Group: groupRooms, Cost: costList,
		Summary: "show what was said in the room",
		Help: `
Shows the last messages of your current room, oldest first: so many, or those
of so long ago. What is private is in no history, and what people say whom you
ignore is left out. At most 500 messages and 64 KiB are shown.
`,
		Examples: []string{"history", "history 50", "history 2h", "history 5 --ids"},
		Args: []command.Arg{{
			Name: "count", Type: command.Count, Optional: true, Default: "20", Max: maxHistory,
			Help: "how many messages, or how far back",
		}},
		Flags: []command.Flag{{Name: "ids", Help: "show the number of each message, which rises within a room"}},
	}, func(_ context.Context, c *command.Call) error {
		u, now := c.User, c.Now
		r := u.Room()
		n, age := c.Count("count")
		q := chat.Query{Last: n}
		if age > 0 {
			q = chat.Query{Last: maxHistory, Since: now.Add(-age)}
		}
		events, err := d.Hub.History(r, q)
		if err != nil {
			return err
		}
		page := recent(c, u, events)
		switch {
		case len(page) > 0:
			_, err = c.Out.Write(page)
			return err
		case age > 0:
			return tell(c, "Nothing was said in %s for %s.", r.Name(), span(age))
		}
		return tell(c, "Nothing was said in %s yet.", r.Name())
	})
}

// recent are the events that u wants to see, a line each: all, or as many of the
// last ones as history shows.
func recent(c *command.Call, u *chat.User, events []*chat.Event) []byte {
	ids := c.Bool("ids")
	var lines []string
	size := 0
	for _, ev := range slices.Backward(events) {
		if u.Ignores(ev.FromID) {
			continue
		}
		l := c.View().Render(ev, true) + "\n"
		if ids {
			l = fmt.Sprintf("%d %s", ev.Seq, l)
		}
		if size += len(l); size > maxHistoryBytes {
			break
		}
		lines = append(lines, l)
	}
	page := make([]byte, 0, size)
	for _, l := range slices.Backward(lines) {
		page = append(page, l...)
	}
	return page
}
