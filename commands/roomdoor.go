package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) roomPrivate() command.Command {
	return command.New(command.Spec{
		Name:     "private",
		Summary:  "hide the room, and let in only who is invited",
		Help:     "On hides your current room from everyone who is neither in it nor invited, and\nlets in only who is invited or knows its key. Off opens it again, but for its\nkey. Everyone in the room is told.\n",
		Examples: []string{"room private on", "room private off"},
		Args:     []command.Arg{{Name: "private", Type: command.Enum, Choices: onOff, Help: "whether it is"}},
	}, func(_ context.Context, c *command.Call) error {
		r, on := c.User.Room(), c.String("private") == "on"
		if err := d.Hub.SetPrivate(c.User, r, on, c.Now); err != nil || !c.Bare {
			return err
		}
		if on {
			return tell(c, "You made %s private%s", r.Name(), instead(c, "room private off"))
		}
		return tell(c, "You opened %s%s", r.Name(), instead(c, "room private on"))
	})
}

// onOff are the choices of a switch.
var onOff = []string{"on", "off"}

func (d *Deps) roomKey() command.Command {
	return command.New(command.Spec{
		Name:     "key",
		Summary:  "let people in who know a key, or take the key off",
		Help:     "From now on your current room is entered with this key, as in: join ops sesame;\nor by invitation. A key is one word; off takes it off. Everyone in the room is\ntold, but not which key it is, and nobody can look it up.\n",
		Examples: []string{"room key sesame", "room key off"},
		Args:     []command.Arg{{Name: "key", Type: command.String, Secret: true, Help: "the key, or off"}},
	}, func(_ context.Context, c *command.Call) error {
		r, key := c.User.Room(), c.String("key")
		if key == "off" {
			key = ""
		}
		if err := d.Hub.SetKey(c.User, r, key, c.Now); err != nil || !c.Bare {
			return err
		}
		if key == "" {
			return tell(c, "You took the key off %s%s", r.Name(), instead(c, "room key KEY"))
		}
		return tell(c, "You set the key of %s%s", r.Name(), instead(c, "room key off"))
	})
}
