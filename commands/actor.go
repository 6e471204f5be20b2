package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// actor is the caller, as rights and the audit know them.
func actor(ctx context.Context, c *command.Call) (by account.Actor, err error) {
	err = c.Do(ctx, func(s command.Session) error {
		by = account.Actor{Name: c.User.Name().Display, Account: c.User.Account(), Addr: s.Peer()}
		return nil
	})
	return by, err
}

// authorized is the actor, if they have the capability and may use it against the
// account of that key, "" for nobody's.
func (d *Deps) authorized(ctx context.Context, c *command.Call, need account.Capability, against string) (account.Actor, error) {
	by, err := actor(ctx, c)
	if err == nil {
		err = d.Accounts.Authorize(by, need, against)
	}
	return by, err
}

// can reports whether the caller has the capability.
func (d *Deps) can(c *command.Call, need account.Capability) bool {
	return d.Accounts.Authorize(account.Actor{Account: c.User.Account()}, need, "") == nil
}

// least is the role that help shows a command to which takes the capability. That
// it is enough is checked when the command runs.
func (d *Deps) least(need account.Capability) chat.Role {
	if d.Accounts == nil {
		return account.Rights{}.Least(need)
	}
	return d.Accounts.Rights().Least(need)
}

// tellStaff tells everyone who has the capability what the caller did, except the
// caller, and returns how many that are.
func (d *Deps) tellStaff(c *command.Call, need account.Capability, what string) (n int) {
	least := d.least(need)
	ev := &chat.Event{Kind: chat.Notice, Time: c.Now, Text: text.Clean(what)}
	for _, u := range d.Hub.Users() {
		if u.Role() >= least && !u.Is(c.User) {
			u.Notify(ev)
			n++
		}
	}
	return n
}

// undoable ends the answer to an act of rights with the line that undoes it.
func undoable(c *command.Call, undo string) string {
	if c.Bare {
		return instead(c, undo)
	}
	return " (to undo it: " + undo + ")"
}
