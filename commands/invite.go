package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) invite() command.Command {
	return command.New(command.Spec{
		Name: "invite", Group: groupRooms,
		Summary: "ask somebody into a room",
		Help: `
Tells somebody that you would like them in your current room, or in another
one, and lets them in if it is private or has a key. Everyone in an open room
may invite, into another one only who governs it: see room.
`,
		Examples: []string{"invite cid", "invite cid ops"},
		Args: []command.Arg{
			{Name: "user", Type: command.User, Help: "whom"},
			{Name: "room", Type: command.Room, Optional: true, Help: "where to; default: the current one"},
		},
	}, func(_ context.Context, c *command.Call) error {
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		r := c.User.Room()
		if c.Has("room") {
			if r, err = d.visibleRoom(c, c.String("room")); err != nil {
				return err
			}
		}
		if err := d.Hub.Invite(c.User, r, u, c.Now); err != nil {
			return err
		}
		if c.Bare {
			return tell(c, "You invited %s to %s%s", u.Name().Display, r.Name(), instead(c, ""))
		}
		return tell(c, "You invited %s to %s.", u.Name().Display, r.Name())
	})
}
