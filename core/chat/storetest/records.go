package storetest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

func bucket(t *testing.T, b Backend, name string) account.Bucket {
	t.Helper()
	bk, err := b.Store.Bucket(t.Context(), name)
	ok(t, "bucket "+name, err)
	return bk
}

func put(t *testing.T, b account.Bucket, key, value string, rev uint64, ttl time.Duration) uint64 {
	t.Helper()
	next, err := b.Put(t.Context(), key, []byte(value), rev, ttl)
	ok(t, "put "+key, err)
	if next <= rev {
		t.Fatalf("put %s: revision %d after %d", key, next, rev)
	}
	return next
}

func bucketRecords(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "records"), t.Context()
	_, err := b.Get(ctx, "ann")
	code(t, "get what is not there", err, chat.NotFound)
	code(t, "delete what is not there", b.Delete(ctx, "ann", 1), chat.NotFound)
	_, err = b.Put(ctx, "ann", []byte("x"), 7, 0)
	code(t, "replace what is not there", err, chat.Conflict)
	first := put(t, b, "ann", "one", 0, 0)
	_, err = b.Put(ctx, "ann", []byte("x"), 0, 0)
	code(t, "make what is there", err, chat.Conflict)
	second := put(t, b, "ann", "two", first, 0)
	_, err = b.Put(ctx, "ann", []byte("x"), first, 0)
	code(t, "replace an old revision", err, chat.Conflict)
	r, err := b.Get(ctx, "ann")
	ok(t, "get", err)
	if r.Key != "ann" || string(r.Value) != "two" || r.Rev != second {
		t.Fatalf("got %+v, want ann, two, %d", r, second)
	}
	r.Value[0] = 'X' // it is not shared
	code(t, "delete an old revision", b.Delete(ctx, "ann", first), chat.Conflict)
	if r, err = b.Get(ctx, "ann"); err != nil || string(r.Value) != "two" {
		t.Fatalf("got %+v, %v, want two", r, err)
	}
	ok(t, "delete", b.Delete(ctx, "ann", second))
	_, err = b.Get(ctx, "ann")
	code(t, "get what was deleted", err, chat.NotFound)
	code(t, "delete what was deleted", b.Delete(ctx, "ann", second), chat.NotFound)
	_, err = b.Put(ctx, "ann", []byte("x"), second, 0)
	code(t, "replace what was deleted", err, chat.Conflict)
	if third := put(t, b, "ann", "", 0, 0); third <= second {
		t.Fatalf("revision %d after %d", third, second)
	}
	if r, err = b.Get(ctx, "ann"); err != nil || len(r.Value) != 0 {
		t.Fatalf("got %+v, %v, want an empty value", r, err)
	}
}

// Keys are any text: none is a pattern, and none is another one's.
func bucketKeys(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "keys"), t.Context()
	all := []string{
		"ünï", "日本", "a b", "*", ">", ".", "a..b", ".a", "a.", "a.b", "a", "A", "$KV", "\x00", "\n", "%", "/", "=", "é", "e\u0301",
		strings.Repeat("x", 256), strings.Repeat("日", 85),
	}
	for _, key := range all {
		put(t, b, key, "value of "+key, 0, 0)
	}
	for _, key := range all {
		r, err := b.Get(ctx, key)
		if err != nil || r.Key != key || string(r.Value) != "value of "+key {
			t.Errorf("get %q: %+v, %v", key, r, err)
		}
	}
	if got := keysOf(t, b, ""); !slices.Equal(got, slices.Sorted(slices.Values(all))) {
		t.Errorf("listed %q, want all", got)
	}
	for _, key := range []string{"", strings.Repeat("x", 257), "\xff"} {
		_, err := b.Get(ctx, key)
		code(t, fmt.Sprintf("get %q", key), err, chat.Invalid)
		_, err = b.Put(ctx, key, nil, 0, 0)
		code(t, fmt.Sprintf("put %q", key), err, chat.Invalid)
		code(t, fmt.Sprintf("delete %q", key), b.Delete(ctx, key, 1), chat.Invalid)
	}
}

// keysOf are the keys that List yields, sorted.
func keysOf(t *testing.T, b account.Bucket, prefix string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(listed(t, b, prefix)))
}

func listed(t *testing.T, b account.Bucket, prefix string) map[string]account.Record {
	t.Helper()
	found := map[string]account.Record{}
	for r, err := range b.List(t.Context(), prefix) {
		ok(t, "list", err)
		if _, twice := found[r.Key]; twice {
			t.Fatalf("%s is listed twice", r.Key)
		}
		found[r.Key] = r
	}
	return found
}

func bucketList(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "list"), t.Context()
	if got := keysOf(t, b, ""); len(got) != 0 {
		t.Fatalf("an empty bucket lists %q", got)
	}
	revs := map[string]uint64{}
	for i := range 500 {
		key := fmt.Sprintf("ban/%03d", i)
		revs[key] = put(t, b, key, key, 0, 0)
	}
	put(t, b, "other", "x", 0, 0)
	ok(t, "delete", b.Delete(ctx, "ban/007", revs["ban/007"]))
	revs["ban/008"] = put(t, b, "ban/008", "again", revs["ban/008"], 0)
	found := listed(t, b, "ban/")
	if len(found) != 499 {
		t.Errorf("listed %d records, want 499", len(found))
	}
	if r := found["ban/008"]; string(r.Value) != "again" || r.Rev != revs["ban/008"] {
		t.Errorf("listed %+v, want again, %d", r, revs["ban/008"])
	}
	if got := keysOf(t, b, "nothing"); len(got) != 0 {
		t.Errorf("listed %q, want nothing", got)
	}
	n := 0
	for _, err := range b.List(ctx, "") { // who stops early leaves nothing behind
		ok(t, "list", err)
		if n++; n == 3 {
			break
		}
	}
	put(t, b, "after", "x", 0, 0)
}

func bucketBounds(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "bounds"), t.Context()
	large := bytes.Repeat([]byte{0, 255, '\n'}, 512<<10)[:512<<10]
	_, err := b.Put(ctx, "large", large, 0, 0)
	ok(t, "put 512 KiB", err)
	r, err := b.Get(ctx, "large")
	if err != nil || !bytes.Equal(r.Value, large) {
		t.Fatalf("get 512 KiB: %d bytes, %v", len(r.Value), err)
	}
	_, err = b.Put(ctx, "larger", append(large, 0), 0, 0)
	code(t, "put more than 512 KiB", err, chat.Invalid)
}

// A record with a time ends by itself; the key is free again, and who knew the old
// revision has lost.
func bucketEnds(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "ends"), t.Context()
	short := put(t, b, "short", "x", 0, 1100*time.Millisecond) // 2 s, rounded up
	began := time.Now()
	kept := put(t, b, "kept", "x", 0, time.Second)
	kept = put(t, b, "kept", "y", kept, 0) // no longer ends
	hour := time.Now().Add(time.Hour)
	put(t, b, "long", "x", 0, time.Hour)
	if r, err := b.Get(ctx, "long"); err != nil || r.Until.Before(hour.Add(-time.Second)) || r.Until.After(time.Now().Add(time.Hour+time.Second)) {
		t.Errorf("a record of an hour ends at %v, %v, want %v", r.Until, err, hour)
	}
	if r, err := b.Get(ctx, "kept"); err != nil || !r.Until.IsZero() {
		t.Errorf("a record without a time ends at %v, %v", r.Until, err)
	}
	for {
		_, err := b.Get(ctx, "short")
		if chat.ErrorCode(err) == chat.NotFound {
			break
		}
		ok(t, "get", err)
		if time.Since(began) > 6*time.Second {
			t.Fatal("a record of 2 s is there after 6 s")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if after := time.Since(began); after < 1900*time.Millisecond {
		t.Errorf("a record of 1.1 s, rounded up to 2 s, has ended after %v", after)
	}
	_, err := b.Put(ctx, "short", []byte("x"), short, 0)
	code(t, "replace what has ended", err, chat.Conflict)
	code(t, "delete what has ended", b.Delete(ctx, "short", short), chat.NotFound)
	if got := keysOf(t, b, ""); !slices.Equal(got, []string{"kept", "long"}) {
		t.Errorf("listed %q, want kept and long", got)
	}
	found := listed(t, b, "")
	if r, err := b.Get(ctx, "long"); err != nil || !found["long"].Until.Equal(r.Until) || !found["kept"].Until.IsZero() {
		t.Errorf("listed with the ends %v and %v, want %v, %v, and none", found["long"].Until, found["kept"].Until, r.Until, err)
	}
	put(t, b, "short", "again", 0, 0)
	put(t, b, "kept", "z", kept, 0)
}

// What is listed while records change is each once, and none is left out.
func bucketListBusy(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "busy"), t.Context()
	const n = 50
	revs := make([]uint64, n)
	for i := range revs {
		revs[i] = put(t, b, fmt.Sprint(i), "x", 0, 0)
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; ; i = (i + 1) % n {
			select {
			case <-stop:
				return
			default:
			}
			var err error
			if revs[i], err = b.Put(ctx, fmt.Sprint(i), []byte("y"), revs[i], 0); err != nil {
				t.Errorf("put: %v", err)
				return
			}
		}
	})
	for range 20 {
		if got := listed(t, b, ""); len(got) != n {
			t.Errorf("listed %d records, want %d", len(got), n)
		}
	}
	close(stop)
	group.Wait()
}

// Of many who make a record at once, one does.
func bucketOneWinner(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "winner"), t.Context()
	for round := range 5 {
		var won, lost atomic.Int32
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				_, err := b.Put(ctx, "nick", []byte(strconv.Itoa(i)), 0, 0)
				switch chat.ErrorCode(err) {
				case "":
					won.Add(1)
				case chat.Conflict:
					lost.Add(1)
				default:
					t.Errorf("put: %v", err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 || lost.Load() != 49 {
			t.Fatalf("round %d: %d won and %d lost, want 1 and 49", round, won.Load(), lost.Load())
		}
		r, err := b.Get(ctx, "nick")
		ok(t, "get", err)
		ok(t, "delete", b.Delete(ctx, "nick", r.Rev)) // the next round meets what a deletion leaves
	}
}

// No write is lost to those who compare and set.
func bucketCounter(t *testing.T, be Backend) {
	b, ctx := bucket(t, be, "counter"), t.Context()
	put(t, b, "n", "0", 0, 0)
	const workers, each = 8, 20
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for done := 0; done < each; {
				r, err := b.Get(ctx, "n")
				if err != nil {
					t.Errorf("get: %v", err)
					return
				}
				n, _ := strconv.Atoi(string(r.Value))
				_, err = b.Put(ctx, "n", []byte(strconv.Itoa(n+1)), r.Rev, 0)
				if err == nil {
					done++
				} else if chat.ErrorCode(err) != chat.Conflict {
					t.Errorf("put: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	if r, err := b.Get(ctx, "n"); err != nil || string(r.Value) != strconv.Itoa(workers*each) {
		t.Errorf("counted %s, %v, want %d", r.Value, err, workers*each)
	}
}

func bucketsAreApart(t *testing.T, be Backend) {
	a, b := bucket(t, be, "a"), bucket(t, be, "b")
	put(t, a, "k", "of a", 0, 0)
	_, err := b.Get(t.Context(), "k")
	code(t, "get from the other bucket", err, chat.NotFound)
	if r, err := bucket(t, be, "a").Get(t.Context(), "k"); err != nil || string(r.Value) != "of a" {
		t.Errorf("opened once more it has %s, %v", r.Value, err)
	}
}

func bucketReopen(t *testing.T, be Backend) {
	if be.Reopen == nil {
		return // nothing outlives it
	}
	b := bucket(t, be, "reopen")
	rev := put(t, b, "kept", "value", 0, 0)
	gone := put(t, b, "gone", "value", 0, 0)
	ok(t, "delete", b.Delete(t.Context(), "gone", gone))
	put(t, b, "timed", "value", 0, time.Hour)
	b = bucket(t, be.Reopen(t), "reopen")
	r, err := b.Get(t.Context(), "kept")
	ok(t, "get", err)
	if string(r.Value) != "value" || r.Rev != rev {
		t.Errorf("got %+v, want value, %d", r, rev)
	}
	if got := keysOf(t, b, ""); !slices.Equal(got, []string{"kept", "timed"}) {
		t.Errorf("listed %q, want kept and timed", got)
	}
	put(t, b, "kept", "next", rev, 0)
}

func names(t *testing.T, be Backend) {
	for _, name := range []string{"", "A", "a.b", "a_b", "ü", "a b", "*", strings.Repeat("a", 33)} {
		_, err := be.Store.Bucket(t.Context(), name)
		code(t, fmt.Sprintf("bucket %q", name), err, chat.Invalid)
		_, err = be.Store.Journal(t.Context(), name)
		code(t, fmt.Sprintf("journal %q", name), err, chat.Invalid)
	}
	bucket(t, be, strings.Repeat("a", 32))
	_, err := be.Store.Journal(t.Context(), "a-1")
	ok(t, "journal", err)
}

// Who gives up gets an answer at once, and the store works on.
func givenUp(t *testing.T, be Backend) {
	b := bucket(t, be, "given-up")
	j, err := be.Store.Journal(t.Context(), "given-up")
	ok(t, "journal", err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.Get(ctx, "k")
	code(t, "get", err, chat.Unavailable)
	_, err = b.Put(ctx, "k", nil, 0, 0)
	code(t, "put", err, chat.Unavailable)
	_, err = j.Append(ctx, nil)
	code(t, "append", err, chat.Unavailable)
	_, err = j.Last(ctx, 1)
	code(t, "last", err, chat.Unavailable)
	for _, err := range b.List(ctx, "") {
		code(t, "list", err, chat.Unavailable)
	}
	put(t, b, "other", "x", 0, 0)
}

func journal(t *testing.T, be Backend) {
	ctx := t.Context()
	j, err := be.Store.Journal(ctx, "audit")
	ok(t, "journal", err)
	if last, err := j.Last(ctx, 10); err != nil || len(last) != 0 {
		t.Fatalf("an empty journal has %v, %v", last, err)
	}
	began := time.Now()
	for i := 1; i <= 20; i++ {
		n, err := j.Append(ctx, fmt.Append(nil, "entry ", i))
		if err != nil || n != uint64(i) {
			t.Fatalf("append: %d, %v, want %d", n, err, i)
		}
	}
	for _, n := range []int{0, 1, 5, 20, 100} {
		last, err := j.Last(ctx, n)
		ok(t, "last", err)
		if len(last) != min(n, 20) {
			t.Fatalf("Last(%d) has %d entries", n, len(last))
		}
		for i, e := range last {
			want := 20 - len(last) + i + 1
			if e.Seq != uint64(want) || string(e.Data) != fmt.Sprint("entry ", want) || e.Time.Before(began.Add(-time.Second)) || e.Time.After(time.Now().Add(time.Second)) {
				t.Fatalf("Last(%d)[%d] is %d %q %v, want %d", n, i, e.Seq, e.Data, e.Time, want)
			}
		}
	}
}

func journalBounds(t *testing.T, be Backend) {
	ctx := t.Context()
	j, err := be.Store.Journal(ctx, "bounds")
	ok(t, "journal", err)
	large := bytes.Repeat([]byte("x"), 64<<10)
	_, err = j.Append(ctx, large)
	ok(t, "append 64 KiB", err)
	_, err = j.Append(ctx, append(large, 'x'))
	code(t, "append more than 64 KiB", err, chat.Invalid)
	if last, err := j.Last(ctx, 2); err != nil || len(last) != 1 || !bytes.Equal(last[0].Data, large) {
		t.Errorf("last: %d entries, %v", len(last), err)
	}
}

func journalConcurrent(t *testing.T, be Backend) {
	ctx := t.Context()
	j, err := be.Store.Journal(ctx, "concurrent")
	ok(t, "journal", err)
	var group sync.WaitGroup
	var seen sync.Map
	for range 8 {
		group.Go(func() {
			for range 20 {
				n, err := j.Append(ctx, []byte("x"))
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				if _, twice := seen.LoadOrStore(n, true); twice {
					t.Errorf("two entries have the number %d", n)
				}
			}
		})
	}
	group.Wait()
	if last, err := j.Last(ctx, 1000); err != nil || len(last) != 160 {
		t.Errorf("%d entries, %v, want 160", len(last), err)
	}
}

func journalReopen(t *testing.T, be Backend) {
	if be.Reopen == nil {
		return // nothing outlives it
	}
	ctx := t.Context()
	j, err := be.Store.Journal(ctx, "audit")
	ok(t, "journal", err)
	_, err = j.Append(ctx, []byte("one"))
	ok(t, "append", err)
	be = be.Reopen(t)
	j, err = be.Store.Journal(ctx, "audit")
	ok(t, "journal", err)
	if n, err := j.Append(ctx, []byte("two")); err != nil || n != 2 {
		t.Fatalf("append: %d, %v, want 2", n, err)
	}
	if last, err := j.Last(ctx, 5); err != nil || len(last) != 2 || string(last[0].Data) != "one" {
		t.Errorf("last: %v, %v", last, err)
	}
}
