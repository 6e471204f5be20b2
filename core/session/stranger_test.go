package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/session"
)

// A stranger who reads nothing is owed little, whatever the outbox may hold: their
// lines wait, and none is lost.
func TestStrangerIsOwedLittle(t *testing.T) {
	for _, outbox := range []int{0, 1 << 20} {
		b := newBench(t, func(s *session.Settings) { s.Outbox, s.Stall = outbox, time.Minute })
		p := b.dial("p", false)
		p.take()
		p.takes = 0
		const lines = 500
		answer := strings.Repeat("x", 50)
		for range lines {
			p.feed("echo " + answer + "\n")
		}
		b.turn()
		if owed := p.Owed(); owed < 8<<10 || owed > 9<<10 {
			t.Errorf("with an outbox of %d a stranger is owed %d bytes, want 8 KiB", outbox, owed)
		}
		if p.Window() != 0 {
			t.Errorf("more is read from a stranger with %d lines to be answered", lines)
		}
		p.takes = 1 << 20
		for range 10 {
			p.Wake()
			b.advance(time.Second)
		}
		if got := strings.Count(p.take(), answer+"\r\n"); got != lines {
			t.Errorf("%d of %d lines are answered", got, lines)
		}
	}
}

// Displace makes room by those who are not logged in alone.
func TestDisplace(t *testing.T) {
	b := newBench(t, nil)
	ann, p := b.login("ann"), b.dial("p", false)
	p.take()
	if ann.Displace() {
		t.Error("ann, who is logged in, has to go")
	}
	if !p.Displace() || p.Displace() {
		t.Error("a stranger does not go, or twice")
	}
	b.turn()
	if got := p.take(); !p.closed || !strings.HasPrefix(got, "-- So many are connecting") {
		t.Errorf("closed: %v, and told %q", p.closed, got)
	}
	ann.feed("still here\n")
	ann.expect("ann: still here")
}
