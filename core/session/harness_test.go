package session_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/session"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A bench is a loop that a test turns by hand, with a clock that it sets.
type bench struct {
	t    testing.TB
	env  *session.Env
	loop *session.Loop
	box  *chat.Mailbox
	bell chan struct{} // something was put into the mailbox while the bench waited
	all  []*peer

	// The command block runs until it is released or cancelled.
	release chan struct{}

	accounts *accounts // of which newIdentities adds some
}

func newBench(t testing.TB, change func(*session.Settings)) *bench {
	t.Helper()
	b := &bench{t: t, bell: make(chan struct{}, 1), release: make(chan struct{}), accounts: newAccounts()}
	registry, err := command.NewRegistry(b.commands()...)
	if err != nil {
		t.Fatal(err)
	}
	hub := chat.NewHub(memstore.NewLog(memstore.Limits{Lines: 100, Bytes: 1 << 20}), text.Fold, chat.Rules{Start: "lobby", JoinNoise: 50})
	b.env = &session.Env{
		Hub: hub, Commands: command.NewDispatcher(registry, command.Options{Names: hub}),
		Accounts: b.accounts, Name: text.ParseName, Log: slog.New(slog.DiscardHandler), Zones: session.NewZones(time.UTC),
	}
	set := session.Settings{Name: "ChatRoom", MaxLine: 64, LoginRequired: true}
	if change != nil {
		change(&set)
	}
	b.env.SetSettings(set)
	b.box = chat.NewMailbox(func() {
		select {
		case b.bell <- struct{}{}:
		default:
		}
	})
	b.loop = session.NewLoop(b.env, b.box, time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC))
	return b
}

func (b *bench) commands() []command.Command {
	arg := func(name string, typ command.Type) []command.Arg {
		return []command.Arg{{Name: name, Type: typ, Help: "the " + name}}
	}
	return []command.Command{
		command.New(command.Spec{Name: "login", Summary: "take a name", BeforeLogin: true, Args: append(arg("name", command.String), command.Arg{Name: "password", Type: command.String, Secret: true, Optional: true})},
			b.loginCommand),
		command.New(command.Spec{Name: "register", Summary: "make an account", BeforeLogin: true, Args: arg("name", command.String)},
			b.registerCommand),
		command.New(command.Spec{Name: "logout", Summary: "give the name back"},
			func(_ context.Context, c *command.Call) error { c.Session.Logout(); return nil }),
		command.New(command.Spec{Name: "nick", Summary: "another name", Args: arg("name", command.String)},
			func(_ context.Context, c *command.Call) error {
				name, err := text.ParseName(c.String("name"))
				if err != nil {
					return err
				}
				return c.Session.Rename(name)
			}),
		command.New(command.Spec{Name: "hurry", Summary: "ask for a secret, but not for long", Blocking: true, Timeout: 50 * time.Millisecond},
			func(ctx context.Context, c *command.Call) error { _, err := c.Ask(ctx, "Quick: ", true); return err }),
		command.New(command.Spec{Name: "twice", Summary: "ask for two secrets", Blocking: true, BeforeLogin: true, Timeout: time.Minute},
			func(ctx context.Context, c *command.Call) error {
				one, err := c.Ask(ctx, "First: ", true)
				if err != nil {
					return err
				}
				two, err := c.Ask(ctx, "Second: ", true)
				if err != nil {
					return err
				}
				return c.Printf("%s %s", one, two)
			}),
		command.New(command.Spec{Name: "ask", Summary: "ask something", Blocking: true, Timeout: time.Minute, Args: arg("question", command.Text)},
			func(ctx context.Context, c *command.Call) error {
				answer, err := c.Ask(ctx, c.Text()+" ", false)
				if err != nil {
					return err
				}
				return c.Printf("the answer is %q", answer)
			}),
		command.New(command.Spec{Name: "join", Summary: "enter a room", Args: arg("room", command.Room)},
			func(_ context.Context, c *command.Call) error {
				_, _, err := c.Session.Join(c.String("room"), "")
				return err
			}),
		command.New(command.Spec{Name: "echo", Summary: "say it to the caller", BeforeLogin: true, Args: arg("text", command.Text)},
			func(_ context.Context, c *command.Call) error { return c.Printf("%s", c.Text()) }),
		command.New(command.Spec{Name: "quit", Summary: "close", BeforeLogin: true},
			func(_ context.Context, c *command.Call) error { c.Session.End("-- Goodbye."); return nil }),
		command.New(command.Spec{Name: "secret", Summary: "for admins", Role: chat.Admin},
			func(_ context.Context, c *command.Call) error { return c.Printf("42") }),
		command.New(command.Spec{Name: "block", Summary: "run until released", Blocking: true, BeforeLogin: true},
			func(ctx context.Context, c *command.Call) error {
				if err := c.Printf("running"); err != nil {
					return err
				}
				select {
				case <-b.release:
					return c.Printf("released")
				case <-ctx.Done():
					return ctx.Err()
				}
			}),
		command.New(command.Spec{Name: "flood", Summary: "write without end", Blocking: true, BeforeLogin: true},
			func(ctx context.Context, c *command.Call) error {
				for {
					if _, err := io.WriteString(c.Out, strings.Repeat("x", 1000)+"\n"); err != nil {
						return err
					}
				}
			}),
		command.New(command.Spec{Name: "set", Summary: "change a setting", BeforeLogin: true, Args: append(arg("name", command.String), arg("value", command.String)...)},
			func(_ context.Context, c *command.Call) error {
				if err := c.Session.Set(c.String("name"), c.String("value")); err != nil {
					return err
				}
				_, err := fmt.Fprintf(c.Err, "-- %s is %s now\n", c.String("name"), c.String("value"))
				return err
			}),
		command.New(command.Spec{Name: "list", Summary: "count", Paged: true, Args: arg("n", command.Int)},
			func(_ context.Context, c *command.Call) error { return count(c) }),
		command.New(command.Spec{Name: "slowlist", Summary: "count, elsewhere", Paged: true, Blocking: true, Args: arg("n", command.Int)},
			func(_ context.Context, c *command.Call) error { return count(c) }),
		command.New(command.Spec{Name: "people", Summary: "records", Records: true},
			func(_ context.Context, c *command.Call) error {
				if c.JSON {
					return c.Object(map[string]string{"name": "ann \u2028"})
				}
				return c.Printf("ann")
			}),
		command.New(command.Spec{Name: "password", Summary: "a secret", Args: []command.Arg{{Name: "new", Type: command.String, Secret: true}}},
			func(_ context.Context, c *command.Call) error { return c.Printf("changed") }),
		command.New(command.Spec{Name: "alias", Summary: "make an alias", Args: append(arg("name", command.String), arg("line", command.Text)...)},
			func(_ context.Context, c *command.Call) error { return c.Session.SetAlias(c.String("name"), c.Text()) }),
		command.New(command.Spec{Name: "every", Summary: "schedule a line", Args: append(arg("time", command.Duration), arg("line", command.Text)...)},
			func(_ context.Context, c *command.Call) error {
				_, err := c.Session.Schedule(c.Duration("time"), true, c.Text())
				return err
			}),
		command.New(filter("first", "the first bytes of what is piped in"),
			func(_ context.Context, c *command.Call) error {
				p := make([]byte, 4)
				if _, err := io.ReadFull(c.In, p); err != nil {
					return err
				}
				return c.Printf("%s", p)
			}),
		command.New(filter("swallow", "nothing of what is piped in"),
			func(_ context.Context, c *command.Call) error {
				n, err := io.Copy(io.Discard, c.In)
				if err != nil {
					return err
				}
				return c.Printf("%d bytes", n)
			}),
		command.New(command.Spec{Name: "fail", Summary: "fail", Blocking: true, BeforeLogin: true},
			func(_ context.Context, c *command.Call) error {
				if err := c.Printf("half a result"); err != nil {
					return err
				}
				return chat.Errorf(chat.Conflict, "It can't be.\nTry again.")
			}),
		command.New(command.Spec{Name: "crash", Summary: "panic", BeforeLogin: true},
			func(context.Context, *command.Call) error { panic("as told") }),
	}
}

func filter(name, summary string) command.Spec {
	return command.Spec{Name: name, Summary: summary, Blocking: true, ReadsInput: true, Filter: true, Examples: []string{"flood | " + name}}
}

// count writes the numbers from 1 to n, and says that these were all.
func count(c *command.Call) error {
	for i := range c.Int("n") {
		if err := c.Printf("%d", i+1); err != nil {
			return err
		}
	}
	_, err := io.WriteString(c.Err, "-- that is all\n")
	return err
}

// A peer is a session with the other end in the hands of a test.
type peer struct {
	*session.Session
	b        *bench
	name     string
	attended bool
	seen     strings.Builder
	takes    int // bytes that its kernel still takes; negative: any number
	closed   bool
}

func (p *peer) Attend() { p.attended = true }

// dial starts a session that sends no telnet byte unless telnet is set.
func (b *bench) dial(name string, telnet bool) *peer {
	b.t.Helper()
	p := &peer{Session: &session.Session{}, b: b, name: name, takes: -1}
	b.all = append(b.all, p)
	b.t.Cleanup(func() { // what still runs ends
		if !p.closed {
			p.Abort("")
		}
	})
	p.Start(b.loop, p, uint64(len(b.all)), netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", 1000+len(b.all))), !telnet)
	b.turn()
	return p
}

// turn ends a batch as an event loop does.
func (b *bench) turn() {
	for more := true; more; {
		more = b.loop.Fanout.Drain()
		b.loop.Finish()
		kept := false
		for _, p := range b.all {
			if p.attended && !p.closed {
				p.flush()
				kept = kept || p.Owed() > 0
			}
		}
		b.loop.Fanout.Recycle(kept)
		for _, p := range b.all {
			if p.attended && !p.closed {
				p.attended = false
				p.Attended()
				p.Hurry()
				if p.Closing(false) {
					p.closed = true
					p.Abort("")
					more = true
				}
			}
		}
	}
}

func (p *peer) flush() {
	n := 0
	for _, f := range p.Buffers(nil) {
		k := len(f)
		if p.takes >= 0 {
			k = min(k, p.takes)
			p.takes -= k
		}
		p.seen.Write(f[:k])
		n += k
	}
	p.Sent(n)
}

// advance moves the clock and ticks the sessions whose deadline has come.
func (b *bench) advance(d time.Duration) {
	end := b.loop.Now.Add(d)
	for {
		next := end
		for _, p := range b.all {
			if at := p.Deadline(); !p.closed && !at.IsZero() && at.Before(next) {
				next = at
			}
		}
		if next.After(b.loop.Now) {
			b.loop.Now = next
		}
		for _, p := range b.all {
			if at := p.Deadline(); !p.closed && !at.IsZero() && !at.After(b.loop.Now) {
				p.Tick()
			}
		}
		b.turn()
		if !b.loop.Now.Before(end) {
			return
		}
	}
}

// await turns the loop until p was shown part.
func (b *bench) await(p *peer, part string) {
	b.t.Helper()
	deadline := time.After(10 * time.Second)
	for !strings.Contains(p.seen.String(), part) {
		if b.box.Sleep() {
			select {
			case <-b.bell:
			case <-deadline:
				b.t.Fatalf("%s was not shown %q but %q", p.name, part, p.seen.String())
			}
		}
		b.box.Awake()
		b.turn()
	}
}

func (p *peer) feed(s string) {
	p.Feed([]byte(s))
	p.b.turn()
}

// take returns what was shown since the last call.
func (p *peer) take() string {
	s := p.seen.String()
	p.seen.Reset()
	return s
}

// set changes a setting, which must work.
func (p *peer) set(name, value string) {
	p.b.t.Helper()
	if err := p.Set(name, value); err != nil {
		p.b.t.Fatal(err)
	}
	p.b.turn()
}

func (p *peer) expect(want ...string) {
	p.b.t.Helper()
	if got, all := p.take(), lines(want...); got != all {
		p.b.t.Errorf("%s was shown\n%q, want\n%q", p.name, got, all)
	}
}

func lines(l ...string) string {
	if len(l) == 0 {
		return ""
	}
	return strings.Join(l, "\r\n") + "\r\n"
}

// login returns a session that is logged in and was shown what comes with it.
func (b *bench) login(name string) *peer {
	b.t.Helper()
	p := b.dial(name, false)
	p.feed("login " + name + "\n")
	if p.User() == nil {
		b.t.Fatalf("no login: %q", p.take())
	}
	for _, other := range b.all {
		other.take()
	}
	return p
}
