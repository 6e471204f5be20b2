package account

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Limits bound what strangers may try. Zero is off, for each.
type Limits struct {
	Penalty                time.Duration  // the longest time that a source which guessed is kept out
	LoginsPerSource        int            // passwords of one source that are checked at once
	Registrations          int            // new accounts in 10 minutes
	RegistrationsPerSource int            // the same from one source
	Exempt                 []netip.Prefix // sources that none of this holds for
}

// DefaultLimits are the limits of a server that was told nothing.
func DefaultLimits() Limits {
	return Limits{Penalty: 10 * time.Minute, LoginsPerSource: 8, Registrations: 30, RegistrationsPerSource: 3}
}

// registrationWindow is the time that the limits of registrations count in.
const registrationWindow = 10 * time.Minute

// An Offence is how long one instance of it weighs against its source.
type Offence time.Duration

// The offences, with the weights of OpenSSH's PerSourcePenalties.
const (
	WrongPassword Offence = Offence(5 * time.Second)  // or a name that nobody registered
	NoLogin       Offence = Offence(time.Second)      // gone without having tried to log in
	GraceExceeded Offence = Offence(10 * time.Second) // still not logged in when the time was up
)

const (
	maxSources = 1 << 16
	maxNames   = 1 << 16

	// enforced is the weight from which a source is kept out.
	enforced = 15 * time.Second
	// freeTries is how many wrong passwords of strangers an account takes before
	// they have to wait; from there the wait doubles up to maxDelay.
	freeTries = 5
	maxDelay  = 5 * time.Minute
	// remembered is how long after the last wrong password an account's count, or
	// after the end of a penalty a source's record, is kept.
	remembered = time.Hour
)

// A throttle makes guessing slow. It is safe for concurrent use.
type throttle struct {
	mu          sync.Mutex
	limits      Limits
	sources     *table[netip.Prefix, penalty]
	names       *table[string, delay]
	newcomers   *table[netip.Prefix, time.Time] // see rate
	allArrivals time.Time
}

// A penalty is what weighs against a source.
type penalty struct {
	until   time.Time // the sum of the weights, as the time when nothing is left of it
	active  bool      // the sum reached enforced: out until then
	strikes int       // how often it did; each doubles the weight of what follows
	trying  int       // passwords that are being checked
}

// A delay is what strangers' wrong passwords did to an account.
type delay struct {
	wrong  int
	next   time.Time // the next try of a stranger
	trying int
}

func newThrottle(l Limits) *throttle {
	return &throttle{
		limits:    l,
		sources:   newTable[netip.Prefix, penalty](maxSources),
		names:     newTable[string, delay](maxNames),
		newcomers: newTable[netip.Prefix, time.Time](maxSources),
	}
}

func (t *throttle) setLimits(l Limits) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limits = l
}

// sourceOf is the IPv4 address or the IPv6 network of 64 bits that a is of; an
// invalid address is one source like any other.
func sourceOf(a netip.Addr) netip.Prefix {
	a = plain(a)
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the bits fit
	return p
}

// plain is a without what makes one address look like two.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func (t *throttle) exemptLocked(a netip.Addr) bool {
	return slices.ContainsFunc(t.limits.Exempt, func(p netip.Prefix) bool { return p.Contains(plain(a)) })
}

// wait is how long the source of a is kept out.
func (t *throttle) wait(a netip.Addr, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waitLocked(a, now)
}

func (t *throttle) waitLocked(a netip.Addr, now time.Time) time.Duration {
	if t.limits.Penalty <= 0 || t.exemptLocked(a) {
		return 0
	}
	if p := t.sources.get(sourceOf(a), now); p.active {
		return min(p.until.Sub(now), t.limits.Penalty)
	}
	return 0
}

// penalize lets an offence weigh against the source of a.
func (t *throttle) penalize(a netip.Addr, o Offence, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.penalizeLocked(a, o, now)
}

func (t *throttle) penalizeLocked(a netip.Addr, o Offence, now time.Time) {
	if t.limits.Penalty <= 0 || t.exemptLocked(a) {
		return
	}
	source := sourceOf(a)
	p := t.sources.get(source, now)
	if !p.until.After(now) {
		p.until, p.active = now, false
	}
	// At this shift every weight is above the bound.
	weight := min(time.Duration(o)<<min(p.strikes, 20), t.limits.Penalty)
	p.until = p.until.Add(weight)
	if latest := now.Add(t.limits.Penalty); p.until.After(latest) {
		p.until = latest
	}
	if !p.active && p.until.Sub(now) >= min(enforced, t.limits.Penalty) {
		p.active = true
		p.strikes++
	}
	t.sources.put(source, p, p.until.Add(remembered), now)
}

// An attempt is a password that is being checked.
type attempt struct {
	t      *throttle
	addr   netip.Addr
	key    string
	friend bool // the account knows the source
}

// begin admits a try of the password of key, which must end, or tells how long
// to wait (Limited). Friend says that the account's owner came from there
// before: then others' wrong passwords don't count.
func (t *throttle) begin(a netip.Addr, key string, friend bool, now time.Time) (attempt, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.exemptLocked(a) {
		friend = true
	}
	if w := t.waitLocked(a, now); w > 0 {
		return attempt{}, errPenalty(w)
	}
	source := sourceOf(a)
	p := t.sources.get(source, now)
	if n := t.limits.LoginsPerSource; n > 0 && p.trying >= n && !t.exemptLocked(a) {
		return attempt{}, chat.Errorf(chat.Limited, "Other logins from your address are being checked; try again in a few seconds.")
	}
	if !friend && t.limits.Penalty > 0 {
		d := t.names.get(key, now)
		switch {
		case now.Before(d.next):
			return attempt{}, chat.Errorf(chat.Limited, "Too many wrong passwords were given for this name; try again in %s.", chat.Spell(d.next.Sub(now)))
		case d.wrong+d.trying >= freeTries && d.trying > 0: // or all who come at the same time had one for free
			return attempt{}, chat.Errorf(chat.Limited, "Another login with this name is being checked; try again in a few seconds.")
		}
		d.trying++
		t.names.put(key, d, now.Add(remembered), now)
	}
	p.trying++
	t.sources.put(source, p, later(p.until, now).Add(remembered), now)
	return attempt{t, a, key, friend}, nil
}

// end takes the attempt back and, if the password was wrong, lets that count.
func (at attempt) end(wrong bool, now time.Time) {
	t := at.t
	t.mu.Lock()
	defer t.mu.Unlock()
	source := sourceOf(at.addr)
	if p := t.sources.get(source, now); p.trying > 0 {
		p.trying--
		t.sources.put(source, p, later(p.until, now).Add(remembered), now)
	}
	if !at.friend {
		d := t.names.get(at.key, now)
		d.trying = max(0, d.trying-1)
		if wrong {
			d.wrong++
			if over := d.wrong - freeTries; over >= 0 {
				d.next = now.Add(min(time.Second<<min(over, 20), maxDelay))
			}
		}
		if d.wrong > 0 || d.trying > 0 {
			t.names.put(at.key, d, now.Add(remembered), now)
		}
	}
	if wrong {
		t.penalizeLocked(at.addr, WrongPassword, now)
	}
}

// arrive counts a registration, or tells how long to wait (Limited). Back takes
// it back.
func (t *throttle) arrive(a netip.Addr, now time.Time) (back func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	own, all, err := t.fullLocked(a, now)
	if err != nil {
		return nil, err
	}
	if t.exemptLocked(a) {
		return func() {}, nil
	}
	source := sourceOf(a)
	t.newcomers.put(source, own, own, now)
	t.allArrivals = all
	perSource, perServer := t.limits.RegistrationsPerSource, t.limits.Registrations
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if at := t.newcomers.get(source, now); !at.IsZero() && perSource > 0 {
			at = at.Add(-registrationWindow / time.Duration(perSource))
			t.newcomers.put(source, at, at, now)
		}
		if perServer > 0 {
			t.allArrivals = t.allArrivals.Add(-registrationWindow / time.Duration(perServer))
		}
	}, nil
}

// full returns nil if arrive would; it counts nothing.
func (t *throttle) full(a netip.Addr, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _, err := t.fullLocked(a, now)
	return err
}

// fullLocked is what rate says of a registration more, for its source and for the
// server, or the error (Limited) if there is no room for one.
func (t *throttle) fullLocked(a netip.Addr, now time.Time) (own, all time.Time, err error) {
	if w := t.waitLocked(a, now); w > 0 {
		return own, all, errPenalty(w)
	}
	if t.exemptLocked(a) {
		return own, all, nil
	}
	own, wait := rate(t.newcomers.get(sourceOf(a), now), t.limits.RegistrationsPerSource, now)
	if own.IsZero() {
		return own, all, chat.Errorf(chat.Limited, "Several accounts were registered from your address just now; try again in %s.", chat.Spell(wait))
	}
	all, wait = rate(t.allArrivals, t.limits.Registrations, now)
	if all.IsZero() {
		return own, all, chat.Errorf(chat.Limited, "Many accounts were registered just now; try again in %s.", chat.Spell(wait))
	}
	return own, all, nil
}

// rate is the generic cell rate algorithm for n events in registrationWindow: from
// the time when all earlier events will have been worked off to that time with
// one more, or zero and how long to wait if there is no room for it.
func rate(at time.Time, n int, now time.Time) (time.Time, time.Duration) {
	at = later(at, now)
	if n <= 0 {
		return at, 0
	}
	next := at.Add(registrationWindow / time.Duration(n))
	if over := next.Sub(now) - registrationWindow; over > 0 {
		return time.Time{}, over
	}
	return next, 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func errPenalty(wait time.Duration) error {
	return chat.Errorf(chat.Limited, "Too many logins from your address failed; try again in %s.", chat.Spell(wait))
}
