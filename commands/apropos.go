package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) apropos() command.Command {
	return command.New(command.Spec{
		Name: "apropos", Group: groupHelp, Records: true, Cost: costPage,
		Summary: "find the commands for something",
		Help: `
Lists the commands and sub-commands that you may use now and that have WORD in
their names, in the line that says what they do, or else in their manual; those
that are called so first.
`,
		Examples: []string{"apropos room", "apropos private"},
		Args:     []command.Arg{{Name: "word", Type: command.String, Help: "what you look for, also a part of a word"}},
	}, func(_ context.Context, c *command.Call) error {
		specs := d.Registry().Apropos(c.String("word"), c.Session)
		if len(specs) == 0 && !c.JSON {
			return tell(c, "No command is about %s; help lists them all.", c.String("word"))
		}
		var t table
		for _, s := range specs {
			if !c.JSON {
				t.row(s.Name, s.Summary)
			} else if err := c.Object(commandObject{"command", s.Name, s.Summary}); err != nil {
				return err
			}
		}
		return t.write(c.Out, c.View().Width)
	})
}
