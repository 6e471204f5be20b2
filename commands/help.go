package commands

import (
	"context"
	"io"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) help() command.Command {
	return command.New(command.Spec{
		Name: "help", Group: groupHelp, BeforeLogin: true, Paged: true, Cost: costPage,
		Summary: "list the commands, or tell about one",
		Help: `
Alone it lists the commands that you may use now; with a command's name it
tells how that one is written, with examples; and with a sub-command behind the
name how that is. man tells all, as does the command with --help behind it.
`,
		Examples: []string{"help", "help msg", "help room kick"},
		Args:     manual,
	}, func(_ context.Context, c *command.Call) error {
		if c.Has("command") {
			return d.explain(c, command.WriteHelp)
		}
		if err := d.Registry().WriteIndex(c.Out, c.Session); err != nil {
			return err
		}
		if !c.Session.LoggedIn() {
			return tell(c, "Log in with: login NAME. More commands show then; help COMMAND tells about one.")
		}
		if err := tell(c, "help COMMAND tells about one. /COMMAND is always a command, say TEXT or //TEXT always chat."); err != nil {
			return err
		}
		return tell(c, "A filter works on what comes out of a command: who | grep away")
	})
}

// manual are the arguments that name a command or a sub-command.
var manual = []command.Arg{
	{Name: "command", Type: command.CommandName, Optional: true, Help: "which"},
	{Name: "sub-command", Type: command.String, Optional: true, Help: "which of those that it has"},
}

// explain writes, by write, about what the arguments name: also a command of the
// caller's own, of which there is only what it stands for.
func (d *Deps) explain(c *command.Call, write func(io.Writer, *command.Spec) error) error {
	name := c.String("command")
	if _, ok := d.Registry().Lookup(name); !ok {
		if own, ok := findAlias(c, name); ok {
			return c.Printf("%s is: %s", own.Name, own.Line)
		}
	}
	spec, err := d.manual(c)
	if err != nil {
		return err
	}
	return write(c.Out, spec)
}

// manual is the spec of the command or the sub-command that the arguments name.
func (d *Deps) manual(c *command.Call) (*command.Spec, error) {
	name, sub := c.String("command"), strings.ToLower(c.String("sub-command"))
	named, ok := d.Registry().Lookup(name)
	if !ok { // the registry was swapped since the argument was checked
		return nil, chat.Errorf(chat.NotFound, "There is no command %s any more; help lists them.", name)
	}
	spec := named.Spec()
	if sub == "" {
		return spec, nil
	}
	if s, ok := spec.Sub(sub); ok && !s.Hidden {
		return s, nil
	}
	among := each(spec.Subs, func(s command.Spec) string { return s.Name })
	return nil, orSay(c, missing(name+" has no sub-command "+sub, sub, among, "help "+name+" tells about it"))
}
