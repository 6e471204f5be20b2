package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) uptime() command.Command {
	return command.New(command.Spec{
		Name: "uptime", Group: groupServer,
		Summary:  "show how long the server has been up",
		Help:     "Shows how long the server has been up, how many people are here, and how many\nrooms there are.\n",
		Examples: []string{"uptime"},
	}, func(_ context.Context, c *command.Call) error {
		users, rooms := d.Hub.Count()
		return c.Printf("up %s, %s, %s", span(c.Now.Sub(d.Started)),
			plural(users, "person", "people"), plural(rooms, "room", "rooms"))
	})
}
