package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

// keep keeps messages for the owner of an account, who is not here.
func (d *Deps) keep(ctx context.Context, c *command.Call, to account.Account, messages []string) error {
	from := c.User
	if err := from.MaySpeak(c.Now); err != nil {
		return err
	}
	letters := make([]account.Letter, len(messages))
	for i, m := range messages {
		letters[i] = account.Letter{From: from.Name().Display, Account: from.Account(), Text: m}
	}
	return d.Mail.Keep(ctx, to.Name.Key, letters...)
}
