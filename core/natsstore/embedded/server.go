package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options say where the store is and how large it may get.
type Options struct {
	// Dir is the data directory, which is made if there is none. Other files may be
	// in it.
	Dir string
	// MaxStore is the most that all streams may take, in bytes; 0: 16 GiB. It
	// must be above the limits of the streams that have one. Without such a bound the
	// server would take the space that is free at a start for its limit, and
	// refuse to open a store that has grown since.
	MaxStore int64
	// Accept opens a store of which records are missing, and takes what is
	// left for all there is.
	Accept bool
	// Log takes what the server has to say; nil: nothing is logged.
	Log *slog.Logger
}

const (
	maxStore  = 16 << 30
	maxMemory = 16 << 20         // nothing is kept in the server's memory on purpose
	readyTime = 30 * time.Second // a large store that was not closed takes a while to read
	callTime  = 3 * time.Second
)

// A Server is a NATS server in this process. It is safe for concurrent use.
type Server struct {
	o    Options
	log  *slog.Logger
	lock *flock.Flock
	nc   *nats.Conn
	js   jetstream.JetStream

	recovering sync.Mutex // held by Recover

	mu      sync.Mutex // guards what follows
	current *server.Server
	known   *manifest // what the file says
	seen    *manifest // what the store held when it was last looked at
	closed  bool
	damaged error // found by Recover

	stop chan struct{}
	done sync.WaitGroup
}

// Open takes the data directory, starts a server on it and checks that all is
// there that was. It blocks until the server serves. Its error is an *InUseError
// if another process has the directory and a *DamageError if the store must
// not be served.
func Open(ctx context.Context, o Options) (_ *Server, err error) {
	if o.MaxStore <= 0 {
		o.MaxStore = maxStore
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	s := &Server{o: o, log: o.Log, seen: &manifest{}, stop: make(chan struct{})}
	if s.lock, err = lock(o.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.shutdown()
		}
	}()
	if s.known, err = begin(o.Dir, o.Accept); err != nil {
		return nil, err
	}
	if s.current, err = start(o); err != nil {
		return nil, err
	}
	if err = s.connect(); err != nil {
		return nil, err
	}
	if err = s.check(ctx); err != nil {
		return nil, err
	}
	s.done.Go(s.watch)
	return s, nil
}

// start starts a server on o.Dir and waits until it answers.
func start(o Options) (*server.Server, error) {
	ns, err := server.NewServer(&server.Options{
		ServerName:             "chatroom",
		JetStream:              true,
		StoreDir:               o.Dir, // the server adds "jetstream"
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      o.MaxStore,
		SyncAlways:             true,
		DontListen:             true,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the embedded server: %w", err)
	}
	ns.SetLoggerV2(logger{o.Log}, false, false, false)
	ns.Start()
	if !ns.ReadyForConnections(readyTime) || !ns.JetStreamEnabled() {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, errors.New("the embedded server did not start; its log says why")
	}
	return ns, nil
}

// connect makes the connection. It comes back by itself when the server is
// replaced; meanwhile nothing is buffered, so that what was given up is not
// written later.
func (s *Server) connect() (err error) {
	s.nc, err = nats.Connect("",
		nats.InProcessServer(s),
		nats.Name("chatroom"),
		nats.Timeout(callTime),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(20*time.Millisecond),
		nats.ReconnectJitter(0, 0),
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.log.Warn("connection to the embedded server", "err", err)
		}),
	)
	if err != nil {
		return fmt.Errorf("connect to the embedded server: %w", err)
	}
	s.js, err = jetstream.New(s.nc)
	return err
}

// Conn is the connection to the server, the same for the life of s, which owns
// it. It is closed by [Server.Close].
func (s *Server) Conn() *nats.Conn { return s.nc }

// InProcessConn implements nats.InProcessConnProvider: it connects to the present
// server.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	ns := s.current
	s.mu.Unlock()
	if ns == nil {
		return nil, errors.New("the embedded server is down")
	}
	return ns.InProcessConn()
}

// Close stops the server once it has answered what it was asked, and frees the
// directory. It blocks for some seconds at most. A second call does nothing.
func (s *Server) Close() error {
	s.recovering.Lock()
	defer s.recovering.Unlock()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.stop)
	s.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	err := s.nc.FlushWithContext(ctx)
	for range 2 { // nothing is written any more, and what was seen twice counts
		if err == nil {
			err = s.note()
		}
	}
	s.stopServer()
	if err == nil {
		err = s.seal()
	}
	_ = s.lock.Close()
	if err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// seal notes how the files are left.
func (s *Server) seal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := sums(s.o.Dir)
	if err != nil {
		return err
	}
	return s.write(&manifest{Streams: s.known.Streams, Sums: all})
}

// shutdown frees what Open has taken, as far as it got.
func (s *Server) shutdown() {
	s.stopServer()
	_ = s.lock.Close()
}

func (s *Server) stopServer() {
	if s.nc != nil {
		s.nc.Close()
	}
	if ns := s.take(); ns != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
	}
}

// take is the present server, if any; there is none from then on.
func (s *Server) take() *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	ns := s.current
	s.current = nil
	return ns
}
