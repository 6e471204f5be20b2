package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A KV is the plugin's own store, which the server keeps over restarts of both.
// It needs the capability UseKV. Most plugins want a [Map], which is typed,
// instead.
//
// A key is 1 to 200 bytes of UTF-8, a value at most 256 KiB, all of them
// together 16 MiB unless the operator says otherwise.
type KV struct{ host *Host }

// KV is the plugin's store. It is the same one for every caller.
func (h *Host) KV() KV { return KV{h} }

// An Entry is what a KV has under a key.
type Entry struct {
	Key     string
	Value   []byte
	Version uint64 // changes with every write and rises; never 0
}

// Get is the entry of that key. The error is NotFound if there is none.
func (kv KV) Get(ctx context.Context, key string) (Entry, error) {
	var e Entry
	err := kv.host.do(ctx, func(ctx context.Context) error {
		reply, err := kv.host.client.KvGet(ctx, &pluginpb.KvGetRequest{Key: key})
		e = entry(reply)
		return err
	})
	return e, err
}

// Put writes a value and returns its version once it is durable. Version is the
// one that it replaces, 0 if there must be no entry; the error is Conflict if
// that is not so, Limited if the store is full. A ttl above 0 ends the entry by
// itself after that time, rounded up to seconds.
func (kv KV) Put(ctx context.Context, key string, value []byte, version uint64, ttl time.Duration) (uint64, error) {
	var now uint64
	err := kv.host.do(ctx, func(ctx context.Context) error {
		reply, err := kv.host.client.KvPut(ctx, &pluginpb.KvPutRequest{Key: key, Value: value, Version: version, TtlMs: int64((ttl + time.Millisecond - 1) / time.Millisecond)})
		now = reply.GetVersion()
		return err
	})
	return now, err
}

// Delete removes the entry if it has that version; 0 is any. Errors: NotFound,
// Conflict.
func (kv KV) Delete(ctx context.Context, key string, version uint64) error {
	return kv.host.do(ctx, func(ctx context.Context) error {
		_, err := kv.host.client.KvDelete(ctx, &pluginpb.KvDeleteRequest{Key: key, Version: version})
		return err
	})
}

// List is the entries whose keys begin with prefix, by key.
func (kv KV) List(ctx context.Context, prefix string) ([]Entry, error) {
	var entries []Entry
	err := kv.host.do(ctx, func(ctx context.Context) error {
		stream, err := kv.host.client.KvList(ctx, &pluginpb.KvListRequest{Prefix: prefix})
		if err != nil {
			return err
		}
		return each(stream, func(e *pluginpb.KvEntry) { entries = append(entries, entry(e)) })
	})
	return entries, err
}

func entry(e *pluginpb.KvEntry) Entry {
	return Entry{Key: e.GetKey(), Value: e.GetValue(), Version: e.GetVersion()}
}

// A Map is a part of the plugin's store that holds values of one type, as JSON:
//
//	votes := sdk.Map[vote]{Host: c.Host, Prefix: "vote/"}
//	err := votes.Update(ctx, id, func(v *vote) error { v.Yes++; return nil })
type Map[T any] struct {
	Host   *Host
	Prefix string        // of all its keys in the store
	TTL    time.Duration // how long a value stays after the last write; 0: for ever
}

// Get is the value of the key. The error is NotFound if there is none.
func (m Map[T]) Get(ctx context.Context, key string) (T, error) {
	v, _, err := m.get(ctx, key)
	return v, err
}

func (m Map[T]) get(ctx context.Context, key string) (T, uint64, error) {
	var v T
	e, err := m.Host.KV().Get(ctx, m.Prefix+key)
	if err != nil {
		return v, 0, err
	}
	if err := json.Unmarshal(e.Value, &v); err != nil {
		return v, 0, fmt.Errorf("value of %s%s: %w", m.Prefix, key, err)
	}
	return v, e.Version, nil
}

// Create writes a value under a key that has none. The error is Conflict if it
// has.
func (m Map[T]) Create(ctx context.Context, key string, v T) error {
	return m.put(ctx, key, v, 0)
}

func (m Map[T]) put(ctx context.Context, key string, v T, version uint64) error {
	p, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("value of %s%s: %w", m.Prefix, key, err)
	}
	_, err = m.Host.KV().Put(ctx, m.Prefix+key, p, version, m.TTL)
	return err
}

// updates is how often Update tries.
const updates = 20

// Update changes the value of the key, or makes one, from the zero value, if
// there is none. It calls change again if somebody else changed the value
// meanwhile; an error of change is returned and nothing is written. After many
// tries the error is Unavailable.
func (m Map[T]) Update(ctx context.Context, key string, change func(v *T) error) error {
	for try := range updates {
		v, version, err := m.get(ctx, key)
		if err != nil && CodeOf(err) != NotFound {
			return err
		}
		if err := change(&v); err != nil {
			return err
		}
		if err = m.put(ctx, key, v, version); CodeOf(err) != Conflict {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(rand.N(time.Duration(try+1) * time.Millisecond)):
		}
	}
	return Errorf(Unavailable, "Too many people do that at once; try again in a moment.")
}

// Delete removes the value of the key. The error is NotFound if there is none.
func (m Map[T]) Delete(ctx context.Context, key string) error {
	return m.Host.KV().Delete(ctx, m.Prefix+key, 0)
}

// All is every value by its key.
func (m Map[T]) All(ctx context.Context) (map[string]T, error) {
	entries, err := m.Host.KV().List(ctx, m.Prefix)
	if err != nil {
		return nil, err
	}
	all := make(map[string]T, len(entries))
	for _, e := range entries {
		var v T
		if err := json.Unmarshal(e.Value, &v); err != nil {
			return nil, fmt.Errorf("value of %s: %w", e.Key, err)
		}
		all[e.Key[len(m.Prefix):]] = v
	}
	return all, nil
}
