package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) echo() command.Command {
	return command.New(command.Spec{
		Name: "echo", Group: groupTalking, BeforeLogin: true,
		Summary: "show a text to yourself",
		Help: `
Shows you the rest of the line, and nobody else. Programs that drive a session
can tell by it that everything before it is done.
`,
		Examples: []string{"echo hello", "echo that was all"},
		Args:     []command.Arg{{Name: "text", Type: command.Text, Help: "what you want to see, to the end of the line"}},
	}, func(_ context.Context, c *command.Call) error { return c.Printf("%s", c.Text()) })
}
