package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

// cancel is there for help: the line /cancel never gets so far, since the session
// acts on it before the lines that wait.
func (*Deps) cancel() command.Command {
	return command.New(command.Spec{
		Name: "cancel", Group: groupServer,
		Summary: "stop the command that runs",
		Help: `
/cancel, with its slash, stops the command that runs and forgets the lines that
wait behind it. It acts at once, as does Ctrl-C in a telnet client. Without the
slash the line waits its turn, and then nothing runs any more.
`,
		Examples: []string{"/cancel"},
	}, func(_ context.Context, c *command.Call) error {
		return tell(c, "Nothing is running.")
	})
}
