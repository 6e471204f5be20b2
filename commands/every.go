package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) every() command.Command {
	return command.New(command.Spec{
		Name: "every", Group: groupLater, Records: true,
		Summary: "have a command run again and again",
		Help: `
Runs the rest of the line as at does, when that time has passed and then every
time that it has passed again, until cancel N forgets it.
`,
		Examples: []string{"every 1h uptime | say", "every 30m who | grep -c guest"},
		Args: []command.Arg{
			{Name: "duration", Type: command.Duration, Help: "how often: 10m, 1h, 1d"},
			{Name: "line", Type: command.Text, Help: "the command, to the end of the line"},
		},
	}, func(_ context.Context, c *command.Call) error { return schedule(c, true) })
}
