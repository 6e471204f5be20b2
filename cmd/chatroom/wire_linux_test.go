package main_test

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// Where the descriptors are used up, those who are in stay, and there is room
// again when one leaves.
func TestL4OutOfDescriptors(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	if err := unix.Prlimit(s.Cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 32, Max: 32}, nil); err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	for range 60 {
		conn, err := net.Dial("tcp", s.Addrs[0])
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	ann.Sync()
	for _, conn := range conns {
		conn.Close()
	}
	s.Login("bob").Sync()
	if n := strings.Count(s.Log.String(), "too many open files"); n > 100 {
		t.Errorf("%d lines about it in the log", n)
	}
}
