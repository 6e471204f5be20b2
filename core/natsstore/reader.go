package natsstore

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// newest is a room's newest block and its place.
func (l *Log) newest(ctx context.Context, room string) (*block, uint64, error) {
	call, cancel := l.store.call(ctx)
	defer cancel()
	m, err := l.stream.GetLastMsgForSubject(call, l.subject+room+".lines")
	if err != nil {
		return nil, 0, err
	}
	b, err := parseBlock(room, m.Data)
	return b, m.Sequence, err
}

// blockAt is the block of a room at a place. The error is errBlock if it is not there
// or can't be read.
func (l *Log) blockAt(ctx context.Context, room string, at uint64) (*block, error) {
	call, cancel := l.store.call(ctx)
	defer cancel()
	m, err := l.stream.GetMsg(call, at)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, errBlock
	case err != nil:
		return nil, err
	case m.Subject != l.subject+room+".lines":
		return nil, errBlock
	}
	return parseBlock(room, m.Data)
}

// back yields the blocks of a room, newest first. Broken is true with the last
// one before a stretch that can't be read.
func (l *Log) back(ctx context.Context, room string, yield func(b *block, broken bool) bool) error {
	b, at, err := l.newest(ctx, room)
	if errors.Is(err, jetstream.ErrMsgNotFound) { // there is none, or it can't be read
		at, err = math.MaxUint64, errBlock
	}
	if errors.Is(err, errBlock) {
		b, err = l.before(ctx, room, at)
	}
	if err != nil || b == nil {
		return err
	}
	for {
		var older *block
		if b.prev > 0 {
			older, err = l.blockAt(ctx, room, b.prev)
		}
		broken := errors.Is(err, errBlock)
		if broken {
			if older, err = l.before(ctx, room, b.prev); older == nil {
				broken = false // it was too old to be kept, and so is all before it
			}
		}
		if !yield(b, broken) || err != nil || older == nil {
			return err
		}
		b = older
	}
}

// before looks for the newest block of a room that can be read and is at a lower
// place; nil if there is none. It reads all that is stored of the room before, so it
// is for stores that are damaged.
func (l *Log) before(ctx context.Context, room string, at uint64) (found *block, err error) {
	call, cancel := l.store.call(ctx)
	defer cancel()
	info, err := l.stream.Info(call)
	if err != nil || info.State.FirstSeq >= at {
		return nil, err
	}
	for m, err := range l.forward(ctx, l.subject+room+".lines") {
		if err != nil {
			return nil, err
		}
		if m.at >= at {
			break
		}
		if b, err := parseBlock(room, m.data); err == nil {
			found = b
		}
	}
	return found, nil
}

// A stored is one message of a stream.
type stored struct {
	subject string
	at      uint64
	time    time.Time
	header  nats.Header
	data    []byte
}

// forward yields what the log has under a subject, oldest first. What can't be read is
// left out: a history with a hole is better than none.
func (l *Log) forward(ctx context.Context, subject string) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		for from := uint64(1); from > 0; {
			next := uint64(0) // where to go on
			for m, err := range l.store.forward(ctx, l.stream, subject, from) {
				if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
					if next, err = l.obstacle(ctx, subject, from); err == nil {
						break
					}
				}
				if !yield(m, err) || err != nil {
					return
				}
				from = m.at + 1
			}
			from = next
		}
	}
}

// obstacle looks why nothing more comes of a subject. The server says of a message that
// it can't read that there is none, but counts it; and often sends nothing from it on. Next
// is the place behind such a one, 0 if there is nothing to come. The error is
// context.DeadlineExceeded if there is: the server is slow.
func (l *Log) obstacle(ctx context.Context, subject string, from uint64) (next uint64, err error) {
	call, cancel := l.store.call(ctx)
	info, err := l.stream.Info(call, jetstream.WithDeletedDetails(true))
	cancel()
	if err != nil {
		return 0, err
	}
	for at := max(from, info.State.FirstSeq); at <= info.State.LastSeq; at++ {
		if _, gone := slices.BinarySearch(info.State.Deleted, at); gone {
			continue
		}
		call, cancel := l.store.call(ctx)
		m, err := l.stream.GetMsg(call, at)
		cancel()
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			l.store.log.Warn("a block of the history can't be read", "place", at)
			return at + 1, nil
		case err != nil:
			return 0, err
		case matches(subject, m.Subject):
			return 0, context.DeadlineExceeded
		}
	}
	return 0, nil
}

// matches reports whether a subject is as the pattern, in which one "*" stands for a name.
func matches(pattern, subject string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	return subject == pattern || wild && strings.HasPrefix(subject, before) && strings.HasSuffix(subject, after)
}

// forward yields what a stream has under a subject from a place on, oldest first: all
// that it had at the time of the call and still has, and perhaps some of what came
// since.
func (s *Store) forward(ctx context.Context, stream jetstream.Stream, subject string, from uint64) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		call, cancel := s.call(ctx)
		name := stream.CachedInfo().Config.Name
		cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, InactiveThreshold: 2 * s.o.Timeout}
		if from > 1 {
			cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, from
		}
		c, err := s.js.OrderedConsumer(call, name, cfg)
		cancel()
		if err != nil {
			yield(stored{}, err)
			return
		}
		defer func() {
			call, cancel := s.call(context.WithoutCancel(ctx))
			defer cancel()
			_ = s.js.DeleteConsumer(call, name, c.CachedInfo().Name) // else it ends by itself
		}()
		if c.CachedInfo().NumPending == 0 {
			return
		}
		msgs, err := c.Messages()
		if err != nil {
			yield(stored{}, err)
			return
		}
		defer msgs.Stop()
		for {
			call, cancel := s.call(ctx)
			m, err := msgs.Next(jetstream.NextContext(call))
			cancel()
			if err != nil {
				yield(stored{}, err)
				return
			}
			meta, err := m.Metadata()
			if err != nil {
				yield(stored{}, err)
				return
			}
			if !yield(stored{m.Subject(), meta.Sequence.Stream, meta.Timestamp, m.Headers(), m.Data()}, nil) || meta.NumPending == 0 {
				return
			}
		}
	}
}
