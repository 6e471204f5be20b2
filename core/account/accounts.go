package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Options are what Open needs to know. The zero value is usable.
type Options struct {
	Roles   *Roles        // the roles of the config, to which grants are added; nil: none
	Rights  Rights        // see SetRights
	Limits  Limits        // see SetLimits; the zero value limits nothing
	Hashing Hashing       // of new passwords; zero: DefaultHashing
	Retire  time.Duration // how long the name of a deleted account stays taken: as long as what was said under it
	Log     *slog.Logger  // nil: nowhere

	// Changed is called after something changed for those whom the target
	// covers: a role, a sanction, or, for the zero Target, the lockdown. Live
	// sessions must ask again. It must not block. Nil: nobody.
	Changed func(Target)
}

// Accounts are all accounts of a server, with what holds for them. A method with a
// context may block until it ends; the others don't block. All may be called
// from any goroutine.
type Accounts struct {
	Sanctions *Sanctions // set by Open and not changed
	Audit     *Audit     // the same

	log      *slog.Logger
	roles    *Roles
	rights   atomic.Pointer[Rights]
	retire   time.Duration
	changed  func(Target)
	hasher   *hasher
	throttle *throttle

	records  kept
	profiles kept
	seen     kept

	mu      sync.RWMutex
	byKey   map[string]*entry
	looks   map[string]*entry    // by skeleton
	retired map[string]*entry    // those of byKey in that state, for Sweep
	dirty   map[string]*sighting // what Flush is to write
}

// An entry is what memory knows of a name that is not free.
type entry struct {
	name    chat.Name
	state   state
	rev     uint64    // of the record that this is from
	created time.Time // of the account
	changed time.Time // of its password
	until   time.Time // retired: the name is free then
	seen    *sighting // nil: never
	live    []Session
}

type state uint8

const (
	registered state = iota
	claimed          // somebody is registering it
	doubtful         // a registration that the store did not confirm: it may be there
	retired          // deleted, and the name not free yet
)

// An Account is what is known of an account, as of when it was asked for.
type Account struct {
	Name     chat.Name
	Role     chat.Role
	Created  time.Time
	Password time.Time      // when it was last changed
	Seen     time.Time      // last login or logout; zero: never
	From     []netip.Prefix // where the owner came from lately, latest first; for owner and operators
}

// Open reads all accounts, sanctions and grants from the store. Its error may be
// a *CorruptError; nothing is running then. The caller must Close.
func Open(ctx context.Context, s Store, o Options) (*Accounts, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Roles == nil {
		o.Roles = &Roles{}
	}
	if o.Hashing == (Hashing{}) {
		o.Hashing = DefaultHashing()
	}
	if o.Changed == nil {
		o.Changed = func(Target) {}
	}
	h, err := newHasher(o.Hashing)
	if err != nil {
		return nil, err
	}
	a := &Accounts{
		log: o.Log, roles: o.Roles, retire: o.Retire, changed: o.Changed,
		hasher: h, throttle: newThrottle(o.Limits),
		byKey: map[string]*entry{}, looks: map[string]*entry{}, retired: map[string]*entry{}, dirty: map[string]*sighting{},
	}
	a.SetRights(o.Rights)
	for _, b := range []struct {
		to   *kept
		name string
	}{{&a.records, "accounts"}, {&a.profiles, "profiles"}, {&a.seen, "seen"}} {
		if *b.to, err = openKept(ctx, s, b.name); err != nil {
			return nil, err
		}
	}
	if err := a.load(ctx); err != nil {
		return nil, err
	}
	if a.Sanctions, err = openSanctions(ctx, s, a); err != nil {
		return nil, err
	}
	if a.Audit, err = openAudit(ctx, s, o.Log); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Accounts) load(ctx context.Context) error {
	err := a.records.each(ctx, func(rec Record) error {
		var r record
		if err := a.records.decode(rec, &r); err != nil {
			return err
		}
		a.apply(&r, rec.Rev)
		return nil
	})
	if err != nil {
		return err
	}
	return a.seen.each(ctx, func(rec Record) error {
		s := &sighting{rev: rec.Rev}
		if err := a.seen.decode(rec, &s.seenRecord); err != nil {
			return err
		}
		if e := a.byKey[rec.Key]; e != nil && e.created.Equal(s.Born) {
			e.seen = s
		}
		return nil
	})
}

// Close writes what is still to be written, waits for what runs, and ends what
// Open started. No method may be called after it.
func (a *Accounts) Close(ctx context.Context) error {
	return errors.Join(a.hasher.drain(ctx), a.Flush(ctx), a.Audit.close(ctx))
}

// Sweep forgets what is over. It is to be called about every minute.
func (a *Accounts) Sweep(now time.Time) {
	a.mu.Lock()
	for key, e := range a.retired {
		if !now.Before(e.until) {
			a.forgetLocked(key)
		}
	}
	a.mu.Unlock()
	a.Sanctions.sweep(now)
}

// SetLimits replaces the limits.
func (a *Accounts) SetLimits(l Limits) { a.throttle.setLimits(l) }

// SetRights replaces the rights.
func (a *Accounts) SetRights(r Rights) { a.rights.Store(&r) }

// Rights are the present rights.
func (a *Accounts) Rights() Rights { return *a.rights.Load() }

// apply puts what the store has into memory, unless memory has something newer.
func (a *Accounts) apply(r *record, rev uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.byKey[r.Key]
	if e != nil && e.rev > rev {
		return
	}
	if e == nil {
		e = &entry{}
	} else if e.name.Skeleton != r.Skeleton {
		a.dropLookLocked(e)
	}
	e.name, e.rev, e.created, e.changed = r.name(), rev, r.Created, r.Changed
	delete(a.retired, r.Key)
	if e.state, e.until = registered, (time.Time{}); r.Retired != nil {
		e.state, e.until, e.seen = retired, *r.Retired, nil
		delete(a.dirty, r.Key)
		a.retired[r.Key] = e
	}
	a.byKey[r.Key] = e
	if a.looks[r.Skeleton] == nil { // else an older one looks like it, of another time's rules
		a.looks[r.Skeleton] = e
	}
	a.roles.grant(r.Key, r.granted())
}

// forget frees a name.
func (a *Accounts) forget(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forgetLocked(key)
}

func (a *Accounts) forgetLocked(key string) {
	if e := a.byKey[key]; e != nil {
		delete(a.byKey, key)
		delete(a.retired, key)
		a.dropLookLocked(e)
		a.roles.grant(key, chat.Guest)
	}
}

func (a *Accounts) dropLookLocked(e *entry) {
	if a.looks[e.name.Skeleton] == e {
		delete(a.looks, e.name.Skeleton)
	}
}

// read is the account's record in the store, and what memory knows afterwards.
// Errors: NotFound, Unavailable, *CorruptError.
func (a *Accounts) read(ctx context.Context, key string) (*record, uint64, error) {
	r, rev, err := a.readAny(ctx, key)
	if err == nil && r.Retired != nil {
		err = errUnknown(key)
	}
	return r, rev, err
}

// readAny is read of a retired account too.
func (a *Accounts) readAny(ctx context.Context, key string) (*record, uint64, error) {
	r := &record{}
	if key == "" || len(key) > maxKey {
		return r, 0, errUnknown(key)
	}
	rev, err := a.records.get(ctx, key, r)
	switch chat.ErrorCode(err) {
	case "":
		a.apply(r, rev)
	case chat.NotFound:
		if a.gone(key) {
			return r, 0, &chat.Error{Code: chat.Unavailable, Text: "That account can't be read at the moment; try again later.", Err: err}
		}
		err = errUnknown(key)
	}
	return r, rev, err
}

// gone notes that the store has no record of key, which settles a doubt. It
// reports whether it should have: then the name is not up for grabs, and the
// store needs an operator.
func (a *Accounts) gone(key string) (missing bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch e := a.byKey[key]; {
	case e == nil:
	case e.state == registered:
		a.log.Error("account missing in the store", "account", key)
		return true
	case e.state != claimed: // which has no record yet
		a.forgetLocked(key)
	}
	return false
}

// update changes an account's record by compare-and-set: change may be called
// several times. It returns the record as it stands then. Errors: those of read,
// of change, and Conflict.
func (a *Accounts) update(ctx context.Context, key string, change func(*record) error) (*record, error) {
	for range attempts {
		r, rev, err := a.read(ctx, key)
		if err != nil {
			return nil, err
		}
		if err := change(r); err != nil {
			return nil, err
		}
		rev, err = a.records.put(ctx, key, r, rev, r.ttl(time.Now()))
		switch {
		case err == nil:
			a.apply(r, rev)
			return r, nil
		case chat.ErrorCode(err) != chat.Conflict:
			return nil, err
		}
	}
	return nil, errContended()
}

// findLocked is the entry of an account, nil if there is no such account.
func (a *Accounts) findLocked(key string) *entry {
	if e := a.byKey[key]; e != nil && e.state == registered {
		return e
	}
	return nil
}

// Registered reports whether there is an account of that key. While it is not
// known whether a registration was saved, it counts as one.
func (a *Accounts) Registered(key string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	e := a.byKey[key]
	return e != nil && (e.state == registered || e.state == doubtful)
}

// Len is the number of accounts.
func (a *Accounts) Len() int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	n := 0
	for _, e := range a.byKey {
		if e.state == registered {
			n++
		}
	}
	return n
}

// Get is the account of that key. The error is NotFound.
func (a *Accounts) Get(key string) (Account, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if e := a.findLocked(key); e != nil {
		return a.describeLocked(e), nil
	}
	return Account{}, errUnknown(key)
}

// Lookalike is the account whose name looks like n, which may be n's own.
func (a *Accounts) Lookalike(n chat.Name) (Account, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if e := a.looks[n.Skeleton]; e != nil && e.state == registered {
		return a.describeLocked(e), true
	}
	return Account{}, false
}

// All are all accounts, by key.
func (a *Accounts) All() []Account {
	a.mu.RLock()
	defer a.mu.RUnlock()
	all := make([]Account, 0, len(a.byKey))
	for _, e := range a.byKey {
		if e.state == registered {
			all = append(all, a.describeLocked(e))
		}
	}
	slices.SortFunc(all, func(x, y Account) int { return strings.Compare(x.Name.Key, y.Name.Key) })
	return all
}

func (a *Accounts) describeLocked(e *entry) Account {
	acc := Account{Name: e.name, Role: max(chat.Registered, a.roles.Of(e.name.Key)), Created: e.created, Password: e.changed}
	if e.seen != nil {
		acc.Seen, acc.From = e.seen.At, slices.Clone(e.seen.From)
	}
	return acc
}

// Role is the role of the account of that key: Guest if there is none, whatever
// the config says of the name.
func (a *Accounts) Role(key string) chat.Role {
	a.mu.RLock()
	known := a.findLocked(key) != nil
	a.mu.RUnlock()
	if !known {
		return chat.Guest
	}
	return max(chat.Registered, a.roles.Of(key))
}

// display is the name of key as its owner writes it.
func (a *Accounts) display(key string) string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if e := a.byKey[key]; e != nil {
		return e.name.Display
	}
	return key
}

// Penalize lets an offence weigh against its source, which is kept out once the
// sum is 15 seconds.
func (a *Accounts) Penalize(from netip.Addr, o Offence, now time.Time) {
	a.throttle.penalize(from, o, now)
}

// Accept returns nil if somebody from that address may connect; else the error,
// which has the code Forbidden for a ban and Limited for a penalty, is to be
// shown.
func (a *Accounts) Accept(from netip.Addr, now time.Time) error {
	if s, banned := a.Sanctions.Banned(from, "", now); banned {
		return s.Refusal()
	}
	if w := a.throttle.wait(from, now); w > 0 {
		return errPenalty(w)
	}
	return nil
}

// Guest returns nil if a guest from that address may come in and use the name;
// else the error is to be shown: Unauthenticated if the name is registered, so
// that a password is what it takes; Conflict if it is taken otherwise;
// Forbidden.
func (a *Accounts) Guest(n chat.Name, from netip.Addr, now time.Time) error {
	if err := a.free(n, now); err != nil {
		return err
	}
	return a.Sanctions.Enter(Visitor{Addr: from, Key: n.Key}, now)
}

// free returns nil if nobody owns the name or one that looks like it.
func (a *Accounts) free(n chat.Name, now time.Time) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.freeLocked(n, now)
}

func (a *Accounts) freeLocked(n chat.Name, now time.Time) error {
	if e := a.byKey[n.Key]; e != nil {
		switch {
		case e.state == registered || e.state == doubtful:
			return chat.Errorf(chat.Unauthenticated, "The name %s is registered; if it is yours, log in with its password, or choose another.", e.name.Display)
		case e.state == claimed:
			return chat.Errorf(chat.Conflict, "Somebody is registering the name %s at this moment; choose another, or try again.", n.Display)
		case now.Before(e.until):
			return chat.Errorf(chat.Conflict, "The name %s belonged to a deleted account and is not free until %s; choose another.", n.Display, moment(e.until))
		}
	}
	if e := a.looks[n.Skeleton]; e != nil && e.name.Key != n.Key && (e.state != retired || now.Before(e.until)) {
		return chat.Errorf(chat.Conflict, "The name %s looks too much like %s, which is taken; choose another.", n.Display, e.name.Display)
	}
	return nil
}

func errUnknown(key string) error {
	return chat.Errorf(chat.NotFound, "There is no account %s; check the spelling.", key)
}

// unconfirmed is the error for a write that may or may not have happened.
func unconfirmed(err error, what string) error {
	return &chat.Error{Code: chat.Unavailable, Text: fmt.Sprintf("The server could not confirm that %s was saved; try again in a moment.", what), Err: err}
}
