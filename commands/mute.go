package commands

import (
	"context"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

// usualMute is how long a mute holds that is given no time.
const usualMute = time.Hour

func (d *Deps) mute() command.Command {
	return command.New(command.Spec{
		Name: "mute", Group: groupModeration, Role: d.least(account.CanMute), Blocking: true,
		Summary: "keep somebody from speaking",
		Help: `
Keeps somebody, who may be absent, from saying anything to anybody. They can
still read, and report. Behind the name stand how long and the reason, as with
ban: a mute holds for an hour unless you say so. unmute ends it.
`,
		Examples: []string{"mute bob", "mute bob 15m calm down, please"},
		Args: []command.Arg{
			{Name: "user", Type: command.String, Help: "whom"},
			{Name: "duration-and-reason", Type: command.Text, Optional: true, Help: "how long, or forever; then why; default: 1h"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		t, err := d.named(c, c.String("user"))
		if err != nil {
			return err
		}
		return d.impose(ctx, c, account.Mute, t, usualMute)
	})
}
