package commands

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) roomInfo() command.Command {
	return command.New(command.Spec{
		Name: "info", Records: true,
		Summary:  "show a room's topic, door and who governs it",
		Help:     "Shows what a room is about, who may enter it, who governs it, and how much was\nsaid there; of your current room, or of another one that you may know of.\n",
		Examples: []string{"room info", "room info lobby"},
		Args:     []command.Arg{{Name: "room", Type: command.Room, Optional: true, Help: "which; default: the current one"}},
	}, func(_ context.Context, c *command.Call) error {
		r := c.User.Room()
		if c.Has("room") {
			var err error
			if r, err = d.visibleRoom(c, c.String("room")); err != nil {
				return err
			}
		}
		if c.JSON {
			return c.Object(describe(c, r))
		}
		about, door := r.Topic(), r.Door()
		var t table
		t.row(r.Name())
		topic := "none"
		if about.Text != "" {
			topic = about.Text + attribution(about, c.Now)
		}
		t.row("  topic", topic)
		t.row("  door", entry(door))
		if door.Owner != "" {
			t.row("  owner", door.Owner)
		}
		if len(door.Moderators) > 0 {
			t.row("  moderators", strings.Join(door.Moderators, " "))
		}
		if door.Slow > 0 {
			t.row("  slow", "one message in "+pace(door.Slow)+" from each")
		}
		s := r.Stats()
		t.row("  people", strconv.Itoa(s.Members))
		t.row("  said", plural(int(s.Posts), "message", "messages"))
		switch {
		case door.Configured:
			t.row("  made", "by the server's config")
		case !door.Since.IsZero():
			t.row("  made", span(c.Now.Sub(door.Since))+" ago")
		}
		return t.write(c.Out, 0)
	})
}

// entry says who may enter.
func entry(d chat.Door) string {
	how := "open"
	switch {
	case d.Private && d.Keyed:
		how = "private; by invitation or with the key"
	case d.Private:
		how = "private; by invitation"
	case d.Keyed:
		how = "with the key, or by invitation"
	}
	if d.Role > chat.Guest {
		how += "; from the role " + d.Role.String() + " on"
	}
	return how
}

// describe is all that room info tells.
func describe(c *command.Call, r *chat.Room) roomObject {
	o, about, door := newRoomObject(c, r), r.Topic(), r.Door()
	o.Role, o.Owner, o.Moderators = &door.Role, door.Owner, door.Moderators
	o.Configured, o.Since, o.Messages = door.Configured, stamp(door.Since), r.Stats().Posts
	o.Slow = int(door.Slow / time.Second)
	o.TopicBy, o.TopicAt = about.By, stamp(about.At)
	return o
}
