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
			n := self.Unignore(func(chat.UserID, string) bool { return true })
			if n == 0 {
				return tell(c, "You ignored nobody.")
			}
			return tell(c, "You see everyone again; you had ignored %s.", plural(n, "person", "people"))
		}
		var now chat.UserID // who has that name now
		if u := d.Hub.User(text.Fold(typed)); u != nil {
			now = u.ID()
		}
		key, name := text.Fold(typed), typed
		n := self.Unignore(func(id chat.UserID, ignored string) bool {
			same := id == now || text.Fold(ignored) == key
			if same {
				name = ignored
			}
			return same
		})
		if n == 0 {
			return chat.Errorf(chat.NotFound, "You ignore nobody called %s; ignore alone lists whom you do.", typed)
		}
		return tell(c, "You see %s again.", name)
	})
}
