package natsstore

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A tombstone says that a message is redacted.
type tombstone struct {
	Seq uint64    `json:"seq"`
	By  string    `json:"by"`
	At  time.Time `json:"at"`
}

// Redact implements chat.Log. It returns when the redaction is in the store. What is
// on the disk of the message goes with its block, when the limits take it.
func (l *Log) Redact(ctx context.Context, name string, seq uint64, by string) error {
	found, err := l.Search(ctx, name, chat.Query{Upto: seq, Last: 1})
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Seq != seq || found[0].Kind == chat.Notice {
		return chat.Errorf(chat.NotFound, "There is no message %d in %s.", seq, name)
	}
	if found[0].Removed {
		return nil
	}
	if err := l.store.health.refuse(); err != nil {
		return err
	}
	// The block comes first, so that the limits take it before the tombstone.
	if err := l.flush(ctx, name, seq); err != nil {
		return unavailable(textUnsaved, err)
	}
	data, err := json.Marshal(tombstone{Seq: seq, By: by, At: time.Now().UTC()})
	if err != nil {
		return err
	}
	call, cancel := l.store.call(ctx)
	defer cancel()
	if _, err := l.store.js.PublishMsg(call, &nats.Msg{Subject: l.subject + name + ".gone", Data: data}, jetstream.WithRetryAttempts(0)); err != nil {
		return l.store.write(ctx, "redact", err)
	}
	l.bury(name, seq)
	if err := l.mem.Redact(ctx, name, seq, by); err != nil && chat.ErrorCode(err) != chat.NotFound {
		return err
	}
	return nil
}

// bury notes a redaction.
func (l *Log) bury(name string, seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rooms[name]; r != nil {
		if r.gone == nil {
			r.gone = map[uint64]struct{}{}
		}
		r.gone[seq] = struct{}{}
	}
}
