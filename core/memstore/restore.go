package memstore

import (
	"cmp"
	"slices"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Restore puts messages of an earlier run, oldest first, before those that are
// kept of the room, as far as the limits allow without others giving way; and has
// the room's next message numbered above last. Messages that don't come before
// the kept ones are left out. The events are shared from then on.
func (l *Log) Restore(room string, events []*chat.Event, last uint64) {
	r := l.room(room)
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.gone {
		return
	}
	r.seq = max(r.seq, last)
	kept := r.slice(0, r.n)
	if len(kept) > 0 {
		i, _ := slices.BinarySearchFunc(events, kept[0].Seq, func(ev *chat.Event, seq uint64) int { return cmp.Compare(ev.Seq, seq) })
		events = events[:i]
	}
	from, bytes := len(events), int64(0)
	for from > 0 && len(events)-from+r.n < l.limits.Lines && l.bytes+bytes+size(events[from-1]) <= l.limits.Bytes {
		from--
		bytes += size(events[from])
	}
	if from == len(events) {
		return
	}
	r.seq = max(r.seq, events[len(events)-1].Seq)
	r.events = append(slices.Clone(events[from:]), kept...)
	r.head, r.n = 0, len(r.events)
	l.resized(r, bytes)
}

// Extent is the number of the oldest message that is kept of the room, 0 if there
// is none, and how many there are.
func (l *Log) Extent(room string) (oldest uint64, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[room]
	if r == nil || r.n == 0 {
		return 0, 0
	}
	return r.at(0).Seq, r.n
}
