package server

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

// A driver moves the bytes of a loop's connections. All methods but wake are
// called on the loop.
type driver interface {
	// start is called first.
	start() error
	// wait blocks until there is something to read, wake is called or the
	// time is over; negative: however long that takes.
	wait(timeout time.Duration) error
	// wake ends a wait, also the next one. Any goroutine may call it; it does
	// not block.
	wake()
	// input feeds to their sessions what has come, until the loop's batch is
	// full.
	input()
	// flush sends what the sessions owe, as far as it goes, and reports whether
	// any still holds frames.
	flush(conns []*conn) (kept bool)
	// watch asks for input if the session has a window for some, and for a
	// chance to send if it is blocked.
	watch(c *conn)
	// hangUp closes the connection.
	hangUp(c *conn)
	// listen has the driver accept from l, which it does not close.
	listen(l *net.TCPListener, telnet bool) error
	// unlisten ends all accepting. What it returns waits until that is so.
	unlisten() (wait func())
	// close frees what the driver holds.
	close()
}

// A loop owns connections: one goroutine that waits, reads, delivers and
// flushes in turn.
type loop struct {
	server *Server
	driver driver
	box    *chat.Mailbox
	shared *session.Loop
	fan    *chat.Fanout
	wheel  *wheel
	conns  []*conn

	attending []*conn // in this batch
	looked    []*conn // the same in the batch before, for its memory
	more      bool    // the batch was full; what is left comes next
	stats     LoopStats
	stopped   bool

	started chan error // one slot: how start went
	done    chan struct{}
}

func newLoop(srv *Server, newDriver func(*loop) (driver, error)) (*loop, error) {
	l := &loop{server: srv, started: make(chan error, 1), done: make(chan struct{})}
	l.box = chat.NewMailbox(func() { l.driver.wake() })
	l.shared = session.NewLoop(srv.env, l.box, time.Now())
	l.fan = l.shared.Fanout
	l.wheel = newWheel(l.shared.Now)
	var err error
	l.driver, err = newDriver(l)
	return l, err
}

// add starts the session of a connection that the gate has admitted.
func (l *loop) add(c *conn, id uint64, peer netip.AddrPort, telnet bool) {
	c.loop, c.index = l, int32(len(l.conns))
	l.conns = append(l.conns, c)
	c.Start(l.shared, c, id, peer, !telnet)
}

// run is the loop's goroutine.
func (l *loop) run() {
	defer close(l.done)
	defer l.driver.close()
	err := l.driver.start()
	l.started <- err
	if err != nil {
		return
	}
	for !l.stopped {
		if err := l.driver.wait(l.patience()); err != nil {
			l.server.fail(fmt.Errorf("wait for input: %w", err))
			return
		}
		l.box.Awake()
		l.batch()
	}
}

// patience is how long the loop may wait for input; negative: for ever.
func (l *loop) patience() time.Duration {
	if l.more || len(l.attending) > 0 || !l.box.Sleep() {
		return 0
	}
	return l.wheel.next(l.shared.Now)
}

// batch handles what has come: all input first, then all output.
func (l *loop) batch() {
	l.shared.Now = time.Now()
	l.wheel.advance(l.shared.Now, l.wakeUp)
	if l.server.congested() {
		time.Sleep(time.Millisecond) // another loop has fallen behind; don't read more for it
	} else {
		l.driver.input()
	}
	l.more = l.fan.Drain()
	l.finish()
}

// finish ends a batch: it sends what the sessions owe and looks after each.
func (l *loop) finish() {
	l.shared.Finish()
	conns := l.attending
	l.attending = l.looked[:0]
	kept := l.driver.flush(conns)
	l.fan.Recycle(kept)
	for i, c := range conns {
		c.Attended()
		l.lookAfter(c)
		conns[i] = nil
	}
	l.looked = conns
}

// lookAfter does what the session's state asks for.
func (l *loop) lookAfter(c *conn) {
	if c.closed {
		return
	}
	if in := c.LoggedIn(); in != c.in {
		c.in = in
		l.server.gate.know(in)
	}
	if c.Closing(c.sending) {
		l.end(c, "")
		return
	}
	l.driver.watch(c)
	if c.due == 0 || c.Hurry() {
		if at := c.Deadline(); !at.IsZero() {
			l.wheel.schedule(c, at)
		}
	}
}

// wakeUp is called when the time that c was put into the wheel for has come.
func (l *loop) wakeUp(c *conn) {
	at := c.Deadline()
	switch {
	case at.IsZero():
	case at.After(l.shared.Now):
		l.wheel.schedule(c, at)
	default:
		c.Tick()
	}
}

// end closes a connection and its session.
func (l *loop) end(c *conn, reason string) {
	if c.closed {
		return
	}
	c.closed = true
	l.server.gate.leave(c.Peer(), c.in) // before anybody can see that it is gone
	c.Abort(reason)
	l.wheel.remove(c)
	l.driver.hangUp(c)
	last := len(l.conns) - 1
	l.conns[c.index] = l.conns[last]
	l.conns[c.index].index = c.index
	l.conns[last] = nil
	l.conns = l.conns[:last]
	l.server.ended()
}

// displace ends one of the connections that are not logged in, which chance
// chooses.
func (l *loop) displace() {
	n := len(l.conns)
	if n == 0 {
		return
	}
	first := rand.IntN(n)
	for i := range n {
		if l.conns[(first+i)%n].Displace() {
			return
		}
	}
}

// full reports whether the batch should end before more is read.
func (l *loop) full() bool { return l.more || l.fan.Full() }

// shutdown tells every session that the server is going down.
func (l *loop) shutdown() {
	for _, c := range l.conns {
		c.Shutdown()
	}
}

// refresh has every session looked at, since settings have changed.
func (l *loop) refresh() {
	for _, c := range l.conns {
		c.Wake()
	}
}

// abort ends every session at once, and the loop.
func (l *loop) abort() {
	for len(l.conns) > 0 {
		l.end(l.conns[len(l.conns)-1], "")
	}
	l.stopped = true
}
