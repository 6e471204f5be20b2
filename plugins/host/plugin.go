package host

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A plugin is what operators see: it keeps its name, its figures and its journal
// while supervisors come and go. All methods are safe for concurrent use.
type plugin struct {
	name    string
	host    *Host
	log     *slog.Logger
	journal *journal
	breaker breaker
	rate    bucket
	hops    hops
	kv      store
	active  atomic.Pointer[supervisor] // who serves
	dropped atomic.Uint64              // events

	mu       sync.Mutex
	off      bool // by an operator, until another enables it
	restarts int
	calls    calls
	refused  error // why the newest table or program is not used
	renames  map[string]string
	names    []string // of its commands, as they can be typed
	clashes  []string // what was told about them
}

// supervisor is who serves at the moment.
func (p *plugin) supervisor() *supervisor { return p.active.Load() }

// acquire takes a place for a run. It waits a moment for a plugin that is
// starting; otherwise the error, an Unavailable or a Limited one, comes at once. Name is that of
// the command as it was typed. Release must be called when the run has ended.
func (p *plugin) acquire(ctx context.Context, name string) (_ *instance, release func(), err error) {
	timeout := time.NewTimer(p.host.settings().Wait)
	defer timeout.Stop()
	for {
		s := p.supervisor()
		i, turn, err := s.take(name)
		if i != nil {
			return i, s.release, nil
		}
		if p.supervisor() != s {
			continue // it was replaced just now
		}
		if turn == nil {
			return nil, nil, err
		}
		select {
		case <-turn:
		case <-timeout.C:
			return nil, nil, err
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
	}
}

// finished notes a run that has ended.
func (p *plugin) finished(took time.Duration, failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls.add(took, failed)
}

// restarted counts a restart.
func (p *plugin) restarted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.restarts++
}

// isOff reports whether an operator has switched the plugin off.
func (p *plugin) isOff() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.off
}

// unavailable is what a caller reads who can't be served.
func unavailable(format string, args ...any) error {
	return chat.Errorf(chat.Unavailable, format, args...)
}

// setOff notes whether an operator has switched the plugin off.
func (p *plugin) setOff(off bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = off
}

// setRefused notes why the newest table or program is not used; nil: it is.
func (p *plugin) setRefused(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = why
}

// rename sets the names that the operator gives to commands.
func (p *plugin) rename(names map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renames = names
}

// renamed is the operator's name for a command.
func (p *plugin) renamed(name string) (to string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to, ok = p.renames[name]
	return to, ok
}
