package account

import (
	"net/netip"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// An Actor is who does something. It has no role: what an actor may do is looked
// up when it is done.
type Actor struct {
	Name    string     // as others see it
	Account string     // the account's key, "" for a guest
	Addr    netip.Addr // where from; the zero Addr if that is nowhere
	Machine bool       // the operator of this machine, who may do everything
}

// Machine is the operator of this machine, who is known by that name to its
// operating system.
func Machine(name string) Actor { return Actor{Name: name, Machine: true} }

// label is who did it, as records name it.
func (by Actor) label() string {
	if by.Account != "" {
		return by.Account
	}
	return by.Name
}

// RoleOf is the role of an actor at present.
func (a *Accounts) RoleOf(by Actor) chat.Role {
	if by.Machine {
		return chat.Admin
	}
	return a.Role(by.Account)
}

// Authorize returns nil if by has the capability at present and, unless target
// is "", may use it against the account of that key: who is below them. The
// error has the code Forbidden.
func (a *Accounts) Authorize(by Actor, c Capability, target string) error {
	if by.Machine {
		return nil
	}
	role := a.Role(by.Account)
	if err := a.Rights().Check(role, c); err != nil {
		return err
	}
	if theirs := a.Role(target); target != "" && theirs > chat.Registered && theirs >= role {
		if target == by.Account {
			return chat.Errorf(chat.Forbidden, "You can't do that to yourself; somebody of a higher role can.")
		}
		return chat.Errorf(chat.Forbidden, "%s is %s, and you are %s; you can act against lower roles only.", a.display(target), theirs, role)
	}
	return nil
}
