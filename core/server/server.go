package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

// The keep-alive probes of TCP: a peer that vanished is given up after 150 s. While
// it is owed something the kernel does not probe but send that again, for a quarter
// of an hour if it is not told how long. What it is told counts for probes too, and
// it looks at that with each: so it is over between two of them.
const (
	keepAliveIdle     = 90 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 4
	unacknowledged    = keepAliveIdle + keepAliveCount*keepAliveInterval - keepAliveInterval/2
)

// sendBuffer is what the kernel keeps for a connection that does not read, in
// bytes, so that the bound of the outbox means what it says.
const sendBuffer = 64 << 10

// How long the server stops accepting when the process or the system is out of
// descriptors.
const (
	acceptBackoffMin = 10 * time.Millisecond
	acceptBackoffMax = time.Second
)

// ErrClosed is what Listen returns after Shutdown has begun.
var ErrClosed = errors.New("server closed")

// Options are the settings of a server that need a restart to change. The zero
// value works.
type Options struct {
	IO    string // auto, uring, epoll or stream; "" is auto
	Loops int    // event loops; 0: one a CPU, or one in all for streams
	Log   *slog.Logger

	// Accept is asked about each new connection before anything is kept for it. Its
	// error turns the peer away, who is shown the text of a *chat.Error. It is
	// called by whoever accepts and must not block. Nil: nobody is turned away.
	Accept func(from netip.Addr, now time.Time) error
}

// A Server accepts connections and runs their sessions. It is safe for
// concurrent use.
type Server struct {
	env    *session.Env
	log    *slog.Logger
	accept func(netip.Addr, time.Time) error // nil: nobody is turned away
	io     string
	gate   *gate
	loops  []*loop
	ids    atomic.Uint64
	turn   atomic.Uint64
	failed chan error // one slot: what broke a loop

	mu        sync.Mutex
	listeners []*net.TCPListener
	closing   bool
	idle      chan struct{} // closed when closing and no session is left
}

// New returns a server whose loops run and that listens nowhere yet. It must be
// shut down in the end.
func New(env *session.Env, limits Limits, o Options) (*Server, error) {
	s := &Server{env: env, log: o.Log, accept: o.Accept, gate: newGate(limits), failed: make(chan error, 1), idle: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	ways, err := choices(o.IO)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, way := range ways {
		n := o.Loops
		if n == 0 && way.name != "stream" {
			n = runtime.GOMAXPROCS(0)
		}
		err := s.startLoops(max(1, n), way.newDriver)
		if err == nil {
			s.io = way.name
			return s, nil
		}
		failures = append(failures, fmt.Errorf("start event loops on %s: %w", way.name, err))
	}
	return nil, errors.Join(failures...)
}

// startLoops starts n loops, or none. Each looks at the others, so that all are
// there before any runs.
func (s *Server) startLoops(n int, newDriver func(*loop) (driver, error)) error {
	loops := make([]*loop, 0, n)
	for range n {
		l, err := newLoop(s, newDriver)
		if err != nil {
			for _, l := range loops {
				l.driver.close()
			}
			return err
		}
		loops = append(loops, l)
	}
	s.loops = loops
	for _, l := range loops {
		go l.run()
	}
	var err error
	for _, l := range loops {
		err = errors.Join(err, <-l.started)
	}
	if err != nil {
		s.stopLoops()
	}
	return err
}

// stopLoops ends the loops and the sessions that are left on them.
func (s *Server) stopLoops() {
	for _, l := range s.loops {
		l.box.Call(l.abort)
	}
	for _, l := range s.loops {
		<-l.done
	}
}

// congested reports whether any loop has so much to deliver that nobody should
// read more.
func (s *Server) congested() bool {
	for _, l := range s.loops {
		if l.box.Congested() {
			return true
		}
	}
	return false
}

// IO is the way of I/O in use: uring, epoll or stream.
func (s *Server) IO() string { return s.io }

// Loops is how many event loops run.
func (s *Server) Loops() int { return len(s.loops) }

// SetLimits replaces the limits for connections to come.
func (s *Server) SetLimits(l Limits) { s.gate.setLimits(l) }

// Sessions is how many connections are open.
func (s *Server) Sessions() int { return s.gate.count() }

// Accepted is how many connections there were in all.
func (s *Server) Accepted() uint64 { return s.ids.Load() }

// Failed yields the error that broke an event loop; the server should then be shut
// down.
func (s *Server) Failed() <-chan error { return s.failed }

func (s *Server) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// Listen accepts connections on a TCP address, whose port may be 0, and returns
// the address in use. Telnet false means that not one telnet byte is sent there.
func (s *Server) Listen(addr string, telnet bool) (net.Addr, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return l.Addr(), s.Serve(l.(*net.TCPListener), telnet)
}

// Serve accepts connections on a listener, which it closes sooner or later; also
// those that came before the call. Telnet is as for Listen. The error is
// ErrClosed, or of a transport that can't take the listener.
func (s *Server) Serve(l *net.TCPListener, telnet bool) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if err != nil {
			_ = l.Close()
		}
	}()
	if s.closing {
		return ErrClosed
	}
	errc := make(chan error, 1)
	s.loops[0].box.Call(func() { errc <- s.loops[0].driver.listen(l, telnet) })
	select {
	case err = <-errc:
	case <-s.loops[0].done:
		err = ErrClosed
	}
	if err == nil {
		s.listeners = append(s.listeners, l)
	}
	return err
}

// Refresh has every session look at the settings again.
func (s *Server) Refresh() {
	for _, l := range s.loops {
		l.box.Call(l.refresh)
	}
}

// admit asks Options.Accept and the gate, and returns the number of the
// connection or the line that its peer is sent instead.
func (s *Server) admit(peer netip.AddrPort) (id uint64, refusal string) {
	now := time.Now()
	why := s.turnedAway(peer.Addr(), now)
	crowded := false
	if why == "" {
		why, crowded = s.gate.enter(peer.Addr(), now)
	}
	if why != "" {
		s.log.Info("connection refused", "addr", peer.String(), "reason", why)
		return 0, "-- " + why + "\r\n"
	}
	if crowded {
		l := s.loops[rand.IntN(len(s.loops))]
		l.box.Call(l.displace)
	}
	id = s.ids.Add(1)
	s.log.Info("connection from "+peer.String(), "conn", id)
	return id, ""
}

// turnedAway is why nobody from that address comes in, "" if they may.
func (s *Server) turnedAway(from netip.Addr, now time.Time) string {
	if s.accept == nil {
		return ""
	}
	err := s.accept(from, now)
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*chat.Error](err); ok {
		return e.Text
	}
	return "The server can't take you in at the moment; try again later."
}

func (s *Server) nextLoop() *loop { return s.loops[s.turn.Add(1)%uint64(len(s.loops))] }

// ended notes that a session is gone.
func (s *Server) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkIdleLocked()
}

func (s *Server) checkIdleLocked() {
	if s.closing && s.gate.count() == 0 {
		select {
		case <-s.idle:
		default:
			close(s.idle)
		}
	}
}

// Shutdown stops accepting, tells every session that the server is going down,
// and waits until all they are owed is sent or ctx is done; then it cuts those
// that are left. It returns ctx's error if it had to. It may be called again,
// with a shorter wait.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	for _, l := range s.listeners {
		_ = l.Close()
	}
	s.listeners = nil
	s.mu.Unlock()
	if first {
		s.unlisten() // nothing is handed to a loop after this
		for _, l := range s.loops {
			l.box.Call(l.shutdown)
		}
		s.ended() // there may be no session at all
	}
	var err error
	select {
	case <-s.idle:
	case <-ctx.Done():
		select {
		case <-s.idle:
		default:
			err = ctx.Err()
		}
	}
	s.stopLoops()
	return err
}

// unlisten ends all accepting.
func (s *Server) unlisten() {
	l := s.loops[0]
	waits := make(chan func(), 1)
	l.box.Call(func() { waits <- l.driver.unlisten() })
	select {
	case wait := <-waits:
		wait()
	case <-l.done:
	}
}

// Stats is what the server has done since it began.
type Stats struct {
	Sessions int    // open now
	Accepted uint64 // connections in all
	Cut      uint64 // sessions ended for their own fault, slow readers most of all
	Panics   uint64 // sessions lost to a defect
	Loops    []LoopStats
}

// LoopStats is what one event loop has done since it began.
type LoopStats struct {
	Fanout  chat.FanoutStats
	Flushes uint64 // batches that sent something
	Sends   uint64 // sends, each to one session
	Bytes   uint64 // that sends carried
}

// Stats asks every loop; it blocks for as long as they take to answer.
func (s *Server) Stats() Stats {
	st := Stats{Sessions: s.Sessions(), Accepted: s.ids.Load(), Cut: s.env.Cut.Load(), Panics: s.env.Panics.Load()}
	for _, l := range s.loops {
		c := make(chan LoopStats, 1)
		l.box.Call(func() {
			l.stats.Fanout = l.fan.Stats()
			c <- l.stats
		})
		select {
		case ls := <-c:
			st.Loops = append(st.Loops, ls)
		case <-l.done:
		}
	}
	return st
}

// Total is the sum over all loops.
func (s *Stats) Total() (sum LoopStats) {
	for _, l := range s.Loops {
		sum.Fanout.Events += l.Fanout.Events
		sum.Fanout.Encodes += l.Fanout.Encodes
		sum.Fanout.Deliveries += l.Fanout.Deliveries
		sum.Fanout.Batches += l.Fanout.Batches
		sum.Flushes += l.Flushes
		sum.Sends += l.Sends
		sum.Bytes += l.Bytes
	}
	return sum
}
