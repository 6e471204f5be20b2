package chat

import "math"

// A Class is a way to render an event: colour, time format, zone. Its bits mean
// something to the [Encoder] alone, but for the lowest two.
type Class uint32

const (
	// OtherRoom is the bit of a Class that says that the event comes from a room
	// that is not the member's current one.
	OtherRoom Class = 1 << iota
	// OwnApart is the bit of a Class whose members get by Receive what they
	// said themselves: they are not shown it as what others say.
	OwnApart
)

// An Encoder turns events into what a terminal shows. It is called on one
// loop, and never twice at once.
type Encoder interface {
	// Encode appends the bytes of ev for that class to dst: whole lines that
	// end in CRLF, or nothing if the class is not shown such events.
	Encode(dst []byte, c Class, ev *Event) []byte
}

// A Member is one session as the fan-out sees it. All methods but Seat are
// called on the member's loop, and none may block.
type Member interface {
	// Seat is the member's place in the fan-out, the same each time. Any
	// goroutine may ask.
	Seat() *Seat
	// Queue appends an immutable frame to what the session is owed.
	Queue(frame []byte)
	// Receive shows an event that is for this member alone or that it sees in
	// a way of its own: a private message, a mention.
	Receive(ev *Event)
}

// A Seat is the fan-out's part of a member. It belongs to the loop.
type Seat struct {
	fanout  *Fanout
	current *Room // the user's current room as far as the mailbox has been drained
	class   Class
	in      []*membership
}

// Init places a new seat on a loop. It must be called before anything else,
// and once.
func (s *Seat) Init(f *Fanout, c Class) { s.fanout, s.class = f, c }

func (s *Seat) box() *Mailbox { return s.fanout.box }

// Call has f run on the seat's loop, after all that was sent there before. Any
// goroutine may call it.
func (s *Seat) Call(f func()) { s.fanout.box.Call(f) }

// Settle hands the member all that was said in its rooms so far, so that what
// is queued next stands after it. It must be called on the loop, before the
// member's private output is queued.
func (s *Seat) Settle() {
	if s.fanout.flushing {
		return
	}
	s.fanout.drain(math.MaxInt)
	for _, m := range s.in {
		m.settle()
	}
}

// SetClass changes how events are rendered for the member, from the next one
// on. It must be called on the loop.
func (s *Seat) SetClass(c Class) {
	if s.class != c {
		s.Settle()
		s.class = c
		s.refresh()
	}
}

func (s *Seat) refresh() {
	for _, m := range s.in {
		m.settle()
		m.fan.unclass(m)
		m.fan.reclass(m)
	}
}

// A membership is one member in one room. There is one for each member and
// room, so it is kept small.
type membership struct {
	user *User
	fan  *fan  // of the room, on the member's loop
	slot int32 // index in room.members; guarded by room.mu

	// The rest belongs to the member's loop.
	index    int32 // in fan.members
	pos      int32 // bytes of the segment that the member was given in this batch
	seg      int16 // in fan.segs: the member's class
	ignoring bool  // the user ignores somebody
}

// settle gives the member what its segment holds beyond pos.
func (m *membership) settle() {
	buf := m.fan.segs[m.seg].buf
	if int(m.pos) < len(buf) {
		m.user.member.Queue(buf[m.pos:len(buf):len(buf)])
		m.pos = int32(len(buf))
	}
}

// skip passes over what the segment got last.
func (m *membership) skip() { m.pos = int32(len(m.fan.segs[m.seg].buf)) }

// A fan is a room's members on one loop. It belongs to the loop.
type fan struct {
	room     *Room
	members  []*membership
	segs     []segment
	ignoring int // members that ignore somebody
	ownApart int // members of a class with OwnApart
	dirty    bool
}

// A segment is what a room said in the present batch, rendered for one class.
type segment struct {
	class   Class
	members int
	buf     []byte
}

func (f *fan) enter(m *membership) {
	m.index = int32(len(f.members))
	f.members = append(f.members, m)
	seat := m.user.member.Seat()
	seat.in = append(seat.in, m)
	f.reclass(m)
}

func (f *fan) exit(m *membership) {
	m.settle()
	f.unclass(m)
	last := len(f.members) - 1
	f.members[m.index] = f.members[last]
	f.members[m.index].index = m.index
	f.members[last] = nil
	f.members = f.members[:last]
	seat := m.user.member.Seat()
	for i, x := range seat.in {
		if x == m {
			seat.in = append(seat.in[:i], seat.in[i+1:]...)
			break
		}
	}
}

// reclass finds the member's segment by its present class, current room and
// ignores.
func (f *fan) reclass(m *membership) {
	c := m.user.member.Seat().class
	if m.user.member.Seat().current != f.room {
		c |= OtherRoom
	}
	if m.ignoring = m.user.ignoring(); m.ignoring {
		f.ignoring++
	}
	if c&OwnApart != 0 {
		f.ownApart++
	}
	free := -1
	for i := range f.segs {
		if f.segs[i].class == c {
			f.join(m, i)
			return
		}
		if f.segs[i].members == 0 && len(f.segs[i].buf) == 0 {
			free = i
		}
	}
	if free < 0 {
		free = len(f.segs)
		f.segs = append(f.segs, segment{})
	}
	f.segs[free].class = c
	f.join(m, free)
}

func (f *fan) join(m *membership, seg int) {
	f.segs[seg].members++
	m.seg, m.pos = int16(seg), int32(len(f.segs[seg].buf))
}

func (f *fan) unclass(m *membership) {
	f.segs[m.seg].members--
	if f.segs[m.seg].class&OwnApart != 0 {
		f.ownApart--
	}
	if m.ignoring {
		f.ignoring--
	}
}

// A Fanout delivers events to the members on one loop. Within a batch it joins
// what a room says into one segment per class, encoded once, so that a member's
// outbox gets one frame a room and batch. It belongs to the loop, which calls
// Drain, Finish and Recycle in turn; it never blocks.
type Fanout struct {
	box   *Mailbox
	enc   Encoder
	dirty []*fan
	free  [][]byte // buffers for segments
	bytes int      // in the segments of this batch
	stats FanoutStats

	todo     []item // taken from the mailbox; those before next are done
	next     int
	calls    []func()
	draining bool // no second drain inside
	flushing bool // between Finish and Recycle the segments rest
}

// FanoutStats counts what a fan-out did since it began.
type FanoutStats struct {
	Events     uint64 // events taken from the mailbox
	Encodes    uint64 // events rendered, once a class
	Deliveries uint64 // events times members
	Batches    uint64 // batches with at least one event
}

// fullBatch is the size of segments, in bytes, that ends a batch: far enough
// below the smallest useful outbox that a batch alone cuts nobody.
const fullBatch = 32 << 10

// The buffers that a fan-out keeps for segments to come are at most freeBuffers of
// freeSize bytes each.
const (
	freeBuffers = 64
	freeSize    = 16 << 10
)

// NewFanout returns the fan-out of a loop that owns box.
func NewFanout(box *Mailbox, enc Encoder) *Fanout { return &Fanout{box: box, enc: enc} }

// Mailbox is where others put what is for this loop. Safe for concurrent use.
func (f *Fanout) Mailbox() *Mailbox { return f.box }

// Stats is what was done so far.
func (f *Fanout) Stats() FanoutStats { return f.stats }

// Full reports whether the batch should end before more is read: enough is
// rendered, or waits to be.
func (f *Fanout) Full() bool { return f.bytes+int(f.box.waiting.Load()) >= fullBatch }

// Drain takes what the mailbox holds, up to a full batch, and renders it; then
// it runs the calls that were in it. It reports whether more is left: then the
// loop ends the batch and drains again.
func (f *Fanout) Drain() (more bool) {
	for {
		more = f.drain(fullBatch)
		calls := f.calls
		f.calls = nil
		for _, call := range calls {
			call()
		}
		if len(calls) == 0 || more {
			return more
		}
	}
}

// drain renders until the mailbox is empty or the batch holds limit bytes. The
// calls are put aside: they may queue private output, which settles, which
// drains.
func (f *Fanout) drain(limit int) (more bool) {
	if f.draining || f.flushing {
		return false
	}
	f.draining = true
	defer func() { f.draining = false }()
	for f.bytes < limit {
		if f.next == len(f.todo) {
			clear(f.todo)
			f.todo = f.box.take(f.todo[:0])
			f.next = 0
			if len(f.todo) == 0 {
				return false
			}
		}
		i := &f.todo[f.next]
		f.next++
		switch i.op {
		case opEvent:
			f.event(i.fan, i.ev, i.named)
		case opEnter:
			i.place.fan.enter(i.place)
		case opExit:
			i.place.fan.exit(i.place)
		case opRefresh:
			i.user.member.Seat().refresh()
		case opCurrent:
			seat := i.user.member.Seat()
			seat.current = i.room
			seat.refresh()
		case opPrivate:
			if !i.user.gone.Load() { // else the member may be another's by now
				i.user.member.Receive(i.ev)
			}
		case opEcho:
			if !i.user.gone.Load() {
				f.echo(i.user, i.ev)
			}
		case opCall:
			f.calls = append(f.calls, i.call)
		}
	}
	return true
}

// event renders ev for each class in the room. Those who see it in a way of
// their own, or not at all, get what came before it first and skip it in the
// segment.
func (f *Fanout) event(fan *fan, ev *Event, named []*User) {
	f.stats.Events++
	f.stats.Deliveries += uint64(len(fan.members))
	if !fan.dirty {
		fan.dirty = true
		f.dirty = append(f.dirty, fan)
	}
	var hidden, apart []*membership
	if fan.ignoring > 0 && ev.FromID != 0 {
		for _, m := range fan.members {
			if m.ignoring && m.user.Hides(ev) {
				m.settle()
				hidden = append(hidden, m)
			}
		}
	}
	for _, u := range named {
		if m := f.membership(u, fan); m != nil && !u.Hides(ev) {
			m.settle()
			apart = append(apart, m)
		}
	}
	if fan.ownApart > 0 && (ev.Kind == Say || ev.Kind == Emote) {
		for _, m := range fan.members {
			if m.user.id == ev.FromID && fan.segs[m.seg].class&OwnApart != 0 {
				m.settle()
				apart = append(apart, m)
			}
		}
	}
	for i := range fan.segs {
		s := &fan.segs[i]
		if s.members == 0 {
			continue
		}
		if s.buf == nil {
			s.buf = f.buffer()
		}
		n := len(s.buf)
		s.buf = f.enc.Encode(s.buf, s.class, ev)
		f.bytes += len(s.buf) - n
		f.stats.Encodes++
	}
	for _, m := range hidden {
		m.skip()
	}
	for _, m := range apart {
		m.skip()
		m.user.member.Receive(ev)
	}
}

// membership is the place of u in fan if u's member is on this loop.
func (f *Fanout) membership(u *User, fan *fan) *membership {
	seat := u.member.Seat()
	if seat.fanout != f {
		return nil
	}
	for _, m := range seat.in {
		if m.fan == fan {
			return m
		}
	}
	return nil
}

func (f *Fanout) buffer() []byte {
	if n := len(f.free) - 1; n >= 0 {
		b := f.free[n]
		f.free = f.free[:n]
		return b
	}
	return make([]byte, 0, 512)
}

// Finish ends the batch: every member gets its part of its rooms' segments.
// Then the loop flushes its sessions and calls Recycle; until then the fan-out
// stands still.
func (f *Fanout) Finish() {
	f.flushing = true
	if len(f.dirty) > 0 {
		f.stats.Batches++
	}
	for _, fan := range f.dirty {
		for _, m := range fan.members {
			m.settle()
			m.pos = 0
		}
	}
}

// Recycle readies the fan-out for the next batch after a flush. If kept is
// false no session holds a frame any more and the segments' memory is used
// again; else it is left to the garbage collector.
func (f *Fanout) Recycle(kept bool) {
	for i, fan := range f.dirty {
		for j := range fan.segs {
			s := &fan.segs[j]
			if !kept && 0 < cap(s.buf) && cap(s.buf) <= freeSize && len(f.free) < freeBuffers {
				f.free = append(f.free, s.buf[:0])
			}
			s.buf = nil
		}
		fan.dirty = false
		f.dirty[i] = nil
	}
	f.dirty, f.bytes, f.flushing = f.dirty[:0], 0, false
}
