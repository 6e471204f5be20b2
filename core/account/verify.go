package account

import (
	"context"
	"net/netip"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Verify is a login: it returns the account of key if p is its password and
// nothing keeps its owner out.
//
// The order is: sanctions of the address, the throttle, the hash, sanctions of
// the account. A name that nobody registered takes as long as a wrong password
// and reads the same.
//
// Errors: Unauthenticated, Limited by the throttle, Forbidden by a sanction or
// the lockdown, Unavailable if the server is busy or the store does not answer.
func (a *Accounts) Verify(ctx context.Context, key string, p Password, from netip.Addr) (Account, error) {
	r, err := a.prove(ctx, key, p, from)
	by := Actor{Name: key, Account: key, Addr: from}
	if err == nil {
		err = a.Sanctions.Enter(Visitor{Addr: from, Key: key, Registered: true, Role: a.Role(key)}, time.Now())
	}
	if !a.Registered(key) {
		by.Name, by.Account = "", "" // it may be a password in the wrong place
	}
	if chat.ErrorCode(err) != chat.Limited { // or an attack fills the audit
		a.Audit.Note(by, Login{by.Account}, err)
	}
	if err != nil {
		return Account{}, err
	}
	a.saw(key, r.Created, from, time.Now())
	return a.Get(key)
}

// prove returns the account's record if p is its password. A hash with old
// parameters is replaced.
func (a *Accounts) prove(ctx context.Context, key string, p Password, from netip.Addr) (*record, error) {
	if s, banned := a.Sanctions.Banned(from, "", time.Now()); banned {
		return nil, s.Refusal()
	}
	try, err := a.throttle.begin(from, key, a.knows(key, from), time.Now())
	if err != nil {
		return nil, err
	}
	r, fresh, err := a.compare(ctx, key, p)
	// Who leaves before the answer does not get a try for nothing.
	left := err != nil && ctx.Err() != nil
	try.end(left || chat.ErrorCode(err) == chat.Unauthenticated, time.Now())
	if err != nil {
		return nil, err
	}
	if fresh != "" {
		old := r.Hash
		renewed, err := a.update(ctx, key, func(r *record) error {
			if r.Hash == old {
				r.Hash = fresh
			}
			return nil
		})
		if err != nil {
			a.log.Warn("hash not renewed", "account", key, "err", err)
			return r, nil
		}
		r = renewed
	}
	return r, nil
}

// compare holds p against the account's hash, or a dummy.
func (a *Accounts) compare(ctx context.Context, key string, p Password) (r *record, fresh string, err error) {
	hash := a.hasher.dummy
	r, _, err = a.read(ctx, key)
	known := err == nil
	switch {
	case known:
		hash = r.Hash
	case chat.ErrorCode(err) != chat.NotFound:
		return nil, "", err
	}
	if !p.fits() { // nobody's, so nothing is learnt from the time it does not take
		return nil, "", errWrong()
	}
	right, fresh, err := a.hasher.verify(ctx, p, hash)
	switch {
	case err != nil:
		return nil, "", err
	case !right || !known:
		return nil, "", errWrong()
	}
	return r, fresh, nil
}

func errWrong() error {
	return chat.Errorf(chat.Unauthenticated, "The name or the password is wrong; check both and try again.")
}

// ChangePassword is the owner's change of a password, for who knows the old one. The
// account's other sessions than keep end. Errors are those of Verify, Invalid
// for the new password, and Conflict.
func (a *Accounts) ChangePassword(ctx context.Context, key string, old, new Password, keep Session, by Actor) error {
	r, err := a.prove(ctx, key, old, by.Addr)
	if err == nil {
		err = a.setPassword(ctx, key, new, r.Hash)
	}
	if err == nil {
		a.cut(key, func(s Session) bool { return s != keep }, "The password of your account was changed; log in again.")
	}
	a.Audit.Note(by, PasswordChange{key}, err)
	return err
}

// SetPassword gives an account a new password in the name of an operator, for an
// owner who lost the old one. All its sessions end. Errors: Forbidden, NotFound,
// Invalid, Conflict, Unavailable.
func (a *Accounts) SetPassword(ctx context.Context, key string, new Password, by Actor) error {
	err := a.Authorize(by, CanManageAccounts, key)
	if err == nil {
		err = a.setPassword(ctx, key, new, "")
	}
	if err == nil {
		a.cut(key, nil, "The password of your account was changed; log in again.")
	}
	a.Audit.Record(ctx, by, PasswordChange{key}, err)
	return err
}

// setPassword replaces the hash old, or any if it is "". A hash of the old
// password with other parameters counts as another: then the owner is logging
// in at the same time, and tries again.
func (a *Accounts) setPassword(ctx context.Context, key string, new Password, old string) error {
	acc, err := a.Get(key)
	if err != nil {
		return err
	}
	if err := new.Check(acc.Name); err != nil {
		return err
	}
	hash, err := a.hasher.create(ctx, new)
	if err != nil {
		return err
	}
	_, err = a.update(ctx, key, func(r *record) error {
		if old != "" && r.Hash != old {
			return errContended()
		}
		r.Hash, r.Changed = hash, time.Now().UTC().Round(0)
		return nil
	})
	return err
}
