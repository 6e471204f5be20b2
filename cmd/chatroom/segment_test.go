package main_test

import (
	"bytes"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
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
	"\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0" + // WILL TTYPE, IS xterm
	"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0" + // WILL NAWS, 80 x 24
	"hello?\r\n" +
	"login ann\r\n" +
	"say hello\n" +
	"sa\xff\xf1y don't panic\r\x00" +
	"me waves\r\n" +
	"你好 👋🏽\r\n" +
	"wrong\xff\xf8who is there\r\n" + // EL
	"caf\xe9\r\n" +
	"msg ann \"it's | me\r\n" +
	"join \"ops\r\n" +
	"join #ops\r\n" +
	"\r\n" +
	"//x\xff\xf7slash\r\n" + // EC
	"leave\r\n" +
	"who\r\n" +
	"help say\r\n" +
	"logout\r\n" +
	"quit\r\n"

// TestSegmentation sends the dialogue whole, byte by byte, and in two parts
// split at every offset. What comes back never depends on it.
func TestSegmentation(t *testing.T) {
	s := programtest.Start(t, segmentConfig)
	whole := checkSegmentation(t, s, dialogue)
	plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(whole, "")
	for _, line := range []string{"ann: hello", "ann: don't panic", "* ann waves", "ann: 你好 👋🏽", "ann: /slash"} {
		if !strings.Contains(plain, line+"\n") {
			t.Errorf("no %q in what the dialogue gave:\n%s", line, plain)
		}
	}
}

// What a client tells about its terminal counts for the lines behind it, not
// for those before.
func TestSegmentationOfOptions(t *testing.T) {
	s := programtest.Start(t, segmentConfig)
	checkSegmentation(t, s, "login ann\r\nset\r\n"+
		"\xff\xfb\x1f\xff\xfa\x1f\x00\x64\x00\x1e\xff\xf0set\r\n"+ // 100 x 30
		"\xff\xfa\x1f\x00\x3c\x00\x1e\xff\xf0set\r\n"+ // 60 x 30
		"hello\r\n\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0hello\r\n"+
		"quit\r\n")
}

// checkSegmentation compares all ways to send the dialogue with sending it
// line by line, each when the one before was read, and returns what came back.
func checkSegmentation(t *testing.T, s *programtest.Server, dialogue string) string {
	t.Helper()
	want := converse(t, s, strings.SplitAfter(dialogue, "\n")...)
	check := func(how string, segments ...string) {
		t.Helper()
		if got := converse(t, s, segments...); got != want {
			t.Errorf("%s, the dialogue gave\n%s\nline by line, it gave\n%s", how, got, want)
		}
	}
	check("whole", dialogue)
	var bytewise []string
	for _, b := range []byte(dialogue) {
		bytewise = append(bytewise, string([]byte{b}))
	}
	check("byte by byte", bytewise...)
	for cut := 1; cut < len(dialogue) && !t.Failed(); cut++ {
		check(fmt.Sprintf("split at offset %d", cut), dialogue[:cut], dialogue[cut:])
	}
	return want
}

// A thousand lines in one write.
func TestSegmentationManyLines(t *testing.T) {
	s := programtest.Start(t, segmentConfig)
	var block bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&block, "line %d\r\n", i)
	}
	ann := s.Login("ann")
	ann.SendRaw(block.Bytes())
	for i := range 1000 {
		ann.ExpectExact(fmt.Sprintf("ann: line %d", i))
	}
}

// The first bytes of other protocols are known however they arrive.
func TestSegmentationOfForeignProtocol(t *testing.T) {
	s := programtest.Start(t, "[login]\nrequired = false\n\n[history]\nreplay = 0\n")
	watcher := s.Dial("watcher")
	watcher.Sync()
	const request = "POST / HTTP/1.1\r\nHost: x\r\n\r\nsay gotcha\r\n"
	for cut := 1; cut < len(request); cut++ {
		converse(t, s, request[:cut], request[cut:])
	}
	watcher.Quiet("...gotcha...")
}

// seconds are the times in what the dialogues give.
var seconds = regexp.MustCompile(`\b[0-9]+s\b`)

// converse sends the segments on a new connection, each when the server has
// read the one before, and returns what came back until the server closed:
// first the text, with its times made equal, then the telnet commands.
func converse(t *testing.T, s *programtest.Server, segments ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	c := chattest.New(t, conn)
	for _, segment := range segments {
		c.SendRaw([]byte(segment))
		waitUntilRead(t, conn)
	}
	text := strings.Join(c.ExpectClosed(), "\n") + "\n"
	return fmt.Sprintf("%s%q", seconds.ReplaceAllString(text, "0s"), c.Telnet())
}
