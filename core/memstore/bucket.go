package memstore

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// Bounds of a record, in bytes, as account.Bucket promises them.
const (
	maxKey   = 256
	maxValue = 512 << 10
)

// A Bucket is a set of records in memory. The zero value is empty and ready.
type Bucket struct {
	mu      sync.Mutex
	rev     uint64 // of the last write
	records map[string]record
	sweep   int // the number of records at which the ended ones are looked for
}

type record struct {
	value []byte // never changed
	rev   uint64
	ends  time.Time // zero: never
}

func (r record) ended(now time.Time) bool { return !r.ends.IsZero() && !now.Before(r.ends) }

// Get implements account.Bucket.
func (b *Bucket) Get(ctx context.Context, key string) (account.Record, error) {
	if err := b.check(ctx, key); err != nil {
		return account.Record{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.find(key)
	if !ok {
		return account.Record{}, notFound()
	}
	return r.as(key), nil
}

// Put implements account.Bucket.
func (b *Bucket) Put(ctx context.Context, key string, value []byte, rev uint64, ttl time.Duration) (uint64, error) {
	if err := b.check(ctx, key); err != nil {
		return 0, err
	}
	if len(value) > maxValue {
		return 0, chat.Errorf(chat.Invalid, "That is %d bytes; the most that can be saved in one piece is %d.", len(value), maxValue)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, _ := b.find(key); old.rev != rev {
		return 0, conflict()
	}
	r := record{value: slices.Clone(value)}
	if ttl > 0 {
		seconds := (ttl + time.Second - 1) / time.Second
		r.ends = time.Now().Add(seconds * time.Second)
	}
	b.rev++
	r.rev = b.rev
	if b.records == nil {
		b.records = map[string]record{}
	}
	b.records[key] = r
	b.drop()
	return r.rev, nil
}

// Delete implements account.Bucket.
func (b *Bucket) Delete(ctx context.Context, key string, rev uint64) error {
	if err := b.check(ctx, key); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.find(key)
	if !ok {
		return notFound()
	}
	if r.rev != rev {
		return conflict()
	}
	b.rev++ // as every write
	delete(b.records, key)
	return nil
}

// List implements account.Bucket. What it yields are the records at the time of
// the call.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[account.Record, error] {
	return func(yield func(account.Record, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(account.Record{}, unavailable(err))
			return
		}
		for _, r := range b.withPrefix(prefix) {
			if err := ctx.Err(); err != nil {
				yield(account.Record{}, unavailable(err))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (b *Bucket) withPrefix(prefix string) (found []account.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for key, r := range b.records {
		if strings.HasPrefix(key, prefix) && !r.ended(now) {
			found = append(found, r.as(key))
		}
	}
	return found
}

// find is the record of key, if it has not ended. b.mu is held.
func (b *Bucket) find(key string) (record, bool) {
	r, ok := b.records[key]
	if !ok || r.ended(time.Now()) {
		return record{}, false
	}
	return r, true
}

// drop deletes the records that have ended, once the bucket has twice as many as
// were left the last time. b.mu is held.
func (b *Bucket) drop() {
	if len(b.records) < max(b.sweep, 64) {
		return
	}
	now := time.Now()
	for key, r := range b.records {
		if r.ended(now) {
			delete(b.records, key)
		}
	}
	b.sweep = 2 * len(b.records)
}

func (b *Bucket) check(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) {
		return chat.Errorf(chat.Invalid, "A key is 1 to %d bytes of text; use another.", maxKey)
	}
	return nil
}

func (r record) as(key string) account.Record {
	return account.Record{Key: key, Value: slices.Clone(r.value), Rev: r.rev, Until: r.ends}
}

func notFound() error { return chat.Errorf(chat.NotFound, "There is nothing saved under that name.") }

func conflict() error {
	return chat.Errorf(chat.Conflict, "That was changed by somebody else meanwhile; look at it and try again.")
}
