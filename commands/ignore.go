package commands

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) ignore() command.Command {
	return command.New(command.Spec{
		Name: "ignore", Group: groupPeople, Records: true,
		Summary: "hide what somebody says",
		Help: `
Hides from you all that somebody says, in rooms and in private: a guest until
they log out, the owner of an account for good if you have one too. They are
not told. Alone, or with --list, it lists whom you ignore, by the names they
had then; unignore ends it.
`,
		Examples: []string{"ignore bob", "ignore", "ignore --list"},
		Args:     []command.Arg{{Name: "user", Type: command.User, Optional: true, Help: "whom"}},
		Flags:    []command.Flag{{Name: "list", Short: "l", Help: "list whom you ignore"}},
	}, func(_ context.Context, c *command.Call) error {
		self := c.User
		switch {
		case !c.Has("user"):
			return listIgnored(c)
		case c.Bool("list"):
			return chat.Errorf(chat.Invalid, "--list goes without a name; whois %s tells whether you ignore them.", c.String("user"))
		}
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		name := u.Name().Display
		if self.Ignores(u) {
			return tell(c, "You ignore %s already.", name)
		}
		if err := self.Ignore(u); err != nil {
			return err
		}
		if u.Account() != "" && self.Account() != "" {
			return tell(c, "You ignore %[1]s; unignore %[1]s ends it.", name)
		}
		return tell(c, "You ignore %[1]s until one of you logs out; unignore %[1]s ends it.", name)
	})
}

// ignoredNames are the names of whom u ignores, as they were then.
func ignoredNames(u *chat.User) iter.Seq[string] {
	return each(u.Ignored(), func(i chat.Ignored) string { return i.Name })
}

func listIgnored(c *command.Call) error {
	names := slices.Collect(ignoredNames(c.User))
	slices.Sort(names)
	switch {
	case c.JSON:
		for _, n := range names {
			if err := c.Object(ignoredObject{"ignored", n}); err != nil {
				return err
			}
		}
		return nil
	case len(names) == 0:
		return tell(c, "You ignore nobody.")
	}
	return c.Printf("%s", strings.Join(names, "\n"))
}
