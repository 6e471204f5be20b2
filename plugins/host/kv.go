package host

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A KV is the store of one plugin. Its methods block until their context ends at
// the latest, and are safe for concurrent use. Errors are *chat.Error: NotFound, Conflict,
// Unavailable.
type KV interface {
	// Get is the value of key and its version. The error is NotFound if there is none.
	Get(ctx context.Context, key string) (value []byte, version uint64, err error)
	// Put writes a value and returns its version once it is durable. Version is the
	// one that is replaced, 0 if there must be none; the error is Conflict if that
	// is not so. A ttl above 0 ends the entry after that time.
	Put(ctx context.Context, key string, value []byte, version uint64, ttl time.Duration) (uint64, error)
	// Delete removes the entry if it has the version. Errors: NotFound, Conflict.
	Delete(ctx context.Context, key string, version uint64) error
	// List yields the entries whose keys begin with prefix, in no order, until the
	// first error.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
}

// An Entry is one of a KV.
type Entry struct {
	Key     string
	Value   []byte
	Version uint64
}

// The bounds of an entry, in bytes.
const (
	maxKey   = 200
	maxValue = 256 << 10
)

// A store is a plugin's KV within its quota. It is opened by its first use.
type store struct {
	plugin string
	open   func(ctx context.Context, plugin string) (KV, error)

	mu      sync.Mutex
	kv      KV
	sizes   map[string]int64 // of the entries, by key; nil: not counted yet
	used    int64
	counted time.Time
}

// use opens the store.
func (s *store) use(ctx context.Context) (KV, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kv != nil {
		return s.kv, nil
	}
	if s.open == nil {
		return nil, chat.Errorf(chat.Unavailable, "This server keeps nothing for plugins.")
	}
	kv, err := s.open(ctx, s.plugin)
	if err != nil {
		return nil, err
	}
	s.kv = kv
	return kv, nil
}

// recount is how often at most the store is counted, because entries may have gone
// by themselves.
const recount = 10 * time.Second

// reserve sets the size of an entry if that is within the quota. The function that
// it returns takes that back.
func (s *store) reserve(ctx context.Context, kv KV, key string, size, quota int64) (undo func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.sizes != nil && s.used-s.sizes[key]+size <= quota {
			old, had := s.sizes[key]
			s.setLocked(key, size)
			return func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				if had {
					s.setLocked(key, old)
				} else {
					s.dropLocked(key)
				}
			}, nil
		}
		if s.sizes != nil && time.Since(s.counted) < recount {
			return nil, chat.Errorf(chat.Limited, "The plugin %s keeps as much as it may: %d bytes.", s.plugin, quota)
		}
		if err := s.countLocked(ctx, kv); err != nil {
			return nil, err
		}
	}
}

func (s *store) countLocked(ctx context.Context, kv KV) error {
	sizes, used := map[string]int64{}, int64(0)
	for e, err := range kv.List(ctx, "") {
		if err != nil {
			return err
		}
		sizes[e.Key] = int64(len(e.Key) + len(e.Value))
		used += sizes[e.Key]
	}
	s.sizes, s.used, s.counted = sizes, used, time.Now()
	return nil
}

func (s *store) setLocked(key string, size int64) {
	s.used += size - s.sizes[key]
	s.sizes[key] = size
}

func (s *store) dropLocked(key string) {
	s.used -= s.sizes[key]
	delete(s.sizes, key)
}

// drop notes that an entry is gone.
func (s *store) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(key)
}

// opened is the plugin's store, if it may use it.
func (s *services) opened(ctx context.Context) (KV, error) {
	if err := s.need(pluginpb.CapKV); err != nil {
		return nil, err
	}
	return s.plugin.kv.use(ctx)
}

func checkKey(key string) error {
	if key == "" || len(key) > maxKey {
		return chat.Errorf(chat.Invalid, "A key has 1 to %d bytes, not %d.", maxKey, len(key))
	}
	return nil
}

// KvGet implements the contract.
func (s *services) KvGet(ctx context.Context, m *pluginpb.KvGetRequest) (*pluginpb.KvEntry, error) {
	kv, err := s.opened(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkKey(m.GetKey()); err != nil {
		return nil, err
	}
	value, version, err := kv.Get(ctx, m.GetKey())
	if err != nil {
		return nil, err
	}
	return &pluginpb.KvEntry{Key: m.GetKey(), Value: value, Version: version}, nil
}

// KvPut implements the contract.
func (s *services) KvPut(ctx context.Context, m *pluginpb.KvPutRequest) (*pluginpb.KvPutReply, error) {
	kv, err := s.opened(ctx)
	if err != nil {
		return nil, err
	}
	key, value := m.GetKey(), m.GetValue()
	if err := checkKey(key); err != nil {
		return nil, err
	}
	switch {
	case len(value) > maxValue:
		return nil, chat.Errorf(chat.Invalid, "A value has at most %d bytes, not %d.", maxValue, len(value))
	case m.GetTtlMs() < 0:
		return nil, chat.Errorf(chat.Invalid, "The time after which the entry goes is negative.")
	}
	quota := s.plugin.supervisor().table.Limits.or().Store
	undo, err := s.plugin.kv.reserve(ctx, kv, key, int64(len(key)+len(value)), quota)
	if err != nil {
		return nil, err
	}
	ttl := (time.Duration(m.GetTtlMs())*time.Millisecond + time.Second - 1).Truncate(time.Second)
	version, err := kv.Put(ctx, key, value, m.GetVersion(), ttl)
	if err != nil {
		undo()
		return nil, err
	}
	return &pluginpb.KvPutReply{Version: version}, nil
}

// KvDelete implements the contract.
func (s *services) KvDelete(ctx context.Context, m *pluginpb.KvDeleteRequest) (*pluginpb.KvDeleteReply, error) {
	kv, err := s.opened(ctx)
	if err != nil {
		return nil, err
	}
	key, version := m.GetKey(), m.GetVersion()
	if err := checkKey(key); err != nil {
		return nil, err
	}
	for {
		if m.GetVersion() == 0 {
			if _, version, err = kv.Get(ctx, key); err != nil {
				return nil, err
			}
		}
		err := kv.Delete(ctx, key, version)
		switch {
		case err == nil:
			s.plugin.kv.drop(key)
			return &pluginpb.KvDeleteReply{}, nil
		case m.GetVersion() != 0 || chat.ErrorCode(err) != chat.Conflict || ctx.Err() != nil:
			return nil, err
		}
	}
}

// KvList implements the contract.
func (s *services) KvList(m *pluginpb.KvListRequest, out grpc.ServerStreamingServer[pluginpb.KvEntry]) error {
	kv, err := s.opened(out.Context())
	if err != nil {
		return err
	}
	var all []Entry
	for e, err := range kv.List(out.Context(), m.GetPrefix()) {
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	for _, e := range all {
		if err := out.Send(&pluginpb.KvEntry{Key: e.Key, Value: e.Value, Version: e.Version}); err != nil {
			return err
		}
	}
	return nil
}
