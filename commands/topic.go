package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/command"
)

// noTopic is the text that clears the topic.
const noTopic = "-"

func (d *Deps) topic() command.Command {
	return command.New(command.Spec{
		Name: "topic", Group: groupRooms,
		Summary: "show, set or clear what the room is about",
		Help: `
Alone it shows the topic of your current room; with a text it sets it, and with
a single - it clears it. Everyone in the room sees the change. In a room with a
door, or that the server's config names, only who governs it may set it.
`,
		Examples: []string{"topic", "topic release 1.2, freeze on Friday", "topic -"},
		Args:     []command.Arg{{Name: "text", Type: command.Text, Optional: true, Help: "the topic, to the end of the line; - for none"}},
	}, func(_ context.Context, c *command.Call) error {
		u, now := c.User, c.Now
		r := u.Room()
		before := r.Topic()
		wanted := strings.TrimSpace(c.Text())
		if wanted == "" {
			if before.Text == "" {
				return tell(c, "%s has no topic; topic TEXT sets one.", r.Name())
			}
			return tell(c, "The topic of %s is: %s%s", r.Name(), before.Text, attribution(before, now))
		}
		did, undo := "set", "topic "+before.Text
		if before.Text == "" {
			undo = "topic " + noTopic
		}
		if wanted == noTopic {
			did, wanted = "cleared", ""
		}
		switch {
		case wanted != before.Text:
		case wanted == "":
			return tell(c, "%s has no topic.", r.Name())
		default:
			return tell(c, "That is the topic of %s already.", r.Name())
		}
		if err := d.Hub.SetTopic(u, r, wanted, now); err != nil {
			return err
		}
		if !c.Bare { // the room's line says it all
			return nil
		}
		return tell(c, "You %s the topic of %s%s", did, r.Name(), instead(c, undo))
	})
}
