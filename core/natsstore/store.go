package natsstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// Options say how a Store works. The zero value suits one embedded server.
type Options struct {
	// Prefix begins the names of all streams, so that several stores can share a
	// cluster: a-z, 0-9 and '-'; "": chatroom.
	Prefix string
	// Replicas is how many servers of a cluster keep each stream; 0: 1. It is used when
	// a stream is made.
	Replicas int
	// Timeout bounds each call to the server; 0: 3 s.
	Timeout time.Duration
	// Holder names this server to another one that wants the same store, which
	// is refused. "" takes no lease, for a store that is locked in another way.
	Holder string
	// JournalBytes is the most that a journal may take; then its oldest entries
	// go. 0: 256 MiB. It is used when a journal is made.
	JournalBytes int64
	// Recover is called now and then while the store is not well, for whoever
	// can bring the server back. While it returns an error the store stays unwell.
	Recover func(context.Context) error
	// Changed is told when the store ceases to be well, with the reason for operators,
	// and when it is well again. It is called by one goroutine, in order, and may
	// block.
	Changed func(ok bool, reason string)
	// Log takes what operators want to know; nil: nothing is logged.
	Log *slog.Logger
}

// format is the version of what is stored. A store of a higher one is refused.
const format = 1

// markers are kept for as long as they are not swept: the embedded server counts
// on a bucket that never shrinks by itself.
const markers = 10 * 365 * 24 * time.Hour

// A Store keeps records in JetStream. It is safe for concurrent use.
type Store struct {
	o      Options
	nc     *nats.Conn
	js     jetstream.JetStream
	log    *slog.Logger
	meta   *Bucket
	health health
	lease  *lease // nil: none

	mu       sync.Mutex
	buckets  map[string]*Bucket
	journals map[string]*Journal

	stop context.CancelFunc // ends the goroutines
	ctx  context.Context    // of the goroutines
	done sync.WaitGroup
}

var _ account.Store = (*Store)(nil)

// Open opens the store that nc leads to, which is made if there is none. The caller
// keeps nc open until after Close. If o.Holder is set and another server holds the
// store, the error has the code Conflict and wraps a *HeldError; to find that out may
// take as long as a lease lasts, 6 s. A store of a newer program is refused with a
// *FormatError.
func Open(ctx context.Context, nc *nats.Conn, o Options) (*Store, error) {
	if o.Prefix == "" {
		o.Prefix = "chatroom"
	}
	if err := checkName(o.Prefix); err != nil {
		return nil, fmt.Errorf("prefix of the store: %w", err)
	}
	o.Replicas = max(o.Replicas, 1)
	if o.Timeout <= 0 {
		o.Timeout = 3 * time.Second
	}
	if o.JournalBytes <= 0 {
		o.JournalBytes = 256 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(o.Timeout))
	if err != nil {
		return nil, err
	}
	s := &Store{o: o, nc: nc, js: js, log: o.Log, buckets: map[string]*Bucket{}, journals: map[string]*Journal{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.health.init()
	if err := s.open(ctx); err != nil {
		s.stop()
		return nil, err
	}
	s.done.Go(s.watch)
	if s.lease != nil {
		s.done.Go(s.keepLease)
	}
	return s, nil
}

// open checks the server and takes the store.
func (s *Store) open(ctx context.Context) error {
	if err := s.suits(ctx); err != nil {
		return err
	}
	meta, err := s.bucket(ctx, "meta", s.o.Prefix+"-meta")
	if err != nil {
		return err
	}
	s.meta = meta
	if s.o.Holder != "" {
		if s.lease, err = s.takeLease(ctx); err != nil {
			return err
		}
	}
	found, rev, err := s.metaNumber(ctx, "format")
	switch {
	case err != nil:
		return err
	case rev == 0:
		_, err = s.meta.Put(ctx, "format", fmt.Append(nil, format), 0, 0)
		return err
	case found > format:
		return &FormatError{Found: found, Known: format}
	}
	return nil
}

// metaNumber is a number that is saved under key, and its revision; both are 0 if there
// is none.
func (s *Store) metaNumber(ctx context.Context, key string) (n int, rev uint64, err error) {
	r, err := s.meta.Get(ctx, key)
	if chat.ErrorCode(err) == chat.NotFound {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscan(string(r.Value), &n); err != nil {
		return 0, 0, fmt.Errorf("%s of the store: %w", key, err)
	}
	return n, r.Rev, nil
}

// suits reports whether the server can do what a store needs.
func (s *Store) suits(ctx context.Context) error {
	call, cancel := s.call(ctx)
	defer cancel()
	info, err := s.js.AccountInfo(call)
	if err != nil {
		return fmt.Errorf("the NATS server gives no JetStream: %w", err)
	}
	if info.API.Level < 1 {
		return fmt.Errorf("the NATS server is of version %s, and the store needs 2.11 or newer", s.nc.ConnectedServerVersion())
	}
	if most := s.nc.MaxPayload(); most < maxValue+8<<10 {
		return fmt.Errorf("the NATS server takes messages of %d bytes, and the store needs max_payload of 1MB", most)
	}
	return nil
}

// call is the context of one call to the server.
func (s *Store) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.o.Timeout)
}

// Bucket implements account.Store.
func (s *Store) Bucket(ctx context.Context, name string) (account.Bucket, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	return opened(&s.mu, s.buckets, name, func() (*Bucket, error) {
		return s.bucket(ctx, name, s.o.Prefix+"-b-"+name)
	})
}

// Journal implements account.Store.
func (s *Store) Journal(ctx context.Context, name string) (account.Journal, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	return opened(&s.mu, s.journals, name, func() (*Journal, error) {
		return s.journal(ctx, name, s.o.Prefix+"-j-"+name)
	})
}

// opened is the part of that name, opened the first time it is asked for. Two who
// ask at once may both open it, which does no harm.
func opened[T any](mu *sync.Mutex, parts map[string]*T, name string, open func() (*T, error)) (*T, error) {
	mu.Lock()
	p := parts[name]
	mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := open()
	if err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	parts[name] = p
	return p, nil
}

// Names are the buckets and the journals that there are.
func (s *Store) Names(ctx context.Context) (buckets, journals []string, err error) {
	call, cancel := s.call(ctx)
	defer cancel()
	names := s.js.StreamNames(call)
	for name := range names.Name() {
		if b, ok := strings.CutPrefix(name, "KV_"+s.o.Prefix+"-b-"); ok {
			buckets = append(buckets, b)
		} else if j, ok := strings.CutPrefix(name, s.o.Prefix+"-j-"); ok {
			journals = append(journals, j)
		}
	}
	if err := names.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return nil, nil, s.read(ctx, "list the store", err)
	}
	return buckets, journals, nil
}

// stream opens the stream of cfg, which is made if there is none.
func (s *Store) stream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	call, cancel := s.call(ctx)
	defer cancel()
	cfg.Replicas, cfg.Storage = s.o.Replicas, jetstream.FileStorage
	st, err := s.js.Stream(call, cfg.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		st, err = s.js.CreateStream(call, cfg)
	}
	if err != nil {
		return nil, s.read(ctx, "open "+cfg.Name, err)
	}
	return st, nil
}

// Close ends what runs for the store and gives the lease back, so that another
// server may follow at once. A [Log] must be closed before. Close blocks, until
// ctx ends at the latest, and leaves the connection open.
func (s *Store) Close(ctx context.Context) error {
	s.stop()
	s.done.Wait()
	if s.lease == nil {
		return nil
	}
	return s.dropLease(ctx)
}
