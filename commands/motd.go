package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) motd() command.Command {
	return command.New(command.Spec{
		Name: "motd", Group: groupServer,
		Summary:  "show the message of the day",
		Help:     "Shows again what the server showed when you connected.\n",
		Examples: []string{"motd"},
	}, func(_ context.Context, c *command.Call) error {
		motd := d.Settings().Motd
		if motd == "" {
			return tell(c, "There is no message of the day.")
		}
		return c.Printf("%s", motd)
	})
}
