package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/server"
	"github.com/chatroom-shell/chatroom/core/session"
	"github.com/chatroom-shell/chatroom/core/text"
)

// commands are the few that these tests need.
func commands() []command.Command {
	return []command.Command{
		command.New(command.Spec{Name: "login", Summary: "take a name", BeforeLogin: true,
			Args: []command.Arg{{Name: "name", Type: command.String, Help: "the name"}}},
			func(_ context.Context, c *command.Call) error {
				name, err := text.ParseName(c.String("name"))
				if err != nil {
					return err
				}
				return c.Session.Login(chat.Identity{Name: name})
			}),
		command.New(command.Spec{Name: "ping", Summary: "answer", BeforeLogin: true},
			func(_ context.Context, c *command.Call) error { return c.Printf("pong") }),
		command.New(command.Spec{Name: "quit", Summary: "close", BeforeLogin: true},
			func(_ context.Context, c *command.Call) error { c.Session.End("-- Goodbye."); return nil }),
	}
}

func start(t *testing.T, io string, change func(*session.Settings)) (*server.Server, string) {
	t.Helper()
	return startWith(t, server.Options{IO: io}, change)
}

func startWith(t *testing.T, o server.Options, change func(*session.Settings)) (*server.Server, string) {
	t.Helper()
	registry, err := command.NewRegistry(commands()...)
	if err != nil {
		t.Fatal(err)
	}
	hub := chat.NewHub(memstore.NewLog(memstore.Limits{Lines: 100, Bytes: 1 << 20}), text.Fold, chat.Rules{Start: "lobby", JoinNoise: 50})
	env := &session.Env{
		Hub: hub, Commands: command.NewDispatcher(registry, command.Options{Names: hub}),
		Name: text.ParseName,
		Log:  slog.New(slog.DiscardHandler), Zones: session.NewZones(time.UTC),
	}
	set := session.Settings{Name: "ChatRoom", MaxLine: 1024, LoginRequired: true, Outbox: 128 << 10, Stall: 10 * time.Second}
	if change != nil {
		change(&set)
	}
	env.SetSettings(set)
	srv, err := server.New(env, server.Limits{}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	addr, err := srv.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	return srv, addr.String()
}

type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return &client{t, c, bufio.NewReader(c)}
}

func (c *client) send(line string) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, "%s\r\n", line); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) expect(part string) {
	c.t.Helper()
	seen := ""
	for {
		l, err := c.r.ReadString('\n')
		seen += l
		if err != nil {
			c.t.Fatalf("want %q, got %q and then %v", part, seen, err)
		}
		if strings.Contains(l, part) {
			return
		}
	}
}

// eachDriver runs a test on every way of I/O. A kernel or a container may
// forbid io_uring, but not where CI runs.
func eachDriver(t *testing.T, test func(t *testing.T, io string)) {
	for _, io := range drivers {
		t.Run(io, func(t *testing.T) { test(t, io) })
	}
}

func TestTalk(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		srv, addr := start(t, io, nil)
		ann, bob := login(t, addr, "ann"), login(t, addr, "bob")
		ann.expect("-- bob has joined")
		bob.send("hello there")
		ann.expect("bob: hello there")
		bob.expect("bob: hello there")
		bob.send("quit")
		bob.expect("Goodbye")
		bob.expectEnd()
		ann.expect("-- bob has left")

		st := srv.Stats()
		sum := st.Total()
		if st.Sessions != 1 || st.Accepted != 2 || st.Panics != 0 {
			t.Errorf("Stats: %d sessions, %d accepted, %d panics", st.Sessions, st.Accepted, st.Panics)
		}
		if sum.Fanout.Events < 3 || sum.Fanout.Deliveries < 3 || sum.Sends < 5 || sum.Bytes < 100 || sum.Flushes < 3 {
			t.Errorf("Stats: %+v", sum)
		}
	})
}

func login(t *testing.T, addr, name string) *client {
	t.Helper()
	c := dial(t, addr)
	c.send("login " + name)
	c.expect("-- You are in lobby")
	return c
}

func (c *client) expectEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.t.Errorf("want the end, got %q and %v", rest, err)
	}
}

// Everyone gets everything in order, though what comes at once is far more than
// a socket takes at once. The outbox is for as much as readers may lag on a busy
// machine.
func TestManyBurst(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		_, addr := start(t, io, func(s *session.Settings) { s.Outbox = 512 << 10 })
		const people, lines = 64, 9
		var all []*client
		for i := range people {
			all = append(all, login(t, addr, fmt.Sprintf("u%dx", i)))
		}
		pad := strings.Repeat("x", 900)
		var wg sync.WaitGroup
		for i, c := range all {
			wg.Go(func() {
				for n := range lines {
					if _, err := fmt.Fprintf(c, "#%d %d %s\r\n", i, n, pad); err != nil {
						t.Errorf("u%dx: %v", i, err)
					}
				}
			})
			wg.Go(func() {
				next := make([]int, people)
				for got := 0; got < people*lines; {
					l, err := c.r.ReadString('\n')
					if err != nil {
						t.Errorf("u%dx: %v after %d of %d lines", i, err, got, people*lines)
						return
					}
					var from, n int
					_, text, _ := strings.Cut(l, "#")
					if _, err := fmt.Sscanf(text, "%d %d", &from, &n); err != nil {
						continue // a join
					}
					if next[from] != n {
						t.Errorf("u%dx: line %d of u%dx came when %d was due", i, n, from, next[from])
						return
					}
					next[from]++
					got++
				}
			})
		}
		wg.Wait()
	})
}

// A reader that stops costs the others nothing, and is cut.
func TestStoppedReader(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		_, addr := start(t, io, nil)
		ann, bob := login(t, addr, "ann"), login(t, addr, "bob")
		stuck := login(t, addr, "stuck")
		_ = stuck.Conn.(*net.TCPConn).SetReadBuffer(4096)
		ann.expect("stuck has joined")
		go func() { _, _ = bob.r.WriteTo(discard{}) }()
		for i := range 50_000 {
			ann.send(fmt.Sprintf("%d %s", i, strings.Repeat("y", 1000)))
			l := ""
			for !strings.HasPrefix(l, "ann: ") {
				var err error
				if l, err = ann.r.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(l, "stuck has left") {
					return
				}
			}
			if !strings.HasPrefix(l, fmt.Sprintf("ann: %d ", i)) {
				t.Fatalf("line %d came as %.20q", i, l)
			}
		}
		t.Error("the stopped reader was not cut")
	})
}

func TestShutdownFlushes(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		srv, addr := start(t, io, nil)
		ann := login(t, addr, "ann")
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		ann.expect("-- the server is going down")
		ann.expectEnd()
		if n := srv.Sessions(); n != 0 {
			t.Errorf("%d sessions after the shutdown", n)
		}
		if _, err := srv.Listen("127.0.0.1:0", true); !errors.Is(err, server.ErrClosed) {
			t.Errorf("Listen after Shutdown: %v", err)
		}
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			t.Error("the port is open after the shutdown")
		}
	})
}

func TestShutdownEnds(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		srv, addr := start(t, io, func(s *session.Settings) { s.Outbox, s.Stall = 0, 0 })
		ann, stuck := login(t, addr, "ann"), login(t, addr, "stuck")
		_ = stuck
		for range 400 {
			ann.send(strings.Repeat("y", 1000))
			ann.expect("ann: yyy")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_ = srv.Shutdown(ctx) // an error if the kernel did not take all for stuck
		if n := srv.Sessions(); n != 0 {
			t.Errorf("%d sessions after the shutdown", n)
		}
	})
}

func TestHalfClose(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		_, addr := start(t, io, nil)
		ann, bob := login(t, addr, "ann"), login(t, addr, "bob")
		bob.send("last words")
		if err := bob.Conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		bob.expect("bob: last words")
		bob.expectEnd()
		ann.expect("bob: last words")
		ann.expect("-- bob has left")
	})
}

func TestSourceLimit(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		srv, addr := start(t, io, nil)
		open := []*client{login(t, addr, "ann"), login(t, addr, "bob")}
		srv.SetLimits(server.Limits{SessionsPerSource: 2})
		refused := dial(t, addr)
		refused.expect("-- There are too many connections from your address")
		refused.expectEnd()
		open[0].send("quit")
		open[0].expect("Goodbye")
		open[0].expectEnd()
		open[1].expect("ann has left")
		login(t, addr, "cid")
		dial(t, addr).expect("-- There are too many connections from your address")
	})
}

func TestAccept(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		var refusal atomic.Pointer[error] // nil: none
		accept := func(from netip.Addr, _ time.Time) error {
			if !from.IsLoopback() {
				t.Errorf("asked about %v", from)
			}
			if err := refusal.Load(); err != nil {
				return *err
			}
			return nil
		}
		srv, addr := startWith(t, server.Options{IO: io, Accept: accept}, nil)
		dial(t, addr).expect("Welcome")
		for want, err := range map[string]error{
			"-- You are banned.": chat.Errorf(chat.Forbidden, "You are banned."),
			"-- The server can't take you in at the moment; try again later.": errors.New("not for users"),
		} {
			refusal.Store(&err)
			c := dial(t, addr)
			c.expect(want)
			c.expectEnd()
		}
		if n := srv.Accepted(); n != 1 {
			t.Errorf("%d connections were let in", n)
		}
	})
}

// Nobody is left unheard while others send as fast as they can.
func TestFairness(t *testing.T) {
	eachDriver(t, func(t *testing.T, io string) {
		_, addr := start(t, io, func(s *session.Settings) { s.Outbox = 0 })
		for i := range 3 {
			c := login(t, addr, fmt.Sprintf("flood%d", i))
			go func() { _, _ = c.r.WriteTo(discard{}) }()
			go func() {
				line := []byte(strings.Repeat("z", 500) + "\r\n")
				for {
					if _, err := c.Write(line); err != nil {
						return
					}
				}
			}()
		}
		c := dial(t, addr)
		for range 5 {
			c.send("ping")
			c.expect("pong")
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
