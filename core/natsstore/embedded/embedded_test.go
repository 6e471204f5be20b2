package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s) })
	return s
}

func shut(t testing.TB, s *Server) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// accounts is a bucket as core/natsstore makes it.
func accounts(t testing.TB, s *Server) jetstream.KeyValue {
	t.Helper()
	kv, err := s.js.CreateKeyValue(context.Background(), jetstream.KeyValueConfig{Bucket: "accounts", History: 1, LimitMarkerTTL: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

func put(t testing.TB, kv jetstream.KeyValue, n int) {
	t.Helper()
	for i := range n {
		if _, err := kv.Put(context.Background(), fmt.Sprintf("key-%04d", i), make([]byte, 200)); err != nil {
			t.Fatal(err)
		}
	}
}

// The directory has one owner; the second is told who it is, and the first goes on.
func TestSecondOpener(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	kv := accounts(t, s)
	_, err := Open(t.Context(), Options{Dir: dir})
	inUse, ok := errors.AsType[*InUseError](err)
	if !ok || inUse.PID != os.Getpid() || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Fatalf("the second gets %v, want an error with the pid %d", err, os.Getpid())
	}
	put(t, kv, 1)
	shut(t, s)
	shut(t, s) // once more does nothing
	open(t, Options{Dir: dir})
}

// The server keeps to itself: no port, no signal handler, its files in its
// directory, and its limits are ours.
func TestOptions(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, MaxStore: 1 << 30})
	if addr := s.current.Addr(); addr != nil {
		t.Errorf("it listens on %v", addr)
	}
	c := s.current.JetStreamConfig()
	if !c.SyncAlways || c.MaxStore != 1<<30 || c.MaxMemory != maxMemory || !strings.HasPrefix(c.StoreDir, dir) {
		t.Errorf("it is configured as %+v", c)
	}
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGTERM)
	defer signal.Stop(got)
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-got
	put(t, accounts(t, s), 1) // the server did not notice
}

// A stream that reserves more than the limit is refused; free space has no say.
func TestLimitIsOurs(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir(), MaxStore: 1 << 20})
	_, err := s.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "large", Subjects: []string{"large"}, MaxBytes: 2 << 20})
	if err == nil {
		t.Error("a stream above the limit was made")
	}
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	put(t, accounts(t, s), 50)
	shut(t, s)
	s = open(t, Options{Dir: dir})
	if n := count(t, s); n != 50 {
		t.Errorf("%d records after a restart, want 50", n)
	}
}

func count(t testing.TB, s *Server) int {
	t.Helper()
	m, err := holdings(s.current)
	if err != nil {
		t.Fatal(err)
	}
	return int(m.Streams["KV_accounts"].Count)
}

// copyOf is what a kill -9 leaves of a directory, whose server goes on.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func blocks(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "KV_accounts", "msgs", "*.blk"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no blocks in %s: %v", dir, err)
	}
	return found
}

func flip(t testing.TB, path string) {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	flipAt(t, path, int(st.Size()/2))
}

// flipAt turns over a bit at a place, from the end if that is negative.
func flipAt(t testing.TB, path string, at int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[(at+len(data))%len(data)] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func truncate(t testing.TB, path string, by int64) {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, max(0, st.Size()-by)); err != nil {
		t.Fatal(err)
	}
}

// What is damaged is refused, after a clean stop as after a crash, and stays
// refused; what is whole is not.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	put(t, accounts(t, s), 300)
	noted(t, s, 300)
	crashed := copyOf(t, dir)
	shut(t, s)
	for state, from := range map[string]string{"clean": dir, "crashed": crashed} {
		stream := filepath.Join("jetstream", "$G", "streams", "KV_accounts")
		for what, damage := range map[string]func(dir string){
			"flipped byte":     func(dir string) { flip(t, blocks(t, dir)[0]) },
			"flipped early":    func(dir string) { flipAt(t, blocks(t, dir)[0], 100) },
			"flipped late":     func(dir string) { flipAt(t, blocks(t, dir)[0], -100) },
			"half a block":     func(dir string) { truncate(t, blocks(t, dir)[0], 40_000) },
			"end of a block":   func(dir string) { truncate(t, blocks(t, dir)[0], 7) },
			"no block":         func(dir string) { remove(t, blocks(t, dir)[0]) },
			"empty meta.inf":   func(dir string) { truncate(t, filepath.Join(dir, stream, "meta.inf"), 1<<20) },
			"empty meta.sum":   func(dir string) { truncate(t, filepath.Join(dir, stream, "meta.sum"), 1<<20) },
			"no stream":        func(dir string) { remove(t, filepath.Join(dir, stream)) },
			"no jetstream":     func(dir string) { remove(t, filepath.Join(dir, "jetstream")) },
			"no format":        func(dir string) { remove(t, filepath.Join(dir, "format")) },
			"empty format":     func(dir string) { truncate(t, filepath.Join(dir, "format"), 1<<20) },
			"no manifest":      func(dir string) { remove(t, filepath.Join(dir, "manifest")) },
			"empty manifest":   func(dir string) { truncate(t, filepath.Join(dir, "manifest"), 1<<20) },
			"of a later age":   func(dir string) { write(t, filepath.Join(dir, "format"), `{"format":99}`) },
			"of no age":        func(dir string) { write(t, filepath.Join(dir, "format"), `{}`) },
			"other store's":    func(dir string) { otherStore(t, dir) },
			"nothing":          nil,
			"manifest trails":  func(dir string) { write(t, filepath.Join(dir, "manifest"), `{"streams":{}}`) },
			"no index":         func(dir string) { _ = os.Remove(filepath.Join(dir, stream, "msgs", "index.db")) },
			"leftover of next": func(dir string) { write(t, filepath.Join(dir, "manifest.next"), `{"str`) },
		} {
			t.Run(state+", "+what, func(t *testing.T) {
				whole := slices.Contains([]string{"nothing", "manifest trails", "no index", "leftover of next"}, what)
				dir := copyOf(t, from)
				if damage != nil {
					damage(dir)
				}
				for range 2 {
					s, err := Open(t.Context(), Options{Dir: dir})
					if err == nil {
						n := count(t, s)
						shut(t, s)
						if !whole {
							t.Fatalf("served with %d records of 300", n)
						}
						if n != 300 {
							t.Fatalf("%d records, want 300", n)
						}
						continue
					}
					d, ok := errors.AsType[*DamageError](err)
					if whole || !ok {
						t.Fatalf("refused with %v", err)
					}
					if d.Hint == "" || d.What == "" || d.Dir != dir {
						t.Errorf("the error is %+v", d)
					}
				}
			})
		}
	}
}

// What a clean stop leaves is known to the last record, however late that came.
func TestDamageOfTheLatest(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	put(t, accounts(t, s), 20)
	shut(t, s)
	truncate(t, blocks(t, dir)[0], 7)
	s, err := Open(t.Context(), Options{Dir: dir})
	if err == nil {
		n := count(t, s)
		shut(t, s)
		t.Fatalf("served with %d records of 20", n)
	}
	if _, ok := errors.AsType[*DamageError](err); !ok {
		t.Errorf("refused with %v", err)
	}
}

// noted waits until the manifest knows of so many accounts.
func noted(t testing.TB, s *Server, n uint64) {
	t.Helper()
	for range 500 {
		s.mu.Lock()
		known := s.known.Streams["KV_accounts"].Count
		s.mu.Unlock()
		if known == n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the manifest does not know of %d records after 5 s", n)
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// otherStore puts a younger store's data into dir.
func otherStore(t testing.TB, dir string) {
	t.Helper()
	other := t.TempDir()
	s := open(t, Options{Dir: other})
	put(t, accounts(t, s), 3)
	shut(t, s)
	remove(t, filepath.Join(dir, "jetstream"))
	if err := os.CopyFS(filepath.Join(dir, "jetstream"), os.DirFS(filepath.Join(other, "jetstream"))); err != nil {
		t.Fatal(err)
	}
}

// Who accepts the loss goes on with what is left, and the next start is as any.
func TestAccept(t *testing.T) {
	for _, n := range []int{300, 5} {
		t.Run(fmt.Sprint(n, " records"), func(t *testing.T) { accept(t, n) })
	}
}

func accept(t *testing.T, n int) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	put(t, accounts(t, s), n)
	shut(t, s)
	flip(t, blocks(t, dir)[0])
	if _, err := Open(t.Context(), Options{Dir: dir}); err == nil {
		t.Fatal("the damage was not found")
	}
	s = open(t, Options{Dir: dir, Accept: true})
	left := count(t, s)
	if left == 0 || left >= n {
		t.Errorf("%d records are left", left)
	}
	shut(t, s)
	s = open(t, Options{Dir: dir})
	if now := count(t, s); now != left {
		t.Errorf("%d records, %d were accepted", now, left)
	}
}

// Records that give way, are deleted or end are no damage, whenever the crash
// comes.
func TestChangesAreNoDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	kv := accounts(t, s)
	ctx := t.Context()
	put(t, kv, 100)
	noted(t, s, 100)
	put(t, kv, 50) // again
	for i := range 20 {
		if err := kv.Delete(ctx, fmt.Sprintf("key-%04d", i)); err != nil {
			t.Fatal(err)
		}
		if _, err := kv.Create(ctx, fmt.Sprint("timed-", i), []byte("x"), jetstream.KeyTTL(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	noted(t, s, 120)
	for range 8 {
		time.Sleep(250 * time.Millisecond) // while the timed ones end
		c := open(t, Options{Dir: copyOf(t, dir)})
		if n := count(t, c); n != 120 {
			t.Errorf("%d records and marks, want 120", n)
		}
		shut(t, c)
	}
}

// Marks of what was deleted or has ended are swept, and that is no damage either.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	kv := accounts(t, s)
	put(t, kv, 30)
	for i := range 20 {
		if err := kv.Delete(t.Context(), fmt.Sprintf("key-%04d", i)); err != nil {
			t.Fatal(err)
		}
	}
	noted(t, s, 30)
	s.sweep(time.Hour) // too young
	if n := count(t, s); n != 30 {
		t.Fatalf("%d records and marks, want 30", n)
	}
	s.sweep(0)
	if n := count(t, s); n != 10 {
		t.Fatalf("%d records and marks after the sweep, want 10", n)
	}
	crashed := open(t, Options{Dir: copyOf(t, dir)})
	if n := count(t, crashed); n < 10 { // a crash may bring marks back
		t.Errorf("%d records after a crash, want 10", n)
	}
	shut(t, s)
	open(t, Options{Dir: dir})
}

// The connection goes on with the next server.
func TestRecover(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	kv := accounts(t, s)
	put(t, kv, 10)
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := s.current
	if err := s.current.ShutdownJetStream(); err != nil { // as it does when the disk fails
		t.Fatal(err)
	}
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.current == first {
		t.Fatal("the server is the same")
	}
	if _, err := kv.Get(t.Context(), "key-0003"); err != nil {
		t.Error(err)
	}
	put(t, kv, 20)
	shut(t, s)
	if err := s.Recover(t.Context()); err == nil {
		t.Error("a closed server has recovered")
	}
}

// A server is not started while a part of the store takes no writes: it would lack that
// part. What fails for another reason than a loss is tried again.
func TestRecoverWaitsForAll(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	kv := accounts(t, s)
	put(t, kv, 10)
	if err := s.current.ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	obstacle := filepath.Join(s.o.Dir, "jetstream", ".try")
	if err := os.Mkdir(obstacle, 0o700); err != nil { // for root there are no other rights to lack
		t.Fatal(err)
	}
	write(t, filepath.Join(obstacle, "x"), "")
	first := s.current
	if err := s.Recover(t.Context()); err == nil || s.current != first {
		t.Fatalf("recovered with a store that takes no writes: %v", err)
	}
	if err := os.RemoveAll(obstacle); err != nil {
		t.Fatal(err)
	}
	next := filepath.Join(s.o.Dir, "manifest.next")
	if err := os.Mkdir(next, 0o700); err != nil { // the manifest can't be written
		t.Fatal(err)
	}
	write(t, filepath.Join(next, "x"), "")
	s.mu.Lock()
	s.known = &manifest{} // so that it would be
	s.mu.Unlock()
	if err := s.Recover(t.Context()); err == nil {
		t.Fatal("recovered without a manifest")
	}
	if err := os.RemoveAll(next); err != nil {
		t.Fatal(err)
	}
	if err := s.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Get(t.Context(), "key-0003"); err != nil {
		t.Error(err)
	}
	put(t, kv, 20)
}

// Many at once are served in-process, and a closed server leaves nothing running.
func TestConcurrent(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	kv := accounts(t, s)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 25 {
				if _, err := kv.Create(context.Background(), fmt.Sprint(i, "-", j), []byte("x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := count(t, s); n != 200 {
		t.Errorf("%d records, want 200", n)
	}
}

func TestLogGoesToSlog(t *testing.T) {
	var text strings.Builder
	log := logger{slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	log.Noticef("notice %d", 1)
	log.Warnf("warn %d", 2)
	log.Errorf("error %d", 3)
	log.Fatalf("fatal %d", 4) // and the process lives
	log.Debugf("debug %d", 5)
	log.Tracef("trace %d", 6)
	for _, want := range []string{"level=DEBUG msg=\"notice 1\"", "level=WARN msg=\"warn 2\"", "level=ERROR msg=\"error 3\"", "level=ERROR msg=\"fatal 4\""} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "debug") || strings.Contains(text.String(), "trace") {
		t.Error("details are logged")
	}
}

// What a manifest says of a stream, and what the stream may then have.
func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		name     string
		old, now holding
		lost     bool
	}{
		{"same", holding{bucket, 1, 9, 5}, holding{bucket, 1, 9, 5}, false},
		{"replaced", holding{bucket, 1, 9, 5}, holding{bucket, 4, 12, 5}, false},
		{"bucket shrank", holding{bucket, 1, 9, 5}, holding{bucket, 1, 12, 4}, true},
		{"bucket cut", holding{bucket, 1, 9, 5}, holding{bucket, 1, 8, 5}, true},
		{"journal grew", holding{journal, 1, 9, 9}, holding{journal, 1, 12, 12}, false},
		{"journal limited", holding{journal, 1, 9, 9}, holding{journal, 5, 12, 8}, false},
		{"journal with a hole", holding{journal, 1, 9, 9}, holding{journal, 1, 12, 8}, true},
		{"journal all gone", holding{journal, 1, 9, 9}, holding{journal, 0, 0, 0}, true},
		{"history forgotten", holding{other, 1, 9, 9}, holding{other, 9, 9, 0}, false},
		{"history cut", holding{other, 1, 9, 9}, holding{other, 1, 8, 8}, true},
	} {
		if lost := tt.now.missing(tt.old) != ""; lost != tt.lost {
			t.Errorf("%s: lost is %v", tt.name, lost)
		}
	}
}

func TestInProcessConnOfClosed(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir()})
	c, err := s.InProcessConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	shut(t, s)
	if _, err := s.InProcessConn(); err == nil {
		t.Error("a closed server takes connections")
	}
}
