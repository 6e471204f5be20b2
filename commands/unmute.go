package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) unmute() command.Command {
	return command.New(command.Spec{
		Name: "unmute", Group: groupModeration, Role: d.least(account.CanMute), Blocking: true,
		Summary: "let somebody speak again",
		Help: `
Ends a mute before its time, by the name of whom it is for or by the id that
bans shows. They are told. A mute by somebody of a higher role stays.
`,
		Examples: []string{"unmute bob"},
		Args:     []command.Arg{{Name: "user", Type: command.String, Help: "whom, or the mute's id"}},
	}, func(ctx context.Context, c *command.Call) error {
		return d.lift(ctx, c, account.Mute, c.String("user"))
	})
}
