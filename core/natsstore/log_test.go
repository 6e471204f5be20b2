package natsstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
)

// After a crash the place is marked where lines may be missing, in memory as in the
// store, once; and the numbers go on above all that were given.
func TestGapAfterCrash(t *testing.T) {
	w := embeddedWorld(t)
	w.say("lobby", "kept")
	w.flush()
	lost := w.say("lobby", "lost")
	w.drop() // before it was written
	w.open()
	mark := "Lines may be missing here: the server stopped unexpectedly."
	want := "kept | " + mark
	if got := w.found("lobby", chat.Query{}); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	next := w.say("lobby", "next")
	if next <= lost {
		t.Errorf("the number %d comes after %d", next, lost)
	}
	w.say("new", "a room without a past")
	want += " | next"
	check := func() {
		t.Helper()
		events, err := w.log.Recent("lobby", chat.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if got := join(events); got != want {
			t.Errorf("recent %q, want %q", got, want)
		}
		if got := w.found("lobby", chat.Query{}); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
		if got := w.found("lobby", chat.Query{By: "ann"}); got != "kept | next" {
			t.Errorf("found %q by ann", got)
		}
		if got := w.found("new", chat.Query{}); got != "a room without a past" {
			t.Errorf("the new room has %q", got)
		}
	}
	check()
	w.close()
	w.open()
	check()
	if err := w.log.Redact(t.Context(), "lobby", next-1, "Root"); chat.ErrorCode(err) != chat.NotFound {
		t.Errorf("a mark was redacted: %v", err)
	}
}

// Lines that memory has no place for are found in the store, and none is found
// twice.
func TestSearchGoesOnInTheStore(t *testing.T) {
	w := &world{t: t, dir: t.TempDir(), limits: memstore.Limits{Lines: 10, Bytes: 1 << 20}, lo: LogOptions{Block: 200}}
	w.open()
	t.Cleanup(w.close)
	const n = 300
	var want []string
	var seqs []uint64
	for i := range n {
		text := fmt.Sprint("line ", i)
		seqs = append(seqs, w.say("lobby", text))
		want = append(want, text)
		if i%50 == 0 {
			w.flush()
		}
	}
	check := func() {
		t.Helper()
		for _, tt := range []struct {
			q    chat.Query
			want []string
		}{
			{chat.Query{}, want},
			{chat.Query{Last: 5}, want[n-5:]},
			{chat.Query{Last: 50}, want[n-50:]},
			{chat.Query{Before: seqs[100], Last: 3}, want[97:100]},
			{chat.Query{Upto: seqs[3]}, want[:4]},
			{chat.Query{Text: "line 7", Last: 2}, []string{"line 78", "line 79"}},
		} {
			if got := w.found("lobby", tt.q); got != strings.Join(tt.want, " | ") {
				t.Errorf("%+v: found %q, want %q", tt.q, got, tt.want)
			}
		}
	}
	check()
	if b := w.log.Stats().Blocks; b < 8 {
		t.Errorf("%d blocks", b)
	}
	w.close()
	w.open()
	check()
	if err := w.log.Redact(t.Context(), "lobby", seqs[7], "Root"); err != nil {
		t.Fatal(err)
	}
	want[7] = ""
	check()
	if got := w.found("lobby", chat.Query{Text: "line 7", Upto: seqs[10]}); got != "" {
		t.Errorf("what was redacted is found: %q", got)
	}
	var all []*chat.Event
	for ev, err := range w.log.All(t.Context(), "lobby") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ev)
	}
	if got := join(all); got != strings.Join(want, " | ") {
		t.Errorf("exported %q", got)
	}
}

// Memory that holds nothing at all still leaves a history.
func TestNothingInMemory(t *testing.T) {
	w := &world{t: t, dir: t.TempDir()}
	w.open()
	t.Cleanup(w.close)
	w.say("lobby", "a")
	w.say("lobby", "b")
	if got := w.found("lobby", chat.Query{}); got != "a | b" {
		t.Errorf("found %q", got)
	}
	if events, err := w.log.Recent("lobby", chat.Query{}); err != nil || len(events) != 0 {
		t.Errorf("recent: %v, %v", events, err)
	}
}

// The limits of the history take its oldest, and nothing else.
func TestLimits(t *testing.T) {
	w := &world{t: t, dir: t.TempDir(), limits: memstore.Limits{Lines: 1, Bytes: 1 << 20}, lo: LogOptions{Block: 1, Bytes: 64 << 10}}
	w.open()
	t.Cleanup(w.close)
	b, err := w.store.Bucket(t.Context(), "accounts")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := b.Put(t.Context(), fmt.Sprint(i), []byte("x"), 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	long := strings.Repeat("x", 900)
	for range 200 {
		w.say("lobby", long)
	}
	w.flush()
	events, err := w.log.Search(t.Context(), "lobby", chat.Query{})
	if err != nil || len(events) < 20 || len(events) > 80 {
		t.Errorf("%d lines are kept of 64 KiB, %v", len(events), err)
	}
	n := 0
	for _, err := range b.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 50 {
		t.Errorf("%d accounts are left, want 50", n)
	}
	if err := w.log.SetLimits(t.Context(), time.Hour, 64<<10, 7); err != nil {
		t.Fatal(err)
	}
	if events, err = w.log.Search(t.Context(), "lobby", chat.Query{}); err != nil || len(events) != 7 {
		t.Errorf("%d lines are kept, %v, want 7", len(events), err)
	}
	if err := w.log.SetLimits(t.Context(), time.Second, 0, 0); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		info, err := w.log.stream.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.State.Msgs == 0 {
			break
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("%d blocks are left after a second", info.State.Msgs)
		}
	}
	if got := w.found("lobby", chat.Query{}); got != "" {
		t.Errorf("found %q, which is too old", got)
	}
	w.say("lobby", "after all were too old")
	w.flush()
	if got := w.found("lobby", chat.Query{}); got != "after all were too old" {
		t.Errorf("found %q", got)
	}
}

// A block that a call has written without hearing of it is not written twice; a
// foreign one ends the store for this server.
func TestWriteInDoubt(t *testing.T) {
	w := embeddedWorld(t)
	ctx := t.Context()
	w.say("lobby", "a")
	w.flush()
	b, at, err := w.log.newest(ctx, "lobby")
	if err != nil {
		t.Fatal(err)
	}
	again := &room{name: "lobby", prev: 0, flight: &block{lines: b.lines}}
	if got, err := w.log.publish(ctx, again); err != nil || got != at {
		t.Errorf("written once more at %d, %v, was at %d", got, err, at)
	}
	w.say("lobby", "b")
	w.flush()
	if got := w.found("lobby", chat.Query{}); got != "a | b" {
		t.Errorf("found %q", got)
	}
	foreign := &room{name: "lobby", flight: &block{lines: []*chat.Event{{Kind: chat.Say, Room: "lobby", Seq: 1, Text: "a"}}}}
	_, err = w.log.publish(ctx, foreign)
	if _, ok := errors.AsType[*HeldError](err); !ok {
		t.Errorf("a block of another server is met with %v", err)
	}
	if ok, _ := w.store.Health(); ok {
		t.Error("the store is well though another server writes to it")
	}
	w.drop()
	w.open()
}

// A stretch that can't be read is marked, and what is before it is found.
func TestBrokenChain(t *testing.T) {
	w := &world{t: t, dir: t.TempDir(), limits: memstore.Limits{}, lo: LogOptions{Block: 1}}
	w.open()
	t.Cleanup(w.close)
	var places []uint64
	for _, text := range []string{"a", "b", "c", "d"} {
		w.say("lobby", text)
		w.flush()
		_, at, err := w.log.newest(t.Context(), "lobby")
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, at)
	}
	if err := w.log.stream.DeleteMsg(t.Context(), places[2]); err != nil {
		t.Fatal(err)
	}
	if got, want := w.found("lobby", chat.Query{}), "a | b | "+textDamaged+" | d"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

// Append never waits for the store, whatever that does.
func TestAppendDoesNotWait(t *testing.T) {
	w := embeddedWorld(t)
	w.store.health.fail(errors.New("a test"))
	w.store.health.lose(errors.New("a test")) // so that it stays
	began := time.Now()
	for i := range 10_000 {
		w.say(fmt.Sprint("room-", i%100), "text")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("10,000 lines took %v", took)
	}
	w.drop()
	w.open()
}

// A block of which the disk has changed a bit is as one that is not there: what is before
// and behind it is found, a dump is whole but for it, and the room goes on, also if it
// was the newest.
func TestFlippedBit(t *testing.T) {
	for _, tt := range []struct{ bad, want string }{
		{"second", "first | " + textDamaged + " | third | more"},
		{"third", "first | second | " + textDamaged + " | more"},
	} {
		t.Run(tt.bad, func(t *testing.T) {
			w := &world{t: t, dir: t.TempDir(), limits: memstore.Limits{}, lo: LogOptions{Block: 1}}
			w.open()
			t.Cleanup(w.close)
			for _, text := range []string{"first", "second", "third"} {
				w.say("lobby", text)
				w.flush()
			}
			w.close()
			files, err := filepath.Glob(filepath.Join(w.dir, "jetstream", "*", "streams", "chatroom-history", "msgs", "*.blk"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			data, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			at := bytes.Index(data, []byte(tt.bad))
			if at < 0 {
				t.Skip("the blocks are not stored as they are")
			}
			data[at] ^= 1
			if err := os.WriteFile(files[0], data, 0o600); err != nil {
				t.Fatal(err)
			}
			w.open()
			w.say("lobby", "more")
			w.flush()
			if got := w.found("lobby", chat.Query{}); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
			var all []string
			for ev, err := range w.log.All(t.Context(), "lobby") {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, ev.Text)
			}
			if got := strings.Join(all, " | "); strings.Contains(got, tt.bad) || !strings.HasPrefix(got, "first") || !strings.HasSuffix(got, "more") {
				t.Errorf("all are %q", got)
			}
			if ok, reason := w.store.Health(); !ok {
				t.Errorf("the store is not well: %s", reason)
			}
		})
	}
}

// A room that is forgotten while lines come, again and again, never gives a number
// twice, and nothing is left of it.
func TestForgetUnderWay(t *testing.T) {
	w := embeddedWorld(t)
	var mu sync.Mutex
	var last uint64
	w.log.Subscribe(func(ev *chat.Event) {
		mu.Lock()
		defer mu.Unlock()
		if ev.Seq <= last {
			t.Errorf("%d comes after %d", ev.Seq, last)
		}
		last = ev.Seq
	})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 500 {
				if err := w.log.Append(&chat.Event{Kind: chat.Say, Room: "lobby", Text: "x", Time: time.Now()}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() {
		for range 200 {
			w.log.Forget("lobby")
			time.Sleep(100 * time.Microsecond)
		}
	})
	group.Wait()
	w.log.Forget("lobby")
	w.flush()
	if got := w.found("lobby", chat.Query{}); got != "" {
		t.Errorf("found %q", got)
	}
	w.log.mu.Lock()
	left, waiting := len(w.log.rooms), w.log.waiting
	w.log.mu.Unlock()
	if left != 0 || waiting != 0 || w.mem.Bytes() != 0 {
		t.Errorf("%d rooms, %d bytes in the queue and %d in memory are left", left, waiting, w.mem.Bytes())
	}
	info, err := w.log.stream.Info(t.Context())
	if err != nil || info.State.Msgs != 0 {
		t.Errorf("%d messages are stored, %v", info.State.Msgs, err)
	}
}

// What is said in a room is not stored while it is held, though the server dies of it;
// other rooms don't wait, and what was held is stored as soon as it may be.
func TestHold(t *testing.T) {
	var held, asked atomic.Bool
	w := &world{t: t, dir: t.TempDir(), limits: big, lo: LogOptions{Hold: func(room string) bool {
		if room != "den" {
			return false
		}
		asked.Store(true)
		return held.Load()
	}}}
	w.open()
	t.Cleanup(w.close)
	w.say("den", "before")
	w.flush()
	held.Store(true)
	asked.Store(false)
	w.say("den", "secret")
	if err := w.log.flush(t.Context(), "lobby", w.say("lobby", "hello")); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); !asked.Load(); time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("nobody asked whether the room is held")
		}
	}
	if got := w.found("den", chat.Query{}); got != "before | secret" {
		t.Errorf("found %q while it is held", got)
	}
	w.drop()
	w.open()
	if got := w.found("lobby", chat.Query{}); !strings.HasPrefix(got, "hello") {
		t.Errorf("found %q in another room", got)
	}
	if got := w.found("den", chat.Query{}); strings.Contains(got, "secret") {
		t.Errorf("found %q, which was held", got)
	}
	w.say("den", "later")
	time.AfterFunc(100*time.Millisecond, func() { held.Store(false) })
	w.flush()
	w.drop()
	w.open()
	if got := w.found("den", chat.Query{}); !strings.Contains(got, "later") {
		t.Errorf("found %q, which was held for a while", got)
	}
}

// Numbers are reserved anew before they run out.
func TestNumbersAreExtended(t *testing.T) {
	w := embeddedWorld(t)
	for range reserve + 10 {
		w.say("lobby", "x")
	}
	w.flush()
	n, _, err := w.store.readNumbers(t.Context())
	if err != nil || n.Bound < reserve+10 || n.Clean {
		t.Fatalf("reserved %+v, %v", n, err)
	}
	w.drop()
	w.open()
	if seq := w.say("lobby", "next"); seq <= reserve+10 {
		t.Errorf("numbered %d", seq)
	}
	w.close()
	w.open()
	clean, _, err := w.store.readNumbers(context.Background())
	if err != nil || clean.Bound > n.Bound+2*reserve {
		t.Errorf("reserved %+v after a clean stop, %v", clean, err)
	}
}

func TestRoomNames(t *testing.T) {
	w := embeddedWorld(t)
	for _, name := range []string{"", "*", ">", "a.b", "a b", "Lobby", "room..x"} {
		if err := w.log.Append(&chat.Event{Kind: chat.Say, Room: name}); chat.ErrorCode(err) != chat.Invalid {
			t.Errorf("room %q: %v", name, err)
		}
	}
	if info, err := w.log.stream.Info(t.Context(), jetstream.WithSubjectFilter(">")); err != nil || info.State.Msgs != 0 {
		t.Errorf("%+v, %v", info.State, err)
	}
}

// Close says so if the last lines could not be saved.
func TestCloseWithLinesLeft(t *testing.T) {
	w := embeddedWorld(t)
	w.say("lobby", "kept")
	w.flush()
	w.store.health.lose(errors.New("a test"))
	w.say("lobby", "lost")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := w.log.Close(ctx); err == nil {
		t.Error("closed without a word")
	}
	w.log = nil
	w.drop()
	w.open()
	if got := w.found("lobby", chat.Query{}); got != "kept | "+textUnknown {
		t.Errorf("found %q", got)
	}
}

// What was exported is imported as it was: numbers, marks and redactions.
func TestImport(t *testing.T) {
	w := embeddedWorld(t)
	ctx := t.Context()
	w.say("lobby", "a")
	secret := w.say("lobby", "secret")
	w.flush()
	w.drop()
	w.open()
	if err := w.log.Redact(ctx, "lobby", secret, "Root"); err != nil {
		t.Fatal(err)
	}
	for i := range 2500 {
		w.say("lobby", fmt.Sprint(i))
	}
	w.flush()
	all := func(w *world) (events []*chat.Event) {
		t.Helper()
		for ev, err := range w.log.All(ctx, "lobby") {
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, ev)
		}
		return events
	}
	want := all(w)
	if len(want) != 2+1+2500 || !want[1].Removed || want[2].Kind != chat.Notice {
		t.Fatalf("%d events are exported: %+v, %+v", len(want), want[1], want[2])
	}
	other := embeddedWorld(t)
	if err := other.log.Import(ctx, "lobby", want); err != nil {
		t.Fatal(err)
	}
	if err := other.log.Import(ctx, "lobby", want); chat.ErrorCode(err) != chat.Conflict {
		t.Errorf("imported once more: %v", err)
	}
	if err := other.log.Import(ctx, "no.room", want); chat.ErrorCode(err) != chat.Invalid {
		t.Errorf("imported into no room: %v", err)
	}
	other.close()
	other.open()
	if got := all(other); !reflect.DeepEqual(got, want) {
		t.Errorf("%d events came back and are not those that went", len(got))
	}
	if seq := other.say("lobby", "next"); seq <= want[len(want)-1].Seq {
		t.Errorf("numbered %d", seq)
	}
	if got := other.found("lobby", chat.Query{Upto: secret}); got != "a | " {
		t.Errorf("found %q", got)
	}
}

// A store that a newer program has written is left alone.
func TestNewerFormat(t *testing.T) {
	w := embeddedWorld(t)
	_, rev, err := w.store.metaNumber(t.Context(), "format")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.meta.Put(t.Context(), "format", []byte("99"), rev, 0); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), w.nc, Options{})
	if f, ok := errors.AsType[*FormatError](err); !ok || f.Found != 99 {
		t.Errorf("the error is %v", err)
	}
}

// Names lists what there is, of this store alone.
func TestNames(t *testing.T) {
	w := embeddedWorld(t)
	ctx := t.Context()
	other, err := Open(ctx, w.nc, Options{Prefix: "other"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := other.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range []*Store{w.store, other} {
		for _, name := range []string{"accounts", s.o.Prefix} {
			if _, err := s.Bucket(ctx, name); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Journal(ctx, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	buckets, journals, err := w.store.Names(ctx)
	slices.Sort(buckets)
	slices.Sort(journals)
	if want := []string{"accounts", "chatroom"}; err != nil || !slices.Equal(buckets, want) || !slices.Equal(journals, want) {
		t.Errorf("named %q, %q, %v", buckets, journals, err)
	}
}
