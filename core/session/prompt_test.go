package session_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// The telnet bytes with which a client says what it is.
const (
	isXterm  = "\xff\xfb\x18\xff\xfa\x18\x00XTERM\xff\xf0"
	agreeEOR = "\xff\xfd\x19"
)

// window says how large a client's window is.
func window(width, height byte) string {
	return "\xff\xfb\x1f\xff\xfa\x1f\x00" + string([]byte{width, 0, height}) + "\xff\xf0"
}

// terminal is a session with a client that negotiates, logged in.
func (b *bench) terminal(name, says string) *peer {
	b.t.Helper()
	p := b.dial(name, true)
	p.feed(says)
	p.feed("login " + name + "\r\n")
	if p.User() == nil {
		b.t.Fatalf("no login: %q", p.take())
	}
	for _, other := range b.all {
		other.take()
	}
	return p
}

func (p *peer) shown(want string) {
	p.b.t.Helper()
	if got := p.take(); got != want {
		p.b.t.Errorf("%s was shown\n%q, want\n%q", p.name, got, want)
	}
}

func TestPrompt(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	ann.take()
	ann.feed("set prompt short\n")
	ann.shown("-- prompt is short now\r\nlobby> ")
	bob.feed("hi\nho\n")
	ann.shown("\r\nbob: hi\r\nbob: ho\r\nlobby> ") // no known terminal: a line end makes room
	ann.feed("hello\n")
	ann.shown("ann: hello\r\nlobby> ")
	ann.feed("\n")
	ann.shown("lobby> ")
	ann.feed("/join ops\n/echo a\n/echo b\n")
	ann.shown("-- You are in ops with 0 others.\r\na\r\nb\r\nops> ")
	ann.feed("/cancel\n")
	ann.shown("-- Nothing is running.\r\nops> ")
	ann.set("prompt", "%n@%s %r %t 100%%: ")
	ann.shown("ann@ChatRoom ops 15:04 100%: ")
	ann.feed("/logout\n")
	ann.shown("@ChatRoom  15:04 100%: ")
	ann.feed("quit\n")
	ann.shown("-- Goodbye.\r\n")
}

func TestPromptWaitsForTheCommand(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	ann.set("prompt", "short")
	ann.take()
	ann.feed("/block\n")
	b.await(ann, "running\r\n")
	bob.feed("hi\n")
	ann.shown("running\r\nbob: hi\r\n")
	close(b.release)
	b.await(ann, "> ")
	ann.shown("released\r\nlobby> ")
	ann.set("prompt", "off")
	ann.feed("/echo x\n")
	ann.shown("x\r\n")
}

func TestPromptOnTerminals(t *testing.T) {
	b := newBench(t, nil)
	ann := b.terminal("ann", isXterm)
	bob := b.login("bob")
	ann.feed("set timestamps time\r\nset color off\r\nset prompt short\r\n")
	ann.take()
	bob.feed("hi\n")
	ann.shown("\r\x1b[K[15:04] bob: hi\r\nlobby> \xff\xf9") // IAC GA
	ann.feed(agreeEOR)
	ann.take()
	ann.feed("\r\n")
	ann.shown("lobby> \xff\xef") // IAC EOR
	ann.feed("half a line\x03")
	ann.shown("\r\x1b[Klobby> \xff\xef")
	raw := b.login("raw")
	raw.feed("set prompt short\n")
	raw.shown("-- prompt is short now\r\nlobby> ")
}

func TestPromptReadAloud(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.terminal("ann", isXterm), b.login("bob")
	ann.feed("set screenreader on\r\nset prompt short\r\n")
	ann.take()
	bob.feed("hi\nho\n")
	ann.shown("\r\nbob: hi\r\nbob: ho\r\n")
	bob.feed("hi\n")
	ann.shown("bob: hi\r\n")
	ann.feed("hello\r\n")
	ann.shown("ann: hello\r\nlobby> \xff\xf9")
}

func TestPromptFormats(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	for _, bad := range []string{"", "%", "100%", "%x", strings.Repeat("x", 65), "a\x1b[1m", "a\nb", "\u202e"} {
		if err := ann.Set("prompt", bad); chat.ErrorCode(err) != chat.Invalid {
			t.Errorf("set prompt %q: %v", bad, err)
		}
	}
	for _, good := range []string{"%n", "%%", "> ", "日本 ", strings.Repeat("%n", 32)} {
		if err := ann.Set("prompt", good); err != nil {
			t.Errorf("set prompt %q: %v", good, err)
		}
	}
}
