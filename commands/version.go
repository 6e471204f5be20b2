package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) version() command.Command {
	return command.New(command.Spec{
		Name: "version", Group: groupServer, BeforeLogin: true,
		Summary:  "show the server's version",
		Help:     "Shows which version of the server this is.\n",
		Examples: []string{"version"},
	}, func(_ context.Context, c *command.Call) error { return c.Printf("%s", d.Version) })
}
