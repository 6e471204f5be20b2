package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) unalias() command.Command {
	return command.New(command.Spec{
		Name: "unalias", Group: groupSettings,
		Summary:  "remove a command of your own",
		Help:     "Removes what alias made.\n",
		Examples: []string{"unalias h"},
		Args:     []command.Arg{{Name: "name", Type: command.String, Help: "the name of the command"}},
	}, func(_ context.Context, c *command.Call) error {
		a, known := findAlias(c, c.String("name"))
		if !known {
			return noAlias(c, c.String("name"))
		}
		if err := c.Session.DropAlias(a.Name); err != nil {
			return err
		}
		if c.Bare {
			return tell(c, "%s stands for nothing any more%s", a.Name, instead(c, "alias "+a.Name+" "+a.Line))
		}
		return tell(c, "%s stands for nothing any more.", a.Name)
	})
}
