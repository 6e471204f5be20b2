package session_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/chatroom-shell/chatroom/core/session"
)

// BenchmarkChatLine is all that a message costs but the delivery: decode,
// parse, clean, find mentions, order, keep, render, and queue to ten members.
func BenchmarkChatLine(b *testing.B) {
	benchmarkLine(b, "the quick brown fox jumps over the lazy dog and then it sleeps\r\n")
}

// BenchmarkCommand is a quick command with one line of output.
func BenchmarkCommand(b *testing.B) { benchmarkLine(b, "/echo the quick brown fox\r\n") }

func benchmarkLine(b *testing.B, line string) {
	base := newBench(b, nil)
	loop := &drainLoop{Loop: base.loop}
	var first *drain
	for i := range 10 {
		d := &drain{loop: loop}
		d.Start(loop.Loop, d, uint64(i+1), netip.MustParseAddrPort("127.0.0.1:1"), true)
		d.Feed(fmt.Appendf(nil, "login u%dx\n", i))
		if first == nil {
			first = d
		}
	}
	loop.turn()
	p := []byte(line)
	b.ReportAllocs()
	for b.Loop() {
		first.Feed(p)
		loop.turn()
	}
}

// A drain is a session whose peer takes everything at once.
type drain struct {
	session.Session
	loop *drainLoop
}

// A drainLoop turns sessions without sockets.
type drainLoop struct {
	*session.Loop
	attending []*drain
	bytes     int
}

func (d *drain) Attend() { d.loop.attending = append(d.loop.attending, d) }

func (l *drainLoop) turn() {
	for more := true; more; {
		more = l.Fanout.Drain()
		l.Finish()
		for _, d := range l.attending {
			l.bytes += d.Owed()
			d.Sent(d.Owed())
			d.Attended()
		}
		l.attending = l.attending[:0]
		l.Fanout.Recycle(false)
	}
}
