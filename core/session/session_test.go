package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/session"
)

const hint = "-- Log in with: login NAME   (help lists the commands)"

func TestGreeting(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Motd = "Be kind.\nBe brief." })
	b.dial("raw", false).expect("Welcome to ChatRoom", "Be kind.", "Be brief.", hint)
	telnet := b.dial("telnet", true)
	if got, want := telnet.take(), lines("Welcome to ChatRoom", "Be kind.", "Be brief.", hint)+"\xff\xfd\x18\xff\xfd\x1f"; got != want {
		t.Errorf("telnet: got %q, want %q", got, want)
	}
}

func TestGuestAtOnce(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.LoginRequired = false })
	p := b.dial("p", false)
	p.expect("Welcome to ChatRoom", "-- Welcome, guest1.", "-- You are in lobby with 0 others.")
	p.feed("hello\n")
	p.expect("guest1: hello")
}

func TestTalk(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	bob := b.login("bob")
	ann.feed("hello there\r\n")
	ann.expect("ann: hello there")
	bob.expect("ann: hello there")
	bob.feed("//login is a command\n/echo  two spaces \n")
	bob.expect("bob: /login is a command", " two spaces")
	ann.expect("bob: /login is a command")
	bob.feed("join ops\n")
	bob.expect("-- You are in ops with 0 others.")
	ann.feed("still here\n")
	bob.expect("[lobby] ann: still here")
	ann.take()
	bob.feed("logout\n")
	ann.expect("-- bob has left")
	bob.feed("hello?\n")
	bob.expect("-- Log in first: login NAME.")
}

func TestReplay(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Replay = 2 })
	ann := b.login("ann")
	ann.feed("one\ntwo\nthree\n")
	bob := b.dial("bob", false)
	bob.take()
	bob.feed("login bob\n")
	bob.expect("-- Welcome, bob.", "-- You are in lobby with 1 other.", "[15:04] ann: two", "[15:04] ann: three")
}

func TestSameOutputWhateverTheOrderOfCommandsInABatch(t *testing.T) {
	whole := newBench(t, nil)
	ann := whole.login("ann")
	dialogue := "one\necho two\njoin ops\nthree\nsecret\necho four\njoin lobby\nfive\njoin ops\nsix\njoin lobby\n"
	ann.feed(dialogue)
	want := ann.take()
	split := newBench(t, nil)
	ann = split.login("ann")
	for i := range dialogue {
		ann.feed(dialogue[i : i+1])
	}
	if got := ann.take(); got != want {
		t.Errorf("byte by byte:\n%q, whole:\n%q", got, want)
	}
}

func TestModes(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Mode = line.ModeCommand })
	ann := b.login("ann")
	ann.feed("ech x\n")
	if got := ann.take(); !strings.Contains(got, "echo") || strings.Contains(got, "ann:") {
		t.Errorf("mode command: got %q", got)
	}
	if err := ann.Set("mode", "chat"); err != nil {
		t.Fatal(err)
	}
	ann.feed("echo x\n/echo y\n")
	ann.expect("ann: echo x", "y")
}

func TestForeignProtocolsAreCut(t *testing.T) {
	for _, first := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\nlogin ann\r\n",
		"POST /x HTTP/1.0\r\n\r\nlogin ann\r\n",
		"SSH-2.0-OpenSSH_9\r\nlogin ann\r\n",
		"POST /" + strings.Repeat("x", 100) + " HTTP/1.1\r\n\r\nlogin ann\r\n",
		"PROXY UNKNOWN\r\nlogin ann\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nlogin ann\r\n",
		"\x16\x03\x01\x02\x00\x01login ann\r\n",
		"\r\n\r\n\x00\r\nQUIT\nlogin ann\r\n",
	} {
		for cut := range first[:min(len(first), 20)] { // in two pieces
			b := newBench(t, nil)
			p := b.dial("p", false)
			p.take()
			p.feed(first[:cut])
			p.feed(first[cut:])
			p.expect("-- This is a chat server; it speaks plain lines of text.")
			if !p.closed || b.env.Hub.HasUser("ann") {
				t.Errorf("%q cut at %d: closed %v, ann is here %v", first, cut, p.closed, b.env.Hub.HasUser("ann"))
			}
		}
	}
	b := newBench(t, func(s *session.Settings) { s.LoginRequired = false })
	p := b.dial("p", false)
	p.take()
	p.feed("POST office is closed\n")
	p.expect("guest1: POST office is closed")
}

func TestBadInput(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("caf\xe9\nok\n")
	ann.expect("-- That line is not valid UTF-8 and was not taken; set your terminal to UTF-8.", "ann: ok")
	ann.feed(strings.Repeat("x", 65) + "\nok\n")
	ann.expect("-- That line is too long and was not taken; a line has at most 64 bytes.", "ann: ok")
	ann.feed("a\x1b[31mb\u202ec\n")
	ann.expect("ann: a[31mbc")
	ann.feed("   \n\n\t\n")
	ann.expect()
	ann.feed(strings.Repeat("y", 20<<10))
	if got := ann.take(); !ann.closed || !strings.Contains(got, "no end") {
		t.Errorf("20 KiB without a line end: closed %v, shown %q", ann.closed, got)
	}
	if b.env.Hub.HasUser("ann") {
		t.Error("the name of a cut session is not free")
	}
}

func TestCrashCostsOneLine(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("crash\nstill here\n")
	ann.expect("-- Something went wrong on our side; the operators have been told.", "ann: still here")
}

func TestPanicOnTheLoopCostsOneSession(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	b.accounts.change(func() { b.accounts.crash = "ann" })
	b.env.Recheck(nil)
	b.turn()
	if !ann.closed || b.env.Hub.HasUser("ann") || b.env.Panics.Load() != 1 {
		t.Errorf("closed %v, ann is here %v, %d panics counted", ann.closed, b.env.Hub.HasUser("ann"), b.env.Panics.Load())
	}
	bob.feed("still here\n")
	bob.expect("-- ann has left", "bob: still here")
}

func TestOwnOutputHoldsLinesBack(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Outbox, s.Stall = 1000, time.Minute })
	ann := b.login("ann")
	ann.takes = 0
	ann.feed(strings.Repeat("echo a line of forty bytes, more or less....\n", 50))
	if ann.closed || ann.Owed() > 1000 {
		t.Fatalf("closed %v with %d bytes owed", ann.closed, ann.Owed())
	}
	ann.takes = -1
	for range 50 {
		ann.Wake()
		b.turn()
		b.advance(100 * time.Millisecond)
	}
	if got := strings.Count(ann.take(), "forty"); got != 50 {
		t.Errorf("%d of 50 lines were run", got)
	}
}

func TestLastLineComesBackBeforeTheEnd(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.Feed([]byte("hello\n"))
	ann.EOF()
	b.turn()
	ann.expect("ann: hello")
}

func TestRepliesKeepTheirOrder(t *testing.T) {
	b := newBench(t, nil)
	p := b.dial("p", true)
	p.take()
	p.feed("\xff\xfd\x3f\xff\xfd\x40\xff\xfd\x06")
	if got := p.take(); !strings.HasPrefix(got, "\xff\xfc\x3f") || !strings.HasSuffix(got, "\xff\xfc\x40\xff\xfb\x06") {
		t.Errorf("got %q", got)
	}
}

func TestRateDelaysLines(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.LinesBurst, s.LinesPerSec = 2, 2 })
	ann := b.login("ann")
	b.advance(time.Minute)
	ann.feed("1\n2\n3\n4\n5\n")
	ann.expect("ann: 1", "ann: 2")
	b.advance(499 * time.Millisecond)
	ann.expect()
	b.advance(time.Millisecond)
	ann.expect("ann: 3")
	ann.feed("6\n")
	b.advance(time.Second)
	ann.expect("ann: 4", "ann: 5")
	b.advance(10 * time.Second)
	ann.expect("ann: 6")

	ann.feed("1\n2\n" + strings.Repeat("a line that has to wait\n", 200))
	if ann.Window() != 0 {
		t.Errorf("with lines for minutes waiting there is room to read %d bytes", ann.Window())
	}
	ann.take()
	ann.feed("\xff\xf4") // not telnet here: the door is raw
	ann.Feed([]byte{3})
	b.turn()
	ann.expect("-- 200 lines that waited are cancelled.")
	if ann.Window() == 0 {
		t.Error("no room to read after the lines were cancelled")
	}
}

func TestBlockingCommand(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	ann.feed("block\nlater\n")
	b.await(ann, "running\r\n")
	bob.feed("meanwhile\n")
	bob.expect("bob: meanwhile")
	ann.expect("running", "bob: meanwhile")
	close(b.release)
	b.await(ann, "ann: later\r\n")
	ann.expect("released", "ann: later")
}

func TestCancel(t *testing.T) {
	for _, how := range []string{"/cancel\n", "\x03"} {
		b := newBench(t, nil)
		ann := b.login("ann")
		ann.feed("block\n")
		b.await(ann, "running\r\n")
		ann.feed("waits\n" + how + "now\n")
		b.await(ann, "ann: now\r\n")
		ann.expect("running", "-- block is cancelled.", "ann: now")
	}
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("half a line\x03whole\n")
	ann.expect("ann: whole")
}

// Who interrupts pays for the lines that are dropped as if they had run.
func TestInterruptedLinesCount(t *testing.T) {
	for _, how := range []string{"/cancel\n", "\x03"} {
		b := newBench(t, func(s *session.Settings) { s.LinesBurst, s.LinesPerSec = 2, 1 })
		ann := b.login("ann")
		b.advance(time.Minute)
		ann.feed("block\n")
		b.await(ann, "running\r\n")
		ann.feed("one\ntwo\nthree\n" + how + "now\n") // 1 and 3 tokens, of which 2 are there
		b.await(ann, "cancelled.\r\n")
		b.advance(2900 * time.Millisecond)
		ann.expect("running", "-- block is cancelled.")
		b.advance(100 * time.Millisecond)
		b.await(ann, "ann: now\r\n")
		ann.expect("ann: now")
	}
}

func TestPipelines(t *testing.T) {
	b := newBench(t, nil)
	ann, bot := b.login("ann"), b.machine("bot")
	ann.feed("/people | swallow\n")
	b.await(ann, "bytes\r\n")
	ann.feed("/flood | first\n") // which ends the flood
	b.await(ann, "xxxx\r\n")
	ann.feed("/flood | swallow\nwaits\n")
	ann.take()
	ann.feed("/cancel\nnow\n")
	b.await(ann, "now\r\n")
	ann.expect("-- flood is cancelled.", "ann: now")
	bot.take()
	bot.feed("/people | first\n/fail | swallow\n")
	b.await(bot, `"id":4,"code"`)
	bot.expect(`{"type":"output","id":3,"text":"ann"}`, `{"type":"result","id":3,"code":"ok","command":"people"}`,
		`{"type":"output","id":4,"text":"14 bytes"}`,
		`{"type":"result","id":4,"code":"conflict","command":"fail","text":"It can't be.\nTry again."}`)
}

func TestFloodIsBoundedAndEndsWithTheSession(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("flood\n")
	b.await(ann, "xxx")
	ann.Abort("")
	ann.closed = true
	b.turn()
	if b.env.Hub.HasUser("ann") {
		t.Error("the name is not free")
	}
}

func TestTimingMarkComesBeforeWhatIsOwed(t *testing.T) {
	b := newBench(t, nil)
	p := b.dial("p", true)
	p.take()
	p.takes = 3
	p.feed("echo one\necho two\n")
	p.feed("\xff\xf4\xff\xfd\x06") // IP, DO TM
	p.takes = -1
	p.Wake()
	b.turn()
	// Other options may be asked for behind the mark, now that the peer speaks telnet.
	if got := p.take(); !strings.HasPrefix(got, "one\r\n\xff\xfb\x06") || !strings.HasSuffix(got, "two\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestSlowReaderIsCut(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Outbox, s.Stall = 200, 10*time.Second })
	ann, bob := b.login("ann"), b.login("bob")
	bob.takes = 8 // "ann: fir"
	for range 8 {
		ann.feed("first and a good deal more of that\n")
	}
	if bob.closed {
		t.Fatal("closed before its last words could be sent")
	}
	bob.takes = -1
	bob.Wake()
	b.turn()
	bob.expect("ann: first and a good deal more of that", "-- You read too slowly; the connection is closed.")
	if !bob.closed || b.env.Hub.HasUser("bob") {
		t.Errorf("closed %v, bob is here %v", bob.closed, b.env.Hub.HasUser("bob"))
	}
	if got := ann.take(); strings.Count(got, "first") != 8 || !strings.HasSuffix(got, "-- bob has left\r\n") {
		t.Errorf("ann was shown %q", got)
	}
}

// A trickle does not keep a slow reader alive: what is owed at one time must be
// sent within the stall time.
func TestStall(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Stall = 10 * time.Second })
	ann, bob := b.login("ann"), b.login("bob")
	bob.takes = 0
	ann.feed("a line of which little is taken at a time\n")
	for i := range 9 {
		b.advance(time.Second)
		bob.takes = 1
		bob.Wake()
		b.turn()
		if bob.closed {
			t.Fatalf("cut after %d s", i+1)
		}
	}
	b.advance(time.Second)
	if bob.closed {
		t.Fatal("closed before its last words could be sent")
	}
	b.advance(time.Second)
	if !bob.closed {
		t.Error("not cut 11 s after the line was owed")
	}
}

func TestReaderThatKeepsUpIsNotCut(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Outbox, s.Stall = 1000, 10*time.Second })
	ann, bob := b.login("ann"), b.login("bob")
	for range 30 { // never empty, but always moving
		bob.takes = 60
		ann.feed("a line that is longer than sixty bytes when a name is put before\n")
		ann.feed("\n")
		b.advance(time.Second)
		bob.takes = 100
		bob.Wake()
		b.turn()
	}
	if bob.closed {
		t.Errorf("cut: %q", bob.take())
	}
}

// One who ends while much is owed gets all of it, as long as it is taken.
func TestEndAfterBacklog(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Outbox, s.Stall = 1<<20, 10*time.Second })
	ann := b.login("ann")
	ann.takes = 0
	for range 500 {
		ann.feed("a line of which there are many\n")
	}
	ann.feed("quit\n")
	for range 25 { // a tenth of it each second
		b.advance(time.Second)
		ann.takes = 2500
		ann.Wake()
		b.turn()
	}
	if got := ann.take(); strings.Count(got, "many") != 500 || !strings.HasSuffix(got, "-- Goodbye.\r\n") {
		t.Errorf("%d of 500 lines came, and at the end %q", strings.Count(got, "many"), got[max(0, len(got)-40):])
	}
}

// What one read brings can be rendered to many times its size; yet nobody who
// reads is cut for it.
func TestManyShortLinesAtOnce(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Outbox = 128 << 10 })
	ann := b.login("a-rather-long-name-of-thirty-two")
	bob := b.login("bob")
	ann.feed(strings.Repeat("x\n", 8000) + "/nosuch\n")
	for range 100 {
		b.turn()
	}
	if got := strings.Count(bob.take(), ": x\r\n"); got != 8000 || bob.closed {
		t.Errorf("bob was shown %d of 8000 lines, closed %v", got, bob.closed)
	}
	if got := ann.take(); strings.Count(got, ": x\r\n") != 8000 || !strings.Contains(got, "nosuch") || ann.closed {
		t.Errorf("ann was shown %d of 8000 lines, closed %v", strings.Count(got, ": x\r\n"), ann.closed)
	}
}

func TestLoginGrace(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Grace = time.Minute })
	p, ann := b.dial("p", false), b.login("ann")
	b.advance(30 * time.Second)
	p.take()
	p.feed("echo bytes do not help\n")
	p.take()
	b.advance(31 * time.Second)
	p.expect("-- You did not log in within 1 minute; the connection is closed.")
	if !p.closed || ann.closed {
		t.Errorf("closed: %v, the one who logged in: %v", p.closed, ann.closed)
	}
	ann.feed("logout\n")
	b.advance(59 * time.Second)
	if ann.closed {
		t.Error("the grace after a logout is short")
	}
	b.advance(2 * time.Second)
	if !ann.closed {
		t.Error("no grace ends after a logout")
	}
}

func TestGuestIdle(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.GuestIdle = 30 * time.Minute })
	ann, root := b.login("ann"), b.login("root1")
	b.advance(20 * time.Minute)
	ann.feed("still here\n")
	b.advance(29 * time.Minute)
	if ann.closed {
		t.Fatal("cut 29 minutes after a line")
	}
	root.take()
	ann.take()
	b.advance(2 * time.Minute)
	ann.expect("-- You were idle for 30 minutes; the connection is closed.")
	if root.closed {
		t.Error("one with a role was cut")
	}

	b.env.SetSettings(session.Settings{Name: "ChatRoom", MaxLine: 64, GuestIdle: 30 * time.Minute})
	guest := b.dial("guest", false)
	b.advance(29 * time.Minute)
	if guest.closed {
		t.Error("a guest who came in at once was cut before it was idle for long")
	}
	b.advance(2 * time.Minute)
	if !guest.closed {
		t.Error("a guest who came in at once is never idle")
	}
}

func TestEndOfInput(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.LinesBurst, s.LinesPerSec = 1, 1 })
	ann, bob := b.login("ann"), b.login("bob")
	b.advance(time.Minute)
	bob.take()
	ann.feed("1\n2\n3\nhalf")
	ann.EOF()
	b.turn()
	if ann.closed {
		t.Fatal("closed with lines waiting")
	}
	b.advance(3 * time.Second)
	bob.expect("ann: 1", "ann: 2", "ann: 3", "-- ann has left")
	if !ann.closed {
		t.Error("open after its lines were done")
	}
	bob.EOF()
	b.turn()
	if !bob.closed {
		t.Error("open with nothing to do and no input to come")
	}
}

func TestControlDLogsOut(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("\x04")
	ann.expect("-- You are logged out. Log in with: login NAME")
	ann.feed("\x04")
	ann.expect("-- Goodbye.")
	if !ann.closed {
		t.Error("open after Ctrl-D without a name")
	}
}

func TestShutdown(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("block\n")
	b.await(ann, "running")
	ann.take()
	ann.Shutdown()
	b.turn()
	ann.expect("-- the server is going down")
	if !ann.closed {
		t.Error("open")
	}
}

func TestRoles(t *testing.T) {
	b := newBench(t, nil)
	root := b.login("root1")
	root.feed("secret\n")
	root.expect("42")
	b.accounts.change(func() { clear(b.accounts.guests) })
	b.env.Recheck(nil)
	b.turn()
	root.feed("secret\n")
	if got := root.take(); strings.Contains(got, "42") {
		t.Errorf("after the role was taken: %q", got)
	}
}

func TestSettings(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	for _, set := range [][2]string{{"timestamps", "time"}, {"timezone", "Asia/Tokyo"}} {
		if err := ann.Set(set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	bob.feed("hi\n")
	ann.expect("[00:04] bob: hi")
	bob.expect("bob: hi")
	if zone := ann.View().Zone; zone == nil || zone.String() != "Asia/Tokyo" {
		t.Errorf("what a command sees of the zone is %v", zone)
	}
	for _, set := range [][2]string{{"color", "on"}, {"timestamps", "OFF"}, {"bell", "mention"}, {"width", "40"}} {
		if err := ann.Set(set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	bob.feed("hi\nhi ann\n")
	got := ann.take()
	if !strings.Contains(got, "\x1b[") || !strings.HasSuffix(got, "hi ann\x1b[0m\a\r\n") || strings.Count(got, "\a") != 1 {
		t.Errorf("with colour and bell ann was shown %q", got)
	}
	for _, bad := range [][2]string{{"mode", "x"}, {"color", ""}, {"timestamps", "noon"}, {"timezone", "Mars/North"}, {"timezone", "../etc"}, {"bell", "loud"}, {"width", "1"}, {"width", "501"}, {"wdth", "80"}} {
		if err := ann.Set(bad[0], bad[1]); chat.ErrorCode(err) != chat.Invalid {
			t.Errorf("set %s %s: %v", bad[0], bad[1], err)
		}
	}
	for _, s := range ann.Settings() {
		if s.Value == "" || s.Help == "" {
			t.Errorf("setting %s has value %q and help %q", s.Name, s.Value, s.Help)
		}
		if len(s.Choices) > 0 {
			if err := ann.Set(s.Name, s.Choices[0]); err != nil {
				t.Error(err)
			}
		}
	}
}
