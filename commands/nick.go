package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) nick() command.Command {
	return command.New(command.Spec{
		Name: "nick", Group: groupSession,
		Summary: "change your name",
		Help: `
Gives you another name that is free, by the rules of login. All your rooms see
it, and your old name is free at once, unless it is registered: the name of an
account is its owner's, who keeps all that goes with it under any other.
`,
		Examples: []string{"nick goldfish"},
		Args:     []command.Arg{{Name: "name", Type: command.String, Help: "the name you want, one word"}},
	}, func(_ context.Context, c *command.Call) error { return d.rename(c) })
}

// rename gives the caller, who is logged in, the name in the argument. The
// caller is told as the room is.
func (d *Deps) rename(c *command.Call) error {
	name, err := d.Name(c.String("name"))
	if err != nil {
		return err
	}
	u := c.User
	if u.Name() == name {
		return tell(c, "You are %s already.", name.Display)
	}
	return c.Session.Rename(name)
}
