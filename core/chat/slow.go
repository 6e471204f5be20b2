package chat

import (
	"fmt"
	"sync"
	"time"
)

// The bounds of a slow room.
const (
	minSlow = time.Second
	maxSlow = 6 * time.Hour

	maxPaced = 4096 // who spoke last, the oldest gives way
)

// A pace holds back who speaks too often in a slow room.
type pace struct {
	every time.Duration

	mu    sync.Mutex
	last  map[whom]int64 // when who spoke within every, unix nanoseconds
	queue []spoken       // the same, oldest first, with those that no longer count
}

type spoken struct {
	who whom
	at  int64
}

func newPace(every time.Duration) *pace { return &pace{every: every, last: map[whom]int64{}} }

// take notes that who speaks now, or returns how long who must wait first.
func (p *pace) take(who whom, now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now.UnixNano()
	for len(p.queue) > 0 && at-p.queue[0].at >= int64(p.every) {
		p.dropLocked()
	}
	if last, ok := p.last[who]; ok {
		return time.Duration(last + int64(p.every) - at)
	}
	if len(p.queue) >= maxPaced {
		p.dropLocked()
	}
	p.last[who] = at
	p.queue = append(p.queue, spoken{who, at})
	return 0
}

// give takes back what take noted for a message that was not sent.
func (p *pace) give(who whom, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last[who] == now.UnixNano() {
		delete(p.last, who)
	}
}

// dropLocked forgets the oldest.
func (p *pace) dropLocked() {
	if s := p.queue[0]; p.last[s.who] == s.at {
		delete(p.last, s.who)
	}
	p.queue = p.queue[1:]
}

// slow is the pace that holds u back in the room, or nil.
func (r *Room) slow(u *User) *pace {
	if p := r.pace.Load(); p != nil && !r.Governs(u) {
		return p
	}
	return nil
}

// Slow is how long everyone but who governs the room must wait between two
// messages; 0: not at all.
func (r *Room) Slow() time.Duration {
	if p := r.pace.Load(); p != nil {
		return p.every
	}
	return 0
}

// SetSlow has everyone but who governs the room send at most one message in that
// time, which is 1 second to 6 hours in whole seconds, or 0 for no limit; and
// tells the members. Errors: Forbidden if u does not govern the room; Invalid for
// another time; Conflict if it is so already.
func (h *Hub) SetSlow(u *User, r *Room, every time.Duration, now time.Time) error {
	if every != 0 && (every < minSlow || every > maxSlow || every%time.Second != 0) {
		return Errorf(Invalid, "A slow room has 1 second to 6 hours between two messages, in whole seconds; 0s ends it.")
	}
	defer h.report(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.mayGovernLocked(u); err != nil {
		return err
	}
	switch {
	case r.Slow() == every && every == 0:
		return Errorf(Conflict, "%s is not slow.", r.name)
	case r.Slow() == every:
		return Errorf(Conflict, "%s is that slow already.", r.name)
	}
	r.setSlowLocked(every)
	r.changed = true
	did := u.Name().Display + " ended the slow mode of " + r.name + "."
	if every != 0 {
		did = fmt.Sprintf("%s made %s slow: one message from each in %s.", u.Name().Display, r.name, Spell(every))
	}
	r.noticeLocked(did, now)
	return nil
}

func (r *Room) setSlowLocked(every time.Duration) {
	if every == 0 {
		r.pace.Store(nil)
		return
	}
	r.pace.Store(newPace(every))
}

func errTooSoon(r *Room, wait time.Duration) error {
	return Errorf(Limited, "%s is slow; wait %s and send it again.", r.name, Spell(wait))
}
