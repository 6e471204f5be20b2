package memstore

import (
	"sync"
	"sync/atomic"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Limits bound what a Log keeps. Zero, of either, keeps nothing.
type Limits struct {
	Lines int   // messages a room
	Bytes int64 // over all rooms, texts and bookkeeping; a room over it gives up its own oldest messages
}

// A Log keeps the last messages of each room. It is safe for concurrent use
// and never blocks on anything but its own short locks.
type Log struct {
	limits  atomic.Pointer[Limits]
	bytes   atomic.Int64
	deliver func(*chat.Event)

	mu    sync.RWMutex
	rooms map[string]*ring
}

var _ chat.Log = (*Log)(nil)

// A ring holds the last messages of one room, the oldest at head.
type ring struct {
	mu     sync.Mutex
	seq    uint64
	events []*chat.Event
	head   int
	n      int
}

// NewLog returns an empty log.
func NewLog(limits Limits) *Log {
	l := &Log{rooms: map[string]*ring{}}
	l.SetLimits(limits)
	return l
}

// SetLimits changes the limits; they take effect room by room as messages come.
func (l *Log) SetLimits(limits Limits) { l.limits.Store(&limits) }

// Bytes is about how much memory the kept messages take.
func (l *Log) Bytes() int64 { return l.bytes.Load() }

// Subscribe implements chat.Log.
func (l *Log) Subscribe(deliver func(*chat.Event)) { l.deliver = deliver }

// Append implements chat.Log. It never fails.
func (l *Log) Append(ev *chat.Event) error {
	r := l.room(ev.Room)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	ev.Seq = r.seq
	l.keep(r, ev)
	l.deliver(ev)
	return nil
}

func (l *Log) room(name string) *ring {
	l.mu.RLock()
	r := l.rooms[name]
	l.mu.RUnlock()
	if r != nil {
		return r
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if r = l.rooms[name]; r == nil {
		r = &ring{}
		l.rooms[name] = r
	}
	return r
}

// keep adds ev and drops what the limits no longer allow. r.mu is held.
func (l *Log) keep(r *ring, ev *chat.Event) {
	limits := l.limits.Load()
	r.push(ev)
	l.bytes.Add(size(ev))
	for r.n > 0 && (r.n > limits.Lines || l.bytes.Load() > limits.Bytes) {
		l.bytes.Add(-size(r.pop()))
	}
}

// size is about what an event takes in memory.
func size(ev *chat.Event) int64 {
	const overhead = 200
	return overhead + int64(len(ev.Text)+len(ev.From))
}

func (r *ring) push(ev *chat.Event) {
	if r.n == len(r.events) {
		grown := make([]*chat.Event, max(8, 2*r.n))
		for i := range r.n {
			grown[i] = r.at(i)
		}
		r.events, r.head = grown, 0
	}
	r.events[(r.head+r.n)%len(r.events)] = ev
	r.n++
}

func (r *ring) pop() *chat.Event {
	ev := r.events[r.head]
	r.events[r.head] = nil
	r.head = (r.head + 1) % len(r.events)
	r.n--
	return ev
}

func (r *ring) at(i int) *chat.Event { return r.events[(r.head+i)%len(r.events)] }

// Recent implements chat.Log.
func (l *Log) Recent(room string, q chat.Query) ([]*chat.Event, error) {
	l.mu.RLock()
	r := l.rooms[room]
	l.mu.RUnlock()
	if r == nil {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	end := r.n
	for q.Upto > 0 && end > 0 && r.at(end-1).Seq > q.Upto {
		end--
	}
	begin := 0
	if q.Last > 0 {
		begin = max(0, end-q.Last)
	}
	for !q.Since.IsZero() && begin < end && r.at(begin).Time.Before(q.Since) {
		begin++
	}
	events := make([]*chat.Event, 0, end-begin)
	for i := begin; i < end; i++ {
		events = append(events, r.at(i))
	}
	return events, nil
}

// Forget implements chat.Log.
func (l *Log) Forget(room string) {
	l.mu.Lock()
	r := l.rooms[room]
	delete(l.rooms, room)
	l.mu.Unlock()
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.n > 0 {
		l.bytes.Add(-size(r.pop()))
	}
}
