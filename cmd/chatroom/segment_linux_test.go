package main_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// waitUntilRead returns when the peer of conn, a process of this machine, has
// taken from the kernel all that was sent to it, so that what is sent next is
// a segment of its own.
func waitUntilRead(t *testing.T, conn net.Conn) {
	t.Helper()
	for deadline := time.Now().Add(chattest.Timeout); unread(t, conn) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the server does not read")
		}
	}
}

// unread asks the kernel for the number of bytes that wait for the peer of
// conn to read them, see sock_diag(7). It is 0 for a peer that has closed.
func unread(t *testing.T, conn net.Conn) uint32 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	const (
		header  = 16 // struct nlmsghdr
		request = 56 // struct inet_diag_req_v2
		rqueue  = 56 // its place in struct inet_diag_msg
	)
	native, network := binary.NativeEndian, binary.BigEndian
	q := make([]byte, 0, header+request)
	q = native.AppendUint32(q, header+request)
	q = native.AppendUint16(q, unix.SOCK_DIAG_BY_FAMILY)
	q = native.AppendUint16(q, unix.NLM_F_REQUEST)
	q = append(q, make([]byte, 8)...) // sequence number and port
	q = append(q, unix.AF_INET, unix.IPPROTO_TCP, 0, 0)
	q = native.AppendUint32(q, ^uint32(0))                                   // in any state
	local, remote := endpoint(conn.RemoteAddr()), endpoint(conn.LocalAddr()) // as the peer has them
	q = network.AppendUint16(q, local.Port())
	q = network.AppendUint16(q, remote.Port())
	for _, end := range []netip.AddrPort{local, remote} {
		q = append(q, end.Addr().AsSlice()...)
		q = append(q, make([]byte, 12)...)
	}
	q = append(q, make([]byte, 4)...) // any interface
	q = native.AppendUint64(q, ^uint64(0))
	if err := unix.Sendto(fd, q, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n < header+rqueue+4 || native.Uint16(answer[4:]) == unix.NLMSG_ERROR {
		return 0
	}
	return native.Uint32(answer[header+rqueue:])
}

func endpoint(addr net.Addr) netip.AddrPort {
	end := addr.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(end.Addr().Unmap(), end.Port())
}

// The tests of segmentation prove nothing if unread does not see what waits.
func TestUnread(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if _, err := conn.Write([]byte("four")); err != nil {
		t.Fatal(err)
	}
	if got := unread(t, conn); got != 4 {
		t.Errorf("%d bytes wait, want 4", got)
	}
	if _, err := peer.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if got := unread(t, conn); got != 1 {
		t.Errorf("%d bytes wait, want 1", got)
	}
}
