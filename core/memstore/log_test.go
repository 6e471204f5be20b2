package memstore

import (
	"context"
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

func TestQuery(t *testing.T) {
	l, _ := newLog(t, Limits{Lines: 2000, Bytes: 1 << 20})
	start := time.Unix(1_000_000, 0)
	for i, m := range []struct{ from, text string }{
		{"Ann", "Deploy at noon"}, {"bob", "no deploy"}, {"ann", "why?"}, {"annabel", "Größe: 5 DEPLOYS"}, {"ANN", "so be it"},
	} {
		ev := &chat.Event{Kind: chat.Say, Room: "lobby", From: m.from, Text: m.text, Time: start.Add(time.Duration(i) * time.Minute)}
		if err := l.Append(ev); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		q    chat.Query
		want []uint64
	}{
		{chat.Query{Before: 3}, []uint64{1, 2}},
		{chat.Query{Before: 1}, nil},
		{chat.Query{Before: 9, Upto: 3, Last: 2}, []uint64{2, 3}},
		{chat.Query{By: "ann"}, []uint64{1, 3, 5}},
		{chat.Query{By: "ann", Last: 2}, []uint64{3, 5}},
		{chat.Query{By: "nobody"}, nil},
		{chat.Query{Text: "deploy"}, []uint64{1, 2, 4}},
		{chat.Query{Text: "DEPLOY", Last: 2}, []uint64{2, 4}},
		{chat.Query{Text: "grösse"}, nil}, // case is folded, letters are not
		{chat.Query{Text: "GRÖßE"}, []uint64{4}},
		{chat.Query{Text: "deploy", By: "ann", Since: start.Add(time.Minute)}, nil},
		{chat.Query{Text: "e", By: "ann", Since: start.Add(time.Minute), Before: 5}, nil},
		{chat.Query{Text: "e", Since: start.Add(3 * time.Minute)}, []uint64{4, 5}},
	} {
		for name, ask := range map[string]func() ([]*chat.Event, error){
			"Recent": func() ([]*chat.Event, error) { return l.Recent("lobby", tt.q) },
			"Search": func() ([]*chat.Event, error) { return l.Search(t.Context(), "lobby", tt.q) },
		} {
			events, err := ask()
			var got []uint64
			for _, ev := range events {
				got = append(got, ev.Seq)
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%s(%+v) = %v, %v, want %v", name, tt.q, got, err, tt.want)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Search(ctx, "lobby", chat.Query{}); chat.ErrorCode(err) != chat.Unavailable {
		t.Errorf("a search that was given up says %v", err)
	}
}

// However long the history is and wherever its pieces begin, a query finds what
// looking at every message would.
func TestQueryProperty(t *testing.T) {
	l := NewLog(Limits{Lines: 3 * chunk, Bytes: 1 << 30})
	l.Subscribe(func(*chat.Event) {})
	start := time.Unix(1_000_000, 0)
	var all []*chat.Event
	for i := range 4*chunk + 100 {
		ev := &chat.Event{
			Kind: chat.Say, Room: "lobby", Time: start.Add(time.Duration(i) * time.Second),
			From: string(rune('a' + i%3)), Text: fmt.Sprint(i),
		}
		if err := l.Append(ev); err != nil {
			t.Fatal(err)
		}
		all = append(all, ev)
	}
	all = all[len(all)-3*chunk:]
	rapid.Check(t, func(t *rapid.T) {
		n := uint64(4*chunk + 200)
		q := chat.Query{
			Last:   rapid.SampledFrom([]int{0, 1, 20, chunk, 5 * chunk}).Draw(t, "last"),
			Upto:   rapid.Uint64Range(0, n).Draw(t, "upto"),
			Before: rapid.Uint64Range(0, n).Draw(t, "before"),
			By:     rapid.SampledFrom([]string{"", "", "a", "x"}).Draw(t, "by"),
			Text:   rapid.SampledFrom([]string{"", "", "7", "77", "x"}).Draw(t, "text"),
		}
		if rapid.Bool().Draw(t, "since") {
			q.Since = start.Add(time.Duration(rapid.IntRange(0, int(n)).Draw(t, "seconds")) * time.Second)
		}
		var want []*chat.Event
		for _, ev := range all {
			if (q.Upto == 0 || ev.Seq <= q.Upto) && (q.Before == 0 || ev.Seq < q.Before) && !ev.Time.Before(q.Since) &&
				(q.By == "" || ev.From == q.By) && strings.Contains(ev.Text, q.Text) {
				want = append(want, ev)
			}
		}
		if q.Last > 0 && len(want) > q.Last {
			want = want[len(want)-q.Last:]
		}
		if got, err := l.Recent("lobby", q); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%+v found %d messages, want %d (%v)", q, len(got), len(want), err)
		}
	})
}

func TestRedact(t *testing.T) {
	l, got := newLog(t, Limits{Lines: 3, Bytes: 1 << 20})
	for _, text := range []string{"a", "b", "secret", "d"} {
		say(t, l, "lobby", text, time.Unix(1, 0))
	}
	before := l.Bytes()
	for seq, want := range map[uint64]chat.Code{0: chat.NotFound, 1: chat.NotFound, 3: "", 5: chat.NotFound} {
		if err := l.Redact(t.Context(), "lobby", seq, "eve"); chat.ErrorCode(err) != want {
			t.Errorf("redact %d: %v, want code %q", seq, err, want)
		}
	}
	if err := l.Redact(t.Context(), "nowhere", 1, "eve"); chat.ErrorCode(err) != chat.NotFound {
		t.Errorf("redact in a room that is not: %v", err)
	}
	if err := l.Redact(t.Context(), "lobby", 3, "eve"); err != nil {
		t.Errorf("redact once more: %v", err)
	}
	events, err := l.Recent("lobby", chat.Query{})
	if err != nil || len(events) != 3 {
		t.Fatalf("%d messages are kept, want 3 (%v)", len(events), err)
	}
	if ev := events[1]; !ev.Removed || ev.Text != "" || ev.Mentions != nil || ev.Seq != 3 || ev.Kind != chat.Say || ev.From != "ann" || !ev.Time.Equal(time.Unix(1, 0)) {
		t.Errorf("of the redacted message stays %+v", ev)
	}
	if ev := (*got)[2]; ev.Removed || ev.Text != "secret" {
		t.Errorf("the event that was delivered has changed: %+v", ev)
	}
	if found, _ := l.Search(t.Context(), "lobby", chat.Query{Text: "secret"}); found != nil {
		t.Errorf("the text is still found: %+v", found[0])
	}
	if got, want := l.Bytes(), before-int64(len("secret")); got != want {
		t.Errorf("%d bytes are kept, want %d", got, want)
	}
	l.Forget("lobby")
	if l.Bytes() != 0 {
		t.Errorf("%d bytes kept after all was forgotten", l.Bytes())
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
