package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The names of these tests are the numbers of the traps of go-plugin that the
// project knows of; where another test has the case, it says so.

// TestTrap1: a line of stderr that go-plugin's own reader panics on.
func TestTrap1(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("hostile"))
	ann := w.login("ann")
	ann.wants("echo hello", "hello")
	if lines := strings.Join(must(w.host.Logs("hostile", 0)), "\n"); !strings.Contains(lines, `stderr: {"@message":1}`) {
		t.Errorf("the journal is\n%s", lines)
	}
}

// TestTrap2: Client.Kill blocks on a frozen process, and as long as a grandchild
// keeps stderr. See TestP7 and TestP8 for one at a time.
func TestTrap2(t *testing.T) {
	set := quick
	set.Silence = 200 * time.Millisecond
	w := newWorld(t, set)
	w.ready(fixture("stubborn"))
	ann := w.login("ann")
	ann.run("child group")
	ann.run("stop")
	begun := time.Now()
	if err := w.host.Stop("stubborn"); err != nil {
		t.Fatal(err)
	}
	w.await("stubborn", Stopped)
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	nothingLeft(t, w)
}

// TestTrap3: orphans; TestP9 kills the server. Here the server only lets go of the
// standard input, which ends a plugin on any system.
func TestTrap3(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	p := must(w.host.plugin("good"))
	i := p.supervisor().instance()
	if err := i.process.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-i.process.life.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("it goes on without a server")
	}
	w.await("good", Ready)
}

// TestTrap7: noise on stdout before the handshake.
func TestTrap7(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("noisy"))
	w.login("ann").wants("echo hello", "hello")
	if lines := strings.Join(must(w.host.Logs("noisy", 0)), "\n"); !strings.Contains(lines, "stdout: noise 39") {
		t.Errorf("the journal is\n%s", lines)
	}
}

// TestTrap8: a long line on stdout freezes nobody.
func TestTrap8(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann := w.login("ann")
	for range 3 {
		if r := ann.run("log long"); r.told != "" || r.took > 20*time.Second {
			t.Fatalf("after %v: %s", r.took, r.told)
		}
	}
}

// TestTrap10: see TestP14.

// TestTrap11: a message that is larger than it may be is refused.
func TestTrap11(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"), fixture("raw"))
	ann := w.login("ann")
	for _, name := range []string{"good:giant", "raw:giant"} { // the kit refuses to send it, and the host to take it
		ann.fails(name, name+" sent more at once than it may and was stopped.")
	}
	ann.wants("echo hello", "hello")
}

// TestTrap12: sockets go, also those of a killed process; a path that is too long
// is told at once.
func TestTrap12(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	p := must(w.host.plugin("good"))
	dir := p.supervisor().instance().process.socket
	if filepath.Dir(dir) != w.host.options.Sockets {
		t.Errorf("its sockets are in %s", dir)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of its sockets is %v, %v", info, err)
	}
	w.login("ann").run("die kill")
	w.await("good", Ready)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the sockets of the killed process are there: %v", err)
	}
	if all, _ := os.ReadDir(w.host.options.Sockets); len(all) != 1 {
		t.Errorf("there are %d folders of sockets", len(all))
	}
	_, err := New(Options{Hub: w.hub, Dir: t.TempDir(), Sockets: "/" + strings.Repeat("x", 100)})
	if err == nil || !strings.Contains(err.Error(), "longer than a socket's path allows") {
		t.Errorf("a long path: %v", err)
	}
	// One of ours is short enough, wherever temporary files are.
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", long)
	w = newWorld(t, quick)
	w.ready(fixture("good"))
	w.login("ann").wants("echo hello", "hello")
	if all, _ := os.ReadDir(long); len(all) != 0 {
		t.Errorf("%d folders are left there", len(all))
	}
}
