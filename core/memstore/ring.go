package memstore

import (
	"sync"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A ring holds the last messages of one room, the oldest at head. All but order
// belongs to Log.mu.
type ring struct {
	order sync.Mutex // held for one Append with its delivery; taken before Log.mu

	gone   bool // forgotten: no longer in the log
	seq    uint64
	bytes  int64
	place  int // in Log.sizes
	events []*chat.Event
	head   int
	n      int
}

func (r *ring) push(ev *chat.Event) {
	if r.n == len(r.events) {
		grown := make([]*chat.Event, max(8, 2*r.n))
		copy(grown, r.slice(0, r.n))
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

func (r *ring) set(i int, ev *chat.Event) { r.events[(r.head+i)%len(r.events)] = ev }

// slice is a copy of the messages from begin to before end.
func (r *ring) slice(begin, end int) []*chat.Event {
	part := make([]*chat.Event, 0, end-begin)
	if wrap := len(r.events) - r.head; begin < wrap && wrap < end {
		part = append(part, r.events[r.head+begin:]...)
		begin = wrap
	}
	if begin < end {
		from := (r.head + begin) % len(r.events)
		part = append(part, r.events[from:from+end-begin]...)
	}
	return part
}

// sizes is a heap of rings, the one that holds most bytes first.
type sizes []*ring

// Len implements heap.Interface.
func (s sizes) Len() int { return len(s) }

// Less implements heap.Interface.
func (s sizes) Less(i, j int) bool { return s[i].bytes > s[j].bytes }

// Swap implements heap.Interface.
func (s sizes) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

// Push implements heap.Interface.
func (s *sizes) Push(x any) {
	r := x.(*ring)
	r.place = len(*s)
	*s = append(*s, r)
}

// Pop implements heap.Interface.
func (s *sizes) Pop() any {
	last := len(*s) - 1
	r := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return r
}
