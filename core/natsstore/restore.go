package natsstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/chat"
)

const (
	fillLines = 256         // messages of a room that are put into memory at a start
	fillTime  = time.Second // how long a start waits for that
)

// restore learns what the store has. Run outlives the call.
func (l *Log) restore(ctx, run context.Context, clean bool) error {
	if err := l.readTombstones(ctx); err != nil {
		return l.store.read(ctx, "read the redactions", err)
	}
	rooms, err := l.readRooms(ctx, clean)
	if err != nil {
		return err
	}
	filled := make(chan struct{})
	l.done.Go(func() {
		defer close(filled)
		each(rooms, func(r *room) { l.fill(run, r, clean) })
	})
	select {
	case <-filled:
	case <-time.After(fillTime):
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// each calls f for all rooms, several at once, beginning in their order.
func each(rooms []*room, f func(*room)) {
	var group sync.WaitGroup
	next := make(chan *room)
	for range writers {
		group.Go(func() {
			for r := range next {
				f(r)
			}
		})
	}
	for _, r := range rooms {
		next <- r
	}
	close(next)
	group.Wait()
}

func (l *Log) readTombstones(ctx context.Context) error {
	for m, err := range l.forward(ctx, l.subject+"*.gone") {
		if err != nil {
			return err
		}
		var t tombstone
		if err := json.Unmarshal(m.data, &t); err != nil {
			return fmt.Errorf("redaction at %d: %w", m.at, err)
		}
		name := strings.TrimSuffix(m.subject[len(l.subject):], ".gone")
		if l.rooms[name] == nil {
			l.rooms[name] = &room{name: name}
		}
		l.bury(name, t.Seq)
	}
	return nil
}

// readRooms are the rooms that are stored, the one that spoke last first.
func (l *Log) readRooms(ctx context.Context, clean bool) ([]*room, error) {
	names, err := l.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	call, cancel := l.store.call(ctx)
	info, err := l.stream.Info(call)
	cancel()
	if err != nil {
		return nil, l.store.read(ctx, "read the history", err)
	}
	last := info.State.LastSeq
	var rooms []*room
	for _, name := range names {
		r := l.rooms[name]
		if r == nil {
			r = &room{name: name}
			l.rooms[name] = r
		}
		if !clean {
			r.lost = unknown
		}
		l.mem.Restore(name, nil, l.base)
		rooms = append(rooms, r)
	}
	var mu sync.Mutex
	var first error
	each(rooms, func(r *room) {
		b, at, err := l.newest(ctx, r.name)
		if err == nil || errors.Is(err, errBlock) {
			r.prev = at
			err = nil
		}
		if errors.Is(err, jetstream.ErrMsgNotFound) { // it can't be read
			r.prev = last
			b, err = l.before(ctx, r.name, math.MaxUint64)
		}
		if b != nil {
			r.saved, r.top = b.last(), b.last()
		}
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = err
		}
	})
	if first != nil {
		return nil, l.store.read(ctx, "read the history", first)
	}
	slices.SortFunc(rooms, func(a, b *room) int { return cmp.Compare(b.prev, a.prev) })
	return rooms, nil
}

// fill puts the last messages of a room into memory.
func (l *Log) fill(ctx context.Context, r *room, clean bool) {
	s := search{match: chat.Query{}.Match(), gone: l.redacted(r.name), left: min(fillLines, l.lineLimit())}
	if !clean {
		at := &chat.Event{Kind: chat.Notice, Room: r.name, Seq: l.base + 1, Time: time.Now()}
		s.found = append(s.found, gap(at, unknown))
	}
	if err := l.back(ctx, r.name, s.block); err != nil && ctx.Err() == nil {
		l.store.log.Warn("the last messages of a room could not be read", "room", r.name, "err", err)
	}
	slices.Reverse(s.found)
	l.mem.Restore(r.name, s.found, l.base)
}
