package natsstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Search implements chat.Log: first what is in memory, then the blocks from the
// store, newest first, until there is enough.
func (l *Log) Search(ctx context.Context, name string, q chat.Query) ([]*chat.Event, error) {
	q = l.young(q)
	if l.purging(name) {
		return l.mem.Search(ctx, name, q)
	}
	found, oldest, n, err := l.inMemory(ctx, name, q)
	if err != nil || q.Last > 0 && len(found) >= q.Last {
		return found, err
	}
	if err := l.settle(ctx, name, oldest); err != nil {
		return nil, unavailable(textDown, err)
	}
	slices.Reverse(found) // newest first, from here
	s := search{
		q: q, match: q.Match(), gone: l.redacted(name), below: oldest, found: found,
		left: l.lineLimit() - n,
	}
	if err := l.back(ctx, name, s.block); err != nil {
		return nil, l.store.read(ctx, "read the history", err)
	}
	slices.Reverse(s.found)
	return s.found, nil
}

// purging reports whether the room was forgotten and the writer has not deleted yet
// what is stored of it.
func (l *Log) purging(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	return r != nil && r.purge
}

// inMemory is what satisfies q among the n messages in memory from the number oldest
// on. Messages come into memory and go meanwhile, at either end; what may have is not
// counted.
func (l *Log) inMemory(ctx context.Context, name string, q chat.Query) (found []*chat.Event, oldest uint64, n int, err error) {
	before, _ := l.mem.Extent(name)
	found, err = l.mem.Search(ctx, name, q)
	oldest, n = l.mem.Extent(name)
	if before == 0 || oldest == 0 {
		return nil, 0, 0, err
	}
	oldest = max(oldest, before)
	i, _ := slices.BinarySearchFunc(found, oldest, func(ev *chat.Event, seq uint64) int { return cmp.Compare(ev.Seq, seq) })
	return found[i:], oldest, n, err
}

// settle waits until the lines that memory has given up already are in the store. In a
// store that can't be written to they are left out.
func (l *Log) settle(ctx context.Context, name string, oldest uint64) error {
	l.mu.Lock()
	r := l.rooms[name]
	if r == nil || r.saved >= r.top || oldest > 0 && r.saved+1 >= oldest {
		l.mu.Unlock()
		return nil
	}
	top := r.top
	l.mu.Unlock()
	if ok, _ := l.store.Health(); !ok {
		return nil
	}
	return l.flush(ctx, name, top)
}

// redacted is a copy of the numbers of a room's messages that are redacted.
func (l *Log) redacted(name string) map[uint64]struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil || len(r.gone) == 0 {
		return nil
	}
	gone := make(map[uint64]struct{}, len(r.gone))
	for seq := range r.gone {
		gone[seq] = struct{}{}
	}
	return gone
}

// lineLimit is how many lines of a room are kept.
func (l *Log) lineLimit() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.o.Lines <= 0 {
		return int(^uint(0) >> 1)
	}
	return l.o.Lines
}

// A search collects what a query wants from blocks, newest first.
type search struct {
	q     chat.Query
	match func(*chat.Event) bool
	gone  map[uint64]struct{}
	below uint64 // lines from this number on are known; 0: none
	left  int    // lines that may still be looked at
	found []*chat.Event
}

// block takes what is wanted of a block, and reports whether the next one is
// needed.
func (s *search) block(b *block, broken bool) bool {
	for _, ev := range slices.Backward(b.lines) {
		if s.below > 0 && ev.Seq >= s.below {
			continue
		}
		if s.left--; s.left < 0 {
			return false
		}
		if _, gone := s.gone[ev.Seq]; gone {
			ev = ev.WithoutText()
		}
		if !s.add(ev) {
			return false
		}
	}
	first := b.lines[0]
	if s.below > 0 && first.Seq >= s.below {
		return true
	}
	if b.lost != 0 && !s.add(gap(first, b.lost)) || broken && b.lost == 0 && !s.add(notice(first, textDamaged)) {
		return false
	}
	return !first.Time.Before(s.q.Since)
}

// add adds ev if it is wanted, and reports whether more is.
func (s *search) add(ev *chat.Event) bool {
	if (ev.Kind != chat.Notice || s.q.By == "" && s.q.Text == "") && s.match(ev) {
		s.found = append(s.found, ev)
	}
	return s.q.Last <= 0 || len(s.found) < s.q.Last
}
