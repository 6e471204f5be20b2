package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) help() command.Command {
	return command.New(command.Spec{
		Name: "help", Group: groupServer, BeforeLogin: true, Cost: costPage,
		Summary: "list the commands, or tell about one",
		Help: `
Alone it lists the commands that you may use now; with a command's name it
tells all about that one, as does the command with --help behind it.
`,
		Examples: []string{"help", "help msg"},
		Args:     []command.Arg{{Name: "command", Type: command.CommandName, Optional: true, Help: "which"}},
	}, func(_ context.Context, c *command.Call) error {
		r := d.Registry()
		if c.Has("command") {
			named, ok := r.Lookup(c.String("command"))
			if !ok { // the registry was swapped since the argument was checked
				return chat.Errorf(chat.NotFound, "There is no command %s any more; help lists them.", c.String("command"))
			}
			return command.WriteHelp(c.Out, named.Spec())
		}
		if err := r.WriteIndex(c.Out, c.Session); err != nil {
			return err
		}
		if !c.Session.LoggedIn() {
			return tell(c, "Log in with: login NAME. More commands show then; help COMMAND tells about one.")
		}
		return tell(c, "help COMMAND tells about one. /COMMAND is always a command, say TEXT or //TEXT always chat.")
	})
}
