package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) logout() command.Command {
	return command.New(command.Spec{
		Name: "logout", Group: groupSession,
		Summary: "give your name back and stay connected",
		Help: `
Leaves all rooms and gives your name back. The connection stays; you can log
in again under any name.
`,
		Examples: []string{"logout"},
	}, func(_ context.Context, c *command.Call) error {
		c.Session.Logout()
		return tell(c, "You are logged out. Log in with: login NAME")
	})
}
