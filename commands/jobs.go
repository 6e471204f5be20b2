package commands

import (
	"context"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) jobs() command.Command {
	return command.New(command.Spec{
		Name: "jobs", Group: groupLater, Records: true,
		Summary: "list what is to run later",
		Help: `
Lists what at and every have made, the next one first: its number, when it
runs, how often, and the line. cancel N forgets one.
`,
		Examples: []string{"jobs"},
	}, func(_ context.Context, c *command.Call) error {
		jobs := c.Session.Jobs()
		if len(jobs) == 0 && !c.JSON {
			return tell(c, "Nothing is to run later; at and every have a command do so.")
		}
		var t table
		t.row("N", "IN", "EVERY", "LINE")
		for _, j := range jobs {
			if c.JSON {
				if err := c.Object(newJobObject(j)); err != nil {
					return err
				}
				continue
			}
			every := "-"
			if j.Every > 0 {
				every = span(j.Every)
			}
			t.row(strconv.Itoa(j.ID), span(j.Next.Sub(c.Now)), every, j.Line)
		}
		if c.JSON {
			return nil
		}
		return t.write(c.Out, c.View().Width)
	})
}
