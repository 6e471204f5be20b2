package chat_test

import (
	"fmt"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A sink is a member that counts what it is shown.
type sink struct {
	seat  chat.Seat
	bytes int
}

func (s *sink) Seat() *chat.Seat    { return &s.seat }
func (s *sink) Queue(frame []byte)  { s.bytes += len(frame) }
func (s *sink) Receive(*chat.Event) {}

// BenchmarkPost is one message to a room, posted, rendered and queued to every
// member, a batch of its own each time.
func BenchmarkPost(b *testing.B) {
	for _, members := range []int{10, 1_000, 10_000} {
		for _, classes := range []int{1, 3} {
			b.Run(fmt.Sprintf("members=%d/classes=%d", members, classes), func(b *testing.B) { benchmarkPost(b, members, classes, 1) })
		}
	}
}

// BenchmarkPostBatch is the same with 40 messages a batch; figures are of one
// message.
func BenchmarkPostBatch(b *testing.B) {
	for _, members := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) { benchmarkPost(b, members, 1, 40) })
	}
}

func benchmarkPost(b *testing.B, members, classes, batch int) {
	w := newWorld(b, 1, chat.Rules{Start: "lobby"})
	f := w.loops[0].fanout
	var all []*sink
	var first *chat.User
	for i := range members {
		s := &sink{}
		s.seat.Init(f, chat.Class(i%classes)<<1)
		u, err := w.hub.Login(s, chat.Identity{Name: name(fmt.Sprintf("u%d", i))}, w.now)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, _, err := w.hub.Join(u, "lobby", "", w.now); err != nil {
			b.Fatal(err)
		}
		if first == nil {
			first = u
		}
		all = append(all, s)
	}
	turn := func() {
		for f.Drain() {
			f.Finish()
			f.Recycle(false)
		}
		f.Finish()
		f.Recycle(false)
	}
	turn()
	text := "the quick brown fox jumps over the lazy dog and then it sleeps"
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := w.hub.Post(first, first.Room(), chat.Say, text, w.now); err != nil {
			b.Fatal(err)
		}
		if n++; n%batch == 0 {
			turn()
		}
	}
	turn()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/float64(members), "ns/delivery")
	if want := n * len("u0:"+text+" "); all[len(all)-1].bytes != want {
		b.Errorf("the last member was shown %d bytes, want %d", all[len(all)-1].bytes, want)
	}
}
