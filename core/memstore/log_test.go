package memstore

import (
	"fmt"
	"sync"
	"testing"
	"time"

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
