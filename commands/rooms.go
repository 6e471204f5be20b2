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
		Name: "rooms", Aliases: []string{"list"}, Group: groupRooms, Records: true, Cost: costList,
		Summary: "list the rooms",
		Help: `
Lists the rooms with how many people are in them and what they are about. A *
marks your current room, a + the others that you are in. If there are rooms
with a door, DOOR shows what it asks for: a key, an invitation, or both. A
private room that you are neither in nor invited to is not listed. Of more than
200 rooms the fullest are, and the rest is counted.
`,
		Examples: []string{"rooms", "rooms | grep ops"},
	}, func(_ context.Context, c *command.Call) error {
		rooms := slices.DeleteFunc(d.Hub.Rooms(), func(r *chat.Room) bool { return !r.Visible(c.User) })
		rest := len(rooms) - maxListed
		if rest > 0 {
			rooms = fullest(rooms)
		}
		if err := listRooms(c, rooms); err != nil {
			return err
		}
		if rest > 0 {
			return tell(c, "There are %d more, with fewer people.", rest)
		}
		return nil
	})
}

// listRooms writes a line for each room, and a heading.
func listRooms(c *command.Call, rooms []*chat.Room) error {
	objects := make([]roomObject, len(rooms))
	doors := false
	for i, r := range rooms {
		objects[i] = newRoomObject(c, r)
		doors = doors || door(&objects[i]) != ""
	}
	if c.JSON {
		for i := range objects {
			if err := c.Object(objects[i]); err != nil {
				return err
			}
		}
		return nil
	}
	var t table
	row := func(mark, name, people, door, topic string) {
		if doors {
			t.row(mark, name, people, door, topic)
		} else {
			t.row(mark, name, people, topic)
		}
	}
	row(" ", "ROOM", "PEOPLE", "DOOR", "TOPIC")
	for i := range objects {
		o := &objects[i]
		mark := " "
		switch {
		case o.Current:
			mark = "*"
		case o.Joined:
			mark = "+"
		}
		row(mark, o.Name, strconv.Itoa(o.People), door(o), o.Topic)
	}
	return t.write(c.Out, c.View().Width)
}

// newRoomObject is a room as a list shows it.
func newRoomObject(c *command.Call, r *chat.Room) roomObject {
	d := r.Door()
	return roomObject{
		Type: "room", Name: r.Name(), People: r.Len(), Topic: r.Topic().Text,
		Current: r == c.User.Room(), Joined: slices.Contains(c.User.Rooms(), r),
		Private: d.Private, Keyed: d.Keyed,
	}
}

// door is what the room asks of who comes in; "" for nothing.
func door(o *roomObject) string {
	switch {
	case o.Private && o.Keyed:
		return "private, key"
	case o.Private:
		return "private"
	case o.Keyed:
		return "key"
	}
	return ""
}

// fullest are the rooms with the most people, by name.
func fullest(rooms []*chat.Room) []*chat.Room {
	rooms = top(rooms, maxListed, func(r *chat.Room) int64 { return int64(r.Len()) })
	slices.SortFunc(rooms, func(a, b *chat.Room) int { return strings.Compare(a.Name(), b.Name()) })
	return rooms
}
