package server

import (
	"errors"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A door is a listener that the loop accepts from.
type door struct {
	fd     int
	telnet bool
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
	if !d.doorsOff {
		if err := d.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN, 0); err != nil {
			return errors.Join(err, unix.Close(fd))
		}
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
	boundSilence(fd)
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

// tune sets on a listener what every connection inherits from it, or on one of
// those: no Nagle delay, a bounded send buffer, and probes that find a peer that
// vanished.
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

// boundSilence sets on a connection what it does not inherit: how long its peer may
// acknowledge nothing of what it is owed.
func boundSilence(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unacknowledged.Milliseconds()))
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
