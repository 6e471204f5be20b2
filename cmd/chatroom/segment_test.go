package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// segmentConfig makes every run of a dialogue on one server the first one:
// nothing is replayed from the run before.
const segmentConfig = `
[history]
replay = 0
`

// dialogue has a line of each kind, each kind of line end that does not depend
// on what has arrived, and telnet commands between and inside the lines.
const dialogue = "" +
	"hello?\r\n" +
	"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0" + // WILL NAWS, 80 x 24
	"login ann\r\n" +
	"say hello\n" +
	"sa\xff\xf1y don't panic\r\x00" +
	"me waves\r\n" +
	"你好 👋🏽\r\n" +
	"\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0" + // WILL TTYPE, IS xterm
	"wrong\xff\xf8who is there\r\n" + // EL
	"caf\xe9\r\n" +
	"\xff\xfd\x06" + // DO TM
	"msg ann \"it's | me\r\n" +
	"join \"ops\r\n" +
	"join #ops\r\n" +
	"\r\n" +
	"//x\xff\xf7slash\r\n" + // EC
	"leave\r\n" +
	"logout\r\n" +
	"quit\r\n"

// TestSegmentation sends the dialogue whole, byte by byte, and in two parts
// split at every offset. What comes back never depends on it.
func TestSegmentation(t *testing.T) {
	s := startServer(t, segmentConfig)
	whole := converse(t, s, dialogue)
	for _, part := range []string{"ann: hello", "ann: don't panic", "* ann waves", "ann: 你好 👋🏽", "*ann* \"it's | me", "ann: /slash"} {
		if !strings.Contains(whole, part+"\n") {
			t.Fatalf("no %q in what the whole dialogue gave:\n%s", part, whole)
		}
	}
	check := func(how string, segments ...string) {
		t.Helper()
		if got := converse(t, s, segments...); got != whole {
			t.Errorf("%s, the dialogue gave\n%s\nwhole, it gave\n%s", how, got, whole)
		}
	}
	var bytewise []string
	for _, b := range []byte(dialogue) {
		bytewise = append(bytewise, string([]byte{b}))
	}
	check("byte by byte", bytewise...)
	for cut := 1; cut < len(dialogue) && !t.Failed(); cut++ {
		check(fmt.Sprintf("split at offset %d", cut), dialogue[:cut], dialogue[cut:])
	}
}

// A thousand lines in one write.
func TestSegmentationManyLines(t *testing.T) {
	s := startServer(t, segmentConfig)
	var block bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&block, "line %d\r\n", i)
	}
	ann := s.login("ann")
	ann.SendRaw(block.Bytes())
	for i := range 1000 {
		ann.ExpectExact(fmt.Sprintf("ann: line %d", i))
	}
}

// The first bytes of other protocols are known however they arrive.
func TestSegmentationOfForeignProtocol(t *testing.T) {
	s := startServer(t, "[login]\nrequired = false\n\n[history]\nreplay = 0\n")
	watcher := s.dial("watcher")
	watcher.Sync()
	const request = "POST / HTTP/1.1\r\nHost: x\r\n\r\nsay gotcha\r\n"
	for cut := 1; cut < len(request); cut++ {
		converse(t, s, request[:cut], request[cut:])
	}
	watcher.Quiet("...gotcha...")
}

var clock = regexp.MustCompile(`[0-9]+(h|m|s|ms|µs)\b|\b[0-9]+:[0-9]+(:[0-9]+)?\b`)

// converse sends the segments on a new connection, each when the server has
// read the one before, and returns what came back until the server closed:
// first the text, with its times made equal, then the telnet commands.
func converse(t *testing.T, s *server, segments ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	c := chattest.New(t, conn)
	for _, segment := range segments {
		c.SendRaw([]byte(segment))
		waitUntilRead(t, conn)
	}
	text := strings.Join(c.ExpectClosed(), "\n") + "\n"
	return fmt.Sprintf("%s%q", clock.ReplaceAllString(text, "TIME"), c.Telnet())
}

// waitUntilRead returns when the peer of conn, a process of this machine, has
// taken from the kernel all that was sent to it. Without Linux's table of
// sockets it returns at once: segments may then join, and the test proves less.
func waitUntilRead(t *testing.T, conn net.Conn) {
	t.Helper()
	// The peer's socket is the one whose remote address is our local one.
	remote := fmt.Sprintf(":%04X", conn.LocalAddr().(*net.TCPAddr).Port)
	local := fmt.Sprintf(":%04X", conn.RemoteAddr().(*net.TCPAddr).Port)
	for deadline := time.Now().Add(chattest.Timeout); time.Now().Before(deadline); {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			return
		}
		if !unread(table, local, remote) {
			return
		}
	}
	t.Fatalf("the server does not read")
}

// unread reports whether the socket with these ends has bytes to be read.
func unread(table []byte, local, remote string) bool {
	for rows := bufio.NewScanner(bytes.NewReader(table)); rows.Scan(); {
		// sl local_address rem_address st tx_queue:rx_queue ...
		fields := strings.Fields(rows.Text())
		if len(fields) > 4 && strings.HasSuffix(fields[1], local) && strings.HasSuffix(fields[2], remote) {
			return !strings.HasSuffix(fields[4], ":00000000")
		}
	}
	return false
}
