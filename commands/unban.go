package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) unban() command.Command {
	return command.New(command.Spec{
		Name: "unban", Group: groupModeration, Role: d.least(account.CanBan), Blocking: true,
		Summary: "let somebody or a network in again",
		Help: `
Ends a ban before its time, by the id that bans shows, or by the name, address
or network that it is for. A ban by somebody of a higher role stays.
`,
		Examples: []string{"unban bob", "unban 192.0.2.0/24"},
		Args:     []command.Arg{{Name: "ban", Type: command.String, Help: "its id, or whom it is for"}},
	}, func(ctx context.Context, c *command.Call) error {
		return d.lift(ctx, c, account.Ban, c.String("ban"))
	})
}
