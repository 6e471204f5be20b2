package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) join() command.Command {
	return command.New(command.Spec{
		Name: "join", Aliases: []string{"cd"}, Group: groupRooms,
		Summary: "go to a room, or make one",
		Help: `
Makes a room your current one, where your lines go. If you are not in it yet
you enter it and see its last messages; if there is no such room it is made.
You stay in your other rooms, whose messages show as [room] name: text, until
you leave them.

A room's name has 1 to 32 of a-z, 0-9, _ and -; a # before it is ignored.
`,
		Examples: []string{"join ops", "join #lobby"},
		Args:     []command.Arg{{Name: "room", Type: command.Room, Help: "where"}},
	}, func(_ context.Context, c *command.Call) error {
		before := c.User.Room()
		r, joined, err := c.Session.Join(c.String("room"), "")
		switch {
		case err != nil:
			return err
		case joined: // the session has said so
			return nil
		case r == before:
			return tell(c, "%s is your current room already.", r.Name())
		}
		return tell(c, "Your current room is %s now.", r.Name())
	})
}
