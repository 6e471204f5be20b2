package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) passwd() command.Command {
	return command.New(command.Spec{
		Name: "passwd", Group: groupAccount, Role: chat.Registered,
		Summary: "change your password",
		Help: `
Asks for your password, and twice for a new one. Your other sessions end. If
you have lost it, an operator can give you a new one on the server's machine.

To give the passwords in the line is for programs: they may stay on your
screen.
`,
		Examples: []string{"passwd"},
		Args: []command.Arg{
			{Name: "old", Type: command.String, Optional: true, Secret: true, Help: "your password now; without it you are asked"},
			{Name: "new", Type: command.String, Optional: true, Secret: true, Help: "the new one; without it you are asked twice"},
		},
	}, func(_ context.Context, c *command.Call) error {
		acc, err := d.own(c)
		if err != nil {
			return err
		}
		return c.Block(func(ctx context.Context) error { return d.changePassword(ctx, c, acc) })
	})
}

func (d *Deps) changePassword(ctx context.Context, c *command.Call, acc account.Account) error {
	if _, err := passwordFrom(ctx, c); err != nil {
		return err
	}
	old, err := givenPassword(ctx, c, "old", "Your password now: ")
	if err != nil {
		return err
	}
	defer old.Wipe()
	fresh, err := newPassword(ctx, c, "new", acc.Name)
	if err != nil {
		return err
	}
	defer fresh.Wipe()
	by, err := actor(ctx, c)
	if err != nil {
		return err
	}
	keep, err := d.session(ctx, c)
	if err != nil {
		return err
	}
	if err := d.Accounts.ChangePassword(ctx, acc.Name.Key, old, fresh, keep, by); err != nil {
		return wrong(ctx, c, err)
	}
	return tell(c, "Your password is changed, and your other sessions have ended.")
}

// own is the caller's account.
func (d *Deps) own(c *command.Call) (account.Account, error) {
	key := c.User.Account()
	if key == "" {
		name := c.User.Name().Display
		return account.Account{}, chat.Errorf(chat.NotFound, "You are a guest and have no account; register %s makes one.", name)
	}
	return d.Accounts.Get(key)
}

// session is the caller's session among those of the account, or nil.
func (d *Deps) session(ctx context.Context, c *command.Call) (account.Session, error) {
	var id uint64
	if err := c.Do(ctx, func(s command.Session) error { id = s.Info().ID; return nil }); err != nil {
		return nil, err
	}
	for _, s := range d.Accounts.Sessions(c.User.Account()) {
		if s.ID() == id {
			return s, nil
		}
	}
	return nil, nil
}
