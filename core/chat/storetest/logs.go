package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A listener is what a hub is to a log.
type listener struct {
	mu   sync.Mutex
	last map[string]uint64
	got  []*chat.Event
	bad  string
}

func listen(l chat.Log) *listener {
	h := &listener{last: map[string]uint64{}}
	l.Subscribe(func(ev *chat.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if ev.Seq <= h.last[ev.Room] {
			h.bad = fmt.Sprintf("%s: %d came after %d", ev.Room, ev.Seq, h.last[ev.Room])
		}
		h.last[ev.Room] = ev.Seq
		h.got = append(h.got, ev)
	})
	return h
}

func (h *listener) check(t *testing.T, n int) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bad != "" || len(h.got) != n {
		t.Fatalf("%d messages were delivered, want %d; %s", len(h.got), n, h.bad)
	}
}

// epoch is when the messages of a test begin, a minute apart each.
var epoch = time.Now().Add(-time.Hour).Truncate(time.Millisecond)

func post(t *testing.T, l chat.Log, room, from, text string, minute int) *chat.Event {
	t.Helper()
	ev := &chat.Event{
		Kind: chat.Say, Room: room, From: from, Author: strings.ToLower(from), Text: text,
		Time: epoch.Add(time.Duration(minute) * time.Minute), Mentions: []string{"bob"},
	}
	ok(t, "append", l.Append(ev))
	return ev
}

// search is the texts that a query finds, joined.
func search(t *testing.T, l chat.Log, room string, q chat.Query) string {
	t.Helper()
	found, err := l.Search(t.Context(), room, q)
	ok(t, "search", err)
	return joined(t, found)
}

func recent(t *testing.T, l chat.Log, room string, q chat.Query) string {
	t.Helper()
	found, err := l.Recent(room, q)
	ok(t, "recent", err)
	return joined(t, found)
}

func joined(t *testing.T, events []*chat.Event) string {
	t.Helper()
	var words []string
	last := uint64(0)
	for _, ev := range events {
		if ev.Seq <= last {
			t.Fatalf("%d comes after %d", ev.Seq, last)
		}
		last = ev.Seq
		switch {
		case ev.Removed:
			words = append(words, "removed")
		case ev.Kind == chat.Notice:
			words = append(words, "notice")
		default:
			words = append(words, ev.Text)
		}
	}
	return strings.Join(words, " ")
}

func logOrder(t *testing.T, be Backend) {
	h := listen(be.Log)
	a := post(t, be.Log, "lobby", "Ann", "a", 0)
	b := post(t, be.Log, "lobby", "Ann", "b", 1)
	post(t, be.Log, "ops", "Ann", "x", 0)
	h.check(t, 3)
	if a.Seq == 0 || b.Seq <= a.Seq {
		t.Errorf("the numbers are %d and %d", a.Seq, b.Seq)
	}
	if h.got[0] != a || h.got[1] != b {
		t.Error("what was delivered is not what was appended")
	}
}

func logQueries(t *testing.T, be Backend) {
	listen(be.Log)
	var seq []uint64
	for i, word := range strings.Fields("alpha beta gamma delta epsilon") {
		from := "Ann"
		if i%2 == 1 {
			from = "Bob"
		}
		seq = append(seq, post(t, be.Log, "lobby", from, word, i).Seq)
	}
	post(t, be.Log, "ops", "Ann", "secret", 0)
	check := func(be Backend) {
		for _, tt := range []struct {
			room string
			q    chat.Query
			want string
		}{
			{"lobby", chat.Query{}, "alpha beta gamma delta epsilon"},
			{"lobby", chat.Query{Last: 2}, "delta epsilon"},
			{"lobby", chat.Query{Last: 9}, "alpha beta gamma delta epsilon"},
			{"lobby", chat.Query{Since: epoch.Add(3 * time.Minute)}, "delta epsilon"},
			{"lobby", chat.Query{Since: epoch.Add(24 * time.Hour)}, ""},
			{"lobby", chat.Query{Upto: seq[2]}, "alpha beta gamma"},
			{"lobby", chat.Query{Before: seq[2]}, "alpha beta"},
			{"lobby", chat.Query{Before: seq[0]}, ""},
			{"lobby", chat.Query{Before: seq[3], Last: 1}, "gamma"},
			{"lobby", chat.Query{By: "bob"}, "beta delta"},
			{"lobby", chat.Query{By: "bob", Last: 1}, "delta"},
			{"lobby", chat.Query{Text: "TA"}, "beta delta"},
			{"lobby", chat.Query{Text: "ta", By: "ann"}, ""},
			{"ops", chat.Query{}, "secret"},
			{"nowhere", chat.Query{}, ""},
		} {
			if got := search(t, be.Log, tt.room, tt.q); got != tt.want {
				t.Errorf("Search(%s, %+v) = %q, want %q", tt.room, tt.q, got, tt.want)
			}
			if got := recent(t, be.Log, tt.room, tt.q); got != tt.want {
				t.Errorf("Recent(%s, %+v) = %q, want %q", tt.room, tt.q, got, tt.want)
			}
		}
	}
	check(be)
	be.flush(t)
	check(be)
	if be.Reopen != nil {
		check(be.Reopen(t))
	}
}

func logConcurrent(t *testing.T, be Backend) {
	h := listen(be.Log)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 200 {
				room := fmt.Sprint("room-", (worker+i)%3)
				if err := be.Log.Append(&chat.Event{Kind: chat.Say, Room: room, From: "Ann", Text: "x", Time: epoch}); err != nil {
					t.Errorf("append: %v", err)
				}
				if i%50 == 0 {
					if _, err := be.Log.Search(t.Context(), room, chat.Query{Last: 10}); err != nil {
						t.Errorf("search: %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	h.check(t, 1600)
	be.flush(t)
	n := 0
	for i := range 3 {
		found, err := be.Log.Search(t.Context(), fmt.Sprint("room-", i), chat.Query{})
		ok(t, "search", err)
		n += len(found)
	}
	if n != 1600 {
		t.Errorf("found %d messages, want 1600", n)
	}
}

func logRedact(t *testing.T, be Backend) {
	listen(be.Log)
	ctx := t.Context()
	a := post(t, be.Log, "lobby", "Ann", "alpha", 0)
	b := post(t, be.Log, "lobby", "Ann", "beta", 1)
	code(t, "redact what is not there", be.Log.Redact(ctx, "lobby", b.Seq+5, "Root"), chat.NotFound)
	code(t, "redact where nothing is", be.Log.Redact(ctx, "nowhere", 1, "Root"), chat.NotFound)
	ok(t, "redact", be.Log.Redact(ctx, "lobby", a.Seq, "Root"))
	ok(t, "redact once more", be.Log.Redact(ctx, "lobby", a.Seq, "Root"))
	if got := search(t, be.Log, "lobby", chat.Query{}); got != "removed beta" {
		t.Errorf("found %q, want removed beta", got)
	}
	if got := recent(t, be.Log, "lobby", chat.Query{}); got != "removed beta" {
		t.Errorf("recent %q, want removed beta", got)
	}
	if got := search(t, be.Log, "lobby", chat.Query{Text: "alpha"}); got != "" {
		t.Errorf("found %q by what was redacted", got)
	}
}

func logForget(t *testing.T, be Backend) {
	h := listen(be.Log)
	for round := range 3 {
		last := h.last["lobby"]
		ev := post(t, be.Log, "lobby", "Ann", fmt.Sprint("round-", round), round)
		if be.Reopen != nil && ev.Seq <= last {
			t.Errorf("the number %d was used before", ev.Seq)
		}
		if round == 1 {
			be.flush(t)
		}
		if got, want := search(t, be.Log, "lobby", chat.Query{}), fmt.Sprint("round-", round); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
		h.mu.Lock()
		if be.Reopen == nil {
			h.last = map[string]uint64{} // what is in memory only may begin anew
		}
		h.mu.Unlock()
		be.Log.Forget("lobby")
		if got := search(t, be.Log, "lobby", chat.Query{}); got != "" {
			t.Errorf("found %q in a room that was forgotten", got)
		}
	}
	be.Log.Forget("nowhere")
	be.flush(t)
	if be.Reopen != nil {
		if got := search(t, be.Reopen(t).Log, "lobby", chat.Query{}); got != "" {
			t.Errorf("found %q after a restart", got)
		}
	}
}

func logReopen(t *testing.T, be Backend) {
	if be.Reopen == nil {
		return // nothing outlives it
	}
	listen(be.Log)
	a := post(t, be.Log, "lobby", "Ann", "alpha", 0)
	ok(t, "append", be.Log.Append(&chat.Event{Kind: chat.Emote, Room: "lobby", From: "guest", Text: "waves", Time: epoch}))
	be = be.Reopen(t) // nobody has waited for the write
	listen(be.Log)
	if got := recent(t, be.Log, "lobby", chat.Query{}); got != "alpha waves" {
		t.Fatalf("recent %q, want alpha waves", got)
	}
	found, err := be.Log.Recent("lobby", chat.Query{})
	ok(t, "recent", err)
	got := found[0]
	if got.Kind != chat.Say || got.Seq != a.Seq || !got.Time.Equal(a.Time) || got.Room != "lobby" || got.From != "Ann" ||
		got.Author != "ann" || len(got.Mentions) != 1 || got.Mentions[0] != "bob" {
		t.Errorf("came back as %+v, was %+v", got, a)
	}
	if found[1].Kind != chat.Emote || found[1].Author != "" {
		t.Errorf("came back as %+v", found[1])
	}
	next := post(t, be.Log, "lobby", "Ann", "beta", 2)
	if next.Seq <= found[1].Seq {
		t.Errorf("%d comes after %d", next.Seq, found[1].Seq)
	}
	be = be.Reopen(t)
	if got := search(t, be.Log, "lobby", chat.Query{}); got != "alpha waves beta" {
		t.Errorf("found %q, want alpha waves beta", got)
	}
}

func logReopenRedacted(t *testing.T, be Backend) {
	if be.Reopen == nil {
		return // nothing outlives it
	}
	listen(be.Log)
	a := post(t, be.Log, "lobby", "Ann", "alpha", 0)
	post(t, be.Log, "lobby", "Ann", "beta", 1)
	ok(t, "redact", be.Log.Redact(t.Context(), "lobby", a.Seq, "Root"))
	be = be.Reopen(t)
	for what, got := range map[string]string{
		"search": search(t, be.Log, "lobby", chat.Query{}), "recent": recent(t, be.Log, "lobby", chat.Query{}),
	} {
		if got != "removed beta" {
			t.Errorf("%s finds %q after a restart, want removed beta", what, got)
		}
	}
}
