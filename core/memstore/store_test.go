package memstore

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/chat/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Backend {
		return storetest.Backend{Store: &Store{}, Log: NewLog(Limits{Lines: 10_000, Bytes: 1 << 30})}
	})
}

// Records that have ended are not kept for ever, though nobody asks for them.
func TestEndedRecordsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Bucket{}
		for i := range 10_000 {
			if _, err := b.Put(t.Context(), fmt.Sprint(i), nil, 0, time.Second); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := len(b.records); n > 100 {
			t.Errorf("%d records are kept, all but one have ended", n)
		}
	})
}

func TestJournalIsBounded(t *testing.T) {
	j := &Journal{}
	for range 5 * maxEntries {
		if _, err := j.Append(context.Background(), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	last, err := j.Last(context.Background(), 10*maxEntries)
	if err != nil || len(last) < maxEntries || len(last) > 2*maxEntries || last[len(last)-1].Seq != 5*maxEntries {
		t.Errorf("%d entries are kept, %v", len(last), err)
	}
}

func TestRestore(t *testing.T) {
	l, _ := newLog(t, Limits{Lines: 5, Bytes: 1 << 20})
	event := func(seq uint64) *chat.Event {
		return &chat.Event{Kind: chat.Say, Seq: seq, Room: "lobby", Text: fmt.Sprint(seq, " ")}
	}
	l.Restore("lobby", []*chat.Event{event(7), event(8)}, 20)
	say(t, l, "lobby", "new ", time.Now())
	if got := texts(t, l, "lobby", chat.Query{}); got != "7 8 new " {
		t.Errorf("kept %q", got)
	}
	l.Restore("lobby", []*chat.Event{event(3), event(4), event(6), event(7), event(9)}, 0)
	if got := texts(t, l, "lobby", chat.Query{}); got != "4 6 7 8 new " {
		t.Errorf("kept %q, want the five newest, none twice", got)
	}
	if oldest, n := l.Extent("lobby"); oldest != 4 || n != 5 {
		t.Errorf("the oldest of %d is %d", n, oldest)
	}
	say(t, l, "lobby", "newer ", time.Now())
	if found, _ := l.Recent("lobby", chat.Query{Last: 1}); found[0].Seq != 22 {
		t.Errorf("numbered %d, want 22", found[0].Seq)
	}
	l.SetLimits(Limits{Lines: 5, Bytes: 1})
	l.Restore("ops", []*chat.Event{event(1)}, 0)
	if _, n := l.Extent("ops"); n != 0 {
		t.Errorf("%d were restored above the limit", n)
	}
	for _, room := range []string{"lobby", "ops"} {
		l.Forget(room)
	}
	if l.Bytes() != 0 {
		t.Errorf("%d bytes are counted and nothing is kept", l.Bytes())
	}
}
