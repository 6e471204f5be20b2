package account

import (
	"context"
	"iter"
	"time"
)

// A Store keeps records durably. It is safe for concurrent use. All methods
// block, until their context ends at the latest. Errors are *chat.Error: NotFound,
// Conflict, or Unavailable if the store can't be reached or did not confirm in
// time; then a write may or may not have happened, and is safe to repeat with
// the same revision.
type Store interface {
	// Bucket is the bucket of that name (a-z, 0-9, '-'; at most 32 bytes), which
	// is made if there is none.
	Bucket(ctx context.Context, name string) (Bucket, error)
	// Journal is the append-only journal of that name, made if there is none.
	Journal(ctx context.Context, name string) (Journal, error)
}

// A Bucket is a set of small records by key. A key is any string of 1 to 256
// bytes of valid UTF-8; a value is at most 512 KiB.
type Bucket interface {
	// Get is the record of key. The error is NotFound if there is none.
	Get(ctx context.Context, key string) (Record, error)
	// Put writes value and returns its revision once it is durable. Rev is the
	// revision that is replaced, 0 if there must be no record of that key; the
	// error is Conflict if that is not so. A ttl above 0 ends the record by
	// itself after that time (whole seconds, rounded up).
	Put(ctx context.Context, key string, value []byte, rev uint64, ttl time.Duration) (uint64, error)
	// Delete removes the record if it has the revision. Errors: NotFound, Conflict.
	Delete(ctx context.Context, key string, rev uint64) error
	// List yields the records whose keys begin with prefix, in no order and each
	// once, until the first error.
	List(ctx context.Context, prefix string) iter.Seq2[Record, error]
}

// A Record is what a Bucket keeps under a key. Revisions rise with every write
// and are never 0.
type Record struct {
	Key   string
	Value []byte // not shared
	Rev   uint64
	Until time.Time // when it ends by itself; zero: never
}

// A Journal is a list that only grows.
type Journal interface {
	// Append adds an entry, at most 64 KiB, and returns its number, from 1, once
	// it is durable.
	Append(ctx context.Context, entry []byte) (uint64, error)
	// Last are the newest entries, at most n, oldest first.
	Last(ctx context.Context, n int) ([]Entry, error)
}

// An Entry is one of a Journal.
type Entry struct {
	Seq  uint64
	Time time.Time // when it was added
	Data []byte
}
