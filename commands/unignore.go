package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) unignore() command.Command {
	return command.New(command.Spec{
		Name: "unignore", Group: groupPeople,
		Summary: "see somebody again whom you ignored",
		Help: `
Ends ignore for one person, by the present name or the one that ignore lists,
or alone for everyone. What they said meanwhile is in history.
`,
		Examples: []string{"unignore bob", "unignore"},
		// Not a User: who is ignored may have left, or have another name by now.
		Args: []command.Arg{{Name: "user", Type: command.String, Optional: true, Help: "whom"}},
	}, func(_ context.Context, c *command.Call) error {
		self, typed := c.User, c.String("user")
		if !c.Has("user") {
			n := self.Unignore(func(chat.Ignored) bool { return true })
			if n == 0 {
				return tell(c, "You ignored nobody.")
			}
			return tell(c, "You see everyone again; you had ignored %s.", plural(n, "person", "people"))
		}
		key, name := text.Fold(typed), typed
		now := d.Hub.User(key) // who has that name now
		n := self.Unignore(func(i chat.Ignored) bool {
			same := now != nil && i.Is(now) || text.Fold(i.Name) == key
			if same {
				name = i.Name
			}
			return same
		})
		if n == 0 {
			ignored := each(self.Ignored(), func(i chat.Ignored) string { return i.Name })
			return missing("You ignore nobody called "+typed, typed, ignored, "ignore alone lists whom you do")
		}
		return tell(c, "You see %s again.", name)
	})
}
