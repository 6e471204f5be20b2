package memstore

import (
	"context"
	"strings"
	"sync"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Store keeps records in memory, for as long as the process lives. The zero
// value is empty and ready. It is safe for concurrent use and never waits for
// more than its own short locks.
type Store struct {
	mu       sync.Mutex
	buckets  map[string]*Bucket
	journals map[string]*Journal
}

var _ account.Store = (*Store)(nil)

// Bucket implements account.Store.
func (s *Store) Bucket(ctx context.Context, name string) (account.Bucket, error) {
	return open(ctx, &s.mu, &s.buckets, name)
}

// Journal implements account.Store.
func (s *Store) Journal(ctx context.Context, name string) (account.Journal, error) {
	return open(ctx, &s.mu, &s.journals, name)
}

// open is the part of that name, which is made if there is none.
func open[T any](ctx context.Context, mu *sync.Mutex, parts *map[string]*T, name string) (*T, error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	if name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return nil, chat.Errorf(chat.Invalid, "The name %q is none for a part of the store; use 1 to 32 of a-z, 0-9 and -.", name)
	}
	mu.Lock()
	defer mu.Unlock()
	if *parts == nil {
		*parts = map[string]*T{}
	}
	p := (*parts)[name]
	if p == nil {
		p = new(T)
		(*parts)[name] = p
	}
	return p, nil
}

// unavailable is the error of a call whose context has ended.
func unavailable(err error) error {
	return &chat.Error{Code: chat.Unavailable, Text: "That took too long; try again.", Err: err}
}
