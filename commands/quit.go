package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) quit() command.Command {
	return command.New(command.Spec{
		Name: "quit", Aliases: []string{"exit"}, Group: groupSession, BeforeLogin: true,
		Summary:  "log out and close the connection",
		Help:     "Leaves all rooms, gives your name back and closes the connection.\n",
		Examples: []string{"quit"},
	}, func(_ context.Context, c *command.Call) error {
		c.Session.End("-- Goodbye.")
		return nil
	})
}
