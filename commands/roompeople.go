package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) roomKick() command.Command {
	return command.New(command.Spec{
		Name:     "kick",
		Summary:  "put somebody out of the room",
		Help:     "Puts somebody out of your current room, and out of its moderators and its\ninvitations. They and everyone in the room are told, with the reason if there is\none. If the room is open they may come back; room private on keeps them out.\n",
		Examples: []string{"room kick bob", "room kick bob no advertising here"},
		Args: []command.Arg{
			{Name: "user", Type: command.User, Help: "whom"},
			{Name: "reason", Type: command.Text, Optional: true, Help: "why, to the end of the line"},
		},
	}, func(_ context.Context, c *command.Call) error {
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		r := c.User.Room()
		if err := d.Hub.Expel(c.User, r, u, strings.TrimSpace(c.Text()), c.Now); err != nil || !c.Bare {
			return err
		}
		name := u.Name().Display
		return tell(c, "You put %s out of %s%s", name, r.Name(), instead(c, "invite "+name))
	})
}

func (d *Deps) roomMod() command.Command {
	return command.New(command.Spec{
		Name:     "mod",
		Summary:  "make somebody a moderator of the room, or end that",
		Help:     "A moderator of your current room may do with it what its owner may. A guest is\none until they log out.\n",
		Examples: []string{"room mod bob on", "room mod bob off"},
		Args: []command.Arg{
			{Name: "user", Type: command.User, Help: "who"},
			{Name: "moderator", Type: command.Enum, Choices: onOff, Help: "whether they are one"},
		},
	}, func(_ context.Context, c *command.Call) error {
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		r, on := c.User.Room(), c.String("moderator") == "on"
		if err := d.Hub.SetModerator(c.User, r, u, on, c.Now); err != nil || !c.Bare {
			return err
		}
		name := u.Name().Display
		if on {
			return tell(c, "You made %s a moderator of %s%s", name, r.Name(), instead(c, "room mod "+name+" off"))
		}
		return tell(c, "You took %s off the moderators of %s%s", name, r.Name(), instead(c, "room mod "+name+" on"))
	})
}
