package memstore

import (
	"container/heap"
	"context"
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
	return l.Search(context.Background(), room, q)
}

// chunk is how many messages are looked at with the lock held once.
const chunk = 1024

// Search implements chat.Log. All that is kept is in memory, so it waits for
// nothing, but to look through a long history takes its time.
func (l *Log) Search(ctx context.Context, room string, q chat.Query) ([]*chat.Event, error) {
	match := q.Match()
	n := chunk
	if q.Last > 0 && q.By == "" && q.Text == "" {
		n = min(n, q.Last)
	}
	var found []*chat.Event // newest first
	full := func() bool { return q.Last > 0 && len(found) == q.Last }
	for ctx.Err() == nil {
		part := l.last(room, n, q)
		for _, ev := range slices.Backward(part) {
			if !full() && match(ev) {
				found = append(found, ev)
			}
		}
		if full() || len(part) < n || part[n-1].Time.Before(q.Since) {
			slices.Reverse(found)
			return found, nil
		}
		q.Before = part[0].Seq
	}
	return nil, &chat.Error{Code: chat.Unavailable, Text: "The search was given up; ask for less.", Err: ctx.Err()}
}

// last copies at most n messages, the last within the bounds that q sets to
// sequence numbers.
func (l *Log) last(room string, n int, q chat.Query) []*chat.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[room]
	if r == nil {
		return nil
	}
	end := sort.Search(r.n, func(i int) bool {
		seq := r.at(i).Seq
		return q.Upto > 0 && seq > q.Upto || q.Before > 0 && seq >= q.Before
	})
	return r.slice(max(0, end-n), end)
}

// Redact implements chat.Log. It does not block.
func (l *Log) Redact(_ context.Context, room string, seq uint64, _ string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rooms[room]; r != nil {
		i := sort.Search(r.n, func(i int) bool { return r.at(i).Seq >= seq })
		if i < r.n && r.at(i).Seq == seq {
			old := r.at(i)
			bare := old.WithoutText() // those who were delivered the message may still read it
			r.set(i, bare)
			l.resized(r, size(bare)-size(old))
			return nil
		}
	}
	return chat.Errorf(chat.NotFound, "There is no message %d in %s.", seq, room)
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
