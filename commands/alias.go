package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) alias() command.Command {
	return command.New(command.Spec{
		Name: "alias", Group: groupSettings, Records: true,
		Summary: "show your own commands, or make one",
		Help: `
Alone it lists your own commands; with a name it shows one, and with a name and
a line it makes one or changes it. The line is a command or a whole pipeline,
and the name stands for it wherever a command may stand. In the line

  $1 to $9  stand for a word each of what you type after the name
  $*        stands for all that follows those, as you type it
  $$        is a $

What takes their place is never read again: no | or quote in it means anything.
Without any of them the name takes no words after it. unalias removes it.
`,
		Examples: []string{"alias", "alias h history 50", "alias find history 7d | grep -i $1 | tail 20", "alias h"},
		Args: []command.Arg{
			{Name: "name", Type: command.String, Optional: true, Help: "which"},
			{Name: "line", Type: command.Text, Optional: true, Help: "what it stands for, to the end of the line"},
		},
	}, func(_ context.Context, c *command.Call) error {
		if !c.Has("name") {
			return listAliases(c, c.Session.Aliases())
		}
		name, line := c.String("name"), strings.TrimSpace(c.Text())
		before, known := findAlias(c, name)
		switch {
		case line == "" && !known:
			return noAlias(c, name)
		case line == "" && c.JSON:
			return listAliases(c, []command.Alias{before})
		case line == "":
			return c.Printf("%s is: %s", before.Name, before.Line)
		}
		if err := c.Session.SetAlias(name, line); err != nil {
			return err
		}
		undo := "unalias " + name
		if known {
			undo = "alias " + before.Name + " " + before.Line
		}
		if c.Bare {
			return tell(c, "%s is now: %s%s", name, line, instead(c, undo))
		}
		return tell(c, "%s is now: %s", name, line)
	})
}

func listAliases(c *command.Call, aliases []command.Alias) error {
	if len(aliases) == 0 && !c.JSON {
		return tell(c, "You have no commands of your own; alias NAME LINE makes one.")
	}
	slices.SortFunc(aliases, func(a, b command.Alias) int { return cmp.Compare(a.Name, b.Name) })
	var t table
	for _, a := range aliases {
		if !c.JSON {
			t.row(a.Name, a.Line)
		} else if err := c.Object(aliasObject{"alias", a.Name, a.Line}); err != nil {
			return err
		}
	}
	return t.write(c.Out, c.View().Width)
}

func findAlias(c *command.Call, name string) (command.Alias, bool) {
	aliases := c.Session.Aliases()
	i := slices.IndexFunc(aliases, func(a command.Alias) bool { return a.Name == name })
	if i < 0 {
		return command.Alias{}, false
	}
	return aliases[i], true
}

// noAlias is the error for a name that is no alias.
func noAlias(c *command.Call, name string) error {
	among := each(c.Session.Aliases(), func(a command.Alias) string { return a.Name })
	return orSay(c, missing("You have no alias "+name, name, among, "alias alone lists those that you have"))
}
