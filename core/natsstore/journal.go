package natsstore

import (
	"context"
	"errors"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Journal is one stream from which nothing can be deleted.
type Journal struct {
	store   *Store
	name    string
	subject string
	stream  jetstream.Stream
}

var _ account.Journal = (*Journal)(nil)

func (s *Store) journal(ctx context.Context, name, id string) (*Journal, error) {
	subject := s.o.Prefix + ".journal." + name
	stream, err := s.stream(ctx, jetstream.StreamConfig{
		Name: id, Subjects: []string{subject}, MaxBytes: s.o.JournalBytes, MaxMsgSize: maxEntry + 4<<10,
		DenyDelete: true, DenyPurge: true, AllowDirect: s.o.Replicas == 1,
	})
	if err != nil {
		return nil, err
	}
	return &Journal{store: s, name: name, subject: subject, stream: stream}, nil
}

// Append implements account.Journal.
func (j *Journal) Append(ctx context.Context, entry []byte) (uint64, error) {
	if len(entry) > maxEntry {
		return 0, chat.Errorf(chat.Invalid, "That is %d bytes; the most that fits in a journal is %d.", len(entry), maxEntry)
	}
	if err := j.store.health.refuse(); err != nil {
		return 0, err
	}
	call, cancel := j.store.call(ctx)
	defer cancel()
	ack, err := j.store.js.PublishMsg(call, &nats.Msg{Subject: j.subject, Data: entry}, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, j.store.write(ctx, "append to "+j.name, err)
	}
	return ack.Sequence, nil
}

// Last implements account.Journal.
func (j *Journal) Last(ctx context.Context, n int) ([]account.Entry, error) {
	call, cancel := j.store.call(ctx)
	defer cancel()
	info, err := j.stream.Info(call)
	if err != nil {
		return nil, j.store.read(ctx, "read "+j.name, err)
	}
	var last []account.Entry
	for seq := info.State.LastSeq; seq >= max(info.State.FirstSeq, 1) && len(last) < n; seq-- {
		e, err := j.entry(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) { // nothing is taken out of a journal
			j.store.log.Warn("an entry of a journal has gone meanwhile or can't be read", "journal", j.name, "entry", seq)
			continue
		}
		if err != nil {
			return nil, j.store.read(ctx, "read "+j.name, err)
		}
		last = append(last, e)
	}
	slices.Reverse(last)
	return last, nil
}

func (j *Journal) entry(ctx context.Context, seq uint64) (account.Entry, error) {
	call, cancel := j.store.call(ctx)
	defer cancel()
	m, err := j.stream.GetMsg(call, seq)
	if err != nil {
		return account.Entry{}, err
	}
	return account.Entry{Seq: m.Sequence, Time: m.Time, Data: m.Data}, nil
}
