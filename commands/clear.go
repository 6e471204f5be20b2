package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) clear() command.Command {
	return command.New(command.Spec{
		Name: "clear", Group: groupSettings,
		Summary: "clear the screen",
		Help: `
Clears your terminal's screen. It does nothing if your client did not say what
terminal it is; set color on says that it is one.
`,
		Examples: []string{"clear"},
	}, func(_ context.Context, c *command.Call) error {
		c.Session.Clear()
		return nil
	})
}
