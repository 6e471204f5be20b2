package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) man() command.Command {
	args := []command.Arg{manual[0], manual[1]}
	args[0].Optional = false
	return command.New(command.Spec{
		Name: "man", Group: groupHelp, BeforeLogin: true, Paged: true, Cost: costPage,
		Summary: "tell all about a command",
		Help: `
Shows all that is known of a command or a sub-command: how it is written, what
it does, its arguments and flags, examples, and other names. help tells it in
short, and apropos finds a command whose name you don't know.
`,
		Examples: []string{"man msg", "man room kick"},
		Args:     args,
	}, func(_ context.Context, c *command.Call) error {
		return d.explain(c, command.WriteManual)
	})
}
