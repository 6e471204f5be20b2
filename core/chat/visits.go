package chat

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// maxVisits is how many logins a hub remembers.
const maxVisits = 1000

// A Visit is the time that somebody was here under one name: from the login, or
// from taking that name, to the logout, or to taking another one.
type Visit struct {
	Name string // display name
	In   time.Time
	Out  time.Time // zero: still here
}

// visits remembers the last logins. It is safe for concurrent use.
type visits struct {
	mu   sync.Mutex
	ring []visit // up to maxVisits, then next is the oldest
	next int
}

type visit struct {
	user    UserID
	key     string
	name    string
	in, out int64 // unix nanoseconds; out 0: still here
}

// begin begins the visit of l under its name. Hub.mu is held.
func (v *visits) begin(l *login, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.addLocked(visit{user: l.id, key: l.keyLocked(), name: l.displayLocked(), in: now.UnixNano()})
}

func (v *visits) addLocked(one visit) {
	if len(v.ring) < maxVisits {
		v.ring = append(v.ring, one)
		return
	}
	v.ring[v.next] = one
	v.next = (v.next + 1) % maxVisits
}

// end ends the visit of l under its name. One that began so long ago that it
// is forgotten is remembered anew: who was here last counts. Hub.mu is held.
func (v *visits) end(l *login, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.ring {
		if one := &v.ring[i]; one.user == l.id && one.out == 0 {
			one.out = now.UnixNano()
			return
		}
	}
	v.addLocked(visit{user: l.id, key: l.keyLocked(), name: l.displayLocked(), in: l.since, out: now.UnixNano()})
}

// Visits are the last visits of the name with that key, or of everyone if it is
// "", the newest first and at most n; n <= 0: all. The last 1,000 are remembered.
func (h *Hub) Visits(key string, n int) []Visit {
	h.visits.mu.Lock()
	var all []visit
	for i := range h.visits.ring {
		one := h.visits.ring[(h.visits.next+i)%len(h.visits.ring)]
		if key == "" || one.key == key {
			all = append(all, one)
		}
	}
	h.visits.mu.Unlock()
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b visit) int { return cmp.Compare(b.in, a.in) })
	if n > 0 && len(all) > n {
		all = all[:n]
	}
	shown := make([]Visit, len(all))
	for i, one := range all {
		shown[i] = Visit{Name: one.name, In: time.Unix(0, one.in)}
		if one.out != 0 {
			shown[i].Out = time.Unix(0, one.out)
		}
	}
	return shown
}
