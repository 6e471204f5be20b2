package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) back() command.Command {
	return command.New(command.Spec{
		Name: "back", Group: groupPeople,
		Summary:  "say that you are back",
		Help:     "Ends away.\n",
		Examples: []string{"back"},
	}, func(_ context.Context, c *command.Call) error {
		u := c.User
		switch {
		case u.Away() != "":
			u.SetAway("")
			return tell(c, "You are back.")
		case c.Bare:
			return tell(c, "You were not away (to say it: say %s)", c.Line)
		}
		return tell(c, "You were not away.")
	})
}
