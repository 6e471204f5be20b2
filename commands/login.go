package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) login() command.Command {
	return command.New(command.Spec{
		Name: "login", Group: groupSession, BeforeLogin: true,
		Summary: "take a name and come in",
		Help: `
Takes a name and brings you to the room where everyone starts. A name that is
registered needs its password, for which you are asked. Any other that is free
is yours as a guest until you log out. It may have letters of any one script,
digits, and _ - . between them; capitals make no difference, and names that
look alike count as one. register makes a name yours for good.

Where nobody has to log in you have a guest's name already, and login gives
you one of your own.

To give the password behind the name is for programs: it may stay on your
screen.
`,
		Examples: []string{"login fish"},
		Args: []command.Arg{
			{Name: "name", Type: command.String, Help: "the name you want, one word"},
			{Name: "password", Type: command.String, Optional: true, Secret: true, Help: "that of a registered name; without it you are asked"},
		},
	}, func(_ context.Context, c *command.Call) error {
		s, word := c.Session, c.String("name")
		if s.LoggedIn() && (d.Settings().LoginRequired || c.User.Account() != "") {
			return chat.Errorf(chat.Conflict, "You are logged in as %s; use nick NAME for another name, or logout.", c.User.Name().Display)
		}
		key := text.Fold(word)
		authenticate := func(ctx context.Context) error { return d.authenticate(ctx, c, key) }
		if c.Has("password") || d.Accounts.Registered(key) {
			return c.Block(authenticate)
		}
		name, err := d.Name(word)
		switch {
		case err != nil:
			return err
		case s.LoggedIn():
			return d.rename(c)
		}
		err = s.Login(chat.Identity{Name: name})
		if chat.ErrorCode(err) == chat.Unauthenticated { // registered at this moment
			return c.Block(authenticate)
		}
		return err
	})
}

// authenticate logs the caller in to the account of that key, if they know the
// password. Whether there is such an account they learn from no difference.
func (d *Deps) authenticate(ctx context.Context, c *command.Call, key string) error {
	from, err := passwordFrom(ctx, c)
	if err != nil {
		return err
	}
	password, err := givenPassword(ctx, c, "password", "Password: ")
	if err != nil {
		return err
	}
	defer password.Wipe()
	acc, err := d.Accounts.Verify(ctx, key, password, from)
	if err != nil {
		return wrong(ctx, c, err)
	}
	return c.Do(ctx, func(s command.Session) error {
		if s.LoggedIn() { // under the guest's name that everyone is given
			s.Logout()
		}
		return s.Login(identity(acc))
	})
}
