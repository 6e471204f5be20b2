//go:build scale

package session_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

// scale logs n sessions in, spread over rooms. Report says what each costs.
func scale(b *testing.B, n, rooms int) (loop *drainLoop, all []*drain, report func()) {
	base := newBench(b, nil)
	loop = &drainLoop{Loop: session.NewLoop(base.env, base.box, time.Now())}
	base.env.Hub.SetRules(chat.Rules{Start: "lobby"})
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	all = make([]*drain, n)
	start := time.Now()
	for i := range all {
		d := &drain{loop: loop}
		d.Start(loop.Loop, d, uint64(i+1), netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 1), true)
		d.Feed(fmt.Appendf(nil, "login u%dx\n", i))
		if rooms > 1 {
			d.Feed(fmt.Appendf(nil, "join r%d\n", i%rooms))
		}
		if d.User() == nil {
			b.Fatalf("session %d did not log in", i)
		}
		all[i] = d
		if i%1000 == 0 {
			loop.turn()
		}
	}
	loop.turn()
	login, bytes := time.Since(start), heap()-before
	return loop, all, func() {
		b.ReportMetric(float64(login.Microseconds())/float64(n), "µs/login")
		b.ReportMetric(float64(bytes)/float64(n), "heapB/session")
	}
}

// BenchmarkScaleMany is a message in one of 1,000 rooms that hold 1,000,000
// sessions together.
func BenchmarkScaleMany(b *testing.B) { benchmarkScale(b, 1_000_000, 1_000) }

// BenchmarkScaleOne is a message in one room of 100,000.
func BenchmarkScaleOne(b *testing.B) { benchmarkScale(b, 100_000, 1) }

func benchmarkScale(b *testing.B, n, rooms int) {
	loop, all, report := scale(b, n, rooms)
	defer report()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		all[i%len(all)].Feed([]byte("the quick brown fox jumps over the lazy dog\r\n"))
		loop.turn()
		i++
	}
}

// BenchmarkScaleIdle is 10,000 sessions in the room where everyone starts.
func BenchmarkScaleIdle(b *testing.B) {
	_, all, report := scale(b, 10_000, 1)
	defer report()
	for b.Loop() {
		runtime.KeepAlive(all)
	}
}
