package commands

import (
	"context"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) ignore() command.Command {
	return command.New(command.Spec{
		Name: "ignore", Group: groupPeople,
		Summary: "hide what somebody says",
		Help: `
Hides from you all that somebody says, in rooms and in private, until one of
you logs out. They are not told. Alone it lists whom you ignore, by the names
they had then; unignore ends it.
`,
		Examples: []string{"ignore bob", "ignore"},
		Args:     []command.Arg{{Name: "user", Type: command.User, Optional: true, Help: "whom"}},
	}, func(_ context.Context, c *command.Call) error {
		self := c.User
		if !c.Has("user") {
			names := self.Ignored()
			if len(names) == 0 {
				return tell(c, "You ignore nobody.")
			}
			slices.Sort(names)
			return c.Printf("%s", strings.Join(names, "\n"))
		}
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		name := u.Name().Display
		if self.Ignores(u.ID()) {
			return tell(c, "You ignore %s already.", name)
		}
		if err := self.Ignore(u); err != nil {
			return err
		}
		return tell(c, "You ignore %[1]s until one of you logs out; unignore %[1]s ends it.", name)
	})
}
