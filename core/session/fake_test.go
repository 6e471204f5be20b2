package session_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/session"
	"github.com/chatroom-shell/chatroom/core/text"
)

// accounts are session.Accounts in memory, which a test reaches into.
type accounts struct {
	mu        sync.Mutex
	names     map[string]chat.Name // by key
	passwords map[string]string
	roles     map[string]chat.Role
	guests    map[string]chat.Role // by the key of the name
	crash     string               // the key of a name that Standing panics for
	attached  map[string][]*session.Session
	stored    map[string]string // Carried in JSON
	mail      map[string][]*chat.Event
	banned    func(netip.Addr, string) bool
	muted     map[string]bool
	over      int           // who overstayed
	saves     int           // that worked
	loads     int           // that were asked for
	gate      chan struct{} // loads wait until it is closed; nil: they don't
	noteGate  chan struct{} // the same for Shown
	broken    error         // what loads and saves fail with
}

var _ session.Accounts = (*accounts)(nil)

// newAccounts are accounts of nobody. A guest with the name root1 is an admin.
func newAccounts() *accounts {
	return &accounts{
		names: map[string]chat.Name{}, passwords: map[string]string{}, roles: map[string]chat.Role{}, attached: map[string][]*session.Session{},
		stored: map[string]string{}, mail: map[string][]*chat.Event{}, muted: map[string]bool{}, guests: map[string]chat.Role{"root1": chat.Admin},
		banned: func(netip.Addr, string) bool { return false },
	}
}

// newIdentities is a bench, and its accounts.
func newIdentities(t testing.TB, change func(*session.Settings)) (*bench, *accounts) {
	b := newBench(t, change)
	return b, b.accounts
}

func (a *accounts) add(display, password string) {
	name, err := text.ParseName(display)
	if err != nil {
		panic(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names[name.Key], a.passwords[name.Key], a.roles[name.Key] = name, password, chat.Registered
}

func (a *accounts) identity(key string) chat.Identity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return chat.Identity{Name: a.names[key], Role: a.roles[key], Account: key}
}

func (a *accounts) verify(key, password string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.passwords[key]
	return ok && p == password
}

func (a *accounts) Guest(name chat.Name, from netip.Addr, _ time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch _, registered := a.names[name.Key]; {
	case registered:
		return chat.Errorf(chat.Unauthenticated, "The name %s is registered.", name.Display)
	case a.banned(from, name.Key):
		return chat.Errorf(chat.Forbidden, "You are banned.")
	}
	return nil
}

func (a *accounts) Attach(key string, s *session.Session, _ time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attached[key] = append(a.attached[key], s)
	return nil
}

func (a *accounts) Detach(key string, s *session.Session, _ time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.attached[key] = slices.DeleteFunc(a.attached[key], func(o *session.Session) bool { return o == s })
}

func (a *accounts) loaded() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.loads
}

func (a *accounts) sessions(key string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.attached[key])
}

func (a *accounts) Standing(account, name string, from netip.Addr, _ time.Time) (st session.Standing) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if name == a.crash {
		panic("as told")
	}
	key := name
	if st.Role = a.guests[name]; account != "" {
		key, st.Role = account, a.roles[account]
	}
	if a.banned(from, key) {
		st.Banned = "You are banned."
	}
	st.Muted = a.muted[key]
	return st
}

func (a *accounts) Overstayed(netip.Addr, time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over++
}

func (a *accounts) Load(_ context.Context, key string) (c session.Carried, err error) {
	a.mu.Lock()
	a.loads++
	gate := a.gate
	a.mu.Unlock()
	if gate != nil {
		<-gate
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken != nil {
		return c, a.broken
	}
	if stored := a.stored[key]; stored != "" {
		err = json.Unmarshal([]byte(stored), &c)
	}
	return c, err
}

func (a *accounts) Save(_ context.Context, key string, _, mine session.Carried) error {
	p, err := json.Marshal(mine)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken != nil {
		return a.broken
	}
	a.saves++
	a.stored[key] = string(p)
	return err
}

func (a *accounts) Arrived(_ context.Context, key string) ([]*chat.Event, uint64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mail[key], uint64(len(a.mail[key])), nil
}

func (a *accounts) Shown(_ context.Context, key string, upto uint64) error {
	a.mu.Lock()
	gate := a.noteGate
	a.mu.Unlock()
	if gate != nil {
		<-gate
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mail[key] = a.mail[key][upto:]
	return nil
}

// kept is what is stored for an account, once nothing is under way.
func (b *bench) kept(key string) (c session.Carried) {
	b.t.Helper()
	b.flush()
	a := b.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	if stored := a.stored[key]; stored != "" {
		if err := json.Unmarshal([]byte(stored), &c); err != nil {
			b.t.Fatal(err)
		}
	}
	return c
}

// put stores c for an account.
func (a *accounts) put(key string, c session.Carried) {
	p, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stored[key] = string(p)
}

// change runs f on what the accounts hold.
func (a *accounts) change(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// flush waits until nothing is being loaded or saved.
func (b *bench) flush() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.env.Flush(ctx); err != nil {
		b.t.Fatal(err)
	}
	b.turn()
}

// loginCommand is login as the server has it: quick for guests, and with a password
// for the owner of an account.
func (b *bench) loginCommand(_ context.Context, c *command.Call) error {
	name, err := text.ParseName(c.String("name"))
	if err != nil {
		return err
	}
	if err = c.Session.Login(chat.Identity{Name: name}); chat.ErrorCode(err) != chat.Unauthenticated {
		return err
	}
	return c.Block(func(ctx context.Context) error {
		password := c.String("password")
		if password == "" {
			if password, err = c.Ask(ctx, "Password: ", true); err != nil {
				return err
			}
		}
		if !b.accounts.verify(name.Key, password) {
			_ = c.Do(ctx, func(s command.Session) error { s.Wrong(); return nil })
			return chat.Errorf(chat.Unauthenticated, "The password is wrong.")
		}
		return c.Do(ctx, func(s command.Session) error { return s.Login(b.accounts.identity(name.Key)) })
	})
}

func (b *bench) registerCommand(_ context.Context, c *command.Call) error {
	return c.Block(func(ctx context.Context) error {
		name, err := text.ParseName(c.String("name"))
		if err != nil {
			return err
		}
		password, err := c.Ask(ctx, "New password: ", true)
		if err != nil {
			return err
		}
		b.accounts.add(name.Display, password)
		return c.Do(ctx, func(s command.Session) error {
			if s.LoggedIn() {
				return s.Identify(b.accounts.identity(name.Key))
			}
			return s.Login(b.accounts.identity(name.Key))
		})
	})
}

// enter returns a session of the owner of an account, who was shown all that comes
// with the login.
func (b *bench) enter(name, password string) *peer {
	b.t.Helper()
	p := b.dial(name, false)
	p.feed("login " + name + " " + password + "\n")
	b.await(p, "-- You are in ")
	b.settle(p)
	for _, other := range b.all {
		other.take()
	}
	return p
}

// settle waits until the session p runs nothing any more.
func (b *bench) settle(p *peer) {
	b.t.Helper()
	p.feed("/echo settled\n")
	b.await(p, "settled")
	seen := p.take()
	p.seen.WriteString(seen[:len(seen)-len(lines("settled"))])
}
