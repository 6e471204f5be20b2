package account

import (
	"context"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Grant gives an account a role durably; Registered takes back what was granted.
// Nobody gives more than they have or changes who is not below them; admins may
// change admins, and everybody may step down. So the first admin is made by the
// operator of the machine.
//
// Errors: Invalid for Guest, NotFound, Forbidden, Conflict for less than the
// config gives, Unavailable.
func (a *Accounts) Grant(ctx context.Context, key string, role chat.Role, by Actor) error {
	old := a.Role(key)
	err := a.grant(ctx, key, role, by)
	if err == nil && old == role {
		return nil
	}
	a.Audit.Record(ctx, by, RoleChange{key, old, role}, err)
	if err == nil {
		a.changed(Target{Key: key})
	}
	return err
}

func (a *Accounts) grant(ctx context.Context, key string, role chat.Role, by Actor) error {
	if role == chat.Guest || role > chat.Admin {
		return chat.Errorf(chat.Invalid, "An account has at least the role %s; give that to take back what was granted.", chat.Registered)
	}
	acc, err := a.Get(key)
	if err != nil {
		return err
	}
	if err := a.mayGrant(acc, role, by); err != nil {
		return err
	}
	if least := a.roles.configured(key); role < least {
		return chat.Errorf(chat.Conflict, "The config makes %s %s; change it there and reload.", acc.Name.Display, least)
	}
	_, err = a.update(ctx, key, func(r *record) error {
		if role == r.granted() {
			return nil
		}
		if role == chat.Registered {
			r.Grant = nil
			return nil
		}
		r.Grant = &grant{Role: role, By: by.label(), At: time.Now().UTC().Round(0)}
		return nil
	})
	return err
}

func (a *Accounts) mayGrant(acc Account, role chat.Role, by Actor) error {
	own := a.RoleOf(by)
	switch {
	case by.Machine:
		return nil
	case by.Account == acc.Name.Key && role < own: // stepping down takes no right
		return nil
	}
	target := acc.Name.Key
	if own == chat.Admin {
		target = ""
	}
	if err := a.Authorize(by, CanGrant, target); err != nil {
		return err
	}
	if role > own {
		return chat.Errorf(chat.Forbidden, "You are %s and can't make anybody %s; nobody gives more than they have.", own, role)
	}
	return nil
}
