package server

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// A peer that vanished is not waited for longer than the server promises, whether
// anything is owed to it or not.
func TestTune(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	door, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	tune(int(door.Fd()))
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	fd, _, err := unix.Accept(int(door.Fd())) // as the driver does it: net sets options of its own
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	boundSilence(fd)
	for option, want := range map[int]int{
		unix.TCP_NODELAY:      1,
		unix.TCP_KEEPIDLE:     90,
		unix.TCP_KEEPINTVL:    15,
		unix.TCP_KEEPCNT:      4,
		unix.TCP_USER_TIMEOUT: 142_500,
	} {
		if got, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, option); err != nil || got != want {
			t.Errorf("option %d is %d, %v, want %d", option, got, err, want)
		}
	}
}
