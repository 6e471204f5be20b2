package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Hashing are the parameters of argon2id (RFC 9106) for new hashes. A hash
// carries its own; one with others is replaced when its owner logs in.
type Hashing struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8  // lanes
}

// DefaultHashing is the least that the OWASP password storage cheat sheet asks
// for.
func DefaultHashing() Hashing { return Hashing{Memory: 19 * 1024, Time: 2, Threads: 1} }

const (
	saltLength = 16
	keyLength  = 32
)

// What a stored hash may ask for: a record must not be able to take the memory
// of the server or a core for minutes.
const (
	maxMemory  = 128 * 1024 // KiB
	maxTime    = 16
	maxThreads = 8
	maxHash    = 256 // bytes of its text
)

func (h Hashing) params() *argon2id.Params {
	return &argon2id.Params{Memory: h.Memory, Iterations: h.Time, Parallelism: h.Threads, SaltLength: saltLength, KeyLength: keyLength}
}

// check holds h against the bounds of a stored hash.
func (h Hashing) check() error {
	switch {
	case h.Threads < 1 || h.Threads > maxThreads:
		return fmt.Errorf("argon2id: %d threads, not 1 to %d", h.Threads, maxThreads)
	case h.Time < 1 || h.Time > maxTime:
		return fmt.Errorf("argon2id: %d passes, not 1 to %d", h.Time, maxTime)
	case h.Memory < 8*uint32(h.Threads) || h.Memory > maxMemory: // RFC 9106, section 3.1
		return fmt.Errorf("argon2id: %d KiB, not %d to %d", h.Memory, 8*uint32(h.Threads), maxMemory)
	}
	return nil
}

// encode is the text of a hash, as the reference implementation writes it.
func (h Hashing) encode(salt, key []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", h.Memory, h.Time, h.Threads, enc.EncodeToString(salt), enc.EncodeToString(key))
}

// parseHash reads the parameters of a stored hash and refuses one that is out
// of bounds or not written as encode writes it.
func parseHash(hash string) (Hashing, error) {
	if len(hash) > maxHash {
		return Hashing{}, errors.New("argon2id: hash is too long")
	}
	p, salt, key, err := argon2id.DecodeHash(hash)
	if err != nil {
		return Hashing{}, fmt.Errorf("argon2id: %w", err)
	}
	h := Hashing{Memory: p.Memory, Time: p.Iterations, Threads: p.Parallelism}
	if err := h.check(); err != nil {
		return Hashing{}, err
	}
	if len(salt) < 8 || len(key) < 16 || h.encode(salt, key) != hash {
		return Hashing{}, errors.New("argon2id: hash is not in the correct format")
	}
	return h, nil
}

const (
	maxSlots  = 2               // hashes at once
	maxQueue  = 64              // those that wait for a slot
	queueTime = 2 * time.Second // and how long each does
)

// A hasher computes hashes, few at a time: each takes a core and Hashing.Memory.
type hasher struct {
	with    Hashing
	dummy   string        // what the password of an unknown name is held against
	slots   chan struct{} // holds a token for each hash that runs
	waiting atomic.Int32
}

func newHasher(with Hashing) (*hasher, error) {
	if err := with.check(); err != nil {
		return nil, err
	}
	var salt [saltLength]byte
	var key [keyLength]byte // no password is known that has it
	rand.Read(salt[:])
	rand.Read(key[:])
	return &hasher{
		with:  with,
		dummy: with.encode(salt[:], key[:]),
		slots: make(chan struct{}, min(maxSlots, runtime.NumCPU())),
	}, nil
}

// create is the hash of a new password.
func (h *hasher) create(ctx context.Context, p Password) (string, error) {
	password := string(p) // the caller may wipe p and go before the hash ends
	r, err := hashing(ctx, h, func() (r result) {
		r.fresh, r.err = argon2id.CreateHash(password, h.with.params())
		return r
	})
	return r.fresh, errors.Join(err, r.err)
}

// verify holds p against a hash that parseHash accepts. Fresh is the hash of p
// under the present parameters if p is right and the hash has others, else "".
func (h *hasher) verify(ctx context.Context, p Password, hash string) (right bool, fresh string, err error) {
	password := string(p)
	r, err := hashing(ctx, h, func() (r result) {
		r.right, _, r.err = argon2id.CheckHash(password, hash)
		if with, err := parseHash(hash); r.right && err == nil && with != h.with {
			r.fresh, r.err = argon2id.CreateHash(password, h.with.params())
		}
		return r
	})
	return r.right, r.fresh, errors.Join(err, r.err)
}

type result struct {
	right bool
	fresh string
	err   error
}

// hashing runs f in a slot. It returns when f or ctx ends, or when there was no
// slot in time (Unavailable). The slot is f's until f ends: were it free when
// the caller leaves, callers who leave would have as many hashes as they like.
func hashing(ctx context.Context, h *hasher, f func() result) (result, error) {
	if err := h.acquire(ctx); err != nil {
		return result{}, err
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-h.slots }()
		done <- f()
	}()
	select {
	case r := <-done:
		return r, nil
	case <-ctx.Done():
		return result{}, fmt.Errorf("password hash: %w", context.Cause(ctx))
	}
}

func (h *hasher) acquire(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > maxQueue {
		return errBusy()
	}
	timer := time.NewTimer(queueTime)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return errBusy()
	case <-ctx.Done():
		return fmt.Errorf("wait for a password hash: %w", context.Cause(ctx))
	}
}

// drain waits for the hashes that run, and lets no other begin.
func (h *hasher) drain(ctx context.Context) error {
	for range cap(h.slots) {
		select {
		case h.slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("password hashes still run: %w", context.Cause(ctx))
		}
	}
	return nil
}

func errBusy() error {
	return chat.Errorf(chat.Unavailable, "The server is busy with other logins; try again in a few seconds.")
}
