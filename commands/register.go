package commands

import (
	"context"
	"net/netip"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) register() command.Command {
	return command.New(command.Spec{
		Name: "register", Group: groupAccount, BeforeLogin: true,
		Summary: "make a name yours for good",
		Help: `
Makes an account of a name that is free, so that nobody else can use it or one
that looks like it, and logs you in to it. As a guest you register the name
that you have, where you are. Your settings, aliases and rooms come back then
whenever you log in.

You are asked for a password twice, of 8 characters or more. To give it behind
the name is for programs: it may stay on your screen.
`,
		Examples: []string{"register fish"},
		Args: []command.Arg{
			{Name: "name", Type: command.String, Help: "the name you want, one word"},
			{Name: "password", Type: command.String, Optional: true, Secret: true, Help: "its password; without it you are asked"},
		},
	}, func(_ context.Context, c *command.Call) error {
		name, err := d.Name(c.String("name"))
		if err != nil {
			return err
		}
		if err := d.mayRegister(c.User, name, c.Session.Peer()); err != nil {
			return err
		}
		return c.Block(func(ctx context.Context) error { return d.enroll(ctx, c, name) })
	})
}

// mayRegister is why somebody there, nil for nobody yet, can't register the name,
// as far as that is known before the password is.
func (d *Deps) mayRegister(u *chat.User, name chat.Name, from netip.Addr) error {
	switch {
	case u != nil && u.Account() != "":
		return chat.Errorf(chat.Conflict, "You are logged in to the account %s; logout first to register another name.", u.Account())
	case u != nil && u.Name().Key != name.Key:
		return chat.Errorf(chat.Conflict, "You are %s here; register that name, or take the other one first: nick %s.", u.Name().Display, name.Display)
	}
	if err := d.Accounts.MayRegister(name, from); err != nil {
		return err
	}
	if u == nil && d.Hub.HasUser(name.Key) {
		return chat.Errorf(chat.Conflict, "The name %s is taken by a guest; choose another.", name.Display)
	}
	return nil
}

// enroll makes the account, and the caller its owner.
func (d *Deps) enroll(ctx context.Context, c *command.Call, name chat.Name) error {
	from, err := passwordFrom(ctx, c)
	if err != nil {
		return err
	}
	password, err := newPassword(ctx, c, "password", name)
	if err != nil {
		return err
	}
	defer password.Wipe()
	acc, err := d.Accounts.Register(ctx, name, password, from)
	if err != nil {
		return err
	}
	if err := tell(c, "The name %s is yours now; log in with: login %s", name.Display, name.Display); err != nil {
		return err
	}
	return c.Do(ctx, func(s command.Session) error {
		if s.LoggedIn() {
			return s.Identify(identity(acc))
		}
		return s.Login(identity(acc))
	})
}

// identity is the owner of an account.
func identity(acc account.Account) chat.Identity {
	return chat.Identity{Name: acc.Name, Role: acc.Role, Account: acc.Name.Key}
}
