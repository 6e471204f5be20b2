package account

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Register makes an account for somebody from that address. It returns once
// the account is durable. Of those who register one name, or names that look
// alike, at the same time one succeeds.
//
// A name that the config gives a role is registered from this machine only: what
// the config calls an operator must not be whoever comes first.
//
// Errors: Invalid for a password, Conflict for a name that is taken, Limited
// after too many registrations, Forbidden by a sanction or right, Unavailable if
// the server is busy or the store did not confirm; then nobody else gets the
// name until that is settled.
func (a *Accounts) Register(ctx context.Context, n chat.Name, p Password, from netip.Addr) (Account, error) {
	by := Actor{Name: n.Display, Addr: from}
	acc, err := a.register(ctx, n, p, from)
	a.Audit.Note(by, Registration{n.Key}, err)
	return acc, err
}

// MayRegister returns nil if all that Register needs besides is a good password:
// nobody is asked for one in vain. A refusal is in the audit; it is one of
// Register's errors.
func (a *Accounts) MayRegister(n chat.Name, from netip.Addr) error {
	now := time.Now()
	err := a.mayRegister(n, from, now)
	if err == nil && !a.doubted(n.Key) { // a doubt is settled by Register
		err = asConflict(a.free(n, now))
	}
	if err == nil {
		err = a.throttle.full(from, now)
	}
	if err != nil {
		a.Audit.Note(Actor{Name: n.Display, Addr: from}, Registration{n.Key}, err)
	}
	return err
}

// mayRegister returns nil if no sanction and no right keeps somebody from
// registering the name.
func (a *Accounts) mayRegister(n chat.Name, from netip.Addr, now time.Time) error {
	if err := a.Sanctions.enroll(from, n.Key, now); err != nil {
		return err
	}
	if a.Rights().Least(CanRegister) > chat.Guest {
		return chat.Errorf(chat.Forbidden, "Nobody can register here; ask an operator for an account.")
	}
	if role := a.roles.configured(n.Key); role > chat.Registered && !plain(from).IsLoopback() {
		return chat.Errorf(chat.Forbidden, "The name %s is kept for somebody with the role %s and can be registered only on the server's own machine; choose another.", n.Display, role)
	}
	return nil
}

func (a *Accounts) register(ctx context.Context, n chat.Name, p Password, from netip.Addr) (Account, error) {
	now := time.Now()
	if err := a.mayRegister(n, from, now); err != nil {
		return Account{}, err
	}
	if err := p.Check(n); err != nil {
		return Account{}, err
	}
	back, err := a.throttle.arrive(from, now)
	if err != nil {
		return Account{}, err
	}
	acc, err := a.create(ctx, n, p)
	if err != nil {
		back()
		return acc, err
	}
	a.saw(n.Key, acc.Created, from, time.Now()) // as by a login, which it is
	return a.Get(n.Key)
}

// Create makes an account in the name of an operator, without limits. Errors are
// those of Register, and Forbidden if by can't manage accounts.
func (a *Accounts) Create(ctx context.Context, n chat.Name, p Password, by Actor) (Account, error) {
	err := a.Authorize(by, CanManageAccounts, "")
	if role := a.roles.configured(n.Key); err == nil && role > a.RoleOf(by) {
		err = chat.Errorf(chat.Forbidden, "The config makes %s %s, which is more than you are.", n.Display, role)
	}
	if err == nil {
		err = p.Check(n)
	}
	var acc Account
	if err == nil {
		acc, err = a.create(ctx, n, p)
	}
	a.Audit.Record(ctx, by, Registration{n.Key}, err)
	return acc, err
}

func (a *Accounts) create(ctx context.Context, n chat.Name, p Password) (Account, error) {
	if err := a.claim(ctx, n); err != nil {
		return Account{}, err
	}
	hash, err := a.hasher.create(ctx, p)
	if err != nil {
		a.forget(n.Key)
		return Account{}, err
	}
	now := time.Now().UTC().Round(0)
	r := &record{V: version, Display: n.Display, Key: n.Key, Skeleton: n.Skeleton, Hash: hash, Created: now, Changed: now}
	if err := r.check(n.Key); err != nil {
		a.forget(n.Key)
		return Account{}, fmt.Errorf("register %q: %w", n.Key, err)
	}
	rev, err := a.records.put(ctx, n.Key, r, 0, 0)
	if chat.ErrorCode(err) == chat.Conflict {
		rev, err = a.overRetired(ctx, r)
	}
	switch chat.ErrorCode(err) {
	case "":
		a.apply(r, rev)
		return a.Get(n.Key)
	case chat.Unavailable:
		a.doubt(n.Key)
		return Account{}, unconfirmed(err, "the name "+n.Display)
	}
	a.forget(n.Key)
	// Whoever has it, memory should know.
	if _, _, readErr := a.readAny(ctx, n.Key); readErr != nil && chat.ErrorCode(readErr) != chat.NotFound {
		a.log.Warn("account not read", "account", n.Key, "err", readErr)
	}
	return Account{}, err
}

// claim keeps a name from everybody else. If there is a doubt about it the store
// is asked first.
func (a *Accounts) claim(ctx context.Context, n chat.Name) error {
	if a.doubted(n.Key) {
		if _, _, err := a.readAny(ctx, n.Key); err != nil && chat.ErrorCode(err) != chat.NotFound {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.freeLocked(n, time.Now()); err != nil {
		return asConflict(err)
	}
	a.forgetLocked(n.Key) // a retired one whose time is over
	if e := a.looks[n.Skeleton]; e != nil {
		a.forgetLocked(e.name.Key)
	}
	e := &entry{name: n, state: claimed}
	a.byKey[n.Key], a.looks[n.Skeleton] = e, e
	return nil
}

// asConflict is a taken name as who registers sees it.
func asConflict(err error) error {
	if chat.ErrorCode(err) == chat.Unauthenticated {
		err = &chat.Error{Code: chat.Conflict, Text: err.(*chat.Error).Text}
	}
	return err
}

func (a *Accounts) doubted(key string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	e := a.byKey[key]
	return e != nil && e.state == doubtful
}

func (a *Accounts) doubt(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.byKey[key]; e != nil && e.state == claimed {
		e.state = doubtful
	}
}

// overRetired writes r in place of the record of a deleted account whose name is
// free again. The error is Conflict if it is not.
func (a *Accounts) overRetired(ctx context.Context, r *record) (uint64, error) {
	var old record
	rev, err := a.records.get(ctx, r.Key, &old)
	switch {
	case chat.ErrorCode(err) == chat.NotFound: // it ended meanwhile
		rev = 0
	case err != nil:
		return 0, err
	case old.Retired == nil:
		return 0, chat.Errorf(chat.Conflict, "The name %s is registered; if it is yours, log in with its password, or choose another.", old.Display)
	case time.Now().Before(*old.Retired):
		return 0, chat.Errorf(chat.Conflict, "The name %s belonged to a deleted account and is not free until %s; choose another.", old.Display, moment(*old.Retired))
	}
	return a.records.put(ctx, r.Key, r, rev, 0)
}
