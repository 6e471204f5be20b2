package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) accountDelete() command.Command {
	return command.New(command.Spec{
		Name:    "delete",
		Summary: "end an account for good",
		Help: `
Ends your account: its password, role, settings, aliases, jobs and what is kept
for you are gone, and its sessions end. What was said under the name stays, so
nobody else gets the name while it can be read. You are asked for the name once
more, for nothing undoes it.
`,
		Examples: []string{"account delete"},
		Args:     []command.Arg{ofAccount},
	}, func(ctx context.Context, c *command.Call) error {
		acc, by, err := d.managed(ctx, c)
		if err != nil {
			return err
		}
		return c.Block(func(ctx context.Context) error { return d.deleteAccount(ctx, c, acc, by) })
	})
}

func (d *Deps) deleteAccount(ctx context.Context, c *command.Call, acc account.Account, by account.Actor) error {
	name, key := acc.Name.Display, acc.Name.Key
	typed, err := c.Ask(ctx, "This ends the account "+name+" for good. Type its name to go on: ", false)
	if err != nil {
		return err
	}
	if text.Fold(strings.TrimSpace(typed)) != key {
		return chat.Errorf(chat.Invalid, "That is not its name, so nothing was deleted.")
	}
	if err := d.Accounts.Delete(ctx, key, by); err != nil {
		return err
	}
	d.Hub.Disown(key)
	if err := d.Mail.Forget(ctx, key); err != nil { // after it: only who may delete the account may
		return err
	}
	return tell(c, "The account %s is deleted.", name)
}
