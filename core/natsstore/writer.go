package natsstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/chat"
)

const (
	writers   = 16                     // rooms that are written at once
	writeWait = 500 * time.Millisecond // before what failed is tried once more
	writePace = 5 * time.Millisecond   // for each room that has lines waiting
	writeLate = time.Second            // the most that a line waits for that
	holdWait  = 20 * time.Millisecond  // before it is asked again about what is held
)

// every is how long a line waits. A block costs a sync of the disk, so where many
// rooms speak at once each waits longer. l.mu is held.
func (l *Log) every() time.Duration {
	return max(l.o.Every, min(writeLate, time.Duration(len(l.dirty))*writePace))
}

// write is the writer: it writes blocks of the rooms that have waited long enough or have
// much to say, until ctx ends.
func (l *Log) write(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-timer.C:
		}
		next, err := l.work(ctx)
		if err != nil {
			next = writeWait
			select {
			case <-ctx.Done():
				return
			case <-time.After(next):
			}
		}
		timer.Reset(next)
	}
}

// work does one round, and says how long the next has time.
func (l *Log) work(ctx context.Context) (next time.Duration, err error) {
	if err = l.store.health.refuse(); err == nil {
		err = errors.Join(l.extend(ctx), l.writeRooms(ctx, l.due()))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dirty = slices.DeleteFunc(l.dirty, func(r *room) bool { return l.settled(r) })
	close(l.round)
	l.round = make(chan struct{})
	if len(l.dirty) == 0 {
		l.hurry = false
		return time.Hour, err
	}
	next = time.Hour
	every := l.every()
	for _, r := range l.dirty {
		switch {
		case r.held:
			next = min(next, holdWait)
		case l.hurry:
			next = 0
		default:
			next = min(next, time.Until(r.since.Add(every)))
		}
	}
	return max(next, 0), err
}

// settled takes r off the dirty ones if there is nothing to do for it, and out of
// all if it was forgotten. l.mu is held.
func (l *Log) settled(r *room) bool {
	if r.purge || r.flight != nil || len(r.lines) > 0 {
		return false
	}
	r.dirty = false
	if r.idle {
		l.mem.Forget(r.name)
		delete(l.rooms, r.name)
	}
	return true
}

// due are the rooms that are written now. Those that would be due soon are taken along,
// so that there are few rounds.
func (l *Log) due() []*room {
	l.mu.Lock()
	defer l.mu.Unlock()
	every := l.every()
	limit := time.Now().Add(every / 4)
	var due []*room
	for _, r := range l.dirty {
		if l.hurry || r.purge || r.flight != nil || r.size >= l.o.Block || r.since.Add(every).Before(limit) {
			due = append(due, r)
		}
	}
	return due
}

// extend reserves more numbers, if more than half are given.
func (l *Log) extend(ctx context.Context) error {
	l.mu.Lock()
	high, bound := l.high, l.bound
	l.mu.Unlock()
	if high+reserve/2 < bound {
		return nil
	}
	bound = high + reserve
	rev, err := l.store.writeNumbers(ctx, numbers{Bound: bound}, l.rev)
	if chat.ErrorCode(err) == chat.Conflict {
		rev, err = l.extendAnew(ctx, bound)
	}
	if err != nil {
		return err
	}
	l.rev = rev
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bound = bound
	return nil
}

// extendAnew reserves after a conflict: a write that was not confirmed may have
// happened.
func (l *Log) extendAnew(ctx context.Context, bound uint64) (uint64, error) {
	n, rev, err := l.store.readNumbers(ctx)
	if err != nil {
		return 0, err
	}
	return l.store.writeNumbers(ctx, numbers{Bound: max(bound, n.Bound)}, rev)
}

// writeRooms writes a block of each room.
func (l *Log) writeRooms(ctx context.Context, rooms []*room) error {
	var (
		group sync.WaitGroup
		slots = make(chan struct{}, writers)
		mu    sync.Mutex
		first error
	)
	for _, r := range rooms {
		slots <- struct{}{}
		mu.Lock()
		failed := first != nil
		mu.Unlock()
		if failed {
			break // the others would fail too, each after its deadline
		}
		group.Go(func() {
			defer func() { <-slots }()
			if err := l.writeRoom(ctx, r); err != nil {
				mu.Lock()
				defer mu.Unlock()
				if first == nil {
					first = err
				}
			}
		})
	}
	group.Wait()
	if first != nil && ctx.Err() == nil {
		l.store.health.fail(fmt.Errorf("write the history: %w", first))
	}
	return first
}

// writeRoom does what there is to do for a room.
func (l *Log) writeRoom(ctx context.Context, r *room) error {
	if l.mustPurge(r) {
		call, cancel := l.store.call(ctx)
		defer cancel()
		if err := l.stream.Purge(call, jetstream.WithPurgeSubject(l.subject+r.name+".*")); err != nil {
			return err
		}
		r.prev = 0
		l.mu.Lock()
		r.purge = false
		l.mu.Unlock()
	}
	if !l.load(r) || l.hold(r) {
		return nil
	}
	at, err := l.publish(ctx, r)
	if err != nil {
		return err
	}
	r.prev = at
	l.written(r)
	return nil
}

// mustPurge reports whether what is stored of r is to go. Then what is in flight
// goes first.
func (l *Log) mustPurge(r *room) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.purge && r.flight != nil {
		l.waiting -= r.flight.size()
		r.flight = nil
	}
	return r.purge
}

// load puts the first lines of r into flight; false if there are none. They are a
// block as it comes, and some in one where the writer is behind.
func (l *Log) load(r *room) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.flight != nil {
		return true
	}
	if len(r.lines) == 0 {
		return false
	}
	n, size := 0, 0
	for n < len(r.lines) && (n == 0 || size+lineSize(r.lines[n]) <= 4*l.o.Block) {
		size += lineSize(r.lines[n])
		n++
	}
	r.flight = &block{lost: r.lost, lines: r.lines[:n:n]}
	r.lines, r.lost = r.lines[n:], 0
	r.size -= size
	if len(r.lines) == 0 {
		r.lines = nil
	}
	return true
}

// hold reports whether what r has in flight must wait. It is asked once that is
// settled: a line that comes later may have to wait for something else.
func (l *Log) hold(r *room) bool {
	held := l.o.Hold != nil && l.o.Hold(r.name)
	l.mu.Lock()
	defer l.mu.Unlock()
	r.held = held
	return held
}

// size is what the lines count for in the queue.
func (b *block) size() (n int) {
	for _, ev := range b.lines {
		n += lineSize(ev)
	}
	return n
}

func (l *Log) written(r *room) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.saved = max(r.saved, r.flight.last())
	l.waiting -= r.flight.size()
	l.stats.Blocks++
	l.stats.Lines += uint64(len(r.flight.lines))
	r.flight = nil
}

// publish writes what is in flight behind the room's newest block, and returns its
// place. It names that block's place to the server, which refuses if another one
// came: one that this very call wrote, without hearing of it, or a foreign one.
func (l *Log) publish(ctx context.Context, r *room) (at uint64, err error) {
	subject := l.subject + r.name + ".lines"
	prev, expect := r.prev, r.prev
	for range 3 {
		b := block{prev: prev, lost: r.flight.lost, lines: r.flight.lines}
		call, cancel := l.store.call(ctx)
		ack, err := l.store.js.PublishMsg(call, &nats.Msg{Subject: subject, Header: nats.Header{}, Data: b.append(nil)},
			jetstream.WithExpectLastSequencePerSubject(expect), jetstream.WithRetryAttempts(0))
		cancel()
		if err == nil {
			return ack.Sequence, nil
		}
		if !isConflict(err) {
			return 0, err
		}
		there := conflicting(err)
		newest, at, err := l.newest(ctx, r.name)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			expect = there // all were too old, or the newest can't be read
		case err != nil:
			return 0, err
		case newest.first() == b.first() && newest.last() == b.last():
			return at, nil
		case newest.last() >= b.first():
			err := &HeldError{Holder: "another server, which has written to its history"}
			l.store.health.lose(err)
			return 0, err
		default:
			prev, expect = at, at
		}
	}
	return 0, errors.New("the history changes under way")
}

// Flush returns when all that was appended before is in the store, or counted as
// lost. The error is that of ctx.
func (l *Log) Flush(ctx context.Context) error {
	l.mu.Lock()
	names := make(map[string]uint64, len(l.dirty))
	for _, r := range l.dirty {
		names[r.name] = r.top
	}
	l.mu.Unlock()
	for name, top := range names {
		if err := l.flush(ctx, name, top); err != nil {
			return err
		}
	}
	return nil
}

// flush returns when the lines of a room up to a number are in the store or lost.
func (l *Log) flush(ctx context.Context, name string, top uint64) error {
	for {
		l.mu.Lock()
		r, round := l.rooms[name], l.round
		if r == nil || r.saved >= top && !r.purge {
			l.mu.Unlock()
			return nil
		}
		l.hurry = true
		l.nudge()
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-round:
		}
	}
}

// Close writes what is waiting and ends the writer. Nothing may be appended from
// then on. If ctx ends before all is written, the error says so and the next start
// marks the gap.
func (l *Log) Close(ctx context.Context) error {
	err := l.Flush(ctx)
	l.stop()
	l.done.Wait()
	if err != nil {
		return fmt.Errorf("the last messages could not be saved: %w", err)
	}
	l.mu.Lock()
	n := numbers{Bound: l.high, Clean: true}
	l.mu.Unlock()
	if _, err := l.store.writeNumbers(ctx, n, l.rev); err != nil {
		return fmt.Errorf("close the history: %w", err)
	}
	return nil
}
