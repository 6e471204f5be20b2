package natsstore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
)

// LogOptions bound what a Log keeps in the store. Zero, of the first three, is no
// limit.
type LogOptions struct {
	Age   time.Duration // of a message
	Bytes int64         // of all rooms, as they are stored; the oldest go
	Lines int           // of a room

	// Every is how long a message waits to be written with others of its room; 0:
	// 250 ms. Where more than 50 rooms speak at once it is 5 ms a room, up to 1 s.
	Every time.Duration
	// Block is how many bytes of a room are written without waiting, up to four
	// times as many at once; 0: 64 KiB.
	Block int
	// Queue is how many bytes may wait to be written, in all; 0: 8 MiB.
	Queue int
	// Hold reports whether messages of a room are not to be written yet, and is asked
	// again soon. What was appended before it says no is written then. It is called by
	// several goroutines at once, with no lock held, and must not block. Nil: nothing
	// is held.
	Hold func(room string) bool
}

// A Log is a chat.Log that keeps what was said in the store too. Append and Recent are
// those of a memstore.Log, which is filled from the store at the start; what is
// appended is written behind.
//
// What could not be kept, since the queue was full or the server was killed, is
// marked by an event of the kind Notice from nobody that is numbered as the last message
// that is missing. Lines that are in memory are all there until the next
// start.
//
// It is safe for concurrent use.
type Log struct {
	store   *Store
	o       LogOptions
	mem     *memstore.Log
	stream  jetstream.Stream
	subject string // begins all subjects
	deliver func(*chat.Event)

	mu      sync.Mutex // taken after a ring's order; before the memory's own lock
	rooms   map[string]*room
	base    uint64  // numbers of rooms that are new begin above it
	high    uint64  // no message has a higher number
	bound   uint64  // numbers up to it are reserved
	waiting int     // bytes in the queue
	dirty   []*room // those with something for the writer to do
	hurry   bool
	stats   LogStats
	round   chan struct{} // closed when the writer has done a round

	wake chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup
	rev  uint64 // of the saved numbers; the writer's
}

var _ chat.Log = (*Log)(nil)

// LogStats are figures since the start.
type LogStats struct {
	Waiting int    // bytes in the queue now
	Lines   uint64 // written
	Blocks  uint64 // written
	Lost    uint64 // lines that were not kept, since the queue was full
}

// A room is what a Log has to do for one. Its fields belong to Log.mu but for those of
// the writer.
type room struct {
	name    string
	entered int                 // Appends under way, with their delivery
	purge   bool                // what the store has of it is to go, before lines are written
	forget  bool                // to be forgotten once entered is 0
	lines   []*chat.Event       // to be written
	size    int                 // bytes of lines, about
	since   time.Time           // when the first of lines came
	lost    int                 // as in block, before lines
	top     uint64              // number of the last line that came
	saved   uint64              // number of the last line that was written or lost
	dirty   bool                // in Log.dirty
	held    bool                // by LogOptions.Hold, when that was asked last
	idle    bool                // forgotten, and nothing came since
	gone    map[uint64]struct{} // redacted; nil: none

	prev   uint64 // the writer's: place of the newest block
	flight *block // the writer's: what is to be written before lines
}

// Log opens the history of the store and fills memory from it, the rooms that spoke
// last first. What takes longer than a second goes on behind the caller's back. There
// must be one Log of a store. Memory must be empty, and is the log's from then on, but
// for SetLimits and Bytes.
func (s *Store) Log(ctx context.Context, memory *memstore.Log, o LogOptions) (*Log, error) {
	if o.Every <= 0 {
		o.Every = 250 * time.Millisecond
	}
	if o.Block <= 0 {
		o.Block = 64 << 10
	}
	o.Block = min(o.Block, 128<<10) // a server takes messages of 1 MiB
	if o.Queue <= 0 {
		o.Queue = 8 << 20
	}
	l := &Log{
		store: s, o: o, mem: memory, subject: s.o.Prefix + ".history.", rooms: map[string]*room{},
		deliver: func(*chat.Event) {}, wake: make(chan struct{}, 1), round: make(chan struct{}),
	}
	memory.Subscribe(l.appended)
	var err error
	if l.stream, err = s.stream(ctx, l.config(o)); err != nil {
		return nil, err
	}
	if err := l.SetLimits(ctx, o.Age, o.Bytes, o.Lines); err != nil {
		return nil, err
	}
	clean, err := l.begin(ctx)
	if err != nil {
		return nil, err
	}
	var run context.Context
	run, l.stop = context.WithCancel(s.ctx)
	if err := l.restore(ctx, run, clean); err != nil {
		l.stop()
		l.done.Wait()
		return nil, err
	}
	l.done.Go(func() { l.write(run) })
	return l, nil
}

func (l *Log) config(o LogOptions) jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name: l.store.o.Prefix + "-history", Subjects: []string{l.subject + "*.lines", l.subject + "*.gone"},
		MaxAge: o.Age, MaxBytes: o.Bytes, MaxMsgsPerSubject: int64(o.Lines),
		Discard: jetstream.DiscardOld, Duplicates: time.Second, Compression: jetstream.S2Compression,
		AllowDirect: l.store.o.Replicas == 1,
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = -1
	}
	if cfg.MaxMsgsPerSubject <= 0 {
		cfg.MaxMsgsPerSubject = -1 // a block has a line at least, so the bound of lines is one of blocks
	}
	if cfg.MaxAge > 0 {
		cfg.Duplicates = min(cfg.Duplicates, cfg.MaxAge)
	}
	return cfg
}

// SetLimits changes what is kept in the store. It blocks for a call to the server.
func (l *Log) SetLimits(ctx context.Context, age time.Duration, bytes int64, lines int) error {
	call, cancel := l.store.call(ctx)
	defer cancel()
	l.mu.Lock()
	l.o.Age, l.o.Bytes, l.o.Lines = age, bytes, lines
	want := l.config(l.o)
	l.mu.Unlock()
	info, err := l.stream.Info(call)
	if err != nil {
		return l.store.read(ctx, "look at the history", err)
	}
	cfg := info.Config
	if cfg.MaxAge == want.MaxAge && cfg.MaxBytes == want.MaxBytes && cfg.MaxMsgsPerSubject == want.MaxMsgsPerSubject {
		return nil
	}
	cfg.MaxAge, cfg.MaxBytes, cfg.MaxMsgsPerSubject, cfg.Duplicates = want.MaxAge, want.MaxBytes, want.MaxMsgsPerSubject, want.Duplicates
	if _, err := l.store.js.UpdateStream(call, cfg); err != nil {
		return l.store.write(ctx, "set the limits of the history", err)
	}
	return nil
}

// begin reserves numbers. Clean is false if the run before did not close the log.
func (l *Log) begin(ctx context.Context) (clean bool, err error) {
	n, rev, err := l.store.readNumbers(ctx)
	if err != nil {
		return false, err
	}
	l.base = n.Bound
	if !n.Clean {
		l.base++ // the number of the gap
	}
	l.high, l.bound = l.base, l.base+reserve
	if l.rev, err = l.store.writeNumbers(ctx, numbers{Bound: l.bound}, rev); err != nil {
		return false, fmt.Errorf("reserve numbers: %w", err)
	}
	return n.Clean, nil
}

// Subscribe implements chat.Log.
func (l *Log) Subscribe(deliver func(*chat.Event)) { l.deliver = deliver }

// Append implements chat.Log. Its error has the code Invalid if the room's name is none.
func (l *Log) Append(ev *chat.Event) error {
	if err := l.enter(ev.Room); err != nil {
		return err
	}
	return l.mem.Append(ev)
}

// enter notes that a message of the room comes, and has a new one numbered above
// all that was.
func (l *Log) enter(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil {
		if err := chat.CheckRoomName(name); err != nil {
			return err
		}
		r = &room{name: name}
		l.rooms[name] = r
		l.mem.Restore(name, nil, l.base)
	}
	r.entered++
	r.idle = false
	return nil
}

// appended queues a message that has its number, and delivers it. The room's order
// is held, so the lines of a room come here in order.
func (l *Log) appended(ev *chat.Event) {
	l.queue(ev)
	l.deliver(ev)
	l.left(ev.Room)
}

func (l *Log) queue(ev *chat.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[ev.Room]
	if len(r.lines) == 0 {
		r.since = time.Now()
		l.mark(r)
	}
	size := lineSize(ev)
	r.lines = append(r.lines, ev)
	r.top = ev.Seq
	r.size += size
	l.waiting += size
	l.high = max(l.high, ev.Seq)
	if r.size >= l.o.Block && r.size-size < l.o.Block || l.high+reserve/2 >= l.bound {
		l.nudge()
	}
	if l.waiting > l.o.Queue {
		l.shed()
	}
}

// left notes that a message of the room is delivered, and forgets the room if that waited
// for it: not before, for what comes after that is delivered in an order of its own.
func (l *Log) left(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	r.entered--
	if r.forget && r.entered == 0 {
		l.forget(r)
	}
}

// mark has the writer look at r. l.mu is held.
func (l *Log) mark(r *room) {
	if r.dirty {
		return
	}
	r.dirty = true
	l.dirty = append(l.dirty, r)
	if len(l.dirty) == 1 {
		l.nudge()
	}
}

// nudge wakes the writer. It never blocks.
func (l *Log) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// shed takes the older half off the room that has most waiting. l.mu is held.
func (l *Log) shed() {
	var most *room
	for _, r := range l.dirty {
		if most == nil || r.size > most.size {
			most = r
		}
	}
	if most == nil {
		return
	}
	n := (len(most.lines) + 1) / 2
	most.lose(most.lines[:n])
	for _, ev := range most.lines[:n] {
		most.size -= lineSize(ev)
		l.waiting -= lineSize(ev)
	}
	most.lines = slices.Clone(most.lines[n:])
	l.stats.Lost += uint64(n)
}

// lose counts lines as missing.
func (r *room) lose(lines []*chat.Event) {
	if len(lines) == 0 {
		return
	}
	r.saved = lines[len(lines)-1].Seq
	if r.lost != unknown {
		r.lost += len(lines)
	}
}

// Recent implements chat.Log.
func (l *Log) Recent(room string, q chat.Query) ([]*chat.Event, error) {
	return l.mem.Recent(room, l.young(q))
}

// young is q for messages that are not too old to be kept.
func (l *Log) young(q chat.Query) chat.Query {
	l.mu.Lock()
	age := l.o.Age
	l.mu.Unlock()
	if age > 0 {
		if oldest := time.Now().Add(-age); q.Since.Before(oldest) {
			q.Since = oldest
		}
	}
	return q
}

// Forget implements chat.Log. What the store has is deleted by the writer.
func (l *Log) Forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil {
		return
	}
	if r.entered > 0 {
		r.forget = true // the memory would give a message that is under way a number of its own
		return
	}
	l.forget(r)
}

// forget empties r. It stays until the writer has deleted what is stored. l.mu is
// held.
func (l *Log) forget(r *room) {
	l.mem.Forget(r.name)
	l.base = l.high
	l.mem.Restore(r.name, nil, l.base)
	l.waiting -= r.size
	r.lines, r.size, r.lost, r.gone, r.forget, r.held, r.purge = nil, 0, 0, nil, false, false, true
	r.saved, r.idle = l.high, true
	l.mark(r)
	l.nudge()
}

// Stats are the present figures.
func (l *Log) Stats() LogStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.stats
	st.Waiting = l.waiting
	return st
}
