package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// What history shows at most. The bytes keep a long answer well within what a
// session may owe its terminal; into a pipe more may go.
const (
	maxHistory      = 500
	maxHistoryBytes = 64 << 10
)

func (d *Deps) history() command.Command {
	return command.New(command.Spec{
		Name: "history", Group: groupRooms, Records: true, Cost: costList,
		Summary: "show what was said in the room",
		Help: `
Shows the last messages of your current room, oldest first: so many, or those
of so long ago; with --user of one person alone, and with --before those before
the message of that number, which --ids shows. What is private is in no history,
and what people say whom you ignore is left out. At most 500 messages are
shown, and on your screen 64 KiB. search looks for words.
`,
		Examples: []string{"history", "history 50", "history 2h --user bob", "history 5 --ids", "history 20 --before 1200", "history 1h | grep -i deploy"},
		Args: []command.Arg{{
			Name: "count", Type: command.Count, Optional: true, Default: "20", Max: maxHistory,
			Help: "how many messages, or how far back",
		}},
		Flags: []command.Flag{
			{Name: "before", Type: command.Int, Help: "only messages before the one of that number"},
			{Name: "user", Type: command.String, Help: "only what this person said, under this name"},
			{Name: "ids", Help: "show the number of each message, which rises within a room"},
		},
	}, func(_ context.Context, c *command.Call) error {
		q, err := wanted(c)
		if err != nil {
			return err
		}
		r := c.User.Room()
		events, err := d.Hub.History(r, q)
		if err != nil {
			return err
		}
		if len(events) == q.Last || d.remembers(r, q.Since) {
			return showHistory(c, r, q, events)
		}
		return c.Block(func(ctx context.Context) error {
			kept, err := d.Hub.Search(ctx, r, q)
			if err == nil {
				return showHistory(c, r, q, kept)
			}
			if len(events) > 0 { // better than nothing
				if err := showHistory(c, r, q, events); err != nil {
					return err
				}
			}
			return err
		})
	})
}

// wanted is the query for what the call asks for.
func wanted(c *command.Call) (chat.Query, error) {
	n, age := c.Count("count")
	q := chat.Query{Last: n, By: text.Fold(strings.TrimPrefix(c.String("user"), "@"))}
	if age > 0 {
		q.Last, q.Since = maxHistory, c.Now.Add(-age)
	}
	if c.Has("before") {
		before := c.Int("before")
		if before < 1 {
			return q, chat.Errorf(chat.Invalid, "--before must be the number of a message, as --ids shows it, not %d.", before)
		}
		q.Before = uint64(before)
	}
	return q, nil
}

// remembers reports whether all that was said in the room since then is in memory,
// as far as that is told by what history shows at most.
func (d *Deps) remembers(r *chat.Room, since time.Time) bool {
	if since.IsZero() {
		return false
	}
	events, err := d.Hub.History(r, chat.Query{Last: maxHistory})
	return err == nil && len(events) > 0 && events[0].Time.Before(since)
}

// showHistory writes what of the events the caller wants to see.
func showHistory(c *command.Call, r *chat.Room, q chat.Query, events []*chat.Event) error {
	page, left, err := recent(c, events)
	if err != nil {
		return err
	}
	if left > 0 {
		if err := tell(c, "%s left out, since at most %d KiB are shown: give a smaller number, or --before with --ids.", plural(left, "older message is", "older messages are"), maxHistoryBytes>>10); err != nil {
			return err
		}
	}
	if len(page) > 0 {
		_, err = c.Out.Write(page)
		return err
	}
	return tell(c, "%s.", nothing(c, r, q))
}

// nothing says that there is nothing that satisfies the query.
func nothing(c *command.Call, r *chat.Room, q chat.Query) string {
	s := "Nothing was said in " + r.Name()
	if q.By != "" {
		s = c.String("user") + " said nothing in " + r.Name()
	}
	if q.Before > 0 {
		s += fmt.Sprintf(" before %d", q.Before)
	}
	switch {
	case !q.Since.IsZero():
		s += " for " + span(c.Now.Sub(q.Since))
	case q.Before == 0:
		s += " yet"
	}
	return s
}

// recent are the events that the caller wants to see, a line each: all, or as many
// of the last ones as a terminal is shown; left is how many of them are not.
func recent(c *command.Call, events []*chat.Event) (page []byte, left int, err error) {
	var lines []string
	size := 0
	for _, ev := range slices.Backward(events) {
		if c.User.Hides(ev) {
			continue
		}
		l, err := remembered(c, ev, c.Bool("ids"))
		if err != nil {
			return nil, 0, err
		}
		if left > 0 || size+len(l) > maxHistoryBytes && !c.Feeds() {
			left++
			continue
		}
		size += len(l)
		lines = append(lines, l)
	}
	page = make([]byte, 0, size)
	for _, l := range slices.Backward(lines) {
		page = append(page, l...)
	}
	return page, left, nil
}

// remembered is the line of one event, with its number in front if ids is true.
func remembered(c *command.Call, ev *chat.Event, ids bool) (string, error) {
	if c.JSON {
		return written(c, func() error { return c.Object(newMessageObject(ev)) })
	}
	l := c.View().Render(ev, true) + "\n"
	if ids {
		l = fmt.Sprintf("%d %s", ev.Seq, l)
	}
	return l, nil
}

// written is what f writes to Out, where it does not go.
func written(c *command.Call, f func() error) (string, error) {
	out := c.Out
	defer func() { c.Out = out }()
	var b strings.Builder
	c.Out = &b
	err := f()
	return b.String(), err
}
