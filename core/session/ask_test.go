package session_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/session"
)

const (
	willEcho = "\xff\xfb\x01"
	wontEcho = "\xff\xfc\x01"
	doEcho   = "\xff\xfd\x01"
	dontEcho = "\xff\xfe\x01"
)

// telnet is a session with a telnet client that has shown that it is one.
func (b *bench) telnet(name string) *peer {
	p := b.dial(name, true)
	p.feed("\xff\xfb\x18\xff\xfb\x1f")
	p.take()
	return p
}

func TestPasswordIsHiddenOnTelnet(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("Fish", "secret12")
	p := b.telnet("p")
	p.feed("login fish\r\n")
	b.await(p, "Password: ")
	if got := p.take(); got != willEcho+"Password: \xff\xf9" {
		t.Errorf("asked with %q", got)
	}
	p.feed(doEcho)
	if got := p.take(); got != "" {
		t.Errorf("the client's consent is answered with %q", got)
	}
	p.feed("secret12\r\n")
	b.await(p, "You are in lobby")
	shown := p.take()
	if strings.ReplaceAll(shown, wontEcho, "") != lines("", "-- Welcome, Fish.", "-- You are in lobby with 0 others.") {
		t.Errorf("after the password: %q", shown)
	}
	p.feed("hello\r\n")
	b.await(p, "Fish: hello")
	if !strings.Contains(shown+p.take(), wontEcho) {
		t.Error("what is typed stays hidden")
	}
	if u := p.User(); u.Account() != "fish" || u.Role().String() != "user" {
		t.Errorf("logged in to the account %q as %v", u.Account(), u.Role())
	}
}

func TestPasswordThatShowsIsWarnedOf(t *testing.T) {
	const warning = "-- Your client can't hide what you type: it will stay on your screen."
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")

	refuses := b.telnet("refuses")
	refuses.feed("login fish\r\n")
	b.await(refuses, "Password: ")
	refuses.take()
	refuses.feed(dontEcho)
	if got := refuses.take(); got != lines("", warning)+"Password: \xff\xf9" {
		t.Errorf("after the refusal: %q", got)
	}
	refuses.feed("secret12\r\n")
	b.await(refuses, "You are in")
	if got := refuses.take(); strings.Contains(got, wontEcho) || !strings.HasPrefix(got, "-- Welcome") {
		t.Errorf("after the password: %q", got)
	}
	refuses.feed("/quit\r\n")

	for name, telnet := range map[string]bool{"plain": false, "netcat": true} {
		p := b.dial(name, telnet)
		p.take()
		p.feed("login fish\n")
		b.await(p, "Password: ")
		if got := p.take(); got != lines(warning)+"Password: " {
			t.Errorf("%s: asked with %q", name, got)
		}
		p.feed("secret12\n")
		b.await(p, "You are in")
		if got := p.take(); !strings.HasPrefix(got, "-- Welcome, fish.\r\n") {
			t.Errorf("%s: after the password: %q", name, got)
		}
		p.feed("/quit\n")
	}
}

// A client that agrees to hide only once is asked only once for both passwords.
func TestInputStaysHiddenBetweenQuestions(t *testing.T) {
	b := newBench(t, nil)
	p := b.telnet("p")
	p.feed("twice\r\n")
	b.await(p, "First: ")
	p.feed(doEcho)
	p.take()
	p.feed("one\r\n")
	b.await(p, "Second: ")
	if got := p.take(); got != lines("")+"Second: \xff\xf9" {
		t.Errorf("asked again with %q", got)
	}
	p.feed("two\r\n")
	b.await(p, wontEcho)
	if got := p.take(); !strings.HasPrefix(strings.ReplaceAll(got, wontEcho, ""), lines("", "one two")) {
		t.Errorf("got %q", got)
	}
}

func TestRegisterLogoutLogin(t *testing.T) {
	b, _ := newIdentities(t, nil)
	p := b.dial("p", false)
	p.feed("register fish\n")
	b.await(p, "New password: ")
	p.feed("secret12\n")
	b.await(p, "You are in lobby")
	p.feed("logout\nlogin fish\n")
	b.await(p, "\nPassword: ")
	p.take()
	p.feed("secret12\n")
	b.await(p, "You are in lobby")
	if !p.LoggedIn() || p.User().Account() != "fish" {
		t.Error("not logged in to the account")
	}
}

// What was sent ahead is the answer too, so that it does not matter how the bytes
// were cut, and no password is taken for something to say.
func TestAnswerThatWasSentAhead(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	p := b.dial("p", false)
	p.take()
	p.feed("login fish\nsecret12\nhello\n")
	b.await(p, "fish: hello")
	p.expect("-- Welcome, fish.", "-- You are in lobby with 0 others.", "fish: hello")
	p.feed("/ask why?\nbecause\nso what\n")
	b.await(p, "so what")
	p.expect(`the answer is "because"`, "fish: so what")
}

func TestQuestionEnds(t *testing.T) {
	t.Run("by Ctrl-C", func(t *testing.T) {
		b, a := newIdentities(t, nil)
		a.add("fish", "secret12")
		p := b.telnet("p")
		p.feed("login fish\r\n")
		b.await(p, "Password: ")
		p.feed(doEcho)
		p.take()
		p.feed("\x03")
		b.await(p, "login is cancelled.")
		if got := p.take(); got != wontEcho+lines("", "-- login is cancelled.") {
			t.Errorf("Ctrl-C: %q", got)
		}
		p.feed("/echo on\r\n")
		b.await(p, "on")
	})
	t.Run("by /cancel", func(t *testing.T) {
		b := newBench(t, nil)
		ann := b.login("ann")
		ann.feed("/ask why?\n")
		b.await(ann, "why? ")
		ann.feed("/cancel\nhello\n")
		b.await(ann, "ann: hello")
		if got := ann.take(); got != "why? "+lines("", "-- ask is cancelled.", "ann: hello") && got != "why? "+lines("-- ask is cancelled.", "ann: hello") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("by the end of the input", func(t *testing.T) {
		b := newBench(t, nil)
		ann := b.login("ann")
		ann.feed("/ask why?\n")
		b.await(ann, "why? ")
		ann.EOF()
		b.await(ann, "The connection ended before the answer came.")
	})
	t.Run("before it began", func(t *testing.T) {
		b := newBench(t, nil)
		ann := b.login("ann")
		ann.Feed([]byte("/ask why?\n"))
		ann.EOF()
		b.await(ann, "ask has something to ask you, and nothing more comes from you.")
	})
	t.Run("with the connection", func(t *testing.T) {
		b := newBench(t, nil)
		ann := b.login("ann")
		ann.feed("/ask why?\n")
		b.await(ann, "why? ")
		ann.closed = true
		ann.Abort("")
		b.turn()
	})
}

func TestQuestionInPipesAndJobs(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	ann.feed("/ask why? | first\n")
	b.await(ann, "why? | first")
	ann.feed("x\n")
	b.await(ann, `the answer is "x"`)
	ann.take()
	if _, err := ann.Schedule(time.Second, false, "ask why?"); err != nil {
		t.Fatal(err)
	}
	b.advance(time.Second)
	b.await(ann, "so it can't run at a set time")
}

func TestSecretNeedsAPrivateWay(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	p := &peer{Session: &session.Session{}, b: b, name: "far", takes: -1}
	b.all = append(b.all, p)
	p.Start(b.loop, p, 1, netip.MustParseAddrPort("192.0.2.1:1000"), true)
	b.turn()
	p.feed("login fish\n")
	b.await(p, "login.plaintext_passwords")
	set := *b.env.Settings()
	set.Plaintext = true
	b.env.SetSettings(set)
	p.feed("login fish\n")
	b.await(p, "Password: ")
	p.feed("secret12\n")
	b.await(p, "You are in")
}

func TestThreeWrongPasswords(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	p := b.dial("p", false)
	p.feed("login fish wrong1\nlogin fish\nwrong2\n/echo still here\nlogin fish wrong3\nlogin fish secret12\n")
	b.await(p, "That were three wrong passwords; the connection is closed.")
	if got := p.take(); strings.Count(got, "The password is wrong.") != 3 || !strings.Contains(got, "still here") {
		t.Errorf("got %q", got)
	}
	b.turn()
	if !p.closed || b.env.Hub.HasUser("fish") {
		t.Error("the connection is not closed")
	}
}

// A password that comes when nobody asks any more is not taken for chat.
func TestSecretThatCameTooLate(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	ann := b.login("ann")
	bob := b.login("bob")
	ann.take()
	ann.feed("hurry\n")
	b.await(ann, "took too long")
	ann.feed("secret12\nhello\n")
	if got := ann.take(); !strings.Contains(got, "That line came after the question had ended") || !strings.HasSuffix(got, lines("ann: hello")) {
		t.Errorf("got %q", got)
	}
	bob.expect("ann: hello")
}

func TestQuestionAmongOutput(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	ann.take()
	ann.feed("/ask 100% sure?\n")
	b.await(ann, "100% sure? ")
	ann.take()
	bob.feed("hi\n")
	if got := ann.take(); got != lines("", "bob: hi")+"100% sure? " {
		t.Errorf("got %q", got)
	}
	ann.feed("yes\n")
	b.await(ann, `the answer is "yes"`)
	ann.expect(`the answer is "yes"`)
}

func TestMachineAsks(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("bot", "secret12")
	p := b.dial("bot", false)
	p.feed("set output json\n")
	p.take()
	p.feed("login bot\n")
	b.await(p, "ask")
	p.expect(`{"type":"ask","id":2,"prompt":"Password: ","secret":true}`)
	p.feed("secret12\n/echo x\n")
	b.await(p, `"id":4,"code"`)
	p.expect(
		`{"type":"login","id":2,"user":"bot","role":"user"}`,
		`{"type":"entered","id":2,"room":"lobby","members":1}`,
		`{"type":"result","id":2,"code":"ok","command":"login"}`,
		`{"type":"result","id":3,"code":"ok"}`,
		`{"type":"output","id":4,"text":"x"}`,
		`{"type":"result","id":4,"code":"ok","command":"echo"}`)
	p.feed("/ask why?\n")
	b.await(p, `"ask"`)
	p.take()
	p.feed("/cancel\n")
	b.await(p, `"id":6`)
	p.expect(`{"type":"result","id":5,"code":"cancelled","command":"ask","text":"ask is cancelled."}`, `{"type":"result","id":6,"code":"ok","command":"cancel"}`)
}
