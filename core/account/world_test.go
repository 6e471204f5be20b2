package account_test

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	home     = netip.MustParseAddr("192.0.2.7")
	loopback = netip.MustParseAddr("127.0.0.1")
	other    = netip.MustParseAddr("198.51.100.1")
	machine  = account.Machine("root")
	cheap    = account.Hashing{Memory: 8, Time: 1, Threads: 1}
	secret   = account.Password("open sesame")
)

// A faultyStore is a store that can fail as a disk and a network do.
type faultyStore struct {
	account.Store
	fault atomic.Pointer[fault]
}

// A fault is asked for an error before each call of a bucket or journal; done
// tells whether the call is made all the same and only its answer lost.
type fault func(op, part, key string) (err error, done bool)

// fail sets the fault, nil for none.
func (s *faultyStore) fail(f fault) { s.fault.Store(&f) }

type faultyBucket struct {
	account.Bucket
	s    *faultyStore
	name string
}

type faultyJournal struct {
	account.Journal
	s *faultyStore
}

func (s *faultyStore) Bucket(ctx context.Context, name string) (account.Bucket, error) {
	b, err := s.Store.Bucket(ctx, name)
	return &faultyBucket{b, s, name}, err
}

func (s *faultyStore) Journal(ctx context.Context, name string) (account.Journal, error) {
	j, err := s.Store.Journal(ctx, name)
	return &faultyJournal{j, s}, err
}

func (s *faultyStore) fails(op, part, key string) (error, bool) {
	f := s.fault.Load()
	if f == nil || *f == nil {
		return nil, true
	}
	err, done := (*f)(op, part, key)
	return err, done || err == nil
}

func (b *faultyBucket) Get(ctx context.Context, key string) (account.Record, error) {
	if err, _ := b.s.fails("get", b.name, key); err != nil {
		return account.Record{}, err
	}
	return b.Bucket.Get(ctx, key)
}

func (b *faultyBucket) Put(ctx context.Context, key string, value []byte, rev uint64, ttl time.Duration) (uint64, error) {
	err, done := b.s.fails("put", b.name, key)
	if done {
		rev, putErr := b.Bucket.Put(ctx, key, value, rev, ttl)
		if err == nil {
			return rev, putErr
		}
	}
	return 0, err
}

func (b *faultyBucket) Delete(ctx context.Context, key string, rev uint64) error {
	if err, _ := b.s.fails("delete", b.name, key); err != nil {
		return err
	}
	return b.Bucket.Delete(ctx, key, rev)
}

func (b *faultyBucket) List(ctx context.Context, prefix string) iter.Seq2[account.Record, error] {
	if err, _ := b.s.fails("list", b.name, prefix); err != nil {
		return func(yield func(account.Record, error) bool) { yield(account.Record{}, err) }
	}
	return b.Bucket.List(ctx, prefix)
}

func (j *faultyJournal) Append(ctx context.Context, entry []byte) (uint64, error) {
	if err, _ := j.s.fails("append", "audit", ""); err != nil {
		return 0, err
	}
	return j.Journal.Append(ctx, entry)
}

// errDown is what a store says that is not there.
func errDown() error { return chat.Errorf(chat.Unavailable, "The store is down.") }

// A world is a server's accounts and their store.
type world struct {
	*account.Accounts
	t     testing.TB
	store *faultyStore
	roles account.Roles
	opts  account.Options

	mu      sync.Mutex
	changes []account.Target
}

func newWorld(t testing.TB, opts account.Options) *world {
	w := &world{t: t, store: &faultyStore{Store: &memstore.Store{}}, opts: opts}
	if w.opts.Hashing == (account.Hashing{}) {
		w.opts.Hashing = cheap
	}
	w.opts.Roles = &w.roles
	w.opts.Changed = func(target account.Target) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changes = append(w.changes, target)
	}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	a, err := account.Open(w.t.Context(), w.store, w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Accounts = a
}

func (w *world) close() {
	if w.Accounts == nil {
		return
	}
	if err := w.Close(context.Background()); err != nil {
		w.t.Error(err)
	}
	w.Accounts = nil
}

// restart ends the server and starts it on the same store.
func (w *world) restart() {
	w.t.Helper()
	w.close()
	w.open()
}

// register makes accounts whose password is secret.
func (w *world) register(names ...string) {
	w.t.Helper()
	for _, n := range names {
		if _, err := w.Create(w.t.Context(), name(w.t, n), secret, machine); err != nil {
			w.t.Fatal(err)
		}
	}
}

// staff makes accounts with roles.
func (w *world) staff(roles map[string]chat.Role) {
	w.t.Helper()
	for n, role := range roles {
		w.register(n)
		if err := w.Grant(w.t.Context(), n, role, machine); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) login(n string, from netip.Addr) error {
	_, err := w.Verify(w.t.Context(), text.Fold(n), secret, from)
	return err
}

// audited are the last n entries as "type by target result".
func (w *world) audited(n int) []string {
	w.t.Helper()
	entries, err := w.Audit.Last(w.t.Context(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, strings.Join([]string{e.Type, e.By, e.Target, string(e.Result)}, " "))
	}
	return lines
}

func name(t testing.TB, s string) chat.Name {
	t.Helper()
	n, err := text.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// as is somebody who is logged in.
func as(n string) account.Actor { return account.Actor{Name: n, Account: text.Fold(n), Addr: home} }

// named is the target of that name.
func named(n string) account.Target { return account.Target{Key: text.Fold(n), Name: n} }

// network is the target of that network.
func network(t testing.TB, s string) account.Target {
	t.Helper()
	target, is, err := account.ParseTarget(s)
	if err != nil || !is {
		t.Fatalf("ParseTarget(%s): %t, %v", s, is, err)
	}
	return target
}

// nth is one of many addresses, each of its own source.
func nth(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }

// record is what the store has.
func (w *world) record(part, key string) account.Record {
	w.t.Helper()
	b, err := w.store.Bucket(context.Background(), part)
	if err != nil {
		w.t.Fatal(err)
	}
	rec, err := b.Get(context.Background(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	return rec
}

// dump is all that the store has.
func (w *world) dump() []string {
	w.t.Helper()
	var all []string
	for _, part := range []string{"accounts", "profiles", "seen", "sanctions"} {
		b, err := w.store.Bucket(context.Background(), part)
		if err != nil {
			w.t.Fatal(err)
		}
		for rec, err := range b.List(context.Background(), "") {
			if err != nil {
				w.t.Fatal(err)
			}
			all = append(all, string(rec.Value))
		}
	}
	j, err := w.store.Journal(context.Background(), "audit")
	if err != nil {
		w.t.Fatal(err)
	}
	entries, err := j.Last(context.Background(), 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, string(e.Data))
	}
	return all
}

// code checks the code of an error, "" for none.
func code(t testing.TB, what string, err error, want chat.Code) {
	t.Helper()
	if got := chat.ErrorCode(err); got != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
	if err != nil && want != "" {
		sentence(t, err)
	}
}

// sentence checks that the error's text may be shown.
func sentence(t testing.TB, err error) {
	t.Helper()
	for e := err; e != nil; {
		if ce, ok := e.(*chat.Error); ok {
			if ce.Text == "" || !strings.ContainsAny(ce.Text[len(ce.Text)-1:], ".)") {
				t.Errorf("no sentence: %q", ce.Text)
			}
			return
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			return
		}
		e = u.Unwrap()
	}
}

// A terminal is a session.
type terminal struct {
	id   uint64
	addr netip.Addr
	cut  atomic.Pointer[string]
}

func (s *terminal) ID() uint64        { return s.id }
func (s *terminal) Peer() netip.Addr  { return s.addr }
func (s *terminal) Since() time.Time  { return time.Time{} }
func (s *terminal) Cut(reason string) { s.cut.Store(&reason) }

func (s *terminal) isCut() bool { return s.cut.Load() != nil }

func has(list []string, prefix string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, prefix) })
}
