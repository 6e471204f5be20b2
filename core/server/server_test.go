package server_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
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
				return c.Session.Login(name)
			}),
		command.New(command.Spec{Name: "ping", Summary: "answer", BeforeLogin: true},
			func(_ context.Context, c *command.Call) error { return c.Printf("pong") }),
		command.New(command.Spec{Name: "quit", Summary: "close", BeforeLogin: true},
			func(_ context.Context, c *command.Call) error { c.Session.End("-- Goodbye."); return nil }),
	}
}

func start(t *testing.T, io string, change func(*session.Settings)) (*server.Server, string) {
	t.Helper()
	registry, err := command.NewRegistry(commands()...)
	if err != nil {
		t.Fatal(err)
	}
	hub := chat.NewHub(memstore.NewLog(memstore.Limits{Lines: 100, Bytes: 1 << 20}), text.Fold, chat.Rules{Start: "lobby", JoinNoise: 50})
	env := &session.Env{
		Hub: hub, Commands: command.NewDispatcher(registry, command.Options{Names: hub}),
		Roles: func(string) chat.Role { return chat.Guest }, Name: text.ParseName,
		Log: slog.New(slog.DiscardHandler), Zones: session.NewZones(time.UTC),
	}
	set := session.Settings{Name: "ChatRoom", MaxLine: 1024, LoginRequired: true, Outbox: 128 << 10, Stall: 10 * time.Second}
	if change != nil {
		change(&set)
	}
	env.SetSettings(set)
	srv, err := server.New(env, server.Limits{}, server.Options{IO: io})
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

func TestTalk(t *testing.T) {
	for _, io := range []string{"uring", "epoll", "stream"} {
		t.Run(io, func(t *testing.T) {
			_, addr := start(t, io, nil)
			ann, bob := dial(t, addr), dial(t, addr)
			ann.expect("Welcome to ChatRoom")
			ann.send("login ann")
			ann.expect("Welcome, ann")
			bob.send("login bob")
			bob.expect("Welcome, bob")
			ann.expect("-- bob has joined")
			bob.send("hello there")
			ann.expect("bob: hello there")
			bob.expect("bob: hello there")
			bob.send("quit")
			bob.expect("Goodbye")
			ann.expect("-- bob has left")
		})
	}
}
