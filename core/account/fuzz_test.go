package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
)

var buckets = []string{"accounts", "profiles", "seen", "sanctions"}

// FuzzRecords opens a store with one record that may be anything, beside a good
// account: it is refused as corrupt, or good for all that is asked of it.
func FuzzRecords(f *testing.F) {
	var ann []byte
	for i, part := range buckets {
		for _, rec := range samples(f, part) {
			if part == "accounts" && rec.Key == "ann" {
				ann = rec.Value
			}
			for _, value := range [][]byte{rec.Value, rec.Value[:len(rec.Value)-1], append(rec.Value[:len(rec.Value):len(rec.Value)], rec.Value...)} {
				f.Add(byte(i), rec.Key, value)
			}
		}
		f.Add(byte(i), "ann", []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, i byte, key string, value []byte) {
		store := &memstore.Store{}
		put := func(part, key string, value []byte) error {
			b, err := store.Bucket(t.Context(), part)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := b.Get(t.Context(), key)
			if err != nil && chat.ErrorCode(err) != chat.NotFound {
				return err
			}
			_, err = b.Put(t.Context(), key, value, rec.Rev, 0)
			return err
		}
		if err := put("accounts", "ann", ann); err != nil {
			t.Fatal(err)
		}
		if put(buckets[int(i)%len(buckets)], key, value) != nil {
			return // no key
		}
		a, err := account.Open(t.Context(), store, account.Options{Hashing: cheap})
		if err != nil {
			if _, ok := errors.AsType[*account.CorruptError](err); !ok || a != nil {
				t.Fatalf("not refused as corrupt: %v", err)
			}
			return
		}
		now := time.Now()
		for _, acc := range a.All() {
			key := acc.Name.Key
			if err := a.Guest(acc.Name, home, now); !a.Registered(key) || err == nil {
				t.Errorf("%v is free", acc)
			}
			_, err := a.UpdateProfile(t.Context(), key, func(*account.Profile) error { return nil })
			if _, corrupt := errors.AsType[*account.CorruptError](err); err != nil && !corrupt {
				t.Error(err)
			}
		}
		for _, s := range a.Sanctions.List(now) {
			if got, err := a.Sanctions.Get(s.ID, now); err != nil || got != s {
				t.Errorf("%v, %v", got, err)
			}
			if got, ok := a.Sanctions.Find(s.Kind, s.Target, now); !ok || got != s {
				t.Errorf("%v is not found", s)
			}
			if s.Kind == account.Ban {
				if _, banned := a.Sanctions.Banned(s.Target.Prefix.Addr(), s.Target.Key, now); !banned {
					t.Errorf("%v does not hold", s)
				}
			}
			sentence(t, s.Refusal())
		}
		a.Sweep(now)
		if err := a.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// samples are records of all forms that a bucket has.
func samples(t testing.TB, part string) (list []account.Record) {
	w := newWorld(t, account.Options{Retire: time.Hour})
	ctx := t.Context()
	w.register("Ann", "Bob")
	w.staff(map[string]chat.Role{"mod": chat.Moderator})
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Sanctions.Impose(ctx, account.Ban, network(t, "192.0.2.0/24"), 0, "spam", machine)
	ok(err)
	_, err = w.Sanctions.Impose(ctx, account.Mute, named("Eve"), time.Hour, "", machine)
	ok(err)
	ok(w.Sanctions.SetLockdown(ctx, account.LockGuests, "raid", machine))
	ok(w.login("ann", other))
	ok(w.Flush(ctx))
	_, err = w.UpdateProfile(ctx, "ann", func(p *account.Profile) error {
		*p = account.Profile{
			Settings: map[string]string{"color": "on"}, Aliases: map[string]string{"hi": "say hi"}, Current: "ops",
			Ignores: []account.Ignored{{Key: "eve", Display: "Eve"}}, Rooms: []account.JoinedRoom{{Name: "ops", Read: 7}},
			Jobs: []account.Job{{ID: 1, Line: "say tea", Next: time.Now(), Every: time.Hour}},
		}
		return nil
	})
	ok(err)
	ok(w.Delete(ctx, "bob", machine))
	b, err := w.store.Bucket(ctx, part)
	ok(err)
	for rec, err := range b.List(ctx, "") {
		ok(err)
		list = append(list, rec)
	}
	return list
}
