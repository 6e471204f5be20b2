package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

// The keep-alive probes of TCP: a peer that vanished is given up after 150 s.
const (
	keepAliveIdle     = 90 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 4
)

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
}

// A Server accepts connections and runs their sessions. It is safe for
// concurrent use.
type Server struct {
	env    *session.Env
	log    *slog.Logger
	io     string
	gate   *gate
	loops  []*loop
	ids    atomic.Uint64
	turn   atomic.Uint64
	panics atomic.Uint64
	failed chan error // one slot: what broke a loop

	mu        sync.Mutex
	listeners []*net.TCPListener
	accepts   sync.WaitGroup // of streams
	closing   bool
	idle      chan struct{} // closed when closing and no session is left
}

// New returns a server whose loops run and that listens nowhere yet. It must be
// shut down in the end.
func New(env *session.Env, limits Limits, o Options) (*Server, error) {
	s := &Server{env: env, log: o.Log, gate: newGate(limits), failed: make(chan error, 1), idle: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	name, newDriver, err := chooseDriver(o.IO)
	if err != nil {
		return nil, err
	}
	s.io = name
	n := o.Loops
	if n == 0 && name != "stream" {
		n = runtime.GOMAXPROCS(0)
	}
	for range max(1, n) {
		l, err := newLoop(s, newDriver)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start an event loop: %w", err), s.Shutdown(context.Background()))
		}
		s.loops = append(s.loops, l)
		go l.run()
	}
	return s, nil
}

// IO is the way of I/O in use: uring, epoll or stream.
func (s *Server) IO() string { return s.io }

// Loops is how many event loops run.
func (s *Server) Loops() int { return len(s.loops) }

// SetLimits replaces the limits for connections to come.
func (s *Server) SetLimits(l Limits) { s.gate.setLimits(l) }

// Sessions is how many connections are open.
func (s *Server) Sessions() int { return s.gate.count() }

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
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil, ErrClosed
	}
	nl, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	tl := nl.(*net.TCPListener)
	switch d := s.loops[0].driver.(type) {
	case *streams:
		s.accepts.Go(func() { s.accept(tl, telnet) })
	case listener:
		errc := make(chan error, 1)
		s.loops[0].box.Call(func() { errc <- d.listen(tl, telnet) })
		err = <-errc
	}
	if err != nil {
		_ = tl.Close()
		return nil, err
	}
	s.listeners = append(s.listeners, tl)
	return tl.Addr(), nil
}

// A listener is a driver that accepts by itself.
type listener interface {
	listen(*net.TCPListener, bool) error
	unlisten()
}

// accept is the goroutine that accepts for streams.
func (s *Server) accept(l *net.TCPListener, telnet bool) {
	backoff := time.Duration(0)
	for {
		nc, err := l.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			backoff = min(max(2*backoff, acceptBackoffMin), acceptBackoffMax)
			s.log.Error("accept", "err", err, "retry_in", backoff)
			time.Sleep(backoff)
			continue
		}
		backoff = 0
		id, refusal := s.admit(addrPort(nc.RemoteAddr()))
		if refusal != "" {
			_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = nc.Write([]byte(refusal))
			_ = nc.Close()
			continue
		}
		_ = nc.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount})
		s.nextLoop().driver.(*streams).add(nc, id, telnet)
	}
}

// admit asks the gate, and returns the number of the connection or the line
// that its peer is sent instead.
func (s *Server) admit(peer netip.AddrPort) (id uint64, refusal string) {
	if why := s.gate.enter(peer.Addr(), time.Now()); why != "" {
		s.log.Info("connection refused", "addr", peer.String(), "reason", why)
		return 0, "-- " + why + "\r\n"
	}
	id = s.ids.Add(1)
	s.log.Info("connection from "+peer.String(), "conn", id)
	return id, ""
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
// and waits until all they are owed is sent or ctx is done; then it cuts those that are left.
// It returns ctx's error if it had to. Calling it again ends the wait of the
// first call's sessions when the second ctx is done.
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
		for _, l := range s.loops {
			l.box.Call(func() {
				if d, ok := l.driver.(listener); ok {
					d.unlisten()
				}
				l.shutdown()
			})
		}
	}
	s.accepts.Wait()
	s.mu.Lock()
	s.checkIdleLocked()
	s.mu.Unlock()
	var err error
	select {
	case <-s.idle:
	case <-ctx.Done():
		err = ctx.Err()
	}
	for _, l := range s.loops {
		l.box.Call(l.abort)
	}
	for _, l := range s.loops {
		<-l.done
	}
	return err
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}

// Stats is what the server has done since it began.
type Stats struct {
	Sessions int
	Accepted uint64
	Panics   uint64 // sessions that were lost to a defect
	Loops    []chat.FanoutStats
}

// Stats asks every loop; it blocks for as long as they take to answer.
func (s *Server) Stats() Stats {
	st := Stats{Sessions: s.Sessions(), Accepted: s.ids.Load(), Panics: s.panics.Load()}
	for _, l := range s.loops {
		c := make(chan chat.FanoutStats, 1)
		l.box.Call(func() { c <- l.fan.Stats() })
		select {
		case fs := <-c:
			st.Loops = append(st.Loops, fs)
		case <-l.done:
		}
	}
	return st
}
