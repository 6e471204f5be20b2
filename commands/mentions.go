package commands

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) mentions() command.Command {
	return command.New(command.Spec{
		// Blocking, since it looks through all that is remembered of many rooms.
		Name: "mentions", Group: groupRooms, Blocking: true, Records: true, Cost: costList,
		Summary: "show the messages that named you",
		Help: `
Shows the last messages with your name in them, from all rooms that you are in,
oldest first: so many, or those of so long ago. They are those that the server
has in memory, also from before you came. What people say whom you ignore is
left out.
`,
		Examples: []string{"mentions", "mentions 5", "mentions 2h"},
		Args: []command.Arg{{
			Name: "count", Type: command.Count, Optional: true, Default: "20", Max: 200,
			Help: "how many messages, or how far back",
		}},
	}, func(_ context.Context, c *command.Call) error {
		n, age := c.Count("count")
		var since time.Time
		if age > 0 {
			since = c.Now.Add(-age)
		}
		events, err := d.naming(c.User, since)
		switch {
		case err != nil:
			return err
		case len(events) == 0 && !c.JSON:
			return tell(c, "Nobody has named you in the rooms that you are in.")
		}
		if n > 0 {
			events = events[max(0, len(events)-n):]
		}
		return showMessages(c, events)
	})
}

// naming are the messages that name u, in the rooms it is in and not older than
// since; oldest first.
func (d *Deps) naming(u *chat.User, since time.Time) ([]*chat.Event, error) {
	key := u.Name().Key
	var found []*chat.Event
	for _, r := range u.Rooms() {
		events, err := d.Hub.History(r, chat.Query{Since: since})
		if err != nil {
			return nil, err
		}
		for _, ev := range events {
			if !u.Hides(ev) && text.Fold(ev.From) != key && names(ev.Text, key) {
				found = append(found, ev)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *chat.Event) int { return a.Time.Compare(b.Time) })
	return found, nil
}

// names reports whether the name with that key is a word of s. What the hub notes
// with a message does not serve: it knows only of those who were here then.
func names(s, key string) bool {
	for word := range strings.FieldsSeq(s) {
		if text.Fold(strings.Trim(word, `@,.:;!?()"'<>`)) == key {
			return true
		}
	}
	return false
}
