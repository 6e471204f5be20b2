package account

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// maxFrom is how many sources of an account's logins are remembered.
const maxFrom = 4

// A seenRecord is when and where the owner of an account was here, in the bucket
// "seen" under the account's key.
type seenRecord struct {
	V    int            `json:"v"`
	Born time.Time      `json:"born"` // the account's creation: another account of that name is another
	At   time.Time      `json:"at"`
	From []netip.Prefix `json:"from,omitempty"` // latest first
}

func (s *seenRecord) check(string) error {
	if len(s.From) > maxFrom {
		return errors.New("too many sources")
	}
	return checkVersion(s.V)
}

// A sighting is a seenRecord in memory. It is written behind, by Flush: after a
// crash the last few may be missing.
type sighting struct {
	seenRecord
	rev  uint64    // of the record, 0 if there is none
	left time.Time // what At was when the present stay began, or the last one; not stored
}

// Seen notes that the owner of an account was here, at a logout say. A login is
// noted by Verify.
func (a *Accounts) Seen(key string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.findLocked(key); e != nil {
		a.noteLocked(e, at)
	}
}

// Left is when the owner of an account was here for the last time before they
// logged in to their present stay, of one session or several that overlap; the
// zero Time if they never were, or have not logged in since the server started.
func (a *Accounts) Left(key string) time.Time {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if e := a.findLocked(key); e != nil && e.seen != nil {
		return e.seen.left
	}
	return time.Time{}
}

// saw notes a login to the account that was made at born.
func (a *Accounts) saw(key string, born time.Time, from netip.Addr, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.findLocked(key)
	if e == nil || !e.created.Equal(born) {
		return
	}
	var left time.Time
	if e.seen != nil {
		left = e.seen.At
	}
	s := a.noteLocked(e, at)
	if len(e.live) == 0 {
		s.left = left
	}
	source := sourceOf(from)
	if !source.IsValid() {
		return
	}
	list := []netip.Prefix{source} // a new one, for Flush and Get hold the old
	for _, p := range s.From {
		if p != source && len(list) < maxFrom {
			list = append(list, p)
		}
	}
	s.From = list
}

// noteLocked notes that the account's owner was here then.
func (a *Accounts) noteLocked(e *entry, at time.Time) *sighting {
	if e.seen == nil {
		e.seen = &sighting{seenRecord: seenRecord{V: version, Born: e.created}}
	}
	if at = at.UTC().Round(0); at.After(e.seen.At) {
		e.seen.At = at
	}
	a.dirty[e.name.Key] = e.seen
	return e.seen
}

// knows reports whether the account's owner came from the source of that address
// lately, or is there.
func (a *Accounts) knows(key string, from netip.Addr) bool {
	source := sourceOf(from)
	a.mu.RLock()
	defer a.mu.RUnlock()
	e := a.findLocked(key)
	switch {
	case e == nil:
		return false
	case e.seen != nil && slices.Contains(e.seen.From, source):
		return true
	}
	return slices.ContainsFunc(e.live, func(s Session) bool { return sourceOf(s.Peer()) == source })
}

// Flush writes who was seen since the last time. It is to be called about every
// minute; the error is for the log, and what failed is written by the next.
func (a *Accounts) Flush(ctx context.Context) error {
	type write struct {
		rec seenRecord
		rev uint64
	}
	a.mu.Lock()
	dirty, writes := a.dirty, map[string]write{}
	for key, s := range dirty {
		writes[key] = write{s.seenRecord, s.rev}
	}
	a.dirty = map[string]*sighting{}
	a.mu.Unlock()
	var failed error
	for key, w := range writes {
		var rev uint64
		err := cmp.Or(failed, ctx.Err()) // after one failure the others would wait as long for the same
		if err == nil {
			rev, err = a.flush(ctx, key, w.rec, w.rev)
		}
		a.mu.Lock()
		if e := a.byKey[key]; err == nil {
			dirty[key].rev = rev
		} else if failed = err; e != nil && e.seen == dirty[key] { // not of an account that is gone
			a.dirty[key] = e.seen
		}
		a.mu.Unlock()
	}
	return failed
}

func (a *Accounts) flush(ctx context.Context, key string, rec seenRecord, rev uint64) (uint64, error) {
	for range attempts {
		next, err := a.seen.put(ctx, key, rec, rev, 0)
		if chat.ErrorCode(err) != chat.Conflict {
			return next, err
		}
		// A write that was not confirmed was done after all, or an account of that
		// name was deleted.
		var old seenRecord
		rev, err = a.seen.get(ctx, key, &old)
		if err != nil && chat.ErrorCode(err) != chat.NotFound {
			return 0, err
		}
	}
	return 0, errContended()
}
