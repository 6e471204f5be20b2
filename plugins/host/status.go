package host

import (
	"context"
	"slices"
	"time"
)

// A Status is what is known of a plugin at one moment.
type Status struct {
	Name     string
	Version  string // as the plugin says; "": not known
	Summary  string // likewise
	State    State
	Since    time.Time // of the state
	Next     time.Time // in Backoff: of the next start
	Disabled bool      // by an operator or the config
	Problem  string    // one line: why it is in this state, or why a newer table or program is not used; "": nothing
	Commands []string  // names as they can be typed
	Clashes  []string  // sentences about names that others have
	Granted  []string  // capabilities that it asks for and has
	Missing  []string  // capabilities that it asks for and lacks

	PID      int    // 0: there is no process
	Memory   int64  // of the process, what is in no file, in bytes; 0: unknown
	SHA256   string // of what runs, see Sum; "": not copied
	Pinned   bool   // the table has that
	Restarts int
	Running  int // runs at the moment
	Calls    uint64
	Failures uint64        // of the calls, by the plugin's fault
	P50, P99 time.Duration // of the last 512 calls
	Dropped  uint64        // events that it was too slow for
	Paused   bool          // its filter is left alone
}

// Status is that of all plugins, in the order of the config.
func (h *Host) Status() []Status {
	h.mu.Lock()
	order := slices.Clone(h.order)
	h.mu.Unlock()
	all := make([]Status, len(order))
	for i, p := range order {
		all[i] = p.status()
	}
	return all
}

// StatusOf is that of one plugin. The error is NotFound.
func (h *Host) StatusOf(name string) (Status, error) {
	p, err := h.plugin(name)
	if err != nil {
		return Status{}, err
	}
	return p.status(), nil
}

func (p *plugin) status() Status {
	s := p.supervisor()
	st := Status{Name: p.name, Disabled: s.table.Disabled || p.isOff(), Pinned: s.table.SHA256 != "", Dropped: p.dropped.Load()}
	s.mu.Lock()
	st.State, st.Since, st.SHA256, st.Running = s.state, s.since, s.binary.sum, s.running
	if s.state == Backoff {
		st.Next = s.next
	}
	if s.reason != nil {
		st.Problem = clean(oneLine(s.reason))
	}
	if m := s.manifest; m != nil {
		st.Version, st.Summary, st.Granted = m.version, m.summary, grants(m.capabilities, s.table.Grant)
		st.Missing = slices.DeleteFunc(slices.Clone(m.capabilities), func(c string) bool { return slices.Contains(st.Granted, c) })
	}
	if s.current != nil {
		st.PID = s.current.process.pid()
	}
	s.mu.Unlock()
	if st.PID != 0 {
		st.Memory = memory(st.PID)
	}
	st.Paused = p.breaker.open(p.host.settings())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused != nil {
		st.Problem = clean(oneLine(p.refused))
	}
	st.Commands, st.Clashes, st.Restarts = slices.Clone(p.names), slices.Clone(p.clashes), p.restarts
	st.Calls, st.Failures = p.calls.total, p.calls.failed
	st.P50, st.P99 = p.calls.quantile(0.5), p.calls.quantile(0.99)
	return st
}

// Names are those of the plugins, which nobody else should be called.
func (h *Host) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make([]string, len(h.order))
	for i, p := range h.order {
		names[i] = p.name
	}
	return names
}

// Settled is Status once the plugin's first try to start has ended, or ctx. The
// error is NotFound.
func (h *Host) Settled(ctx context.Context, name string) (Status, error) {
	p, err := h.plugin(name)
	if err != nil {
		return Status{}, err
	}
	select {
	case <-p.supervisor().settled:
	case <-ctx.Done():
	}
	return p.status(), nil
}
