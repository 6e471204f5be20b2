package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
)

// A shaky store refuses writes, or does them and does not confirm, as it is told.
type shaky struct {
	account.Store
	refuses, doubts atomic.Bool
}

func (s *shaky) Bucket(ctx context.Context, name string) (account.Bucket, error) {
	b, err := s.Store.Bucket(ctx, name)
	return shakyBucket{b, s}, err
}

type shakyBucket struct {
	account.Bucket
	store *shaky
}

func (b shakyBucket) Put(ctx context.Context, key string, value []byte, rev uint64, ttl time.Duration) (uint64, error) {
	if b.store.refuses.Load() {
		return 0, chat.Errorf(chat.Unavailable, "No.")
	}
	rev, err := b.Bucket.Put(ctx, key, value, rev, ttl)
	if b.store.doubts.Load() {
		return 0, chat.Errorf(chat.Unavailable, "Perhaps.")
	}
	return rev, err
}

func kept(t *testing.T, s account.Store) string {
	t.Helper()
	b, err := s.Bucket(t.Context(), "rooms")
	if err != nil {
		t.Fatal(err)
	}
	states, _, err := readRooms(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, st := range states {
		all = append(all, st.Name+":"+st.Topic)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// The newest state of each room is kept in the end, whatever the store does
// meanwhile.
func TestRoomKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shaky{Store: &memstore.Store{}}
		k, states, err := openRooms(t.Context(), s, slog.New(slog.DiscardHandler))
		if err != nil || len(states) != 0 {
			t.Fatal(states, err)
		}
		k.changed(chat.RoomState{Name: "den", Topic: "one"})
		k.changed(chat.RoomState{Name: "ops", Topic: "deploys"})
		if err := k.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := kept(t, s); got != "den:one ops:deploys" {
			t.Errorf("kept %s", got)
		}

		if k.waits("den") {
			t.Error("den waits and is written")
		}

		s.refuses.Store(true)
		k.changed(chat.RoomState{Name: "den", Topic: "two"})
		for range 3 { // before, while and after the writer has tried
			if !k.waits("den") || k.waits("ops") {
				t.Errorf("den waits: %v, ops: %v", k.waits("den"), k.waits("ops"))
			}
			synctest.Wait()
		}
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if err := k.flush(short); err == nil {
			t.Error("flush says that all is kept")
		}
		cancel()
		k.changed(chat.RoomState{Name: "den", Topic: "three"})
		k.changed(chat.RoomState{Name: "ops", Gone: true})
		s.refuses.Store(false)
		s.doubts.Store(true)
		time.Sleep(3 * time.Second)
		s.doubts.Store(false)
		if err := k.close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := kept(t, s); got != "den:three" {
			t.Errorf("kept %s", got)
		}
		if k, states, err := openRooms(t.Context(), s, slog.New(slog.DiscardHandler)); err != nil || len(states) != 1 {
			t.Errorf("the next run: %v, %v", states, err)
		} else if err := k.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A record that can't be read is not taken for a room that is not there.
func TestCorruptRoom(t *testing.T) {
	for _, value := range []string{"{", `{"name":"ops"}`} {
		s := &memstore.Store{}
		b, _ := s.Bucket(t.Context(), "rooms")
		if _, err := b.Put(t.Context(), "den", []byte(value), 0, 0); err != nil {
			t.Fatal(err)
		}
		if _, _, err := openRooms(t.Context(), s, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "den") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
