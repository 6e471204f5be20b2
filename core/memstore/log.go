package memstore

import (
	"container/heap"
	"slices"
	"sort"
	"sync"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Limits bound what a Log keeps. Zero, of either, keeps nothing.
type Limits struct {
	Lines int   // messages a room
	Bytes int64 // over all rooms, texts and bookkeeping
}

// A Log keeps the last messages of each room. A room with more than Lines
// messages gives up its oldest. While all rooms together hold more than Bytes,
// the room that holds most gives up its oldest: a busy room pays for its own
// noise, and quiet rooms keep their history.
//
// It is safe for concurrent use and blocks on nothing but its own short locks;
// only Append waits for a delivery, and only for one of the same room.
type Log struct {
	deliver func(*chat.Event)

	mu     sync.Mutex // innermost: nothing foreign is called with it held
	limits Limits
	bytes  int64
	rooms  map[string]*ring
	sizes  sizes // the same rings
}

var _ chat.Log = (*Log)(nil)

// NewLog returns an empty log.
func NewLog(limits Limits) *Log { return &Log{limits: limits, rooms: map[string]*ring{}} }

// SetLimits changes the limits; they take effect as messages come.
func (l *Log) SetLimits(limits Limits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits = limits
}

// Bytes is about how much memory the kept messages take.
func (l *Log) Bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// Subscribe implements chat.Log.
func (l *Log) Subscribe(deliver func(*chat.Event)) { l.deliver = deliver }

// Append implements chat.Log. It never fails.
func (l *Log) Append(ev *chat.Event) error {
	r := l.lock(ev)
	defer r.order.Unlock()
	l.deliver(ev)
	return nil
}

// lock gives ev its number, keeps it, and returns the ring of its room with
// ring.order held.
func (l *Log) lock(ev *chat.Event) *ring {
	for {
		r := l.room(ev.Room)
		r.order.Lock()
		if l.keep(r, ev) {
			return r
		}
		r.order.Unlock() // it was forgotten meanwhile
	}
}

// room is the ring of a room, which is made if there is none.
func (l *Log) room(name string) *ring {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil {
		r = &ring{}
		l.rooms[name] = r
		heap.Push(&l.sizes, r)
	}
	return r
}

// keep gives ev its number, adds it to r and drops what the limits no longer
// allow. If r is forgotten it does nothing and reports false. r.order is held.
func (l *Log) keep(r *ring, ev *chat.Event) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.gone {
		return false
	}
	r.seq++
	ev.Seq = r.seq
	if size(ev) <= l.limits.Bytes { // else all others would go, and it too
		r.push(ev)
		l.resized(r, size(ev))
	}
	for r.n > l.limits.Lines {
		l.drop(r)
	}
	for l.bytes > l.limits.Bytes {
		l.drop(l.sizes[0])
	}
	return true
}

// drop takes the oldest message off r. l.mu is held.
func (l *Log) drop(r *ring) { l.resized(r, -size(r.pop())) }

// resized notes that r holds so many bytes more. l.mu is held.
func (l *Log) resized(r *ring, by int64) {
	r.bytes += by
	l.bytes += by
	heap.Fix(&l.sizes, r.place)
}

// size is about what an event takes in memory.
func size(ev *chat.Event) int64 {
	const overhead = 200
	return overhead + int64(len(ev.Text)+len(ev.From))
}

// Recent implements chat.Log.
func (l *Log) Recent(room string, q chat.Query) ([]*chat.Event, error) {
	events := l.last(room, q)
	if !q.Since.IsZero() {
		i := slices.IndexFunc(events, func(ev *chat.Event) bool { return !ev.Time.Before(q.Since) })
		if i < 0 {
			i = len(events)
		}
		events = events[i:]
	}
	return events, nil
}

// last copies the messages that satisfy q but for Since. What takes long for
// many messages is done outside the lock.
func (l *Log) last(room string, q chat.Query) []*chat.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[room]
	if r == nil {
		return nil
	}
	begin, end := 0, r.n
	if q.Upto > 0 {
		end = sort.Search(r.n, func(i int) bool { return r.at(i).Seq > q.Upto })
	}
	if q.Last > 0 {
		begin = max(0, end-q.Last)
	}
	return r.slice(begin, end)
}

// Forget implements chat.Log. It does not wait for a delivery.
func (l *Log) Forget(room string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[room]
	if r == nil {
		return
	}
	delete(l.rooms, room)
	heap.Remove(&l.sizes, r.place)
	l.bytes -= r.bytes
	r.gone, r.events = true, nil
}
