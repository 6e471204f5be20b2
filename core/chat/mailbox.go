package chat

import (
	"sync"
	"sync/atomic"
)

// A Mailbox carries to one event loop what happens elsewhere. Any goroutine may
// put into it without blocking; only the loop takes out.
//
// What it holds is bounded by those who put into it: a loop stops reading its
// sessions while the mailbox of any loop is congested, and then what comes is
// at most what one read brings.
type Mailbox struct {
	wake    func() // interrupts the loop's wait; called with mu held, must not block
	waiting atomic.Int64

	mu       sync.Mutex
	items    []item
	sleeping bool
}

// congested is how many bytes wait in a mailbox when senders should pause.
const congested = 64 << 10

// keepItems is how many entries' memory a mailbox keeps for the next ones.
const keepItems = 4096

type op uint8

const (
	opEvent   op = iota // ev for the members of fan
	opEnter             // place takes effect in its fan
	opExit              // place leaves its fan
	opRefresh           // user ignores others now
	opCurrent           // room is user's current one now
	opPrivate           // ev for user alone
	opEcho              // ev, which was not sent, for user alone
	opCall              // call runs on the loop
)

type item struct {
	op    op
	fan   *fan
	place *membership
	user  *User
	room  *Room
	ev    *Event
	named []*User // the users in ev.Mentions who are online
	call  func()
}

// NewMailbox returns an empty mailbox. Wake interrupts the loop's wait; it may
// be called from any goroutine and must neither block nor use the mailbox.
func NewMailbox(wake func()) *Mailbox { return &Mailbox{wake: wake} }

// Call has f run on the loop, after all that was put in before.
func (b *Mailbox) Call(f func()) { b.put(item{op: opCall, call: f}) }

func (b *Mailbox) put(i item) {
	b.mu.Lock()
	b.items = append(b.items, i)
	b.waiting.Add(i.size())
	if b.sleeping {
		b.sleeping = false
		b.wake()
	}
	b.mu.Unlock()
}

// Congested reports whether so much waits here that senders should pause. Any
// goroutine may ask.
func (b *Mailbox) Congested() bool { return b.waiting.Load() >= congested }

// Sleep tells the mailbox that the loop is about to wait, so that the next
// entry wakes it. It reports false, and the loop must not wait, if something
// is there already.
func (b *Mailbox) Sleep() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sleeping = len(b.items) == 0
	return b.sleeping
}

// Awake tells the mailbox that the loop no longer waits.
func (b *Mailbox) Awake() {
	b.mu.Lock()
	b.sleeping = false
	b.mu.Unlock()
}

// take swaps what is there for the empty slice spare.
func (b *Mailbox) take(spare []item) []item {
	if cap(spare) > keepItems {
		spare = nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.items
	b.items = spare
	b.waiting.Store(0)
	return got
}

// size is about how many bytes the entry will come to.
func (i *item) size() int64 {
	const overhead = 64
	if i.ev == nil {
		return overhead
	}
	return overhead + int64(len(i.ev.Text))
}
