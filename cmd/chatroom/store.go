package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/natsstore"
	"github.com/chatroom-shell/chatroom/core/natsstore/embedded"
)

// errRunning says that another server uses the store.
var errRunning = errors.New("a server is running already")

// errStore says that the store can't be used.
var errStore = errors.New("the store refuses")

// storeError is errStore for what was tried and why it failed.
func storeError(what string, err error) error { return fmt.Errorf("%w: %s: %w", errStore, what, err) }

// A store is where everything is kept: in the NATS server inside this process, in
// NATS servers elsewhere, or in memory alone.
type store struct {
	records account.Store
	log     chat.Log
	memory  *memstore.Log // what of log is in memory

	// Of a store that outlives the process; all nil in memory.
	durable *natsstore.Store
	history *natsstore.Log
	inside  *embedded.Server
	outside *nats.Conn
}

// Options of a store besides the config.
type storeOptions struct {
	log     *slog.Logger
	accept  bool                         // take what is left of a damaged store
	changed func(ok bool, reason string) // as natsstore.Options.Changed; may be nil
	hold    func(room string) bool       // as natsstore.LogOptions.Hold; may be nil
}

// openStore opens the store of the config. Its error is errRunning if another
// process has it, else errStore.
func openStore(ctx context.Context, c *config.Config, o storeOptions) (_ *store, err error) {
	s := &store{memory: memstore.NewLog(memoryLimits(c))}
	if inMemory(c) {
		s.records, s.log = &memstore.Store{}, s.memory
		return s, nil
	}
	defer func() {
		if err != nil {
			err = errors.Join(explainStore(err), s.close(ctx))
		}
	}()
	if err := s.connect(ctx, c, o); err != nil {
		return nil, err
	}
	h := c.History
	s.history, err = s.durable.Log(ctx, s.memory, natsstore.LogOptions{Age: h.Age, Bytes: int64(h.Bytes), Lines: h.Count, Hold: o.hold})
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	s.records, s.log = s.durable, s.history
	return s, nil
}

// inMemory reports whether nothing outlives the process.
func inMemory(c *config.Config) bool { return c.Store.Dir == "" && c.Store.URL == "" }

func memoryLimits(c *config.Config) memstore.Limits {
	return memstore.Limits{Lines: c.History.Lines, Bytes: int64(c.History.Memory)}
}

// connect starts the server inside or connects to those outside, and opens the
// records there.
func (s *store) connect(ctx context.Context, c *config.Config, o storeOptions) (err error) {
	no := natsstore.Options{Prefix: c.Store.Prefix, Changed: o.changed, Log: o.log}
	var nc *nats.Conn
	if c.Store.URL != "" {
		no.Replicas, no.Holder = c.Store.Replicas, holder()
		s.outside, err = natsstore.Connect(c.Store.URL.Reveal(), o.log)
		nc = s.outside
	} else {
		s.inside, err = embedded.Open(ctx, embedded.Options{
			Dir: c.Store.Dir, MaxStore: int64(c.Store.Max), Accept: o.accept, Log: o.log,
		})
		if err == nil {
			nc, no.Recover = s.inside.Conn(), s.inside.Recover
		}
	}
	if err != nil {
		return err
	}
	s.durable, err = natsstore.Open(ctx, nc, no)
	return err
}

// holder is how this process is known to another that wants the same store.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return fmt.Sprintf("process %d on %s", os.Getpid(), host)
}

// explainStore gives an error of the store its exit code, and the operator a
// way out.
func explainStore(err error) error {
	if _, ok := errors.AsType[*embedded.InUseError](err); ok {
		return fmt.Errorf("%w: %w", errRunning, err)
	}
	if held, ok := errors.AsType[*natsstore.HeldError](err); ok {
		return fmt.Errorf("%w: %w; stop that one first", errRunning, held)
	}
	if _, ok := errors.AsType[*embedded.DamageError](err); ok {
		return fmt.Errorf("%w: %w (chatroom store check looks, chatroom store check --accept takes what is left, chatroom store import brings a backup back)", errStore, err)
	}
	return fmt.Errorf("%w: %w", errStore, err)
}

// describe says in one line where everything is kept.
func (s *store) describe(c *config.Config) string {
	switch {
	case s.inside != nil:
		dir, err := filepath.Abs(c.Store.Dir)
		if err != nil {
			dir = c.Store.Dir
		}
		return "everything is kept in " + dir
	case s.outside != nil:
		return "everything is kept by the NATS server " + s.outside.ConnectedServerName()
	}
	return "nothing is kept: accounts, roles, bans and history end with the server (store.dir is empty)"
}

// health reports whether the store works, and if not, why.
func (s *store) health() (ok bool, reason string) {
	if s.durable == nil {
		return true, ""
	}
	return s.durable.Health()
}

// setLimits puts the live limits of a config into force. It may block.
func (s *store) setLimits(ctx context.Context, c *config.Config) error {
	s.memory.SetLimits(memoryLimits(c))
	if s.history == nil {
		return nil
	}
	return s.history.SetLimits(ctx, c.History.Age, int64(c.History.Bytes), c.History.Count)
}

// close writes what waits and ends what openStore started, also of a store that
// is half open.
func (s *store) close(ctx context.Context) error {
	var err error
	if s.history != nil {
		err = s.history.Close(ctx)
	}
	if s.durable != nil {
		err = errors.Join(err, s.durable.Close(ctx))
	}
	if s.inside != nil {
		err = errors.Join(err, s.inside.Close())
	}
	if s.outside != nil {
		s.outside.Close()
	}
	return err
}
