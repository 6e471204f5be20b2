package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) leave() command.Command {
	return command.New(command.Spec{
		Name: "leave", Aliases: []string{"part"}, Group: groupRooms,
		Summary: "leave a room",
		Help: `
Leaves a room, or alone your current one. If it was your current room, the one
that you joined last among the others is current now. The room where everyone
starts can't be left.
`,
		Examples: []string{"leave", "leave ops"},
		Args:     []command.Arg{{Name: "room", Type: command.Room, Optional: true, Help: "which; default: the current one"}},
	}, func(_ context.Context, c *command.Call) error {
		u := c.User
		name := u.Room().Name()
		if c.Has("room") {
			name = c.String("room")
		}
		switch err := d.Hub.Leave(u, name, c.Now); {
		case chat.ErrorCode(err) == chat.NotFound:
			if near := text.Nearest(name, each(u.Rooms(), (*chat.Room).Name), 3); len(near) > 0 {
				return orSay(c, chat.Errorf(chat.NotFound, "You are not in %s; did you mean %s?", name, strings.Join(near, " or ")))
			}
			return orSay(c, chat.Errorf(chat.NotFound, "You are not in %s.", name))
		case err != nil:
			return err
		}
		if u.Room() == nil { // it was the last one: the start room is another than at the login
			_, _, err := c.Session.Join(d.Hub.Rules().Start, "")
			return err
		}
		return tell(c, "You have left %s; your current room is %s.", name, u.Room().Name())
	})
}
