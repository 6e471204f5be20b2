package session_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/session"
)

// Whatever a peer sends, others see whole lines of clean UTF-8, its own telnet
// answers aside; what is held for it is bounded; and it makes no difference how
// its bytes were cut.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"hello\r\n/who\r\n", "\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0hi\n", "caf\xe9\n", "a\x1b[31mb\x9bc\u202e\u2028d\n",
		"\xff\xff\n", "/join ops\nhi\n/join lobby\nho\n", "\x03\x04\n/block\n/cancel\n", "/logout\nGET / HTTP/1.1\n", "\xff\xfd\x06\xff\xf6\n",
		"/quit\nmore\n", strings.Repeat("x", 200) + "\n", "/echo a\n/echo b\n/echo c\n/echo d\n",
	} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, p []byte, cut int) {
		if len(p) > 4096 {
			return
		}
		for _, c := range p {
			if c == '\r' || c == 0x03 { // a CR with text behind it depends on the cut; Ctrl-C on when it comes
				cut = 0
			}
		}
		cut = min(max(cut, 0), len(p))
		for _, telnet := range []bool{true, false} {
			whole, own := play(t, telnet, p)
			if bytes.Contains(p, []byte("block")) || bytes.Contains(p, []byte("flood")) {
				continue // what comes of these depends on the scheduler
			}
			pieces, ownPieces := play(t, telnet, p[:cut], p[cut:])
			if telnet {
				own, ownPieces = "", "" // answers to options overtake lines
			}
			if whole != pieces || own != ownPieces {
				t.Errorf("telnet %v, cut at %d:\nothers saw %q, whole %q\nit saw %q, whole %q", telnet, cut, pieces, whole, ownPieces, own)
			}
		}
	})
}

// play has ann send the pieces, and returns what bob and ann were shown.
func play(t *testing.T, telnet bool, pieces ...[]byte) (bobs, anns string) {
	b := newBench(t, func(s *session.Settings) { s.LinesBurst, s.LinesPerSec = 5, 1 })
	close(b.release) // block ends at once
	ann, bob := b.dial("ann", telnet), b.login("bob")
	ann.feed("login ann\n")
	bob.take()
	ann.take()
	for _, p := range pieces {
		ann.Feed(p)
		b.turn()
	}
	for range 20 { // what waits for the rate, or for a command on its goroutine
		b.advance(time.Second)
	}
	if ann.Window() < 0 || ann.Owed() > 1<<20 {
		t.Errorf("window %d, owed %d", ann.Window(), ann.Owed())
	}
	seen := bob.take()
	if !utf8.ValidString(seen) || seen != "" && !strings.HasSuffix(seen, "\r\n") {
		t.Errorf("bob was shown %q", seen)
	}
	for l := range strings.SplitSeq(strings.TrimSuffix(seen, "\r\n"), "\r\n") {
		for _, r := range l {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x2028 {
				t.Errorf("%U reached bob in %q", r, l)
			}
		}
	}
	return seen, ann.take()
}
