package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// importBatch is how many messages of a room are imported at a time.
const importBatch = 1000

// checkEmpty returns an error if there is anything in the store.
func (s *store) checkEmpty(ctx context.Context) error {
	buckets, journals, err := s.durable.Names(ctx)
	if err != nil {
		return err
	}
	full := errors.New("the store is not empty; import into a new data directory (--store.dir) or, at an external store, under another store.prefix")
	for _, name := range buckets {
		b, err := s.durable.Bucket(ctx, name)
		if err != nil {
			return err
		}
		for _, err := range b.List(ctx, "") {
			if err != nil {
				return err
			}
			return full
		}
	}
	for _, name := range journals {
		j, err := s.durable.Journal(ctx, name)
		if err != nil {
			return err
		}
		entries, err := j.Last(ctx, 1)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			return full
		}
	}
	rooms, err := s.history.Rooms(ctx)
	if err == nil && len(rooms) > 0 {
		err = full
	}
	return err
}

// imported are what an import has brought.
type imported struct{ records, entries, messages, locked int }

// load fills the empty store with a dump that was checked before.
func (s *store) load(ctx context.Context, dump io.Reader) (n imported, err error) {
	var batch []*chat.Event
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.history.Import(ctx, batch[0].Room, batch)
		batch = batch[:0]
		return err
	}
	_, err = readDump(dump, func(_ int, l *dumpLine) error {
		switch l.Type {
		case "record":
			n.records++
			return s.loadRecord(ctx, l, &n)
		case "entry":
			n.entries++
			j, err := s.durable.Journal(ctx, l.Journal)
			if err == nil {
				_, err = j.Append(ctx, l.stored())
			}
			return err
		}
		n.messages++
		if len(batch) >= importBatch || len(batch) > 0 && batch[0].Room != l.Message.Room {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, l.event())
		return nil
	})
	if err == nil {
		err = flush()
	}
	return n, err
}

func (s *store) loadRecord(ctx context.Context, l *dumpLine, n *imported) error {
	value := l.stored()
	ttl, over := l.lifetime(time.Now())
	if over {
		n.records--
		return nil
	}
	if l.Bucket == "accounts" {
		locked, err := lock(value)
		if err != nil {
			return err
		}
		if locked != nil {
			value = locked
			n.locked++
		}
	}
	b, err := s.durable.Bucket(ctx, l.Bucket)
	if err == nil {
		_, err = b.Put(ctx, l.Key, value, 0, ttl)
	}
	return err
}

// lock gives an account that was exported without its password's hash one that no
// password has; nil if it has a hash, or needs none.
func lock(value []byte) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil {
		return nil, err
	}
	_, has := object["hash"]
	if _, retired := object["retired"]; has || retired {
		return nil, nil
	}
	var salt [16]byte
	var key [32]byte
	rand.Read(salt[:])
	rand.Read(key[:])
	b64 := base64.RawStdEncoding
	hash := fmt.Sprintf("$argon2id$v=19$m=19456,t=2,p=1$%s$%s", b64.EncodeToString(salt[:]), b64.EncodeToString(key[:]))
	object["hash"], _ = json.Marshal(hash) // a string can't fail
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(object)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
