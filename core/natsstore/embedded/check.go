package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// check compares what the store holds with the manifest.
func (s *Server) check(ctx context.Context) error {
	bad, err := s.unreadable(ctx)
	if err != nil {
		return err
	}
	if len(bad) > 0 {
		what := fmt.Sprintf("of %s, entries can't be read", strings.Join(bad, " and "))
		if !s.o.Accept {
			return &DamageError{Dir: s.o.Dir, What: what, Hint: hintRestore}
		}
		s.log.Warn("what can't be read is dropped", "what", what)
		if err := s.rebuild(ctx, bad); err != nil {
			return fmt.Errorf("rebuild the store: %w", err)
		}
	}
	s.mu.Lock()
	ns := s.current
	s.mu.Unlock()
	now, err := holdings(ns)
	if err != nil {
		return fmt.Errorf("look at the store: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	what := s.known.diff(now)
	switch {
	case what != "" && s.o.Accept:
		s.log.Warn("records are missing, and what is left is accepted", "what", what)
		s.known = &manifest{}
	case what != "":
		return &DamageError{Dir: s.o.Dir, What: what, Hint: hintRestore}
	}
	next, changed := s.known.update(now)
	if !changed {
		return nil
	}
	if err := s.write(next); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return nil
}

// unreadable are the buckets with a record that is there and can't be read. That is
// noticed only when it is read, so all are.
func (s *Server) unreadable(ctx context.Context) (bad []string, err error) {
	s.mu.Lock()
	ns := s.current
	s.mu.Unlock()
	now, err := holdings(ns)
	if err != nil {
		return nil, fmt.Errorf("look at the store: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(now.Streams)) {
		if now.Streams[name].Kind != bucket {
			continue
		}
		_, whole, err := s.markers(ctx, name)
		if err == nil && !whole { // else the server is slow
			whole, err = s.readable(ctx, name)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if !whole {
			bad = append(bad, name)
		}
	}
	return bad, nil
}

// readable reports whether every message that a stream counts can be read, one by one.
// The server says of one that can't that it is not there.
func (s *Server) readable(ctx context.Context, name string) (bool, error) {
	stream, err := s.js.Stream(ctx, name)
	if err != nil {
		return false, err
	}
	info, err := stream.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return false, err
	}
	gone := info.State.Deleted // sorted
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		if _, deleted := slices.BinarySearch(gone, seq); deleted {
			continue
		}
		_, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) { // it may have ended meanwhile
			if info, err = stream.Info(ctx, jetstream.WithDeletedDetails(true)); err == nil {
				gone = info.State.Deleted
				if _, deleted := slices.BinarySearch(gone, seq); !deleted && seq >= info.State.FirstSeq {
					return false, nil
				}
			}
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// rebuild starts the server again without the indexes of some streams, so that it looks
// at every message and drops from each file what comes from the first bad one on.
func (s *Server) rebuild(ctx context.Context, streams []string) error {
	if ns := s.take(); ns != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
	}
	for _, name := range streams {
		found, err := filepath.Glob(filepath.Join(s.o.Dir, "jetstream", "*", "streams", name, "msgs", "index.db"))
		if err != nil {
			return err
		}
		for _, path := range found {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	ns, err := start(s.o)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.current = ns
	s.mu.Unlock()
	return s.reconnected(ctx)
}

// A mark is the place of what a bucket has instead of a record that was deleted
// or has ended.
type mark struct {
	subject string
	seq     uint64
	at      time.Time
}

// markers reads all of a bucket and returns its marks. Whole is false if the rest did not
// come.
func (s *Server) markers(ctx context.Context, stream string) (marks []mark, whole bool, err error) {
	c, err := s.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{HeadersOnly: true, InactiveThreshold: 10 * callTime})
	if err != nil {
		return nil, false, err
	}
	defer func() {
		_ = s.js.DeleteConsumer(context.WithoutCancel(ctx), stream, c.CachedInfo().Name) // else it ends by itself
	}()
	if c.CachedInfo().NumPending == 0 {
		return nil, true, nil
	}
	msgs, err := c.Messages()
	if err != nil {
		return nil, false, err
	}
	defer msgs.Stop()
	for {
		next, cancel := context.WithTimeout(ctx, callTime)
		msg, err := msgs.Next(jetstream.NextContext(next))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return marks, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return nil, false, err
		}
		if h := msg.Headers(); h.Get("KV-Operation") != "" || h.Get(jetstream.MarkerReasonHeader) != "" {
			marks = append(marks, mark{msg.Subject(), meta.Sequence.Stream, meta.Timestamp})
		}
		if meta.NumPending == 0 {
			return marks, true, nil
		}
	}
}

// keepMarks is for how long marks stay, so that a writer that knows one by its
// revision finds it.
const keepMarks = time.Hour

// sweep removes the marks that are older than keep. The manifest is told first:
// what it says is never more than there is. It must run where nothing else
// writes the manifest, on the goroutine of watch.
func (s *Server) sweep(keep time.Duration) {
	if !s.recovering.TryLock() {
		return // another time
	}
	defer s.recovering.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s.mu.Lock()
	names := slices.Sorted(maps.Keys(s.known.Streams))
	s.mu.Unlock()
	for _, name := range names {
		if strings.HasPrefix(name, bucketPrefix) {
			if err := s.sweepBucket(ctx, name, keep); err != nil {
				s.log.Warn("deleted records could not be swept", "bucket", name, "err", err)
				return
			}
		}
	}
}

func (s *Server) sweepBucket(ctx context.Context, name string, keep time.Duration) error {
	marks, _, err := s.markers(ctx, name)
	if err != nil {
		return err
	}
	old := time.Now().Add(-keep)
	marks = slices.DeleteFunc(marks, func(m mark) bool { return m.at.After(old) })
	if len(marks) == 0 {
		return nil
	}
	stream, err := s.js.Stream(ctx, name)
	if err != nil {
		return err
	}
	if err := s.lower(name, uint64(len(marks))); err != nil {
		return err
	}
	for _, m := range marks {
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(m.subject), jetstream.WithPurgeSequence(m.seq+1)); err != nil {
			return err
		}
	}
	return nil
}

// lower has the manifest expect so many messages fewer in a stream.
func (s *Server) lower(name string, by uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := &manifest{Streams: maps.Clone(s.known.Streams)}
	h := next.Streams[name]
	h.Count -= min(h.Count, by)
	next.Streams[name] = h
	return s.write(next)
}
