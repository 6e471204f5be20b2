package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) at() command.Command {
	return command.New(command.Spec{
		Name: "at", Group: groupLater, Records: true,
		Summary: "have a command run later",
		Help: `
Runs the rest of the line when that time has passed, as if you typed it then,
in the room that is your current one then and with the rights that you have
then. It must be a command: say TEXT to say something. jobs lists what waits,
and cancel N forgets it.
`,
		Examples: []string{"at 10m say the tea is ready", "at 1h30m history 2h | grep -i deploy"},
		Args: []command.Arg{
			{Name: "duration", Type: command.Duration, Help: "in how long: 30s, 10m, 1h30m"},
			{Name: "line", Type: command.Text, Help: "the command, to the end of the line"},
		},
	}, func(_ context.Context, c *command.Call) error { return schedule(c, false) })
}

// schedule has the line of the call run later, once or again and again.
func schedule(c *command.Call, again bool) error {
	in := c.Duration("duration")
	j, err := c.Session.Schedule(in, again, c.Text())
	if err != nil {
		return orSayIfWrong(c, err)
	}
	if c.JSON {
		return c.Object(newJobObject(j))
	}
	when := "in"
	if again {
		when = "every"
	}
	if c.Bare {
		return tell(c, "Job %d runs %s %s: %s%s", j.ID, when, span(in), j.Line, instead(c, cancelJob(j)))
	}
	return tell(c, "Job %d runs %s %s: %s", j.ID, when, span(in), j.Line)
}
