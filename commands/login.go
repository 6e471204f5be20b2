package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) login() command.Command {
	return command.New(command.Spec{
		Name: "login", Group: groupSession, BeforeLogin: true,
		Summary: "take a name and come in",
		Help: `
Takes a name that is free and brings you to the room where everyone starts.
Your name is yours until you log out. It may have letters of any one script,
digits, and _ - . between them; capitals make no difference, and names that
look alike count as one.

Where nobody has to log in you have a guest's name already, and login gives
you one of your own.
`,
		Examples: []string{"login fish"},
		Args:     []command.Arg{{Name: "name", Type: command.String, Help: "the name you want, one word"}},
	}, func(_ context.Context, c *command.Call) error {
		if c.Session.LoggedIn() && !d.Settings().LoginRequired {
			return d.rename(c)
		}
		name, err := d.Name(c.String("name"))
		if err != nil {
			return err
		}
		return c.Session.Login(name)
	})
}
