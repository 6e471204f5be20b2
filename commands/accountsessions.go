package commands

import (
	"context"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// ofAccount is the argument for whose account it is.
var ofAccount = command.Arg{Name: "name", Type: command.String, Optional: true, Help: "whose; default: yours"}

// managed is the account that the call names, or the caller's own; another one is
// for those who may manage accounts.
func (d *Deps) managed(ctx context.Context, c *command.Call) (acc account.Account, by account.Actor, err error) {
	if by, err = actor(ctx, c); err != nil {
		return acc, by, err
	}
	if !c.Has("name") {
		acc, err = d.own(c)
		return acc, by, err
	}
	if acc, err = d.accountOf(c, c.String("name")); err == nil && acc.Name.Key != by.Account {
		err = d.Accounts.Authorize(by, account.CanManageAccounts, acc.Name.Key)
	}
	return acc, by, err
}

func (d *Deps) accountSessions() command.Command {
	return command.New(command.Spec{
		Name: "sessions", Records: true,
		Summary:  "list the sessions of an account",
		Help:     "Lists your sessions, the longest first, with the number by which account revoke\nends one.\n",
		Examples: []string{"account sessions"},
		Args:     []command.Arg{ofAccount},
	}, func(ctx context.Context, c *command.Call) error {
		acc, by, err := d.managed(ctx, c)
		if err != nil {
			return err
		}
		addresses := acc.Name.Key == by.Account || d.can(c, account.CanSeeAddresses)
		current := c.Session.Info().ID
		var t table
		t.row("ID", "SINCE", "FROM", "")
		for _, s := range d.Accounts.Sessions(acc.Name.Key) {
			o := sessionObject{Type: "session", ID: s.ID(), Since: stamp(s.Since()), Current: s.ID() == current}
			if addresses {
				o.From = s.Peer().Unmap().String()
			}
			if c.JSON {
				if err := c.Object(o); err != nil {
					return err
				}
				continue
			}
			this := ""
			if o.Current {
				this = "this one"
			}
			t.row(strconv.FormatUint(o.ID, 10), span(c.Now.Sub(s.Since()))+" ago", o.From, this)
		}
		switch {
		case c.JSON:
			return nil
		case len(t.rows) == 1:
			return tell(c, "%s has no session at the moment.", acc.Name.Display)
		}
		return t.write(c.Out, c.View().Width)
	})
}

// everySession is what account revoke takes for all sessions.
const everySession = "all"

func (d *Deps) accountRevoke() command.Command {
	return command.New(command.Spec{
		Name: "revoke", Blocking: true,
		Summary:  "end sessions of an account",
		Help:     "Ends the session with that number, or all of yours but this one. Whoever has\nyour password can log in again: passwd changes it.\n",
		Examples: []string{"account revoke all"},
		Args: []command.Arg{
			{Name: "session", Type: command.String, Help: "its number, as account sessions shows it; or all"},
			ofAccount,
		},
	}, func(ctx context.Context, c *command.Call) error {
		acc, by, err := d.managed(ctx, c)
		if err != nil {
			return err
		}
		var id uint64
		if word := c.String("session"); word != everySession {
			if id, err = strconv.ParseUint(word, 10, 64); err != nil || id == 0 {
				return chat.Errorf(chat.Invalid, "SESSION must be a number that account sessions shows, or all, not %q.", word)
			}
		}
		keep, err := d.session(ctx, c)
		if err != nil {
			return err
		}
		n, err := d.Accounts.Revoke(ctx, acc.Name.Key, id, keep, by)
		switch {
		case err != nil:
			return err
		case n == 0:
			return tell(c, "There is no other session of %s.", acc.Name.Display)
		}
		return tell(c, "%s of %s ended.", plural(n, "session", "sessions"), acc.Name.Display)
	})
}
