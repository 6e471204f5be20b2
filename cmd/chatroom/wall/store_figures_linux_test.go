package wall_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// TestStoreFigures measures, with -full, what the store costs; it fails only where that
// could not be done. go test ./cmd/chatroom/wall -count=1 -full -run StoreFigures -v
func TestStoreFigures(t *testing.T) {
	if !*full {
		t.Skip("figures are measured with -full")
	}
	t.Run("memory of the empty server", func(t *testing.T) {
		s := programtest.Start(t, "")
		time.Sleep(2 * time.Second)
		none := programtest.Start(t, "[store]\ndir = \"\"\n")
		time.Sleep(2 * time.Second)
		t.Logf("%.1f MiB with a store, %.1f MiB with store.dir empty", mib(processOf(s).resident(t)), mib(processOf(none).resident(t)))
	})
	t.Run("accounts", func(t *testing.T) {
		s := programtest.Start(t, "[[listen]]\naddr = \"127.0.0.1:0\"\ntelnet = false\n")
		s.Register("ann")
		var n atomic.Int64
		const writers = 8
		took := crowded(t, s, writers, 5*time.Second, func(p *talker, i int) bool {
			if !p.ask(fmt.Sprintf("register user%d-%d %q", p.n, i, programtest.Password), "is yours now") {
				return false
			}
			n.Add(1)
			return p.ask("logout", "logged out")
		}, nil)
		t.Logf("%.1f registrations a second by %d people at once", float64(n.Load())/took.Seconds(), writers)
		var alone, busy []time.Duration
		login := func(times *[]time.Duration) {
			p, err := dialTalker(s.Addrs[0], 0, func() {})
			if err != nil {
				t.Fatal(err)
			}
			defer p.conn.Close()
			if !p.ask("nothing", "") {
				t.Fatal(p.err)
			}
			began := time.Now()
			if !p.login("ann") {
				t.Fatal(p.err)
			}
			*times = append(*times, time.Since(began))
		}
		for range 20 {
			login(&alone)
		}
		crowded(t, s, 2, 8*time.Second, func(p *talker, i int) bool {
			return p.ask(fmt.Sprintf("register more%d-%d %q", p.n, i, programtest.Password), "is yours now") && p.ask("logout", "logged out")
		}, func() {
			for range 20 {
				login(&busy)
			}
		})
		t.Logf("a login takes %v (median), and %v while two other passwords are being hashed", median(alone), median(busy))
	})
	t.Run("10,000 accounts", func(t *testing.T) {
		s := programtest.Start(t, "")
		s.Register("ann")
		s.Signal(os.Interrupt)
		s.Wait()
		importAccounts(t, s, 10_000)
		s.Configure("[store]\ndir = \"many\"\n")
		for _, after := range []string{"a clean stop", "kill -9"} {
			var times []time.Duration
			for range 5 {
				began := time.Now()
				s.Launch(nil)
				s.Ready()
				times = append(times, time.Since(began))
				if after == "kill -9" {
					s.Signal(syscall.SIGKILL)
				} else {
					s.Signal(os.Interrupt)
				}
				<-s.Done
			}
			t.Logf("a start after %s takes %v (median)", after, median(times))
		}
		s.Launch(nil)
		s.Ready()
	})
	t.Run("history", func(t *testing.T) {
		s := programtest.Start(t, "[history]\nlines = 1000\n")
		ann := s.Register("ann")
		stored := filepath.Join(s.Data(), "jetstream")
		export(s)
		before := weigh(t, stored)
		const n = 10_000
		for i := range n / 100 {
			var b strings.Builder
			for j := range 100 {
				fmt.Fprintf(&b, "say does anybody know where the build of yesterday went? %d\r\n", i*100+j)
			}
			ann.SendRaw([]byte(b.String()))
			ann.Expect(fmt.Sprintf("went? %d", i*100+99))
			time.Sleep(20 * time.Millisecond) // 5,000 lines a second
		}
		export(s)
		t.Logf("%d bytes a thousand messages of 58 bytes", (weigh(t, stored)-before)*1000/n)
		for _, line := range []string{"history 500", "history 500 --before 8000"} {
			var times []time.Duration
			for range 20 {
				began := time.Now()
				ann.Send(line)
				ann.Send("echo done")
				ann.Expect("done")
				times = append(times, time.Since(began))
			}
			t.Logf("%s takes %v (median)", line, median(times))
		}
	})
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// crowded has n people work for a time, and for as long as meanwhile, and returns how long
// that was.
func crowded(t *testing.T, s *programtest.Server, n int, atLeast time.Duration, work func(p *talker, i int) bool, meanwhile func()) time.Duration {
	t.Helper()
	var group sync.WaitGroup
	var done atomic.Bool
	began := time.Now()
	for i := range n {
		p, err := dialTalker(s.Addrs[0], i, func() {})
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			defer p.conn.Close()
			for i := 0; !done.Load(); i++ {
				if !work(p, i) {
					t.Errorf("a talker was stopped: %v", p.err)
					return
				}
			}
		})
	}
	if meanwhile != nil {
		meanwhile()
	} else {
		time.Sleep(atLeast)
	}
	done.Store(true)
	group.Wait()
	return time.Since(began)
}

// importAccounts makes a store in the folder many with so many copies of the account
// ann.
func importAccounts(t *testing.T, s *programtest.Server, n int) {
	t.Helper()
	var dump strings.Builder
	records := 0
	for line := range strings.Lines(s.Must("store", "export", "--secrets")) {
		switch {
		case strings.HasPrefix(line, `{"type":"head"`):
			dump.WriteString(line)
		case strings.Contains(line, `"bucket":"accounts"`):
			for i := range n {
				dump.WriteString(strings.ReplaceAll(line, `"ann"`, fmt.Sprintf(`"user%d"`, i)))
				records++
			}
		}
	}
	fmt.Fprintf(&dump, `{"type":"end","lines":%d}`+"\n", records)
	path := filepath.Join(filepath.Dir(s.Config), "many.json")
	if err := os.WriteFile(path, []byte(dump.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Must("store", "import", path, "--store.dir", "many")
}

// weigh is how many bytes the files below dir take on the disk.
func weigh(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
