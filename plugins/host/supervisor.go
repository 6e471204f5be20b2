package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A supervisor keeps one plugin going, as one table says and with one copy of its
// program. Its goroutine alone starts and ends processes. All its methods are safe
// for concurrent use.
type supervisor struct {
	plugin   *plugin
	table    *Table
	launcher *launcher
	ctx      context.Context // ends when the plugin is to go, for a reason that is an ending
	end      context.CancelCauseFunc
	poke     chan struct{} // something is wanted; holds one
	prepared chan struct{} // closed when the program is copied and the cached manifest is read, or that failed
	settled  chan struct{} // closed when the first try to start has ended, or there is to be none
	settle   func()
	done     chan struct{} // closed when the goroutine has ended

	mu       sync.Mutex
	state    State
	since    time.Time
	reason   error     // of Degraded, Backoff and Quarantined
	next     time.Time // in Backoff: of the next start
	try      int       // starts since all was well
	wanted   bool      // that it runs
	forgiven bool      // it is wanted now, whatever happened before
	current  *instance // in Ready and Degraded
	binary   binary
	manifest *manifest     // the newest that is known
	turn     chan struct{} // closed at the next change of state
	running  int
	good     int         // checks in a row
	late     []time.Time // runs that took too long, within the last minute
}

// An ending is why a supervisor ends.
type ending string

func (e ending) Error() string { return string(e) }

// The endings; plugins are told.
const (
	endReload   ending = "reload"
	endDisable  ending = "disable"
	endShutdown ending = "shutdown"
)

// newSupervisor returns a supervisor; its goroutine is supervise. Wanted says whether
// it is to start a process at once.
func newSupervisor(p *plugin, t *Table, l *launcher, wanted bool) *supervisor {
	s := &supervisor{
		plugin: p, table: t, launcher: l, wanted: wanted, since: time.Now(), poke: make(chan struct{}, 1), turn: make(chan struct{}),
		prepared: make(chan struct{}), settled: make(chan struct{}), done: make(chan struct{}),
	}
	if wanted && !t.Lazy {
		s.state = Starting
	}
	s.settle = sync.OnceFunc(func() { close(s.settled) })
	s.ctx, s.end = context.WithCancelCause(context.Background())
	return s
}

// failure is the state and, if that is one of failure, the reason.
func (s *supervisor) failure() (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == Backoff || s.state == Quarantined {
		return s.state, s.reason
	}
	return s.state, nil
}

// wanting reports whether a process is wanted.
func (s *supervisor) wanting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted
}

// active reports whether it is this supervisor that serves.
func (s *supervisor) active() bool { return s.plugin.supervisor() == s }

// enter puts the supervisor into a state and wakes who waits for that.
func (s *supervisor) enter(state State, reason error) {
	s.mu.Lock()
	was := s.state
	if was != state || reason != nil || s.since.IsZero() {
		s.since = time.Now()
	}
	s.state, s.reason = state, reason
	if state == Ready {
		s.late, s.good = nil, 0
	}
	close(s.turn)
	s.turn = make(chan struct{})
	s.mu.Unlock()
	level, attrs := slog.LevelInfo, []slog.Attr{slog.String("state", state.String())}
	if reason != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("reason", reason))
		s.plugin.journal.note("%v: %v", state, reason)
	} else {
		s.plugin.journal.note("%v", state)
	}
	s.plugin.log.LogAttrs(context.Background(), level, "plugin is "+state.String(), attrs...)
	if s.active() && was.off() != state.off() {
		s.plugin.host.publish() // help marks what is off
	}
	if s.active() && state == Quarantined {
		s.plugin.host.trouble(s.plugin.name, reason)
	}
}

// want says whether a process is wanted, and wakes the goroutine.
func (s *supervisor) want(on bool) {
	s.mu.Lock()
	s.wanted, s.forgiven = on, on
	s.mu.Unlock()
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// wishes are what is wanted. Forgiven is told once.
func (s *supervisor) wishes() (wanted, forgiven bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted, forgiven = s.wanted, s.forgiven
	s.forgiven = false
	return wanted, forgiven
}

// supervise is the goroutine.
func (s *supervisor) supervise() {
	defer close(s.done)
	defer s.settle()
	s.prepare() // a plugin that is off is described by its help too
	close(s.prepared)
	if s.table.Lazy && s.known() != nil {
		s.mu.Lock()
		s.wanted = s.forgiven // until somebody calls, or has
		s.mu.Unlock()
	}
	var b backoff
	for s.ctx.Err() == nil {
		if wanted, _ := s.wishes(); !wanted {
			if s.State() != Stopped {
				s.enter(Stopped, nil)
			}
			s.settle()
			s.sleep(-1)
			b = backoff{}
			continue
		}
		pause, err := s.run(&b)
		if err != nil && s.ctx.Err() == nil {
			s.settle()
			if s.sleep(pause) {
				b = backoff{}
			}
		}
	}
	if s.State() != Stopped {
		s.enter(Stopped, nil)
	}
}

// prepare copies the program and reads the manifest that is known of it. Without a
// copy there is nothing to start.
func (s *supervisor) prepare() error {
	b, err := s.launcher.take(s.table)
	if err != nil {
		return err
	}
	m := s.launcher.recall(s.table, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.binary, s.manifest = b, m
	return nil
}

// run starts a process and stays with it to its end. The error is why it failed;
// then the state says what is to come, after the pause.
func (s *supervisor) run(b *backoff) (pause time.Duration, err error) {
	if s.State() != Starting {
		s.enter(Starting, nil)
	}
	s.mu.Lock()
	s.try++
	s.mu.Unlock()
	began := time.Now()
	i, err := s.start()
	if err == nil {
		began = time.Now()
		s.live(i)
		s.settle()
		if err = s.attend(i); err == nil {
			return 0, nil // it was wished
		}
	}
	if s.ctx.Err() == nil {
		pause = s.failed(b, err, time.Since(began))
	}
	if i != nil {
		i.kill()
	}
	return pause, err
}

// start starts an instance.
func (s *supervisor) start() (*instance, error) {
	if s.copied().path == "" {
		if err := s.prepare(); err != nil {
			return nil, err
		}
	}
	return s.launcher.launch(s.ctx, s.plugin, s.table, s.copied())
}

// copied is what runs; the zero value before it was copied.
func (s *supervisor) copied() binary {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.binary
}

// failed enters the state that follows a failure after so long a life, and returns
// how long that is to last; negative: until an operator ends it.
func (s *supervisor) failed(b *backoff, err error, life time.Duration) time.Duration {
	set := s.plugin.host.settings()
	now := time.Now()
	pause, again := b.crashed(set, now, life, rand.Float64())
	s.mu.Lock()
	s.current = nil
	s.next = now.Add(pause)
	s.mu.Unlock()
	switch {
	case isHopeless(err):
		s.enter(Quarantined, err)
	case !again:
		s.enter(Quarantined, fmt.Errorf("it failed %d times in %v, at last because %w", set.Crashes, set.CrashWindow, err))
	default:
		s.plugin.restarted()
		s.enter(Backoff, err)
		return pause
	}
	return -1
}

// sleep waits so long, or for ever if that is negative, but not when the end has
// come or something is wanted. It reports whether a start is.
func (s *supervisor) sleep(d time.Duration) (start bool) {
	var over <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	for {
		select {
		case <-over:
			return false
		case <-s.ctx.Done():
			return false
		case <-s.poke:
			if wanted, forgiven := s.wishes(); forgiven {
				s.mu.Lock()
				s.try = 0
				s.mu.Unlock()
				return true
			} else if !wanted {
				return false
			}
		}
	}
}

// live takes an instance into service.
func (s *supervisor) live(i *instance) {
	s.mu.Lock()
	known := s.manifest
	s.manifest = i.manifest
	s.mu.Unlock()
	if !known.same(i.manifest) {
		if err := s.launcher.remember(s.table, i); err != nil {
			s.plugin.log.Warn("plugin's manifest can't be kept", "err", err)
		}
		if s.active() {
			s.plugin.host.publish()
		}
	}
	i.events = openStream(s.plugin, i)
	s.mu.Lock()
	s.current = i
	s.mu.Unlock()
	s.enter(Ready, nil)
}

// attend watches an instance until it ends. The error is why it did, nil if it was
// wished.
func (s *supervisor) attend(i *instance) error {
	set := s.plugin.host.settings()
	check := time.NewTicker(set.Health)
	defer check.Stop()
	missed := 0
	for {
		select {
		case <-i.process.life.Done():
			return fmt.Errorf("it ended (%s)%s", i.process.status(), i.process.lastWords())
		case <-check.C:
			set := s.plugin.host.settings()
			err := i.healthy(set.HealthAnswer)
			if i.process.life.Err() != nil {
				continue
			}
			if err == nil {
				missed = 0
				s.well(set)
				continue
			}
			if missed++; missed >= set.Missed {
				return fmt.Errorf("it does not answer: %w", err)
			}
			s.ail(fmt.Errorf("it misses checks: %w", err))
		case <-s.poke:
			if wanted, _ := s.wishes(); !wanted {
				s.drain(i, endDisable)
				return nil
			}
		case <-s.ctx.Done():
			why := endShutdown
			if e, ok := errors.AsType[ending](context.Cause(s.ctx)); ok {
				why = e
			}
			s.drain(i, why)
			return nil
		}
	}
}

// well notes a good check.
func (s *supervisor) well(set *Settings) {
	s.mu.Lock()
	s.good++
	if s.good >= set.Good && time.Since(s.since) >= set.Well {
		s.try = 0
	}
	better := s.state == Degraded && s.good >= set.Good
	s.mu.Unlock()
	if better {
		s.enter(Ready, nil)
	}
}

// ail notes that something is not as it should be, though the process answers.
func (s *supervisor) ail(reason error) {
	s.mu.Lock()
	s.good = 0
	worse := s.state == Ready
	s.mu.Unlock()
	if worse {
		s.enter(Degraded, reason)
	}
}

// lateRuns are so many in a minute that something is wrong.
const lateRuns = 5

// tooLate notes a run that took too long.
func (s *supervisor) tooLate() {
	now := time.Now()
	s.mu.Lock()
	recent := s.late[:0]
	for _, at := range s.late {
		if now.Sub(at) < time.Minute {
			recent = append(recent, at)
		}
	}
	s.late = append(recent, now)
	n := len(s.late)
	s.mu.Unlock()
	if n >= lateRuns {
		s.ail(fmt.Errorf("%d runs took too long within a minute", n))
	}
}

// drain takes an instance out of service, lets its runs finish, then ends it.
func (s *supervisor) drain(i *instance, why ending) {
	s.mu.Lock()
	s.current = nil
	s.mu.Unlock()
	s.enter(Draining, nil)
	set := s.plugin.host.settings()
	over := time.NewTimer(set.Drain)
	defer over.Stop()
wait:
	for {
		s.mu.Lock()
		running, turn := s.running, s.turn
		s.mu.Unlock()
		if running == 0 {
			break
		}
		select {
		case <-turn:
		case <-i.process.life.Done():
			break wait
		case <-s.plugin.host.hurry:
			break wait
		case <-over.C:
			break wait
		}
	}
	i.services.drained(why)
	i.stop(string(why), set.Stop)
}

// State is the present one.
func (s *supervisor) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// instance is who serves, or nil.
func (s *supervisor) instance() *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// known is the newest manifest, or nil.
func (s *supervisor) known() *manifest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.manifest
}

// take takes a place for a run of the command that was typed as name. If there is
// none the error says why; turn is closed when it may be otherwise, and nil if that
// is not worth waiting for.
func (s *supervisor) take(name string) (i *instance, turn <-chan struct{}, err error) {
	most := s.table.Limits.or().Running
	s.mu.Lock()
	switch i = s.current; {
	case i != nil && i.process.life.Err() != nil: // which is known in a moment
		defer s.mu.Unlock()
		return nil, s.turn, unavailable("%s stopped unexpectedly; try again in a moment.", s.plugin.name)
	case i != nil && s.running < most:
		s.running++
		s.mu.Unlock()
		return i, nil, nil
	case i != nil:
		s.mu.Unlock()
		s.ail(fmt.Errorf("%d runs at once are as many as it may have", most))
		return nil, nil, chat.Errorf(chat.Limited, "%s is busy (%d running); try again in a moment.", s.plugin.name, most)
	}
	defer s.mu.Unlock()
	switch {
	case s.state == Starting:
		turn = s.turn
	case s.state == Stopped && s.table.Lazy && !s.table.Disabled && !s.plugin.isOff() && s.ctx.Err() == nil:
		s.wanted, s.forgiven = true, true
		select {
		case s.poke <- struct{}{}:
		default:
		}
		return nil, s.turn, unavailable("%s is starting; try again in a moment.", name)
	}
	return nil, turn, s.unavailableLocked(name)
}

// unavailableLocked is what a caller reads in the present state.
func (s *supervisor) unavailableLocked(name string) error {
	plugin := s.plugin.name
	switch s.state {
	case Starting:
		return unavailable("%s is starting; try again in a moment.", name)
	case Backoff:
		next := max(time.Second, time.Until(s.next).Round(time.Second))
		return unavailable("%s stopped unexpectedly; it is started again (try %d), next in %v.", plugin, s.try+1, next)
	case Quarantined:
		return unavailable("%s is switched off after repeated crashes or because something is wrong with it; an operator has been told.", plugin)
	case Draining:
		return unavailable("%s is being switched off.", plugin)
	}
	return unavailable("%s is switched off.", plugin)
}

// release gives the place of a run back.
func (s *supervisor) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.state == Draining && s.running == 0 {
		close(s.turn)
		s.turn = make(chan struct{})
	}
}
