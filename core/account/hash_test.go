package account

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// cheap is for tests that are not about the hash.
var cheap = Hashing{Memory: 8, Time: 1, Threads: 1}

func TestHash(t *testing.T) {
	h, err := newHasher(cheap)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	hash, err := h.create(ctx, Password("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	verify := func(h *hasher, p, hash string, want, renewed bool) string {
		t.Helper()
		right, fresh, err := h.verify(ctx, Password(p), hash)
		if err != nil || right != want || (fresh != "") != renewed {
			t.Errorf("verify %q: %t, %q, %v", p, right, fresh, err)
		}
		return fresh
	}
	verify(h, "open sesame", hash, true, false)
	verify(h, "open sesamE", hash, false, false)
	verify(h, "open sesame", h.dummy, false, false)
	if with, err := parseHash(h.dummy); err != nil || with != h.with {
		t.Errorf("the dummy has other parameters: %v, %v", with, err)
	}

	// Other parameters: a new hash for who has the password, and for nobody else.
	dearer, err := newHasher(Hashing{Memory: 16, Time: 2, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	verify(dearer, "open sesamE", hash, false, false)
	fresh := verify(dearer, "open sesame", hash, true, true)
	verify(dearer, "open sesame", fresh, true, false)
}

func TestParseHash(t *testing.T) {
	const salt, key = "$c29tZXNhbHRzb21lc2FsdA", "$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"
	for _, tt := range []struct {
		hash string
		ok   bool
	}{
		{"$argon2id$v=19$m=19456,t=2,p=1" + salt + key, true},
		{"$argon2id$v=19$m=131072,t=16,p=8" + salt + key, true},
		{"", false},
		{"$argon2i$v=19$m=19456,t=2,p=1" + salt + key, false},
		{"$argon2id$v=16$m=19456,t=2,p=1" + salt + key, false},
		{"$argon2id$v=19$m=131073,t=2,p=1" + salt + key, false},
		{"$argon2id$v=19$m=4294967295,t=2,p=1" + salt + key, false},
		{"$argon2id$v=19$m=19456,t=17,p=1" + salt + key, false},
		{"$argon2id$v=19$m=19456,t=0,p=1" + salt + key, false},
		{"$argon2id$v=19$m=19456,t=2,p=0" + salt + key, false},
		{"$argon2id$v=19$m=19456,t=2,p=9" + salt + key, false},
		{"$argon2id$v=19$m=7,t=2,p=1" + salt + key, false},
		{"$argon2id$v=19$m=19456,t=2,p=1x" + salt + key, false},
		{"$argon2id$v=19$m=019456,t=2,p=1" + salt + key, false},
		{"$argon2id$v=19$m=19456,t=2,p=1$c2E" + key, false},
		{"$argon2id$v=19$m=19456,t=2,p=1" + salt + "$MTIz", false},
		{"$argon2id$v=19$m=19456,t=2,p=1" + salt + key + "$", false},
		{"$argon2id$v=19$m=19456,t=2,p=1" + salt + "$" + strings.Repeat("MTIz", 100), false},
	} {
		if _, err := parseHash(tt.hash); (err == nil) != tt.ok {
			t.Errorf("parseHash(%s): %v", tt.hash, err)
		}
	}
	for _, h := range []Hashing{{}, {Memory: 8, Time: 1}, {Memory: 8, Threads: 1}, {Memory: 1 << 20, Time: 1, Threads: 1}} {
		if _, err := newHasher(h); err == nil {
			t.Errorf("newHasher(%v) has no error", h)
		}
	}
}

// F4: few hashes at a time, a bounded queue, and an answer in two seconds.
func TestF4Queue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := newHasher(cheap)
		if err != nil {
			t.Fatal(err)
		}
		running, end := 0, make(chan struct{})
		hold := func() result { running++; <-end; return result{} } // one at a time adds, see below
		slots := cap(h.slots)
		ctx, leave := context.WithCancel(t.Context())
		errs := make(chan error, 200)
		for range slots {
			go func() { _, err := hashing(ctx, h, hold); errs <- err }()
			synctest.Wait()
		}
		for range maxQueue {
			go func() { _, err := hashing(t.Context(), h, hold); errs <- err }()
		}
		synctest.Wait()
		if running != slots || len(errs) != 0 {
			t.Fatalf("%d run and %d are back, with %d slots", running, len(errs), slots)
		}
		// One more is refused at once.
		if _, err := hashing(t.Context(), h, hold); chat.ErrorCode(err) != chat.Unavailable {
			t.Errorf("beyond the queue: %v", err)
		}
		// Who leaves does not free the slot: the hash goes on.
		leave()
		synctest.Wait()
		for range slots {
			if err := <-errs; err == nil || chat.ErrorCode(err) == chat.Unavailable {
				t.Errorf("who left: %v", err)
			}
		}
		start := time.Now()
		for range maxQueue {
			if err := <-errs; chat.ErrorCode(err) != chat.Unavailable {
				t.Errorf("after the wait: %v", err)
			}
		}
		if waited := time.Since(start); waited != queueTime || running != slots {
			t.Errorf("waited %s; %d ran", waited, running)
		}
		close(end)
		if err := h.drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
