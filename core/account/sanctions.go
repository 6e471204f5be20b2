package account

import (
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// maxSanctions bounds the sanctions in all.
const maxSanctions = 100_000

// Sanctions are all bans, mutes and exceptions, and the lockdown. They are asked
// from memory on every loop and changed in the store first.
type Sanctions struct {
	accounts *Accounts
	kept     kept

	mu       sync.RWMutex
	byKey    map[string]held // by the key of the record
	byID     map[string]*Sanction
	of       map[Kind]*kindIndex
	lockdown Lockdown
	lockRev  uint64
}

type held struct {
	*Sanction // not changed once here
	rev       uint64
}

// A kindIndex finds the sanctions of one kind.
type kindIndex struct {
	names    map[string]*Sanction // by key of the target
	networks networks
}

func openSanctions(ctx context.Context, store Store, a *Accounts) (*Sanctions, error) {
	s := &Sanctions{accounts: a, byKey: map[string]held{}, byID: map[string]*Sanction{}, of: map[Kind]*kindIndex{}}
	for _, k := range []Kind{Ban, Mute, Allow} {
		s.of[k] = &kindIndex{map[string]*Sanction{}, newNetworks()}
	}
	var err error
	if s.kept, err = openKept(ctx, store, "sanctions"); err != nil {
		return nil, err
	}
	return s, s.kept.each(ctx, func(rec Record) error {
		if rec.Key == lockdownKey {
			var l lockdownRecord
			if err := s.kept.decode(rec, &l); err != nil {
				return err
			}
			s.lockdown, s.lockRev = l.Lockdown, rec.Rev
			return nil
		}
		var r sanctionRecord
		if err := s.kept.decode(rec, &r); err != nil {
			return err
		}
		s.put(&r.Sanction, rec.Rev)
		return nil
	})
}

// Impose makes a sanction for d, or for ever if d is 0, and returns it with its id
// once it is durable. It takes the place of one of the same kind and target.
//
// Errors: Invalid for the target, the reason or the time; Forbidden for a target
// that is not below by, for an own address, or without the capability; Limited at
// 100,000 sanctions; Conflict, Unavailable.
func (s *Sanctions) Impose(ctx context.Context, k Kind, t Target, d time.Duration, reason string, by Actor) (Sanction, error) {
	made, err := s.impose(ctx, k, t, d, reason, by)
	if err != nil {
		made = Sanction{Kind: k, Target: t, Reason: text.Clean(reason)}
	}
	s.accounts.Audit.Record(ctx, by, Imposed{made}, err)
	if err != nil {
		return Sanction{}, err
	}
	s.accounts.changed(t)
	return made, nil
}

func (s *Sanctions) impose(ctx context.Context, k Kind, t Target, d time.Duration, reason string, by Actor) (Sanction, error) {
	if err := s.mayImpose(k, t, d, by); err != nil {
		return Sanction{}, err
	}
	reason = text.Clean(reason)
	switch {
	case k != Allow && t.Prefix.IsValid() && t.Prefix.Contains(plain(by.Addr)):
		return Sanction{}, chat.Errorf(chat.Forbidden, "You are in that network yourself; use a smaller one.")
	case d < 0 || d > maxSpan || d > 0 && d < time.Second:
		return Sanction{}, chat.Errorf(chat.Invalid, "A sanction lasts from a second to 100 years, or forever.")
	case len(reason) > MaxReason:
		return Sanction{}, chat.Errorf(chat.Invalid, "A reason has at most %d bytes; use a shorter one.", MaxReason)
	case s.Len() >= maxSanctions:
		return Sanction{}, chat.Errorf(chat.Limited, "There are %d sanctions, which is the most; lift some first, or use larger networks.", maxSanctions)
	}
	now := time.Now().UTC().Round(0)
	made := Sanction{ID: s.newID(), Kind: k, Target: t, Reason: reason, By: by.label(), Rank: s.accounts.RoleOf(by), At: now}
	if d > 0 {
		made.Until = now.Add(d)
	}
	key := made.key()
	for range attempts {
		old, rev, err := s.stored(ctx, key)
		switch {
		case err != nil:
			return Sanction{}, err
		case old != nil && !old.over(now) && old.Rank > made.Rank:
			return Sanction{}, chat.Errorf(chat.Forbidden, "There is one by somebody of the role %s already: %s.", old.Rank, old.ID)
		}
		rev, err = s.kept.put(ctx, key, sanctionRecord{version, made}, rev, d)
		switch chat.ErrorCode(err) {
		case "":
			s.put(&made, rev)
			return made, nil
		case chat.Conflict:
			continue
		}
		return Sanction{}, unconfirmed(err, "the sanction")
	}
	return Sanction{}, errContended()
}

func (s *Sanctions) mayImpose(k Kind, t Target, d time.Duration, by Actor) error {
	if err := t.check(); err != nil {
		return err
	}
	need := []Capability{map[Kind]Capability{Ban: CanBan, Mute: CanMute, Allow: CanAllow}[k]}
	target := t.Key
	if k == Allow {
		target = "" // does nobody harm
	} else {
		if t.Prefix.IsValid() {
			need = append(need, CanBanAddress)
		}
		if d == 0 {
			need = append(need, CanBanForever)
		}
	}
	for _, c := range need {
		if c == "" {
			return chat.Errorf(chat.Invalid, "There is no sanction %q.", k)
		}
		if err := s.accounts.Authorize(by, c, target); err != nil {
			return err
		}
	}
	return nil
}

// stored is the sanction in the store, nil if there is none. Memory knows it
// afterwards.
func (s *Sanctions) stored(ctx context.Context, key string) (*Sanction, uint64, error) {
	var r sanctionRecord
	rev, err := s.kept.get(ctx, key, &r)
	switch chat.ErrorCode(err) {
	case "":
		s.put(&r.Sanction, rev)
		return &r.Sanction, rev, nil
	case chat.NotFound:
		return nil, 0, nil
	}
	return nil, 0, err
}

// Lift ends the sanction of that id and returns it. Errors: NotFound; Forbidden
// without the capability to impose it, or for one by a higher role; Conflict,
// Unavailable.
func (s *Sanctions) Lift(ctx context.Context, id string, by Actor) (Sanction, error) {
	was, err := s.lift(ctx, id, by)
	if was.ID == "" {
		was.ID = text.Clean(id)
	}
	s.accounts.Audit.Record(ctx, by, Lifted{was}, err)
	if err == nil {
		s.accounts.changed(was.Target)
	}
	return was, err
}

func (s *Sanctions) lift(ctx context.Context, id string, by Actor) (Sanction, error) {
	was, err := s.Get(id, time.Now())
	if err != nil {
		return Sanction{}, err
	}
	// What one may not impose on somebody, one may not lift either.
	if err := s.mayImpose(was.Kind, was.Target, time.Second, by); err != nil {
		return was, err
	}
	if s.accounts.RoleOf(by) < was.Rank {
		return was, chat.Errorf(chat.Forbidden, "It was imposed by somebody of the role %s; it takes that role to lift it.", was.Rank)
	}
	now, rev, err := s.stored(ctx, was.key())
	switch {
	case err != nil:
		return was, err
	case now == nil: // gone already
	case now.ID != was.ID:
		return was, errContended()
	default:
		if err := s.kept.removeRev(ctx, was.key(), rev); err != nil {
			return was, err
		}
	}
	s.drop(was.key(), was.ID)
	return was, nil
}

// newID is an id that no sanction has.
func (s *Sanctions) newID() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for {
		id := make([]byte, idLength)
		rand.Read(id)
		for i, b := range id {
			id[i] = idLetters[b%byte(len(idLetters))] // 32 of them: all are as likely
		}
		if s.byID[string(id)] == nil {
			return string(id)
		}
	}
}

// put brings memory up to date, unless it knows something newer.
func (s *Sanctions) put(made *Sanction, rev uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := made.key()
	if old := s.byKey[key]; old.Sanction != nil {
		if old.rev > rev {
			return
		}
		delete(s.byID, old.ID)
	}
	s.byKey[key] = held{made, rev}
	s.byID[made.ID] = made
	if of := s.of[made.Kind]; made.Target.Prefix.IsValid() {
		of.networks.put(made)
	} else {
		of.names[made.Target.Key] = made
	}
}

// drop takes the sanction out of memory if it has that id.
func (s *Sanctions) drop(key, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byKey[key]
	if old.Sanction == nil || old.ID != id {
		return
	}
	delete(s.byKey, key)
	delete(s.byID, id)
	if of := s.of[old.Kind]; old.Target.Prefix.IsValid() {
		of.networks.remove(old.Target.Prefix)
	} else {
		delete(of.names, old.Target.Key)
	}
}

// sweep forgets what has ended; the store does so by itself.
func (s *Sanctions) sweep(now time.Time) {
	var over []*Sanction
	s.mu.RLock() // the look at all of them holds no question up
	for _, h := range s.byKey {
		if h.over(now) {
			over = append(over, h.Sanction)
		}
	}
	s.mu.RUnlock()
	for _, o := range over {
		s.drop(o.key(), o.ID)
	}
}

// Len is how many sanctions there are.
func (s *Sanctions) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byKey)
}

// Get is the sanction of that id, in any case. The error is NotFound.
func (s *Sanctions) Get(id string, now time.Time) (Sanction, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if found := s.byID[strings.ToLower(id)]; found != nil && !found.over(now) {
		return *found, nil
	}
	return Sanction{}, chat.Errorf(chat.NotFound, "There is no sanction %s; it may be over. bans lists them.", text.Clean(id))
}

// Find is the sanction of that kind for exactly that target.
func (s *Sanctions) Find(k Kind, t Target, now time.Time) (Sanction, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if h := s.byKey[string(k)+"/"+t.id()]; h.Sanction != nil && !h.over(now) {
		return *h.Sanction, true
	}
	return Sanction{}, false
}

// List are the sanctions of some kinds, or all, the latest first.
func (s *Sanctions) List(now time.Time, kinds ...Kind) []Sanction {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []Sanction
	for _, h := range s.byKey {
		if !h.over(now) && (len(kinds) == 0 || slices.Contains(kinds, h.Kind)) {
			list = append(list, *h.Sanction)
		}
	}
	slices.SortFunc(list, func(a, b Sanction) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Banned is the ban that keeps out who comes from that address with that key: of
// the account, else of the name; "" for none yet.
func (s *Sanctions) Banned(a netip.Addr, key string, now time.Time) (Sanction, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.heldLocked(Ban, a, key, now)
}

// Muted is the mute that holds for them, as in Banned.
func (s *Sanctions) Muted(a netip.Addr, key string, now time.Time) (Sanction, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.heldLocked(Mute, a, key, now)
}

func (s *Sanctions) heldLocked(k Kind, a netip.Addr, key string, now time.Time) (Sanction, bool) {
	of := s.of[k]
	if found := of.names[key]; found != nil && !found.over(now) {
		return *found, true
	}
	found := of.networks.find(a, now)
	if found == nil || s.of[Allow].networks.find(a, now) != nil {
		return Sanction{}, false
	}
	return *found, true
}

// A Visitor is somebody at the door.
type Visitor struct {
	Addr       netip.Addr
	Key        string // of the account, else of the name
	Registered bool   // the password was right
	Role       chat.Role
}

// Enter returns nil if no ban and no lockdown keeps v out. The error has the code
// Forbidden and is to be shown.
func (s *Sanctions) Enter(v Visitor, now time.Time) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if ban, banned := s.heldLocked(Ban, v.Addr, v.Key, now); banned {
		return ban.Refusal()
	}
	if !s.lockdown.keepsOut(v) || s.allowedLocked(v, now) {
		return nil
	}
	return s.lockdown.refusal("come in")
}

// enroll returns nil if no ban and no lockdown keeps somebody from registering.
func (s *Sanctions) enroll(a netip.Addr, key string, now time.Time) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if ban, banned := s.heldLocked(Ban, a, key, now); banned {
		return ban.Refusal()
	}
	if s.lockdown.Level < LockRegistrations || s.allowedLocked(Visitor{Addr: a}, now) {
		return nil
	}
	return s.lockdown.refusal("register")
}

func (s *Sanctions) allowedLocked(v Visitor, now time.Time) bool {
	if name := s.of[Allow].names[v.Key]; v.Registered && name != nil && !name.over(now) {
		return true
	}
	return s.of[Allow].networks.find(v.Addr, now) != nil
}
