package commands

import (
	"context"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/command"
)

// cancel without a number is there for help: the line /cancel never gets so far,
// since the session acts on it before the lines that wait.
func (*Deps) cancel() command.Command {
	return command.New(command.Spec{
		Name: "cancel", Group: groupLater,
		Summary: "stop the command that runs, or forget one that is to run later",
		Help: `
/cancel, with its slash, stops the command that runs and forgets the lines that
wait behind it. It acts at once, as does Ctrl-C in a telnet client. Without the
slash the line waits its turn, and then nothing runs any more.

cancel N forgets the job with that number, which jobs shows.
`,
		Examples: []string{"/cancel", "cancel 3"},
		Args:     []command.Arg{{Name: "n", Type: command.Int, Optional: true, Min: 1, Help: "the number of a job"}},
	}, func(_ context.Context, c *command.Call) error {
		if !c.Has("n") {
			return tell(c, "Nothing is running.")
		}
		n := c.Int("n")
		if err := c.Session.CancelJob(n); err != nil {
			return err
		}
		return tell(c, "Job %d is cancelled.", n)
	})
}

// cancelJob is the line that forgets a job.
func cancelJob(j command.Job) string { return "cancel " + strconv.Itoa(j.ID) }
