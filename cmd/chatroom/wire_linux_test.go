package main_test

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Where the descriptors are used up, those who are in stay, and there is room
// again when one leaves.
func TestL4OutOfDescriptors(t *testing.T) {
	s := startServer(t, "")
	ann := s.login("ann")
	if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 32, Max: 32}, nil); err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	for range 60 {
		conn, err := net.Dial("tcp", s.addrs[0])
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	ann.Sync()
	for _, conn := range conns {
		conn.Close()
	}
	s.login("bob").Sync()
	if n := strings.Count(s.log.String(), "too many open files"); n > 100 {
		t.Errorf("%d lines about it in the log", n)
	}
}
