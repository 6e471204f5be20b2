package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

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

// A send is what one connection is sent in a flush.
type send struct {
	c   *conn
	p   []byte
	n   int // bytes that the kernel took
	err error
}

// A sender carries out sends without blocking and fills in what came of each. An
// error of its own is the end of the loop.
type sender interface {
	send(out []send) error
	close()
}

// A door is a listener that the loop accepts from.
type door struct {
	fd     int
	telnet bool
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
	first := d.first
	d.first = 0
	for i := range n {
		e := &d.events[(first+i)%n]
		if !d.handle(e) && d.first == 0 {
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

// receive and transmit are recvfrom(2) and sendto(2) without an address, on a
// socket that does not block: too short to tell the scheduler about, and closer
// to the socket than read(2) and write(2).
func receive(fd int32, p []byte) (int, unix.Errno) { return transfer(unix.SYS_RECVFROM, fd, p) }

func transmit(fd int32, p []byte) (int, unix.Errno) { return transfer(unix.SYS_SENDTO, fd, p) }

func transfer(trap uintptr, fd int32, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	runtime.KeepAlive(p)
	return int(n), errno
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

// listen has the loop accept from a listener; its descriptor is the loop's own.
func (d *epoll) listen(nl *net.TCPListener, telnet bool) error {
	raw, err := nl.SyscallConn()
	if err != nil {
		return err
	}
	fd := -1
	var dupErr error
	if err := raw.Control(func(orig uintptr) { fd, dupErr = unix.FcntlInt(orig, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return err
	}
	if dupErr != nil {
		return dupErr
	}
	tune(fd)
	if err := d.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN, 0); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	d.doors = append(d.doors, &door{fd, telnet})
	return nil
}

// unlisten closes the doors for good.
func (d *epoll) unlisten() (wait func()) {
	for _, door := range d.doors {
		_ = unix.Close(door.fd)
	}
	d.doors, d.doorsOff = nil, false
	return func() {}
}

func (d *epoll) door(fd int) *door {
	for _, door := range d.doors {
		if door.fd == fd {
			return door
		}
	}
	return nil
}

// maxAccepts bounds the connections accepted in one batch, so that a storm of them
// does not hold up the sessions.
const maxAccepts = 64

func (d *epoll) accept(door *door) {
	for range maxAccepts {
		fd, sa, err := unix.Accept4(door.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch {
		case err == nil:
			d.backoff = 0
			d.admit(fd, sa, door.telnet)
		case errors.Is(err, unix.EAGAIN):
			return
		case errors.Is(err, unix.ECONNABORTED), errors.Is(err, unix.EINTR):
		default: // out of descriptors or of memory, mostly
			d.closeDoors(err)
			return
		}
	}
}

// closeDoors stops accepting for a while, longer each time in a row.
func (d *epoll) closeDoors(cause error) {
	d.backoff = min(max(2*d.backoff, acceptBackoffMin), acceptBackoffMax)
	d.retry, d.doorsOff = d.loop.shared.Now.Add(d.backoff), true
	d.loop.server.log.Error("accept", "err", cause, "retry_in", d.backoff)
	for _, door := range d.doors {
		_ = d.control(unix.EPOLL_CTL_DEL, door.fd, 0, 0)
	}
}

func (d *epoll) openDoors() {
	d.doorsOff = false
	for _, door := range d.doors {
		if err := d.control(unix.EPOLL_CTL_ADD, door.fd, unix.EPOLLIN, 0); err != nil {
			d.loop.server.fail(err)
		}
	}
}

func (d *epoll) admit(fd int, sa unix.Sockaddr, telnet bool) {
	peer := peerOf(sa)
	srv := d.loop.server
	id, refusal := srv.admit(peer)
	if refusal != "" {
		_, _ = transmit(int32(fd), []byte(refusal))
		d.drop(fd)
		return
	}
	target := srv.nextLoop()
	c := &conn{fd: int32(fd)}
	if target == d.loop {
		d.take(c, id, peer, telnet)
		return
	}
	target.box.Call(func() { target.driver.(*epoll).take(c, id, peer, telnet) })
}

// take makes a connection the loop's own.
func (d *epoll) take(c *conn, id uint64, peer netip.AddrPort, telnet bool) {
	for len(d.byFD) <= int(c.fd) {
		d.byFD = append(d.byFD, make([]*conn, max(64, len(d.byFD)))...)
	}
	d.byFD[c.fd] = c
	c.reading = true
	d.loop.add(c, id, peer, telnet)
	if err := d.control(unix.EPOLL_CTL_ADD, int(c.fd), unix.EPOLLIN, mark(c)); err != nil {
		d.loop.server.log.Error("watch a connection", "err", err)
		d.loop.end(c, "")
	}
}

// tune sets on a listener what every connection inherits from it: no Nagle
// delay, a bounded send buffer, and probes that find a peer that vanished.
func tune(fd int) {
	for _, o := range [...][3]int{
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepAliveIdle.Seconds())},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepAliveInterval.Seconds())},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount},
	} {
		_ = unix.SetsockoptInt(fd, o[0], o[1], o[2]) // each is an improvement, none a need
	}
}

func peerOf(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// writes is the sender that makes one system call a connection.
type writes struct{}

func (writes) send(out []send) error {
	for i := range out {
		s := &out[i]
		n, errno := transmit(s.c.fd, s.p)
		switch {
		case errno == 0:
			s.n = n
		case errno != unix.EAGAIN && errno != unix.EINTR:
			s.err = errno
		}
	}
	return nil
}

func (writes) close() {}
