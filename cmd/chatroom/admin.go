package main

import (
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

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// The admin socket is how someone on the machine gives orders to the running
// server: a Unix socket in the data directory that only the server's own user,
// or root, may use. One connection carries one request and one reply, each one
// line of JSON.

// errRunning says that another server uses the data directory.
var errRunning = errors.New("a server is running already")

// errStore says that the data directory can't be used.
var errStore = errors.New("the store refuses")

// adminTimeout bounds a request, from either end.
const adminTimeout = 5 * time.Second

type adminRequest struct {
	Op   string `json:"op"` // pid, grant, revoke or list
	Name string `json:"name,omitempty"`
	Role string `json:"role,omitempty"`
}

type adminReply struct {
	Lines []string `json:"lines,omitempty"`
	Error string   `json:"error,omitempty"`
}

func adminPath(dir string) string { return filepath.Join(dir, "admin.sock") }

// storeError is errStore for what was tried and why it failed.
func storeError(what string, err error) error { return fmt.Errorf("%w: %s: %w", errStore, what, err) }

// checkAdminSocket returns errRunning if a server holds the socket in the
// directory, and errStore if that can't be told. It changes nothing.
func checkAdminSocket(dir string) error {
	conn, err := dialAdmin(dir)
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED): // nobody there
		return nil
	case err != nil:
		return storeError("look for another server", err)
	}
	reply, err := ask(conn, adminRequest{Op: "pid"})
	if err != nil {
		return fmt.Errorf("%w on the data directory %s, but %w", errRunning, dir, err)
	}
	return fmt.Errorf("%w on the data directory %s: %s", errRunning, dir, reply.Lines)
}

// An adminSocket answers requests until it is closed.
type adminSocket struct {
	app      *App
	listener *net.UnixListener
	serving  sync.WaitGroup

	mu     sync.Mutex
	conn   *net.UnixConn // the one that is being answered
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
	s := &adminSocket{app: app, listener: l}
	s.serving.Go(s.serve)
	return s, nil
}

// removeStale removes a socket that nobody answers. What is no socket is not
// ours to remove.
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

// close ends all connections; it does not wait for a client.
func (s *adminSocket) close() {
	_ = s.listener.Close() // removes the socket; nothing can be done about an error
	s.mu.Lock()
	s.closed = true
	if s.conn != nil {
		_ = s.conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// serve answers one connection after the other, for requests are quick and
// rare.
func (s *adminSocket) serve() {
	for {
		conn, err := s.listener.AcceptUnix()
		if err != nil {
			return
		}
		if s.serves(conn) {
			s.answer(conn)
		}
		s.serves(nil)
		_ = conn.Close() // the reply is sent, or its lack tells enough
	}
}

// serves notes which connection close has to end, and reports false if it is
// too late for another.
func (s *adminSocket) serves(conn *net.UnixConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	return !s.closed
}

// answer serves one connection.
func (s *adminSocket) answer(conn *net.UnixConn) {
	_ = conn.SetDeadline(time.Now().Add(adminTimeout))
	if err := checkPeer(conn); err != nil {
		s.app.log.Warn("admin request refused", "err", err)
		return
	}
	var req adminRequest
	if err := json.NewDecoder(io.LimitReader(conn, 4096)).Decode(&req); err != nil {
		return
	}
	lines, err := s.do(req)
	reply := adminReply{Lines: lines}
	if err != nil {
		reply.Error = s.app.env.Commands.Explain(err)
	}
	_ = json.NewEncoder(conn).Encode(reply) // the peer sees that the answer is missing
}

func (s *adminSocket) do(req adminRequest) ([]string, error) {
	a := s.app
	switch req.Op {
	case "pid":
		return []string{fmt.Sprintf("pid %d", os.Getpid())}, nil
	case "list":
		var lines []string
		for _, h := range a.roles.Holders() {
			by := "by the config"
			if h.Granted {
				by = "granted"
			}
			lines = append(lines, fmt.Sprintf("%s %s %s", text.Pad(h.Key, 20), text.Pad(h.Role.String(), 10), by))
		}
		return lines, nil
	case "grant", "revoke":
		name, err := text.ParseName(req.Name)
		if err != nil {
			return nil, err
		}
		line := ""
		if req.Op == "revoke" {
			if !a.roles.Revoke(name.Key) {
				return nil, chat.Errorf(chat.NotFound, "Nothing was granted to %s.", name.Display)
			}
			line = fmt.Sprintf("%s is %s again", name.Display, a.roles.Of(name.Key))
		} else {
			role, err := chat.ParseRole(req.Role)
			if err != nil {
				return nil, err
			}
			a.roles.Grant(name.Key, role)
			line = fmt.Sprintf("%s is %s until the server ends", name.Display, role)
		}
		a.log.Info("role changed", "user", name.Display, "role", a.roles.Of(name.Key).String(), "op", req.Op)
		a.env.RolesChanged()
		return []string{line}, nil
	}
	return nil, chat.Errorf(chat.Invalid, "There is no request %q.", req.Op)
}

// askAdmin sends a request to the server that owns the data directory.
func askAdmin(dir string, req adminRequest) (adminReply, error) {
	conn, err := dialAdmin(dir)
	if err != nil {
		abs, absErr := filepath.Abs(dir)
		if absErr != nil {
			abs = dir
		}
		return adminReply{}, fmt.Errorf("no server answers on the data directory %s (run this where the server runs, or give its --store.dir): %w", abs, err)
	}
	return ask(conn, req)
}

func dialAdmin(dir string) (net.Conn, error) {
	return net.DialTimeout("unix", adminPath(dir), adminTimeout)
}

// ask sends a request, reads the reply and closes the connection.
func ask(conn net.Conn, req adminRequest) (adminReply, error) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(adminTimeout))
	var reply adminReply
	if err := json.NewEncoder(conn).Encode(req); err != nil {
		return reply, fmt.Errorf("the server took no request: %w", err)
	}
	if err := json.NewDecoder(conn).Decode(&reply); err != nil {
		return reply, fmt.Errorf("the server gave no answer: %w", err)
	}
	if reply.Error != "" {
		return reply, errors.New(reply.Error)
	}
	return reply, nil
}

// roleSecond refuses a second argument that is no role.
func roleSecond(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	if _, err := chat.ParseRole(args[1]); err != nil {
		e, _ := errors.AsType[*chat.Error](err)
		return errors.New(e.Text)
	}
	return nil
}

func newAdmin() *cobra.Command {
	c := &cobra.Command{
		Use:   "admin",
		Short: "Give orders to the running server on this machine",
		Long: `Give orders to the server that runs with the same settings on this machine,
through the socket admin.sock in its data directory. Only the server's own user
and root may. Names are not authenticated yet, so a role counts only for
sessions from this machine.`,
		Args: cobra.NoArgs,
		RunE: help,
	}
	order := func(cmd *cobra.Command, req adminRequest) error {
		loaded, err := load(cmd)
		if err != nil {
			return err
		}
		dir := loaded.Config.Store.Dir
		if dir == "" {
			return errors.New("store.dir is empty, so the server has no admin socket")
		}
		reply, err := askAdmin(dir, req)
		if err != nil {
			return err
		}
		for _, l := range reply.Lines {
			fmt.Fprintln(cmd.OutOrStdout(), l)
		}
		return nil
	}
	c.AddCommand(
		&cobra.Command{
			Use: "grant NAME [ROLE]", Short: "Give a name a role (default admin) until the server ends", Args: cobra.MatchAll(cobra.RangeArgs(1, 2), roleSecond),
			RunE: run(func(cmd *cobra.Command, args []string) error {
				req := adminRequest{Op: "grant", Name: args[0], Role: chat.Admin.String()}
				if len(args) == 2 {
					req.Role = args[1]
				}
				return order(cmd, req)
			}),
		},
		&cobra.Command{
			Use: "revoke NAME", Short: "Take a grant back", Args: cobra.ExactArgs(1),
			RunE: run(func(cmd *cobra.Command, args []string) error {
				return order(cmd, adminRequest{Op: "revoke", Name: args[0]})
			}),
		},
		&cobra.Command{
			Use: "list", Short: "List the names with roles", Args: cobra.NoArgs,
			RunE: run(func(cmd *cobra.Command, _ []string) error { return order(cmd, adminRequest{Op: "list"}) }),
		})
	return c
}
