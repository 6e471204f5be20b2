package commands

import (
	"context"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) search() command.Command {
	return command.New(command.Spec{
		Name: "search", Group: groupRooms, Blocking: true, Records: true, Cost: costSearch,
		Summary: "find what was said",
		Help: `
Shows the last messages with these words in them, next to each other and in
whatever case, oldest first: from all rooms that you are in, or from one of
them, of everyone, or of one person. It looks through all that the server has
kept. What people say whom you ignore is left out. Quote what has more than one
space or a quote in it.
`,
		Examples: []string{"search deploy", "search tea time --room lobby", "search fish --user bob -n 50", "search fish --json"},
		Args:     []command.Arg{{Name: "text", Type: command.String, Many: true, Help: "what you look for"}},
		Flags: []command.Flag{
			{Name: "room", Type: command.Room, Help: "only in this room, which you are in"},
			{Name: "user", Type: command.String, Help: "only what this person said, under this name"},
			{Name: "number", Short: "n", Type: command.Int, Default: "20", Help: "how many messages at most, from 1 to 200"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		n := c.Int("number")
		if n < 1 || n > maxListed {
			return chat.Errorf(chat.Invalid, "--number must be a whole number from 1 to %d, not %d.", maxListed, n)
		}
		words := strings.TrimSpace(strings.Join(c.Strings("text"), " "))
		if words == "" {
			return chat.Errorf(chat.Invalid, "That finds everything; history shows what was said last.")
		}
		rooms, err := d.searched(c)
		if err != nil {
			return err
		}
		q := chat.Query{Last: n, Text: words, By: text.Fold(strings.TrimPrefix(c.String("user"), "@"))}
		found, err := d.find(ctx, c, rooms, q)
		if err != nil {
			return err
		}
		if len(found) == 0 && !c.JSON {
			return tell(c, "Nothing was found in %s.", plural(len(rooms), "room", "rooms"))
		}
		return showMessages(c, found)
	})
}

// searched are the rooms that the call is about. To read what was said in a room
// one must be in it.
func (d *Deps) searched(c *command.Call) ([]*chat.Room, error) {
	mine := c.User.Rooms()
	if !c.Has("room") {
		return mine, nil
	}
	r, err := d.visibleRoom(c, c.String("room"))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(mine, r) {
		return nil, chat.Errorf(chat.Forbidden, "You are not in %[1]s; join %[1]s first.", r.Name())
	}
	return []*chat.Room{r}, nil
}

// find are the last messages of some rooms that satisfy q and that the caller wants
// to see, in the order of their times.
func (d *Deps) find(ctx context.Context, c *command.Call, rooms []*chat.Room, q chat.Query) ([]*chat.Event, error) {
	var found []*chat.Event
	for _, r := range rooms {
		events, err := d.Hub.Search(ctx, r, q)
		if err != nil {
			return nil, err
		}
		found = append(found, slices.DeleteFunc(slices.Clone(events), c.User.Hides)...)
	}
	return byTime(found, q.Last), nil
}

// byTime are the last n events in the order of their times, which it sorts.
func byTime(events []*chat.Event, n int) []*chat.Event {
	slices.SortStableFunc(events, func(a, b *chat.Event) int { return a.Time.Compare(b.Time) })
	return events[max(0, len(events)-n):]
}

// showMessages writes messages of several rooms, a line each with the room in front.
func showMessages(c *command.Call, events []*chat.Event) error {
	render := c.View().Render
	for _, ev := range events {
		var err error
		if c.JSON {
			err = c.Object(newMessageObject(ev))
		} else {
			err = c.Printf("[%s] %s", ev.Room, render(ev, true))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
