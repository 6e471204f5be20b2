package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// The admin socket is how someone on the machine gives orders to the running
// server: a Unix socket in the data directory that only the server's own user,
// or root, may use. One connection carries one request and one reply, each one
// line of JSON; the reply to an export is followed by its lines.

// adminTimeout bounds a request, from either end; of an export each piece. One that
// has to wait for others, see order.timeout, has longestWait at most.
const (
	adminTimeout = 10 * time.Second
	longestWait  = 10 * time.Minute
)

// adminConns is how many requests are answered at once.
const adminConns = 8

type adminRequest struct {
	order
	Password string `json:"password,omitempty"` // an order does not show its own
}

type adminReply struct {
	Lines []string `json:"lines,omitempty"`
	Error string   `json:"error,omitempty"`
}

// maxRequest is the size of the longest request, in bytes: a password may be six
// times as long in JSON.
const maxRequest = 4096 + 6*account.MaxPassword

func adminPath(dir string) string { return filepath.Join(dir, "admin.sock") }

// checkAdminSocket returns errRunning if a server holds the socket in the
// directory, and errStore if that can't be told. It changes nothing.
func checkAdminSocket(dir string) error {
	conn, err := dialAdmin(dir)
	switch {
	case noServer(err):
		return nil
	case err != nil:
		return storeError("look for another server", err)
	}
	defer conn.Close()
	reply, _, err := ask(conn, order{Op: "pid"})
	if err != nil {
		return fmt.Errorf("%w on the data directory %s, but %w", errRunning, dir, err)
	}
	return fmt.Errorf("%w on the data directory %s: %s", errRunning, dir, reply.Lines)
}

// noServer reports whether an error of dialAdmin says that nobody is there.
func noServer(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED)
}

// An adminSocket answers requests until it is closed.
type adminSocket struct {
	app      *App
	listener *net.UnixListener
	slots    chan struct{}   // holds a token for each request that is being answered
	ctx      context.Context // until close
	stop     context.CancelFunc
	serving  sync.WaitGroup

	mu     sync.Mutex
	conns  map[*net.UnixConn]struct{} // those that are being answered
	closed bool
}

// listenAdmin opens the socket in dir, which is made if it is not there. A
// socket that a killed server left there is removed, one of a live server is
// errRunning.
func listenAdmin(dir string, app *App) (*adminSocket, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, storeError("make the data directory", err)
	}
	addr := &net.UnixAddr{Name: adminPath(dir), Net: "unix"}
	l, err := net.ListenUnix("unix", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err := removeStale(dir); err != nil {
			return nil, err
		}
		l, err = net.ListenUnix("unix", addr)
	}
	if err != nil {
		return nil, storeError("open the admin socket", err)
	}
	if err := os.Chmod(addr.Name, 0o600); err != nil {
		return nil, storeError("protect the admin socket", errors.Join(err, l.Close()))
	}
	s := &adminSocket{app: app, listener: l, slots: make(chan struct{}, adminConns), conns: map[*net.UnixConn]struct{}{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.serving.Go(s.serve)
	return s, nil
}

// removeStale removes a socket that nobody answers. What is no socket is not
// ours to remove. Two servers that start at once don't both come here: the
// store has one owner.
func removeStale(dir string) error {
	if err := checkAdminSocket(dir); err != nil {
		return err
	}
	path := adminPath(dir)
	info, err := os.Lstat(path)
	if err == nil && info.Mode().Type() != os.ModeSocket {
		err = fmt.Errorf("%s is in the way and is no socket", path)
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return storeError("remove a stale admin socket", err)
	}
	return nil
}

// close ends all connections, and what takes long; it does not wait for a client.
func (s *adminSocket) close() {
	s.stop()
	_ = s.listener.Close() // removes the socket; nothing can be done about an error
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// serve answers each connection on a goroutine of its own, some at once.
func (s *adminSocket) serve() {
	for {
		s.slots <- struct{}{}
		conn, err := s.listener.AcceptUnix()
		if err != nil {
			return
		}
		s.serving.Go(func() {
			defer func() { <-s.slots }()
			defer conn.Close() // the reply is sent, or its lack tells enough
			if s.enter(conn) {
				s.answer(conn)
			}
			s.leave(conn)
		})
	}
}

// enter notes a connection for close to end, and reports false if it is too late
// for another.
func (s *adminSocket) enter(conn *net.UnixConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = struct{}{}
	return !s.closed
}

func (s *adminSocket) leave(conn *net.UnixConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

// answer serves one connection.
func (s *adminSocket) answer(conn *net.UnixConn) {
	_ = conn.SetDeadline(time.Now().Add(adminTimeout))
	by, err := peerOf(conn)
	if err != nil {
		s.app.log.Warn("admin request refused", "err", err)
		return
	}
	var req adminRequest
	if err := json.NewDecoder(io.LimitReader(conn, maxRequest)).Decode(&req); err != nil {
		return
	}
	limit := req.timeout()
	_ = conn.SetDeadline(time.Now().Add(limit))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if limit > adminTimeout { // nor does the end of the server wait for it
		defer context.AfterFunc(s.ctx, cancel)()
	}
	req.order.Password = account.Password(req.Password)
	if req.Op == "export" {
		s.export(conn, req.order, by)
		return
	}
	var reply adminReply
	reply.Lines, err = s.do(ctx, req.order, by)
	s.app.log.Info("admin request", "op", req.Op, "name", req.Name, "by", by.Name, "result", result(err))
	if err != nil {
		reply.Error = s.app.env.Commands.Explain(err)
	}
	_ = json.NewEncoder(conn).Encode(reply) // the peer sees that the answer is missing
}

// result is an outcome in one word, for the log.
func result(err error) string {
	if err == nil {
		return "ok"
	}
	return string(chat.ErrorCode(err))
}

func (s *adminSocket) do(ctx context.Context, req order, by account.Actor) ([]string, error) {
	if req.Op == "pid" {
		return []string{fmt.Sprintf("pid %d", os.Getpid())}, nil
	}
	if lines, ok, err := s.app.pluginOrder(ctx, req, by); ok {
		return lines, err
	}
	return s.app.orders().do(ctx, req, by)
}

// export sends the store. There is no bound of time on the whole; who does not
// read is given up.
func (s *adminSocket) export(conn *net.UnixConn, req order, by account.Actor) {
	s.app.log.Info("admin request", "op", req.Op, "secrets", req.Secrets, "by", by.Name)
	if err := json.NewEncoder(conn).Encode(adminReply{}); err != nil {
		return
	}
	if err := s.app.export(context.Background(), slowly{conn}, req.Secrets); err != nil {
		s.app.log.Warn("the export ended early", "err", err) // and its last line is missing
	}
}

// slowly gives each piece its own time.
type slowly struct{ net.Conn }

func (s slowly) more() { _ = s.SetDeadline(time.Now().Add(adminTimeout)) }

func (s slowly) Write(p []byte) (int, error) {
	s.more()
	return s.Conn.Write(p)
}

// timeout bounds the answer to an order. A reload of a plugin takes as long as the
// server's settings let the start of one take, and nothing else takes longer.
func (o order) timeout() time.Duration {
	if o.Op == "plugin reload" {
		return longestWait
	}
	return adminTimeout
}

func dialAdmin(dir string) (net.Conn, error) {
	return net.DialTimeout("unix", adminPath(dir), adminTimeout)
}

// ask sends a request and reads the reply; what follows that can be read from
// the reader.
func ask(conn net.Conn, o order) (adminReply, *bufio.Reader, error) {
	_ = conn.SetDeadline(time.Now().Add(o.timeout()))
	var reply adminReply
	if err := json.NewEncoder(conn).Encode(adminRequest{o, string(o.Password)}); err != nil {
		return reply, nil, fmt.Errorf("the server took no request: %w", err)
	}
	rest := bufio.NewReader(conn)
	line, err := rest.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &reply)
	}
	switch {
	case err != nil:
		return reply, nil, fmt.Errorf("the server gave no answer: %w", err)
	case reply.Error != "":
		return reply, nil, errors.New(reply.Error)
	}
	return reply, rest, nil
}
