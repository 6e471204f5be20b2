package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A roomKeeper keeps the states of rooms in the bucket "rooms", so that they are
// there again after a restart. It writes behind: what is said in a room whose
// state did not reach the store before a crash can't be read any more, which
// chat.Hub.Restore sees to; and what is said behind a door that was changed is not
// stored before the change, which waits is for.
type roomKeeper struct {
	bucket account.Bucket
	log    *slog.Logger
	wake   chan struct{} // holds a value if there is something to do
	stop   context.CancelFunc
	done   sync.WaitGroup
	revs   map[string]uint64 // of the records; the writer's once it runs

	mu      sync.Mutex
	dirty   map[string]chat.RoomState // the newest states that are not written, by name
	writing string                    // name of the state that is being written; "": none
	idle    chan struct{}             // closed when nothing was left to write
}

// roomRetry is how long the writer waits after an error.
const roomRetry = time.Second

// roomTime bounds one write.
const roomTime = 5 * time.Second

// openRooms reads the states that are there and starts the writer. A state that
// can't be read is an *account.CorruptError.
func openRooms(ctx context.Context, s account.Store, log *slog.Logger) (*roomKeeper, []chat.RoomState, error) {
	b, err := s.Bucket(ctx, "rooms")
	if err != nil {
		return nil, nil, fmt.Errorf("open the rooms: %w", err)
	}
	states, revs, err := readRooms(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	k := &roomKeeper{
		bucket: b, log: log, wake: make(chan struct{}, 1), revs: revs,
		dirty: map[string]chat.RoomState{}, idle: make(chan struct{}),
	}
	run, stop := context.WithCancel(context.Background())
	k.stop = stop
	k.done.Go(func() { k.write(run) })
	return k, states, nil
}

// disown ends what an account has in the rooms of a store that no server uses.
func (s *store) disown(ctx context.Context, c *config.Config, key string) error {
	k, states, err := openRooms(ctx, s.records, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	hub := chat.NewHub(memstore.NewLog(memstore.Limits{}), text.Fold, chatRules(c))
	hub.OnRoomChange(k.changed)
	err = hub.Restore(states, time.Now())
	hub.Disown(key)
	return errors.Join(err, k.close(ctx))
}

// readRooms are the states that are kept, and the revisions of their records.
func readRooms(ctx context.Context, b account.Bucket) (states []chat.RoomState, revs map[string]uint64, err error) {
	revs = map[string]uint64{}
	for rec, err := range b.List(ctx, "") {
		if err != nil {
			return nil, nil, fmt.Errorf("read the rooms: %w", err)
		}
		var st chat.RoomState
		if err := json.Unmarshal(rec.Value, &st); err != nil {
			return nil, nil, &account.CorruptError{Bucket: "rooms", Key: rec.Key, Err: err}
		}
		if st.Name != rec.Key {
			return nil, nil, &account.CorruptError{Bucket: "rooms", Key: rec.Key, Err: fmt.Errorf("it is of %q", st.Name)}
		}
		st.Topic, st.TopicBy = text.Clean(st.Topic), text.Clean(st.TopicBy) // an import may hold anything
		revs[rec.Key] = rec.Rev
		states = append(states, st)
	}
	return states, revs, nil
}

// changed takes the state of a room to write. It does not block.
func (k *roomKeeper) changed(st chat.RoomState) {
	k.mu.Lock()
	k.dirty[st.Name] = st
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// waits reports whether a state of the room is still to be written.
func (k *roomKeeper) waits(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, dirty := k.dirty[name]
	return dirty || k.writing == name
}

func (k *roomKeeper) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		failed := false
		for st, ok := k.next(); ok; st, ok = k.next() {
			err := k.writeOne(ctx, st)
			if err == nil {
				continue
			}
			if ctx.Err() != nil {
				return
			}
			if !failed {
				k.log.Warn("the state of a room could not be saved yet", "room", st.Name, "err", err)
			}
			failed = true
			k.putBack(st)
			select {
			case <-ctx.Done():
				return
			case <-time.After(roomRetry):
			}
		}
	}
}

// next takes a state to write; if there is none, who waits in flush is told.
func (k *roomKeeper) next() (chat.RoomState, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.writing = ""
	for name, st := range k.dirty {
		delete(k.dirty, name)
		k.writing = name
		return st, true
	}
	close(k.idle)
	k.idle = make(chan struct{})
	return chat.RoomState{}, false
}

// putBack is for a state that was not written, unless a newer one has come.
func (k *roomKeeper) putBack(st chat.RoomState) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.writing = ""
	if _, newer := k.dirty[st.Name]; !newer {
		k.dirty[st.Name] = st
	}
}

// writeOne writes a state over whatever is there: this process alone writes rooms.
func (k *roomKeeper) writeOne(ctx context.Context, st chat.RoomState) error {
	ctx, cancel := context.WithTimeout(ctx, roomTime)
	defer cancel()
	err := k.put(ctx, st)
	if chat.ErrorCode(err) != chat.Conflict {
		return err
	}
	// A write that was not confirmed was done after all.
	rec, err := k.bucket.Get(ctx, st.Name)
	switch {
	case chat.ErrorCode(err) == chat.NotFound:
		delete(k.revs, st.Name)
	case err != nil:
		return err
	default:
		k.revs[st.Name] = rec.Rev
	}
	return k.put(ctx, st)
}

func (k *roomKeeper) put(ctx context.Context, st chat.RoomState) error {
	rev := k.revs[st.Name]
	if st.Gone {
		err := error(nil)
		if rev != 0 {
			err = k.bucket.Delete(ctx, st.Name, rev)
		}
		if err == nil || chat.ErrorCode(err) == chat.NotFound {
			delete(k.revs, st.Name)
			return nil
		}
		return err
	}
	value, err := json.Marshal(st)
	if err != nil {
		return err
	}
	rev, err = k.bucket.Put(ctx, st.Name, value, rev, 0)
	if err == nil {
		k.revs[st.Name] = rev
	}
	return err
}

// flush waits until what was to be written is, or ctx ends.
func (k *roomKeeper) flush(ctx context.Context) error {
	k.mu.Lock()
	idle := k.idle
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return errors.New("the state of some rooms could not be saved")
	}
}

// close is flush, and ends the writer.
func (k *roomKeeper) close(ctx context.Context) error {
	err := k.flush(ctx)
	k.stop()
	k.done.Wait()
	return err
}
