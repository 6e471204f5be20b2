package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// The first lines are clean text. Then come the two options that no client
// shows as text, and no more until the client has answered.
func TestOpening(t *testing.T) {
	s := programtest.Start(t, "[server]\nname = \"Harbour\"\nmotd = \"Mind the gap.\"\n")
	conn, err := net.Dial("tcp", s.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s.Log.Expect(t, 0, "connection from", conn.LocalAddr().String())
	conn.SetDeadline(time.Now().Add(chattest.Timeout))
	const burst = "\xff\xfd\x18\xff\xfd\x1f" // DO TTYPE, DO NAWS
	if _, err := io.WriteString(conn, "/echo 1\r\n/echo 2\r\nquit\r\n"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	text, rest, _ := strings.Cut(string(got), burst)
	if !strings.HasPrefix(text, "Welcome to Harbour\r\nMind the gap.\r\n-- Log in ") {
		t.Errorf("the opening is %q", text)
	}
	if strings.Contains(text+rest, "\xff") {
		t.Errorf("more than the two options in %q", got)
	}
}

func TestW2LineEnds(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	for _, tt := range []struct{ raw, want string }{
		{"say one\r\n", "one"},
		{"say one\n", "one"},
		{"say one\r\x00", "one"},
		{"say one\r", "one"}, // the line feed that follows belongs to it
		{"\nsay one\r\n", "one"},
		{"say one\rtwo\r\n", "one two"},
		{"say one\nsay two\r\nsay three\r\x00say four\r\n", "one|two|three|four"},
		{"say one\r\n\r\nsay two\r\n\n\n", "one|two"},
	} {
		ann.SendRaw([]byte(tt.raw))
		for want := range strings.SplitSeq(tt.want, "|") {
			ann.ExpectExact("ann: " + want)
			bob.ExpectExact("ann: " + want)
		}
		ann.Quiet("ann: ...")
		bob.Quiet("ann: ...")
	}
}

func TestW3LongLine(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	longest := "say " + strings.Repeat("x", 1020)
	ann.Send(longest)
	bob.ExpectExact("ann: " + strings.Repeat("x", 1020))
	programtest.Skip(ann)
	for name, line := range map[string]string{
		"one too many":          longest + "y",
		"cut inside a rune":     "say " + strings.Repeat("x", 1019) + "你",
		"much too long":         strings.Repeat("say xx ", 2000),
		"a command in the tail": strings.Repeat("x", 1024) + "say tail",
	} {
		ann.Send(line)
		if got := ann.Next(); !strings.Contains(got, "1024") && !strings.Contains(got, "1,024") {
			t.Errorf("%s: answer %q does not name the limit", name, got)
		}
		ann.Send("say next")
		ann.ExpectExact("ann: next") // and one answer was all
		bob.ExpectExact("ann: next")
	}
}

func TestW4NoLineEnd(t *testing.T) {
	s := programtest.Start(t, "")
	watcher := s.Login("watcher")
	before := residentKiB(t, s)
	for _, name := range []string{"", "ann"} {
		c := s.Dial("stranger")
		if name != "" {
			c = s.Login(name)
		}
		c.SendRaw(bytes.Repeat([]byte("x"), 17<<10))
		if lines := c.ExpectClosed(); len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], "-- ") {
			t.Errorf("cut without a reason: %q", lines)
		}
	}
	for range 20 {
		conn, err := net.Dial("tcp", s.Addrs[0])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetWriteDeadline(time.Now().Add(chattest.Timeout))
		block := bytes.Repeat([]byte("x"), 64<<10)
		for sent := 0; err == nil; sent += len(block) {
			if sent > 64<<20 {
				t.Fatal("the server takes 64 MiB without a line end")
			}
			_, err = conn.Write(block)
		}
	}
	watcher.Sync()
	if grown := residentKiB(t, s) - before; grown > 64<<10 && !programtest.UnderRace() {
		t.Errorf("the server grew by %d KiB", grown)
	}
}

// residentKiB is the memory the server holds, 0 where /proc does not tell.
func residentKiB(t *testing.T, s *programtest.Server) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

func TestW5InvalidUTF8(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	for _, bad := range []string{
		"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xfe", "\xff\xff", "\xf0\x9f\x91",
	} {
		for _, line := range []string{"say bad " + bad, bad, "say " + bad + " bad", "bad " + bad} {
			ann.SendRaw([]byte(line + "\r\n"))
			if got := ann.Next(); !strings.Contains(got, "UTF-8") {
				t.Errorf("%q: answer %q", line, got)
			}
		}
	}
	ann.Send("say good")
	ann.ExpectExact("ann: good")
	bob.ExpectExact("ann: good")
}

func TestW6ForeignProtocols(t *testing.T) {
	s := programtest.Start(t, "[login]\nrequired = false\n\n[history]\nreplay = 0\n")
	watcher := s.Dial("watcher")
	watcher.Sync()
	for name, first := range map[string]string{
		"GET":      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST":     "POST /say HTTP/1.0\r\n\r\n",
		"OPTIONS":  "OPTIONS * HTTP/1.1\r\n",
		"CONNECT":  "CONNECT example.org:443 HTTP/1.1\r\n",
		"HTTP/2":   "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"TLS":      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"SSH":      "SSH-2.0-OpenSSH_9.2\r\n",
		"PROXY v1": "PROXY TCP4 192.0.2.1 192.0.2.2 1234 5267\r\n",
		"PROXY v2": "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x04\xd2\x14\x93",
	} {
		t.Run(name, func(t *testing.T) {
			c := chattest.Dial(t, s.Addrs[0])
			c.SendRaw([]byte(first + "\r\nsay gotcha\r\n"))
			c.ExpectClosed()
		})
	}
	watcher.Quiet("...gotcha...")
	for _, line := range []string{"POST office is closed", "get / put", "SSH is down", "PROXY for whom?"} {
		c := s.Dial("guest")
		c.Send(line)
		c.Expect(": " + line)
		c.Send("quit")
		c.ExpectClosed()
	}
}

func TestW7Quoting(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	for _, line := range []string{
		`join "ops`, `join 'ops`, `join ops\`, `join ""`, `join`, `who ""`,
		"who " + strings.Repeat("a ", 500), "whois " + strings.Repeat(`"" `, 300),
		`set "mode`, `nick "`, `ignore '`, `/`, `/"`, `/ say hi`,
	} {
		ann.Send(line)
		if got := ann.Next(); strings.HasPrefix(got, "ann: ") {
			t.Errorf("%q was posted: %q", line, got)
		}
		programtest.Skip(ann)
	}
	bob.Quiet("...")
	for _, line := range []string{`don't`, `#1 idea`, `C:\temp`, `a | b`, `"unclosed`, `back\`, `$HOME`, "`id`", `-x`, `''`} {
		for _, way := range []string{"say ", "/say ", "//"} {
			ann.Send(way + line)
			want := "ann: " + line
			if way == "//" {
				want = "ann: /" + line
			}
			ann.ExpectExact(want)
			bob.ExpectExact(want)
		}
	}
}

func TestT1UnendedSubnegotiation(t *testing.T) {
	s := programtest.Start(t, "")
	for name, body := range map[string][]byte{
		"T1 plain bytes":   bytes.Repeat([]byte("x"), 65<<10),
		"T2 IAC IAC pairs": bytes.Repeat([]byte{255}, 130<<10),
	} {
		t.Run(name, func(t *testing.T) {
			c := chattest.Dial(t, s.Addrs[0])
			c.SendRaw(append([]byte("\xff\xfa\x18"), body...))
			c.ExpectClosed()
		})
	}
	// A long one that ends is thrown away, and nothing of it is a line.
	c := s.Login("ann")
	c.SendRaw([]byte("sa\xff\xfa\x18\x00" + strings.Repeat("\r\nsay gotcha\r\n", 1000) + "\xff\xf0y hello\r\n"))
	c.ExpectExact("ann: hello")
}

// answers is what c's telnet commands were answered with. WILL END-OF-RECORD,
// WILL CHARSET and DO NEW-ENVIRON are left out: they come once, when the client
// has shown that it knows telnet.
func answers(c *chattest.Client) string {
	return strings.Replace(string(c.Telnet()), "\xff\xfb\x19\xff\xfb\x2a\xff\xfd\x27", "", 1)
}

func TestT3Negotiation(t *testing.T) {
	s := programtest.Start(t, "")
	t.Run("each request is answered once", func(t *testing.T) {
		ann := s.Login("ann")
		answered := len(answers(ann))
		for range 20 {
			ann.SendRaw([]byte("\xff\xfb\x24\xff\xfd\x56\xff\xfb\x22\xff\xfb\x56\xff\xfd\x05"))
		}
		ann.Sync()
		want := "\xff\xfe\x24\xff\xfc\x56\xff\xfe\x22\xff\xfe\x56\xff\xfc\x05"
		if got := answers(ann)[answered:]; got != want {
			t.Errorf("answers %q, want %q", got, want)
		}
	})
	t.Run("timing mark is answered each time", func(t *testing.T) {
		c := s.Login("bob")
		for range 3 {
			before := len(answers(c))
			c.SendRaw([]byte("\xff\xfd\x06"))
			c.Sync()
			if got := answers(c)[before:]; got != "\xff\xfb\x06" {
				t.Errorf("answer %q", got)
			}
		}
	})
	t.Run("a flood is cut before login", func(t *testing.T) {
		c := s.Dial("flood")
		var block []byte
		for i := range 10_000 {
			block = append(block, 255, byte(251+i%4), byte(i/4%251))
		}
		c.SendRaw(block)
		c.ExpectClosed()
		if got := len(c.Telnet()); got > 3*400 {
			t.Errorf("%d bytes of answers", got)
		}
	})
	t.Run("no loop with a peer that always answers", func(t *testing.T) {
		c := s.Dial("parrot")
		c.Send("login parrot")
		c.Expect("parrot")
		seen, opposite := 0, map[byte]byte{251: 253, 252: 254, 253: 251, 254: 252}
		for range 50 {
			programtest.Skip(c)
			news := c.Telnet()[seen:]
			if len(news) == 0 {
				return
			}
			seen += len(news)
			for len(news) >= 3 {
				if verb, ok := opposite[news[1]]; ok && news[0] == 255 {
					c.SendRaw([]byte{255, verb, news[2]})
					news = news[3:]
				} else {
					news = news[1:]
				}
			}
		}
		t.Error("the server and its peer still talk of options")
	})
}

func TestT4EndInsideCommand(t *testing.T) {
	s := programtest.Start(t, "")
	for i, tail := range []string{"\xff", "\xff\xfb", "\xff\xfa", "\xff\xfa\x18\x00", "\xff\xfa\x18\x00\xff", "say half"} {
		name := fmt.Sprintf("ann%d", i)
		c := s.Login(name)
		c.SendRaw([]byte("say whole\r\n" + tail))
		c.CloseWrite()
		c.Expect(name + ": whole")
		c.ExpectClosed()
	}
}

func TestT5Commands(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	for _, tt := range []struct{ raw, want string }{
		{"sa\xff\xf1y nop\r\n", "ann: nop"},
		{"sa\xff\xf9y go ahead\r\n", "ann: go ahead"},
		{"sa\xff\xf0y stray SE\r\n", "ann: stray SE"},
		{"sa\xff\x00y no command\r\n", "ann: no command"},
		{"sa\xff\xf2y data mark\r\n", "ann: data mark"},
		{"say hellx\xff\xf7o\r\n", "ann: hello"},
		{"say 你\xff\xf7好\r\n", "ann: 好"},
		{"say hellx\x7fo\r\n", "ann: hello"},
		{"say hellx\x08o\r\n", "ann: hello"},
		{"say wrong\xff\xf8say right\r\n", "ann: right"},
		{"say wrong\x15say right\r\n", "ann: right"},
		{"\xff\xf7\xff\xf7\xff\xf8say empty\r\n", "ann: empty"},
	} {
		ann.SendRaw([]byte(tt.raw))
		ann.ExpectExact(tt.want)
	}
	for _, cancel := range []string{"\xff\xf4", "\xff\xf3", "\x03"} {
		ann.SendRaw([]byte("say wrong" + cancel + "say right\r\n"))
		ann.Expect("ann: right")
		if strings.Contains(ann.Transcript(), "ann: wrong") {
			t.Fatalf("%q did not cancel the line", cancel)
		}
	}
	// An answer to "are you there?" is a line; many questions get one answer.
	programtest.Skip(ann)
	ann.SendRaw(bytes.Repeat([]byte("\xff\xf6"), 20))
	answer := ann.Next()
	if strings.TrimSpace(answer) == "" {
		t.Error("the answer is empty")
	}
	ann.Quiet(answer)
}

func TestT7Compression(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	before := len(answers(ann))
	ann.SendRaw([]byte("\xff\xfd\x56\xff\xfd\x57\xff\xfb\x56\xff\xfb\x57"))
	ann.SendRaw([]byte("\xff\xfa\x56\xff\xf0\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\r\n"))
	ann.Expect("UTF-8")
	if got, want := answers(ann)[before:], "\xff\xfc\x56\xff\xfc\x57\xff\xfe\x56\xff\xfe\x57"; got != want {
		t.Errorf("answers %q, want %q", got, want)
	}
}

func TestS1StoppedReader(t *testing.T) {
	s := programtest.Start(t, `
[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_per_second = 0.0
outbox = "32KiB"
stall = "2s"
`)
	ann := s.Login("ann")
	stopped := stopReading(t, s, "bob")
	defer stopped.Close()
	ann.Expect("-- bob has joined")
	text := strings.Repeat("x", 1000)
	started := time.Now()
	for range 32_000 {
		ann.Send(text)
		if line := ann.Next(); strings.HasPrefix(line, "-- bob has left") {
			return
		}
	}
	t.Errorf("bob, who reads nothing, was not cut within %v", time.Since(started))
}

func TestS3LoginGrace(t *testing.T) {
	s := programtest.Start(t, "[login]\ngrace = \"1s\"\n")
	started := time.Now()
	conn, err := net.Dial("tcp", s.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	c := chattest.New(t, conn)
	ended := make(chan struct{})
	defer close(ended)
	go func() { // bytes that trickle in do not extend the grace
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				conn.Write([]byte("x"))
			case <-ended:
				return
			}
		}
	}()
	lines := c.ExpectClosed()
	if took := time.Since(started); took < 900*time.Millisecond || took > 5*time.Second {
		t.Errorf("cut after %v, want 1s", took)
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "-- ") {
		t.Errorf("cut without a reason: %q", last)
	}
	// Who logged in stays.
	ann := s.Login("ann")
	s.Dial("silent").ExpectClosed()
	ann.Sync()
}

func TestS6HalfClose(t *testing.T) {
	s := programtest.Start(t, "")
	bob := s.Login("bob")
	ann := s.Dial("ann")
	ann.SendRaw([]byte("login ann\r\nsay hi\r\nwho\r\n"))
	ann.CloseWrite()
	bob.Expect("ann: hi")
	ann.Expect("ann: hi")
	ann.Expect("bob") // what who says
	ann.ExpectClosed()
	bob.Expect("-- ann has left")
}

func TestGuestIdle(t *testing.T) {
	s := programtest.Start(t, "[login]\nguest_idle = \"1s\"\n")
	started := time.Now()
	ann := s.Login("ann")
	lines := ann.ExpectClosed()
	if took := time.Since(started); took < 900*time.Millisecond || took > 5*time.Second {
		t.Errorf("cut after %v, want 1s", took)
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], "-- ") {
		t.Errorf("cut without a reason: %q", lines)
	}
}

func TestConnectionLimits(t *testing.T) {
	const others = "\nlines_per_second = 0.0\n"
	for limit, config := range map[string]string{
		"sessions":            "[limits]\nsessions = 2\nsessions_per_source = 0\nconnects_per_minute = 0" + others,
		"sessions_per_source": "[limits]\nsessions_per_source = 2\nconnects_per_minute = 0" + others,
		"connects_per_minute": "[limits]\nsessions_per_source = 0\nconnects_per_minute = 2" + others,
	} {
		t.Run(limit, func(t *testing.T) {
			s := programtest.Start(t, config)
			ann := s.Login("ann")
			bob := s.Login("bob")
			refused := s.Dial("refused")
			lines := refused.ExpectClosed()
			if len(lines) != 1 || !strings.HasPrefix(lines[0], "-- ") {
				t.Errorf("refused with %q, want one line with the reason", lines)
			}
			ann.Sync()
			bob.Send("quit")
			bob.ExpectClosed()
			if limit != "connects_per_minute" {
				s.Login("cid") // there is room again
			}
		})
	}
}

// Lines above the rate wait for their turn; telnet commands do not.
func TestLineRate(t *testing.T) {
	s := programtest.Start(t, "[limits]\nlines_burst = 5\nlines_per_second = 10.0\n")
	ann := s.Dial("ann")
	ann.Send("login ann")
	ann.Expect("ann")
	var block bytes.Buffer
	const lines = 25
	for i := range lines {
		fmt.Fprintf(&block, "say line %d\r\n", i)
	}
	before := len(answers(ann))
	started := time.Now()
	ann.SendRaw(append(block.Bytes(), 255, 253, 6)) // DO TM
	for i := range lines {
		if got, want := ann.Expect("ann: "), fmt.Sprintf("ann: line %d", i); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if i == lines/2 && answers(ann)[before:] != "\xff\xfb\x06" {
			t.Errorf("the timing mark waits behind the lines")
		}
	}
	// 26 lines with the login's, 5 of them at once, 10 a second.
	if took := time.Since(started); took < 1900*time.Millisecond || took > 6*time.Second {
		t.Errorf("%d lines took %v", lines, took)
	}
}

// forbidden lists what no other terminal and no log may see of user text.
func forbidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

func TestX1ControlCharacters(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	var bad []string
	for r := range rune(0xa0) { // C0, DEL, C1
		if unicode.IsControl(r) && !strings.ContainsRune("\x00\x03\x04\x08\n\r\x15\x17\x7f", r) {
			bad = append(bad, string(r))
		}
	}
	bad = append(bad,
		"\x1b[31mred", "\x1b]0;title\x07", "\x1b]52;c;aGk=\x07", "\x1bP+q\x1b\\", "\u009b31m",
		"\u202e", "\u202a", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u2028", "\u2029", "\u0085")
	clean := func(c *chattest.Client) {
		t.Helper()
		c.Send("/echo that was all")
		for line := ""; line != "that was all"; {
			line = c.Next()
			if i := strings.IndexFunc(line, forbidden); i >= 0 {
				t.Errorf("%s saw %q", c.Name, line)
			}
		}
	}
	for _, text := range bad {
		for _, form := range []string{
			"say a%sb", "a%sb", "me a%sb", "msg bob a%sb", "topic a%sb", "away a%sb",
			"nick ann%sx", "join a%sb", "whois a%sb", "/a%sb", "set mode a%sb", "login ann%sx", "ignore a%sb",
		} {
			ann.Send(fmt.Sprintf(form, text))
		}
		ann.Send("nick ann")
		ann.Send("join lobby")
		clean(ann)
		clean(bob)
	}
	log := strings.ReplaceAll(s.Log.String(), "\n", "")
	if i := strings.IndexFunc(log, forbidden); i >= 0 {
		t.Errorf("the log has %q near %q", []rune(log[i:])[0], log[max(0, i-40):i])
	}
}

// A backslash and an n are two characters, wherever they come from.
func TestX3OneEventOneLine(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	ann.Send(`say one\nbob: two`)
	bob.ExpectExact(`ann: one\nbob: two`)
	ann.Send(`topic one\r\n-- ann has left`)
	bob.Expect(`one\r\n-- ann has left`)
	bob.Quiet("-- ann has left...")
}

// Zalgo text does not climb over the lines above it.
func TestX6CombiningMarks(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.Send("say e" + strings.Repeat("\u0301", 50) + "x")
	line := bob.Expect("ann: ")
	if n := strings.Count(line, "\u0301"); n > 4 {
		t.Errorf("%d marks on one letter", n)
	}
	if !strings.HasSuffix(line, "x") {
		t.Errorf("the letter behind the marks is lost: %q", line)
	}
}

func TestX5InvisibleInNames(t *testing.T) {
	s := programtest.Start(t, "")
	c := s.Dial("ann")
	for _, name := range []string{
		"an\u200bn", "an\u200dn", "an\u00adn", "an\u2060n", "an\u034fn", "an\u202en", "a\u0301\u0301\u0301nn", "ann\u3164", "\ufeffann",
	} {
		c.Send("login " + name)
		c.Send("/echo answered")
		for line := ""; line != "answered"; {
			if line = c.Next(); strings.HasPrefix(line, "-- Welcome") {
				t.Errorf("login %q: %s", name, line)
				c.Send("logout")
			}
		}
	}
}

// One name, many takers: exactly one gets it.
func TestA1OneOwner(t *testing.T) {
	s := programtest.Start(t, "")
	var takers []*chattest.Client
	for i := range 50 {
		c := s.Dial(fmt.Sprintf("taker%d", i))
		c.Expect("login")
		takers = append(takers, c)
	}
	for _, c := range takers {
		c.Send("login zoe9")
	}
	for _, c := range takers {
		c.Expect("zoe9")
	}
	owners := 0
	for _, c := range takers {
		c.Send("say mine")
		c.Send("quit")
		if strings.Contains(strings.Join(c.ExpectClosed(), "\n"), "zoe9: mine") {
			owners++
		}
	}
	if owners != 1 {
		t.Errorf("%d owners at once", owners)
	}
}

// Sessions that come and go leave no descriptor behind.
func TestF7ComeAndGo(t *testing.T) {
	s := programtest.Start(t, "")
	fds := func() int {
		list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Cmd.Process.Pid))
		if err != nil {
			t.Skip("no /proc")
		}
		return len(list)
	}
	come := func() {
		for i := range 50 {
			c := s.Dial("guest")
			c.Send(fmt.Sprintf("login guest%d", i))
			switch i % 3 {
			case 0:
				c.Send("quit")
				c.ExpectClosed()
			case 1:
				c.Close()
			case 2:
				c.CloseWrite()
				c.ExpectClosed()
			}
		}
	}
	come()
	before := fds()
	for range 4 {
		come()
	}
	for deadline := time.Now().Add(chattest.Timeout); fds() > before+5; {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors, %d before", fds(), before)
		}
	}
}
