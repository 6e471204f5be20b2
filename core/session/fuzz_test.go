package session_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chattest"
	"github.com/chatroom-shell/chatroom/core/session"
)

// Whatever a peer sends, others see whole lines of clean UTF-8, its own telnet
// answers aside; what is held for it is bounded; and it makes no difference how
// its bytes were cut.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"hello\r\n/who\r\n", "\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0hi\n", "caf\xe9\n", "a\x1b[31mb\x9bc\u202e\u2028d\n",
		"\xff\xff\n", "/join ops\nhi\n/join lobby\nho\n", "\x03\x04\n/block\n/cancel\n", "/logout\nGET / HTTP/1.1\n", "\xff\xfd\x06\xff\xf6\n",
		"/echo a\n!!\n!e\n/!x\n!hm\n", "/alias hi echo $* $1\nhi a b\n/h x\n", "/every 10s echo x\n/every 10s hi\n", "/list 30\n\n\nq\n", "/slowlist 9\n\nx\n",
		"/set output json\nhi\n/people\n/set output text\nhi\n", "/set prompt %n>%%\nhi\n\n", "/set screenreader on\n/set theme mono\n/set noise off\nhi bob\n",
		"/ask why?\nthat\nhi\n/ask a | first\nx\n", "/register fish\nlong secret\n/nick bird\n/logout\nlogin fish\nlong secret\nhi\n",
		"/twice\na\n\x03hi\n", "/ask x\n\xff\xfe\x01\x04y\n", "/twice\n\xff\xfd\x01a\r\nb\r\n",
		"/set color on\nhi bob\n/set theme light\n/me waves\n/nick bird\n", "/alias f flood | first\nf\n!f\n", "/he\n/l 3\n/flood | s\n",
		"/set bell all\n/set timestamps datetime\n/set timezone Asia/Tokyo\nhi\n/set width 20\n/every 10s say \x1b[2J\n",
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
		for _, g := range guises {
			whole, own := play(t, g, p)
			if slices.ContainsFunc(elsewhere, func(name string) bool { return bytes.Contains(p, []byte(name)) }) {
				continue // what comes of these depends on the scheduler
			}
			pieces, ownPieces := play(t, g, p[:cut], p[cut:])
			if g.telnet || g.first != "" || bytes.Contains(p, []byte("prompt")) {
				own, ownPieces = "", "" // answers to options overtake lines, and a prompt ends each batch
			}
			if whole != pieces || own != ownPieces {
				t.Errorf("%+v, cut at %d:\nothers saw %q, whole %q\nit saw %q, whole %q", g, cut, pieces, whole, ownPieces, own)
			}
		}
	})
}

// elsewhere are the commands that run on other goroutines.
var elsewhere = []string{"block", "flood", "slow", "fail", "ask", "twice", "hurry", "register", "|"}

// unended are words in the lines that have a session shown what is no line: a
// prompt, a question, an escape sequence.
var unended = []string{"prompt", "color", "ask", "twice", "hurry", "register"}

// A guise is what a session is before what it sends is looked at.
type guise struct {
	telnet bool
	first  string // it sends
}

var guises = []guise{
	{telnet: true}, {},
	{telnet: true, first: isXterm + window(80, 6) + "set prompt short\n"},
	{first: "set output json\n"},
}

// play has ann send the pieces, and returns what bob and ann were shown.
func play(t *testing.T, g guise, pieces ...[]byte) (bobs, anns string) {
	b := newBench(t, func(s *session.Settings) {
		s.LinesBurst, s.LinesPerSec, s.MachineBurst, s.MachinePerSec = 5, 1, 5, 1
		s.Aliases, s.Jobs = 2, 2
	})
	close(b.release) // block ends at once
	ann, bob := b.dial("ann", g.telnet), b.login("bob")
	ann.take()
	ann.feed(g.first)
	ann.feed("login ann\n")
	bob.take()
	greeting := ann.take()
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
	seen, own := bob.take(), ann.take()
	checkLines(t, "bob", seen)
	all := bytes.Join(pieces, nil)
	if !g.telnet && !slices.ContainsFunc(unended, func(word string) bool { return bytes.Contains(all, []byte(word)) }) {
		checkLines(t, "ann", own)
	}
	if g.telnet {
		checkTerminal(t, greeting+own)
	}
	if strings.Contains(g.first, "json") && !bytes.Contains(all, []byte("output")) {
		checkObjects(t, greeting+own)
	}
	return seen, own
}

// checkLines checks that seen is whole lines of clean UTF-8.
func checkLines(t *testing.T, who, seen string) {
	if !utf8.ValidString(seen) || seen != "" && !strings.HasSuffix(seen, "\r\n") {
		t.Errorf("%s was shown %q", who, seen)
	}
	for l := range strings.SplitSeq(strings.TrimSuffix(seen, "\r\n"), "\r\n") {
		for _, r := range l {
			if r < ' ' && (r != '\a' || who == "bob") || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x2028 {
				t.Errorf("%U reached %s in %q", r, who, l)
			}
		}
	}
}

// ours are the control sequences that a session sends to a terminal.
var ours = regexp.MustCompile("\x1b\\[[0-9;]*m|\r\x1b\\[K|\x1b\\[H\x1b\\[2J|\r\n|\a")

// checkTerminal checks that what a terminal was sent is, beside telnet commands,
// clean UTF-8 with no control sequences but ours.
func checkTerminal(t *testing.T, seen string) {
	said, _ := chattest.Text([]byte(seen))
	if !utf8.Valid(said) {
		t.Errorf("a terminal is sent %q", said)
	}
	for _, r := range string(ours.ReplaceAllLiteral(said, nil)) {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x2028 {
			t.Errorf("%U reached a terminal in %q", r, said)
			return
		}
	}
}

// checkObjects checks that seen is a JSON object a line, and that the results
// count the lines from 1 on.
func checkObjects(t *testing.T, seen string) {
	last := 0
	for l := range strings.SplitSeq(strings.TrimSuffix(seen, "\r\n"), "\r\n") {
		var o struct {
			Type, Code string
			ID, Job    int
		}
		if err := json.Unmarshal([]byte(l), &o); err != nil || o.Type == "" {
			t.Errorf("%q: %v", l, err)
			continue
		}
		if o.Type != "result" || o.Job != 0 {
			continue
		}
		if last++; o.ID != last || o.Code == "" {
			t.Errorf("result %d has the id %d and the code %q", last, o.ID, o.Code)
		}
	}
}
