package commands

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) rooms() command.Command {
	return command.New(command.Spec{
		Name: "rooms", Aliases: []string{"list"}, Group: groupRooms, Cost: costList,
		Summary: "list the rooms",
		Help: `
Lists the rooms with how many people are in them and what they are about. A *
marks your current room, a + the others that you are in. Of more than 200 rooms
the fullest are listed, and the rest is counted.
`,
		Examples: []string{"rooms"},
	}, func(_ context.Context, c *command.Call) error {
		u := c.User
		current, mine := u.Room(), u.Rooms()
		rooms := d.Hub.Rooms()
		rest := len(rooms) - maxListed
		if rest > 0 {
			rooms = fullest(rooms)
		}
		var t table
		t.row(" ", "ROOM", "PEOPLE", "TOPIC")
		for _, r := range rooms {
			mark := " "
			switch {
			case r == current:
				mark = "*"
			case slices.Contains(mine, r):
				mark = "+"
			}
			t.row(mark, r.Name(), strconv.Itoa(r.Len()), r.Topic().Text)
		}
		if err := t.write(c.Out, c.View().Width); err != nil {
			return err
		}
		if rest > 0 {
			return tell(c, "There are %d more, with fewer people.", rest)
		}
		return nil
	})
}

// fullest are the rooms with the most people, by name.
func fullest(rooms []*chat.Room) []*chat.Room {
	rooms = top(rooms, maxListed, func(r *chat.Room) int64 { return int64(r.Len()) })
	slices.SortFunc(rooms, func(a, b *chat.Room) int { return strings.Compare(a.Name(), b.Name()) })
	return rooms
}
