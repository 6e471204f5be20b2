package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// Options is what a Host needs of the server. The functions are called from any
// goroutine; Routes, Taken and Trouble must not call the Host.
type Options struct {
	Hub      *chat.Hub
	Log      *slog.Logger
	Level    func() slog.Level // of the log, which plugins are told; nil: info
	Version  string            // of the server
	Settings Settings
	// Dir is the folder for what is kept of plugins: copies of their programs, their data
	// folders, their manifests. It is made if need be, and nobody else uses it. "" is
	// a temporary one that goes with Close.
	Dir string
	// Sockets is the folder for sockets, of at most MaxSockets bytes, which nobody
	// else uses; "" is a temporary one that goes with Close.
	Sockets string
	// Taken reports whether a built-in command has the name or alias.
	Taken func(name string) bool
	// Routes takes the commands of all plugins, in the order of the config and
	// without clashes; it is called once Apply was and whenever they change.
	Routes func([]command.Command)
	// KV opens the store of a plugin, which is made if there is none; nil: there is none.
	KV func(ctx context.Context, plugin string) (KV, error)
	// Trouble is told of a plugin that is switched off because of trouble, for
	// operators: a sentence.
	Trouble func(plugin, text string)
}

// A Host runs the plugins. Its methods are safe for concurrent use.
type Host struct {
	options  Options
	log      *slog.Logger
	launcher *launcher
	set      atomic.Pointer[Settings]
	gate     *gate
	feed     *feed
	cleanup  []string      // folders that go with Close
	hurry    chan struct{} // closed when nobody waits for runs any more
	retired  sync.WaitGroup

	applying   sync.Mutex // one Apply, or operator, at a time
	publishing sync.Mutex
	published  bool
	signature  string

	mu      sync.Mutex
	plugins map[string]*plugin
	order   []*plugin
	closed  bool
}

// New returns a host without plugins. What a host before this one left behind in
// the same folders is removed: sockets, and processes that outlived it. Files that
// the server was started with are marked to be closed in programs that it starts.
// Close ends the host.
func New(o Options) (*Host, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Level == nil {
		o.Level = func() slog.Level { return slog.LevelInfo }
	}
	h := &Host{options: o, log: o.Log, plugins: map[string]*plugin{}, hurry: make(chan struct{})}
	h.SetSettings(o.Settings)
	for _, dir := range []struct {
		path *string
		make func() (string, error)
	}{
		{&o.Dir, func() (string, error) { return os.MkdirTemp("", "chatroom-plugins-") }},
		{&o.Sockets, TempSockets},
	} {
		if *dir.path != "" {
			continue
		}
		tmp, err := dir.make()
		if err != nil {
			h.removeFolders()
			return nil, err
		}
		*dir.path = tmp
		h.cleanup = append(h.cleanup, tmp)
	}
	h.options = o
	if n := len(o.Sockets) - MaxSockets; n > 0 {
		h.removeFolders()
		return nil, fmt.Errorf("the folder for plugins' sockets %s is %d bytes longer than a socket's path allows; choose another", o.Sockets, n)
	}
	h.launcher = &launcher{
		version: o.Version, level: o.Level, settings: h.settings, sockets: o.Sockets,
		copies: filepath.Join(o.Dir, "copies"), cache: filepath.Join(o.Dir, "manifests"), data: filepath.Join(o.Dir, "data"),
	}
	for _, dir := range []string{o.Dir, h.launcher.copies, h.launcher.cache, h.launcher.data, h.offDir(), o.Sockets} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			h.removeFolders()
			return nil, fmt.Errorf("make the folders for plugins: %w", err)
		}
	}
	if err := os.Chmod(o.Sockets, 0o700); err != nil {
		h.removeFolders()
		return nil, err
	}
	keepFiles()
	killStrays(o.Sockets)
	emptyFolder(o.Sockets)
	forget(h.launcher.copies)
	forget(h.launcher.cache)
	h.gate = newGate(h)
	h.feed = newFeed(h)
	return h, nil
}

// TempSockets makes a temporary folder for sockets, whose path is short enough for
// that also where the one for temporary files has a long one.
func TempSockets() (string, error) {
	dir, err := os.MkdirTemp("", "chatroom-")
	if err != nil || len(dir) <= MaxSockets {
		return dir, err
	}
	_ = os.Remove(dir) // it is empty
	return os.MkdirTemp("/tmp", "chatroom-")
}

// emptyFolder removes what is in a folder.
func emptyFolder(dir string) {
	all, _ := os.ReadDir(dir) // an error: there is nothing to be removed
	for _, e := range all {
		_ = os.RemoveAll(filepath.Join(dir, e.Name()))
	}
}

func (h *Host) removeFolders() {
	for _, dir := range h.cleanup {
		_ = os.RemoveAll(dir)
	}
}

func (h *Host) settings() *Settings { return h.set.Load() }

// SetSettings changes the numbers of the supervision.
func (h *Host) SetSettings(s Settings) {
	s = s.or()
	h.set.Store(&s)
}

func (h *Host) trouble(name string, reason error) {
	if h.options.Trouble != nil {
		h.options.Trouble(name, fmt.Sprintf("The plugin %s is switched off: %s. `plugin logs %s` shows what it wrote, `plugin enable %s` tries again.", name, clean(oneLine(reason)), name, name))
	}
}

// oneLine is the text of an error, its lines joined.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// offDir has a file for each plugin that an operator has switched off.
func (h *Host) offDir() string { return filepath.Join(h.options.Dir, "off") }

// copyTime is how long the first Apply waits for programs to be copied, so that the
// commands of those that are known are there from the start.
const copyTime = time.Second

// Apply makes the plugins those of the tables. The first call, at the start of the
// server, waits for no plugin: commands come from what is known of their programs, and
// change when a plugin says something else.
//
// Any other call starts new plugins, and anew those whose table or program changed,
// and waits, until they have started or failed to or ctx ends. Who changed goes over to
// the new process once that serves; if it does not, the old one goes on serving, and the
// error says why. Then what went away is drained and stopped, for which Apply does
// not wait.
//
// The error joins all problems, one for a plugin. If the tables themselves are wrong
// nothing is changed.
func (h *Host) Apply(ctx context.Context, tables []Table) error {
	if err := checkTables(tables); err != nil {
		return err
	}
	h.applying.Lock()
	defer h.applying.Unlock()
	h.mu.Lock()
	first := h.order == nil && !h.published
	old := h.plugins
	closed := h.closed
	h.mu.Unlock()
	if closed {
		return errors.New("the plugins are being stopped")
	}
	c := &change{host: h, ctx: ctx}
	order := make([]*plugin, 0, len(tables))
	plugins := make(map[string]*plugin, len(tables))
	for i := range tables {
		t := tables[i]
		p := old[t.Name]
		if p == nil {
			p = h.newPlugin(t.Name)
			s := newSupervisor(p, &t, h.launcher, !t.Disabled && !p.isOff())
			p.active.Store(s)
			go s.supervise()
			c.added = append(c.added, p)
		} else {
			c.consider(p, &t, false)
		}
		p.rename(t.Commands)
		order = append(order, p)
		plugins[t.Name] = p
	}
	if first {
		c.awaitCopies(order)
	} else {
		c.await()
	}
	h.mu.Lock()
	h.plugins, h.order = plugins, order
	h.mu.Unlock()
	c.swap()
	h.publish()
	c.retire()
	for name, p := range old {
		if plugins[name] == nil {
			h.retire(p.supervisor(), endDisable)
		}
	}
	if first {
		return nil
	}
	return errors.Join(c.problems...)
}

func (h *Host) newPlugin(name string) *plugin {
	log := h.log.With("plugin", name)
	p := &plugin{name: name, host: h, log: log, journal: &journal{log: log}}
	p.kv.open = h.options.KV
	p.kv.plugin = name
	if _, err := os.Stat(filepath.Join(h.offDir(), name)); err == nil {
		p.off = true
	}
	return p
}

// retire has a supervisor end, in its own time.
func (h *Host) retire(s *supervisor, why ending) {
	s.end(why)
	h.retired.Go(func() { <-s.done })
}

// A change is one Apply, or one reload by an operator.
type change struct {
	host     *Host
	ctx      context.Context
	added    []*plugin
	next     []*supervisor // that are to take over
	replaced []*supervisor
	problems []error
}

// consider starts a new supervisor beside that of p if the table or the program
// changed, or if it must.
func (c *change) consider(p *plugin, t *Table, must bool) {
	s := p.supervisor()
	wanted := !t.Disabled && !p.isOff()
	if !must && s.table.sameProcess(t) && (!wanted || c.sameProgram(s, t)) {
		return
	}
	next := newSupervisor(p, t, c.host.launcher, wanted)
	go next.supervise()
	c.next = append(c.next, next)
}

// sameProgram reports whether the files of the table are those that the supervisor
// runs.
func (c *change) sameProgram(s *supervisor, t *Table) bool {
	sum, err := Sum(t)
	return err == nil && sum == s.copied().sum
}

// awaitCopies waits a moment for the programs to be copied.
func (c *change) awaitCopies(all []*plugin) {
	over := time.After(copyTime)
	for _, p := range all {
		select {
		case <-p.supervisor().prepared:
		case <-over:
			return
		case <-c.ctx.Done():
			return
		}
	}
}

// await waits until all that is new has started, or failed to, and decides who
// takes over.
func (c *change) await() {
	for _, p := range c.added {
		c.settled(p.supervisor())
		if _, why := p.supervisor().failure(); why != nil {
			c.problems = append(c.problems, fmt.Errorf("plugin %s: %w", p.name, why))
		}
	}
	var takers []*supervisor
	for _, s := range c.next {
		c.settled(s)
		p := s.plugin
		state, why := s.failure()
		if why == nil && s.wanting() && !state.serves() && state != Stopped {
			why = fmt.Errorf("it is %v still", state)
		}
		if why != nil && p.supervisor().State().serves() {
			why = fmt.Errorf("the one before it goes on serving: %w", why)
			c.host.retire(s, endDisable)
		} else {
			takers = append(takers, s)
		}
		p.setRefused(why)
		if why != nil {
			c.problems = append(c.problems, fmt.Errorf("plugin %s: %w", p.name, why))
		}
	}
	c.next = takers
}

// settled waits until the first try to start has ended.
func (c *change) settled(s *supervisor) {
	select {
	case <-s.settled:
	case <-c.ctx.Done():
	}
}

// swap lets the new supervisors serve.
func (c *change) swap() {
	for _, s := range c.next {
		c.replaced = append(c.replaced, s.plugin.active.Swap(s))
		if state, why := s.failure(); state == Quarantined {
			c.host.trouble(s.plugin.name, why)
		}
	}
}

// retire ends those that were replaced, once nothing leads to them any more.
func (c *change) retire() {
	for _, s := range c.replaced {
		c.host.retire(s, endReload)
	}
}

// Close stops all plugins at once, and returns when their processes are gone. Runs that
// still run have until ctx ends; then it takes some 6 s at most. A second call does
// nothing.
func (h *Host) Close(ctx context.Context) {
	h.mu.Lock()
	again := h.closed
	h.closed = true
	all := slices.Clone(h.order)
	h.mu.Unlock()
	if again {
		return
	}
	for _, p := range all {
		h.retire(p.supervisor(), endShutdown)
	}
	stop := context.AfterFunc(ctx, sync.OnceFunc(func() { close(h.hurry) }))
	h.retired.Wait()
	stop()
	h.feed.close()
	h.gate.close()
	h.removeFolders()
}

// Start has a plugin run that is stopped, or that waits after a crash. Errors: NotFound,
// Conflict if it runs, Forbidden if it is disabled.
func (h *Host) Start(name string) error {
	p, err := h.plugin(name)
	if err != nil {
		return err
	}
	s := p.supervisor()
	switch {
	case s.table.Disabled:
		return chat.Errorf(chat.Forbidden, "%s is disabled in the config; take enabled = false out of its table and reload.", name)
	case p.isOff():
		return chat.Errorf(chat.Forbidden, "%s is disabled; enable it instead: plugin enable %s.", name, name)
	case s.State().serves(), s.State() == Starting:
		return chat.Errorf(chat.Conflict, "%s runs already.", name)
	}
	s.want(true)
	return nil
}

// Stop ends a plugin's process until Start, or a restart of the server. Errors: NotFound,
// Conflict if it does not run.
func (h *Host) Stop(name string) error {
	p, err := h.plugin(name)
	if err != nil {
		return err
	}
	s := p.supervisor()
	if s.State() == Stopped {
		return chat.Errorf(chat.Conflict, "%s does not run.", name)
	}
	s.want(false)
	return nil
}

// Disable stops a plugin for good: it stays off, also when the server restarts, until
// Enable. Errors: NotFound, Conflict if it is disabled.
func (h *Host) Disable(name string) error {
	p, err := h.plugin(name)
	if err != nil {
		return err
	}
	if p.isOff() {
		return chat.Errorf(chat.Conflict, "%s is disabled already.", name)
	}
	if err := os.WriteFile(filepath.Join(h.offDir(), name), nil, 0o600); err != nil {
		return err
	}
	p.setOff(true)
	p.supervisor().want(false)
	return nil
}

// Enable takes back Disable, and has a plugin that is quarantined try again. Errors:
// NotFound, Forbidden if the config disables it, Conflict if it runs.
func (h *Host) Enable(name string) error {
	p, err := h.plugin(name)
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(h.offDir(), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.setOff(false)
	return h.Start(name)
}

// Reload starts a plugin anew, with its table and the program as it is now, as Apply
// does with one that changed, and returns when the new process serves or has failed.
// Errors: NotFound; Forbidden if it is disabled; Unavailable if it failed.
func (h *Host) Reload(ctx context.Context, name string) error {
	h.applying.Lock()
	defer h.applying.Unlock()
	p, err := h.plugin(name)
	if err != nil {
		return err
	}
	if p.isOff() || p.supervisor().table.Disabled {
		return chat.Errorf(chat.Forbidden, "%s is disabled; enable it first: plugin enable %s.", name, name)
	}
	c := &change{host: h, ctx: ctx}
	c.consider(p, p.supervisor().table, true)
	c.await()
	c.swap()
	h.publish()
	c.retire()
	if err := errors.Join(c.problems...); err != nil {
		return &chat.Error{Code: chat.Unavailable, Text: clean(fmt.Sprintf("%s was not reloaded: %s.", name, strings.TrimPrefix(oneLine(err), "plugin "+name+": "))), Err: err}
	}
	return nil
}

// Logs are the last n lines that a plugin wrote to its standard output and error,
// with what happened to it, oldest first; n <= 0: all of the 200 that are kept. The
// error is NotFound.
func (h *Host) Logs(name string, n int) ([]string, error) {
	p, err := h.plugin(name)
	if err != nil {
		return nil, err
	}
	return p.journal.last(n), nil
}

// plugin is the plugin of that name.
func (h *Host) plugin(name string) (*plugin, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.plugins[name]; p != nil {
		return p, nil
	}
	return nil, chat.Errorf(chat.NotFound, "There is no plugin %q; type plugins to see them.", name)
}
