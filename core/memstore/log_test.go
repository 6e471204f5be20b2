package memstore

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func newLog(t *testing.T, limits Limits) (*Log, *[]*chat.Event) {
	t.Helper()
	l := NewLog(limits)
	var got []*chat.Event
	l.Subscribe(func(ev *chat.Event) { got = append(got, ev) })
	return l, &got
}

func say(t *testing.T, l *Log, room, text string, at time.Time) {
	t.Helper()
	if err := l.Append(&chat.Event{Kind: chat.Say, Room: room, From: "ann", Text: text, Time: at}); err != nil {
		t.Fatal(err)
	}
}

func texts(t *testing.T, l *Log, room string, q chat.Query) string {
	t.Helper()
	events, err := l.Recent(room, q)
	if err != nil {
		t.Fatal(err)
	}
	s := ""
	for _, ev := range events {
		s += ev.Text
	}
	return s
}

func TestRecent(t *testing.T) {
	l, got := newLog(t, Limits{Lines: 2000, Bytes: 1 << 20})
	start := time.Unix(1_000_000, 0)
	for i, text := range []string{"a", "b", "c", "d", "e"} {
		say(t, l, "lobby", text, start.Add(time.Duration(i)*time.Minute))
	}
	say(t, l, "ops", "x", start)
	for _, tt := range []struct {
		room string
		q    chat.Query
		want string
	}{
		{"lobby", chat.Query{}, "abcde"},
		{"lobby", chat.Query{Last: 2}, "de"},
		{"lobby", chat.Query{Last: 9}, "abcde"},
		{"lobby", chat.Query{Upto: 3}, "abc"},
		{"lobby", chat.Query{Upto: 3, Last: 2}, "bc"},
		{"lobby", chat.Query{Since: start.Add(3 * time.Minute)}, "de"},
		{"lobby", chat.Query{Since: start.Add(time.Hour)}, ""},
		{"ops", chat.Query{}, "x"},
		{"nowhere", chat.Query{}, ""},
	} {
		if got := texts(t, l, tt.room, tt.q); got != tt.want {
			t.Errorf("Recent(%s, %+v) = %q, want %q", tt.room, tt.q, got, tt.want)
		}
	}
	if len(*got) != 6 || (*got)[4].Seq != 5 || (*got)[5].Seq != 1 {
		t.Errorf("delivered %d events, last sequence numbers %d, %d", len(*got), (*got)[4].Seq, (*got)[5].Seq)
	}
}

func TestLimits(t *testing.T) {
	l, _ := newLog(t, Limits{Lines: 3, Bytes: 1 << 20})
	for i := range 100 {
		say(t, l, "lobby", fmt.Sprint(i%10), time.Time{})
	}
	if got := texts(t, l, "lobby", chat.Query{}); got != "789" {
		t.Errorf("kept %q, want 789", got)
	}
	l.SetLimits(Limits{Lines: 3, Bytes: 500})
	for range 50 {
		say(t, l, "lobby", "x", time.Time{})
		say(t, l, "ops", "y", time.Time{})
		if l.Bytes() > 500 {
			t.Fatalf("%d bytes kept, the limit is 500", l.Bytes())
		}
	}
	l.SetLimits(Limits{Bytes: 500})
	say(t, l, "lobby", "x", time.Time{})
	if got := texts(t, l, "lobby", chat.Query{}); got != "" {
		t.Errorf("kept %q, want nothing with a limit of 0 lines", got)
	}
	l.Forget("lobby")
	l.Forget("ops")
	l.Forget("nowhere")
	if l.Bytes() != 0 {
		t.Errorf("%d bytes kept after all was forgotten", l.Bytes())
	}
}

func TestOrderUnderConcurrency(t *testing.T) {
	l, got := newLog(t, Limits{Lines: 2000, Bytes: 1 << 20})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				_ = l.Append(&chat.Event{Room: "lobby"})
			}
		})
	}
	wg.Wait()
	for i, ev := range *got {
		if ev.Seq != uint64(i+1) {
			t.Fatalf("delivery %d has sequence number %d", i, ev.Seq)
		}
	}
	if len(*got) != 1600 {
		t.Errorf("%d deliveries, want 1600", len(*got))
	}
}

// A busy room does not take the history of quiet ones, and what a quiet room
// says is kept, though all the room there is has gone to the busy one.
func TestBytesAreShared(t *testing.T) {
	const each = 200 + len("ann") + 100
	l, _ := newLog(t, Limits{Lines: 1000, Bytes: int64(10 * each)})
	long := strings.Repeat("x", 100)
	say(t, l, "quiet", long, time.Time{})
	for range 50 {
		say(t, l, "busy", long, time.Time{})
	}
	for i := range 3 {
		say(t, l, fmt.Sprint("late", i), long, time.Time{})
	}
	for room, want := range map[string]int{"quiet": 1, "late0": 1, "late1": 1, "late2": 1, "busy": 6} {
		if got, _ := l.Recent(room, chat.Query{}); len(got) != want {
			t.Errorf("%s keeps %d messages, want %d", room, len(got), want)
		}
	}
	// All are as loud: each has its share, whatever was before.
	for i := range 100 {
		for _, room := range []string{"quiet", "busy"} {
			say(t, l, room, fmt.Sprintf("%100d", i), time.Time{})
		}
	}
	quiet, _ := l.Recent("quiet", chat.Query{})
	busy, _ := l.Recent("busy", chat.Query{})
	if len(quiet)+len(busy) != 7 || len(quiet) < 3 || len(busy) < 3 {
		t.Errorf("quiet keeps %d messages, busy %d, want 3 and 4", len(quiet), len(busy))
	}
	// What is larger than all there is pushes nothing out.
	say(t, l, "quiet", strings.Repeat("x", 11*each), time.Time{})
	if after, _ := l.Recent("quiet", chat.Query{}); !slices.Equal(after, quiet) {
		t.Errorf("quiet keeps %d messages after a huge one, want the %d it had", len(after), len(quiet))
	}
}

// Rooms come and go while others speak: what is counted is what is kept.
func TestForgetUnderConcurrency(t *testing.T) {
	l := NewLog(Limits{Lines: 1000, Bytes: 1 << 30})
	l.Subscribe(func(*chat.Event) { runtime.Gosched() })
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 2000 {
				_ = l.Append(&chat.Event{Room: "lobby"})
			}
		})
	}
	wg.Go(func() {
		for range 2000 {
			l.Forget("lobby")
			runtime.Gosched()
		}
	})
	wg.Wait()
	l.Forget("lobby")
	if l.Bytes() != 0 {
		t.Errorf("%d bytes kept after all was forgotten", l.Bytes())
	}
}

// An Append that found the ring of its room before the room was forgotten takes
// the ring that has its place.
func TestAppendToForgotten(t *testing.T) {
	l, got := newLog(t, Limits{Lines: 1000, Bytes: 1 << 20})
	say(t, l, "lobby", "a", time.Time{})
	r := l.room("lobby")
	l.Forget("lobby")
	if l.keep(r, &chat.Event{Room: "lobby"}) || l.Bytes() != 0 {
		t.Errorf("a forgotten ring keeps a message: %d bytes", l.Bytes())
	}
	say(t, l, "lobby", "b", time.Time{})
	if got := texts(t, l, "lobby", chat.Query{}); got != "b" {
		t.Errorf("kept %q, want b", got)
	}
	if len(*got) != 2 {
		t.Errorf("%d deliveries, want 2", len(*got))
	}
}

// Forget, and what other rooms do, go on while a room delivers: a hub forgets
// rooms with locks held for which a delivery may wait.
func TestNothingWaitsForADelivery(t *testing.T) {
	l := NewLog(Limits{Lines: 10, Bytes: 1000})
	l.Subscribe(func(ev *chat.Event) {
		if ev.Room != "slow" {
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 20 { // past the limit, so that slow is made smaller
				_ = l.Append(&chat.Event{Room: "quick"})
			}
			_, _ = l.Recent("slow", chat.Query{})
			l.Forget("slow")
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("waits for the delivery")
		}
	})
	_ = l.Append(&chat.Event{Room: "slow"})
}

// A model of the ring that is as simple as can be.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring
		var model []*chat.Event
		for _, push := range rapid.SliceOf(rapid.Bool()).Draw(t, "pushes") {
			switch {
			case push:
				ev := &chat.Event{Seq: uint64(len(model))}
				r.push(ev)
				model = append(model, ev)
			case len(model) > 0:
				if got := r.pop(); got != model[0] {
					t.Fatalf("pop gave %v, want %v", got, model[0])
				}
				model = model[1:]
			}
		}
		begin := rapid.IntRange(0, len(model)).Draw(t, "begin")
		end := rapid.IntRange(begin, len(model)).Draw(t, "end")
		if got := r.slice(begin, end); !slices.Equal(got, model[begin:end]) {
			t.Fatalf("slice(%d, %d) = %v, want %v", begin, end, got, model[begin:end])
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, bb := range []struct {
		name  string
		rooms int
		bytes int64
	}{{"one room", 1, 1 << 30}, {"1000 rooms, full", 1000, 1 << 20}} {
		b.Run(bb.name, func(b *testing.B) {
			l := NewLog(Limits{Lines: 1000, Bytes: bb.bytes})
			l.Subscribe(func(*chat.Event) {})
			events := make([]chat.Event, 4096)
			for i := range events {
				events[i] = chat.Event{Room: fmt.Sprint("room", i%bb.rooms), From: "ann", Text: "hello there"}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_ = l.Append(&events[i%len(events)])
			}
		})
	}
}
