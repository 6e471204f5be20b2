package natsstore

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Bucket is one JetStream key-value bucket. A revision is the place in its
// stream.
type Bucket struct {
	store  *Store
	name   string
	pre    string // of the subjects
	kv     jetstream.KeyValue
	stream jetstream.Stream // that of kv
}

var _ account.Bucket = (*Bucket)(nil)

// bucket opens the bucket, which is made if there is none.
func (s *Store) bucket(ctx context.Context, name, id string) (*Bucket, error) {
	call, cancel := s.call(ctx)
	defer cancel()
	kv, err := s.js.KeyValue(call, id)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = s.js.CreateKeyValue(call, jetstream.KeyValueConfig{
			Bucket: id, History: 1, Storage: jetstream.FileStorage, Replicas: s.o.Replicas, LimitMarkerTTL: markers,
		})
		if err == nil && s.o.Replicas > 1 {
			kv, err = s.leaderReads(call, id)
		}
	}
	if err != nil {
		return nil, s.read(ctx, "open the bucket "+name, err)
	}
	stream, err := s.js.Stream(call, "KV_"+id)
	if err != nil {
		return nil, s.read(ctx, "open the bucket "+name, err)
	}
	return &Bucket{store: s, name: name, pre: "$KV." + id + ".", kv: kv, stream: stream}, nil
}

// leaderReads has the leader of a bucket answer all reads: any replica would,
// and might not know yet what was acknowledged to the reader.
func (s *Store) leaderReads(ctx context.Context, id string) (jetstream.KeyValue, error) {
	stream, err := s.js.Stream(ctx, "KV_"+id)
	if err != nil {
		return nil, err
	}
	cfg := stream.CachedInfo().Config
	cfg.AllowDirect = false
	if _, err := s.js.UpdateStream(ctx, cfg); err != nil {
		return nil, err
	}
	return s.js.KeyValue(ctx, id)
}

// Get implements account.Bucket.
func (b *Bucket) Get(ctx context.Context, key string) (account.Record, error) {
	k, err := encodeKey(key)
	if err != nil {
		return account.Record{}, err
	}
	call, cancel := b.store.call(ctx)
	defer cancel()
	m, err := b.stream.GetLastMsgForSubject(call, b.pre+k)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return account.Record{}, notFound()
	}
	if err != nil {
		return account.Record{}, b.store.read(ctx, "get from "+b.name, err)
	}
	if isMark(m.Header) {
		return account.Record{}, notFound()
	}
	return account.Record{Key: key, Value: m.Data, Rev: m.Sequence, Until: until(m.Header, m.Time)}, nil
}

// isMark reports whether a message is what a record that was deleted or has ended
// leaves.
func isMark(h nats.Header) bool {
	return h.Get("KV-Operation") != "" || h.Get(jetstream.MarkerReasonHeader) != ""
}

// until is when a record that was written at a time ends by itself; zero: never.
func until(h nats.Header, at time.Time) time.Time {
	ttl, err := time.ParseDuration(h.Get(jetstream.MsgTTLHeader))
	if err != nil {
		return time.Time{}
	}
	return at.Add(ttl)
}

// Put implements account.Bucket.
func (b *Bucket) Put(ctx context.Context, key string, value []byte, rev uint64, ttl time.Duration) (uint64, error) {
	k, err := encodeKey(key)
	if err != nil {
		return 0, err
	}
	if len(value) > maxValue {
		return 0, chat.Errorf(chat.Invalid, "That is %d bytes; the most that can be saved in one piece is %d.", len(value), maxValue)
	}
	if err := b.store.health.refuse(); err != nil {
		return 0, err
	}
	call, cancel := b.store.call(ctx)
	defer cancel()
	next, err := b.put(call, k, value, rev, ttl)
	if err == nil {
		return next, nil
	}
	if !isConflict(err) {
		return 0, b.store.write(ctx, "put into "+b.name, err)
	}
	return 0, conflict()
}

// put writes value if the newest revision of the key is rev; with rev 0, if there is
// no record: what was deleted or has ended leaves a mark with a revision. A server
// may refuse what should fit: a mark can be new or swept, and a cluster takes the
// write before for under way a little longer than its writer does. So it is looked
// at what is there before a refusal counts.
func (b *Bucket) put(ctx context.Context, k string, value []byte, rev uint64, ttl time.Duration) (next uint64, err error) {
	expect := rev
	for try := range 8 {
		next, err = b.publish(ctx, k, value, expect, ttl)
		if !isConflict(err) {
			return next, err
		}
		newest, found, lookErr := b.newest(ctx, k)
		if lookErr != nil {
			return 0, lookErr
		}
		if found != (rev != 0) || found && newest != rev {
			return 0, err
		}
		if newest == expect {
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(time.Duration(try+1) * time.Millisecond):
			}
		}
		expect = newest
	}
	return 0, err
}

func (b *Bucket) publish(ctx context.Context, k string, value []byte, rev uint64, ttl time.Duration) (uint64, error) {
	opts := []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(rev), jetstream.WithRetryAttempts(0)}
	if ttl > 0 {
		opts = append(opts, jetstream.WithMsgTTL((ttl+time.Second-1)/time.Second*time.Second))
	}
	ack, err := b.store.js.PublishMsg(ctx, &nats.Msg{Subject: b.pre + k, Header: nats.Header{}, Data: value}, opts...)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// newest is the newest revision of a key, 0 if there is none. Found is false if it is
// that of a mark.
func (b *Bucket) newest(ctx context.Context, k string) (rev uint64, found bool, err error) {
	m, err := b.stream.GetLastMsgForSubject(ctx, b.pre+k)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return m.Sequence, !isMark(m.Header), nil
}

// Delete implements account.Bucket.
func (b *Bucket) Delete(ctx context.Context, key string, rev uint64) error {
	k, err := encodeKey(key)
	if err != nil {
		return err
	}
	r, err := b.Get(ctx, key)
	if err != nil {
		return err
	}
	if r.Rev != rev {
		return conflict()
	}
	if err := b.store.health.refuse(); err != nil {
		return err
	}
	call, cancel := b.store.call(ctx)
	defer cancel()
	err = b.kv.Delete(call, k, jetstream.LastRevision(rev))
	if err != nil && isConflict(err) {
		return conflict()
	}
	if err != nil {
		return b.store.write(ctx, "delete from "+b.name, err)
	}
	return nil
}

// List implements account.Bucket. Each record is as new as the call or newer.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[account.Record, error] {
	return func(yield func(account.Record, error) bool) {
		seen := map[string]struct{}{} // one that changes meanwhile comes twice
		from := uint64(1)
		// One that changes while it is listed moves to the end, where it may be missed: what
		// waits there is told too low at that moment. So the end is looked at until nothing
		// new is there.
		for more := true; more; {
			more = false
			for m, err := range b.store.forward(ctx, b.stream, b.pre+">", from) {
				if err != nil {
					yield(account.Record{}, b.store.read(ctx, "list "+b.name, err))
					return
				}
				from = m.at + 1
				key, ok := decodeKey(m.subject[len(b.pre):])
				if _, twice := seen[key]; !ok || twice || !strings.HasPrefix(key, prefix) {
					continue
				}
				seen[key], more = struct{}{}, true
				if !isMark(m.header) && !yield(account.Record{Key: key, Value: m.data, Rev: m.at, Until: until(m.header, m.time)}, nil) {
					return
				}
			}
		}
	}
}
