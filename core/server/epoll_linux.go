package server

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// readBuffer is the loop's one buffer for input, in bytes.
const readBuffer = 64 << 10

// epoll is the driver for plain TCP on Linux: the loop's thread asks the kernel
// itself which sockets are ready, and reads and sends without blocking.
type epoll struct {
	loop      *loop
	fd        int
	bell      int // an eventfd
	ready     []unix.EpollEvent
	events    []unix.EpollEvent
	byFD      []*conn
	buf       []byte
	arena     []byte // frames joined for one send; free again after each flush
	frames    [][]byte
	newSender func() (sender, error)
	sender    sender // made in start
	out       []send
	first     int // where in events the reading begins, for fairness
	doors     []*door
	retry     time.Time // when doors that were closed for want of descriptors open again
	backoff   time.Duration
	doorsOff  bool
}

func newEpoll(l *loop, newSender func() (sender, error)) (driver, error) {
	d := &epoll{loop: l, fd: -1, bell: -1, newSender: newSender, ready: make([]unix.EpollEvent, 1024), buf: make([]byte, readBuffer)}
	var err error
	if d.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if d.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
		err = d.control(unix.EPOLL_CTL_ADD, d.bell, unix.EPOLLIN, 0)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// start makes the sender. The loop stays on its thread from here on: it waits
// in the kernel, and a ring belongs to one thread.
func (d *epoll) start() (err error) {
	runtime.LockOSThread()
	d.sender, err = d.newSender()
	return err
}

// control changes what is watched of a descriptor. Mark comes back with its
// events: a connection's number, by which an event that is older than the
// connection is known.
func (d *epoll) control(op, fd int, events uint32, mark int32) error {
	return unix.EpollCtl(d.fd, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd), Pad: mark})
}

func mark(c *conn) int32 { return int32(c.ID()) }

func (d *epoll) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(d.bell, one[:]) // full means that it rings already
}

func (d *epoll) wait(timeout time.Duration) error {
	if d.doorsOff {
		if left := max(0, time.Until(d.retry)); timeout < 0 || left < timeout {
			timeout = left
		}
	}
	ms := -1
	if timeout >= 0 {
		ms = int((timeout + time.Millisecond - 1) / time.Millisecond)
	}
	n, err := unix.EpollWait(d.fd, d.ready, ms)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return err
	}
	d.events = d.ready[:max(n, 0)]
	return nil
}

func (d *epoll) input() {
	if d.doorsOff && !d.loop.shared.Now.Before(d.retry) {
		d.openDoors()
	}
	n := len(d.events)
	first, left := d.first, false
	d.first = 0
	for i := range n {
		e := &d.events[(first+i)%n]
		if !d.handle(e) && !left {
			left = true
			// What stays unread makes the next wait return at once, in the same
			// order: begin with it then, so that nobody is always last.
			d.first = (first + i) % n
		}
	}
}

// handle does what one event asks for. It reports false if input is left
// because the batch is full.
func (d *epoll) handle(e *unix.EpollEvent) bool {
	fd := int(e.Fd)
	if fd == d.bell {
		var count [8]byte
		_, _ = unix.Read(fd, count[:])
		return true
	}
	if door := d.door(fd); door != nil {
		d.accept(door)
		return true
	}
	c := d.byFD[fd]
	if c == nil || mark(c) != e.Pad {
		return true
	}
	if e.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		d.loop.end(c, "")
		return true
	}
	if e.Events&unix.EPOLLOUT != 0 {
		c.blocked = false
		c.Wake()
	}
	if e.Events&unix.EPOLLIN != 0 {
		if d.loop.full() {
			return false
		}
		d.read(c)
	}
	return true
}

func (d *epoll) read(c *conn) {
	n := min(c.Window(), len(d.buf))
	if n == 0 {
		c.Wake()
		return
	}
	n, errno := receive(c.fd, d.buf[:n])
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
	case errno != 0:
		d.loop.end(c, "")
	case n == 0:
		c.ended = true
		c.EOF()
		c.Wake()
	default:
		c.Feed(d.buf[:n])
	}
}

func (d *epoll) flush(conns []*conn) (kept bool) {
	out := d.out[:0]
	for _, c := range conns {
		if c.closed || c.Owed() == 0 {
			continue
		}
		if c.blocked {
			kept = true
			c.Sent(0)
			continue
		}
		out = append(out, send{c: c, p: d.join(c)})
	}
	if len(out) > 0 {
		d.loop.stats.Flushes++
		d.loop.stats.Sends += uint64(len(out))
	}
	if err := d.sender.send(out); err != nil {
		d.loop.server.fail(fmt.Errorf("send: %w", err))
		d.loop.stopped = true
	}
	for i := range out {
		s := &out[i]
		if s.err != nil {
			d.loop.end(s.c, "")
		} else {
			s.c.blocked = s.n < len(s.p) || s.n < s.c.Owed()
			s.c.Sent(s.n)
			d.loop.stats.Bytes += uint64(s.n)
			kept = kept || s.c.Owed() > 0
		}
		*s = send{}
	}
	d.out, d.arena = out, d.arena[:0]
	if cap(d.arena) > 1<<20 {
		d.arena = nil
	}
	return kept
}

// join is what c owes as one piece of memory.
func (d *epoll) join(c *conn) []byte {
	d.frames = c.Buffers(d.frames[:0])
	if len(d.frames) == 1 {
		return d.frames[0]
	}
	start := len(d.arena)
	for i, f := range d.frames {
		d.arena = append(d.arena, f...)
		d.frames[i] = nil
	}
	return d.arena[start:]
}

func (d *epoll) watch(c *conn) {
	reading := c.Window() > 0 && !c.ended
	if reading == c.reading && c.blocked == c.awaiting {
		return
	}
	c.reading, c.awaiting = reading, c.blocked
	events := uint32(0)
	if reading {
		events |= unix.EPOLLIN
	}
	if c.blocked {
		events |= unix.EPOLLOUT
	}
	if err := d.control(unix.EPOLL_CTL_MOD, int(c.fd), events, mark(c)); err != nil {
		d.loop.server.log.Error("watch a connection", "err", err)
		d.loop.end(c, "")
	}
}

func (d *epoll) hangUp(c *conn) {
	d.byFD[c.fd] = nil
	d.drop(int(c.fd))
}

// drop closes a connection's descriptor, which takes it out of the epoll set.
// What has come and was not read is read first: else the kernel would reset the
// connection, and its peer could lose the last line.
func (d *epoll) drop(fd int) {
	_, _ = receive(int32(fd), d.buf)
	_ = unix.Close(fd)
}

func (d *epoll) close() {
	if d.sender != nil {
		d.sender.close()
	}
	d.unlisten()
	if d.bell >= 0 {
		_ = unix.Close(d.bell)
	}
	_ = unix.Close(d.fd)
}
