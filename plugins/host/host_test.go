package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// TestDice runs the smallest plugin that there is, as it is shipped.
func TestDice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dice")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/chatroom-shell/chatroom/plugins/dice").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w := newWorld(t, Settings{})
	w.ready(Table{Name: "dice", Path: path})
	ann := w.login("ann")
	ann.wants("roll", "ann rolls ")
	ann.wants("dice:roll 2", "ann rolls ")
	ann.fails("roll 1", "SIDES must be a whole number from 2 to 1000000, not \"1\".")
	ann.fails("roll twice", "Usage: roll [SIDES]")
	ann.wants("roll --help", "roll a die")
}

func TestCommands(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann := w.login("ann")
	ann.wants("sub one 2", "sub one 2")
	ann.fails("sub one 4", "N must be a whole number from 1 to 3")
	ann.fails("sub two", "Not like that.\nUsage: sub two")
	ann.fails("sub", "sub needs one of its sub-commands: one or two.")
	ann.fails("op", "op needs the role operator")
	ann.wants("repeat 5000 | count", "5000 lines")
	ann.wants("repeat 200000 | first", "line 0")
	ann.wants("flood 20 | count", "20 lines")
	ann.fails("first", "first works on what another command writes")
	ann.wants("loud what a day", "")
	ann.sees("[lobby] good: WHAT A DAY\n")
	if ann.charged != 1 {
		t.Errorf("the caller was charged %d", ann.charged)
	}
}

func TestComplete(t *testing.T) {
	set := quick
	set.Complete = 5 * time.Second
	w := newWorld(t, set)
	w.ready(fixture("good"))
	ann := w.login("ann")
	c, ok := w.commands.Registry().Lookup("pick")
	if !ok {
		t.Fatal("there is no command")
	}
	got := c.(Completer).Complete(t.Context(), ann.user, "", "colour", "r", nil)
	if want := []Choice{{"red", "for ann"}, {"rose", ""}}; !slices.Equal(got, want) {
		t.Errorf("it proposes %v", got)
	}
	if got := c.(Completer).Complete(t.Context(), nil, "", "size", "", nil); got != nil {
		t.Errorf("for what it does not know it proposes %v", got)
	}
}

// TestForget: what nobody used for long goes at the start.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "copies", "old"), filepath.Join(dir, "copies", "fresh")
	for _, d := range []string{old, fresh} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-unusedFor - time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	newWorld(t, quick, func(o *Options) { o.Dir = dir })
	if _, err := os.Stat(old); err == nil {
		t.Error("the old copy is there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error(err)
	}
}

// TestWithoutKit: what a plugin may say that the kit never does.
func TestWithoutKit(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("raw"))
	ann := w.login("ann")
	ann.fails("noexit", "noexit ended without an answer; the operators have been told.")
	ann.fails("wrong", "There is no such thing.")
	if r := ann.fails("secret", "secret failed; the operators have been told."); strings.Contains(r.told, "hunter2") {
		t.Errorf("the caller reads %q", r.told)
	}
	ann.fails("status", "status failed with status 7.")
	ann.fails("absent", "absent is not there in its plugin")
	if r := ann.run("endless"); r.told != "" || r.took > 20*time.Second || strings.Count(r.out, "\n") != 2000 {
		t.Errorf("after %v: %d bytes and %q", r.took, len(r.out), r.told)
	}
	if r := ann.run("progress"); r.err != "-- halfway (50%)\ncareful\n" || r.told != "" {
		t.Errorf("the caller reads %q and %q", r.err, r.told)
	}
	if st := must(w.host.StatusOf("raw")); st.Calls != 7 || st.Failures != 3 || st.P50 == 0 || st.P99 < st.P50 {
		t.Errorf("the figures are %+v", st)
	}
}

// TestNames: the server's own names win, then those of who comes first; with the
// plugin's name in front every command can be reached.
func TestNames(t *testing.T) {
	w := newWorld(t, quick)
	one, two := fixture("one"), fixture("two")
	two.Commands = map[string]string{"echo": "repeat2", "hang": ""}
	w.ready(one, two)
	ann := w.login("ann")
	ann.wants("one-who", "plugin")
	ann.wants("one:who", "plugin")
	ann.wants("two:who", "plugin")
	ann.wants("echo hello", "hello")
	ann.wants("repeat2 hello", "hello")
	ann.wants("two:echo hello", "hello")
	ann.wants("two-pid", "")
	ann.fails("two:hang", "There is no command")
	if a, b := ann.run("pid").out, ann.run("two:pid").out; a == b {
		t.Error("it is the same plugin")
	}
	st := must(w.host.StatusOf("two"))
	if clashes := strings.Join(st.Clashes, "\n"); !strings.Contains(clashes, "the name who belongs to the server; its command is two-who and two:who") ||
		!strings.Contains(clashes, "the name pid belongs to plugin one; its command is two-pid and two:pid") {
		t.Errorf("the clashes are\n%s", clashes)
	}
	two.Commands = nil
	before := w.pid("two")
	w.apply(two, one)
	ann.fails("repeat2 hello", "There is no command")
	ann.wants("one-pid", "")
	if w.pid("two") != before {
		t.Error("another name takes another process")
	}
}

// TestKnown: what a plugin says of itself is known at the next start of the server,
// though it does not run.
func TestKnown(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, quick, func(o *Options) { o.Dir = dir })
	lazy := fixture("good", func(t *Table) { t.Lazy = true })
	w.apply(lazy)
	w.await("good", Ready) // nothing is known of it
	w.host.Close(t.Context())

	w2 := newWorld(t, quick, func(o *Options) { o.Dir = dir })
	w2.apply(lazy)
	ann := w2.login("bob")
	w2.await("good", Stopped)
	ann.fails("sub one 9", "N must be a whole number from 1 to 3")
	if w2.pid("good") != 0 {
		t.Error("it runs already")
	}
	ann.wants("echo hello", "hello")
	w2.await("good", Ready)
}

func TestConfig(t *testing.T) {
	w := newWorld(t, quick)
	cfg := func(s string) Table {
		return fixture("config", func(t *Table) { t.Config = json.RawMessage(s) })
	}
	w.apply(cfg(`{}`))
	wantProblem(t, w.problem("config", Quarantined), "plugin.config.word")
	w.apply(cfg(`{"word":"hey"}`))
	ann := w.login("ann")
	ann.wants("hey", "configured")
	if err := w.host.Apply(t.Context(), []Table{cfg(`{"word":1}`)}); err == nil || !strings.Contains(err.Error(), "the one before it goes on serving") {
		t.Errorf("a wrong config: %v", err)
	}
	ann.wants("hey", "configured")
	w.apply(cfg(`{"word":"ho"}`))
	ann.wants("ho", "configured")
	ann.fails("hey", "There is no command")
	if err := w.host.Apply(t.Context(), []Table{cfg(`[]`)}); err == nil {
		t.Error("a config may be a list")
	}
	ann.wants("ho", "configured")
}

func TestOperators(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, quick, func(o *Options) { o.Dir = dir })
	w.ready(fixture("good"))
	ann := w.login("ann")
	code := func(err error, want chat.Code) {
		t.Helper()
		if chat.ErrorCode(err) != want {
			t.Errorf("%v, want the code %q", err, want)
		}
	}
	code(w.host.Start("good"), chat.Conflict)
	code(w.host.Start("nobody"), chat.NotFound)
	code(w.host.Stop("good"), "")
	w.await("good", Stopped)
	code(w.host.Stop("good"), chat.Conflict)
	ann.fails("echo hello", "good is switched off.")
	code(w.host.Start("good"), "")
	w.await("good", Ready)
	before := w.pid("good")
	code(w.host.Reload(t.Context(), "good"), "")
	if after := w.pid("good"); after == before || after == 0 {
		t.Errorf("after a reload the process is %d, before it was %d", after, before)
	}
	ann.wants("echo hello", "hello")
	code(w.host.Disable("good"), "")
	code(w.host.Disable("good"), chat.Conflict)
	w.await("good", Stopped)
	code(w.host.Start("good"), chat.Forbidden)
	code(w.host.Reload(t.Context(), "good"), chat.Forbidden)
	w.apply(fixture("good", func(t *Table) { t.Env = []string{"X=y"} }))
	w.await("good", Stopped)
	w.host.Close(t.Context())

	w2 := newWorld(t, quick, func(o *Options) { o.Dir = dir })
	w2.apply(fixture("good"))
	w2.await("good", Stopped)
	if st := must(w2.host.StatusOf("good")); !st.Disabled || st.State != Stopped {
		t.Errorf("after a restart it is %+v", st)
	}
	code(w2.host.Enable("good"), "")
	w2.await("good", Ready)
	w2.apply()
	if len(w2.host.Status()) != 0 {
		t.Error("it is there still")
	}
}

// TestReload: nobody notices that the process is another one, however often, and
// nothing is lost.
func TestReload(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	const callers, reloads = 16, 50
	var people []*person
	for i := range callers {
		people = append(people, w.login(fmt.Sprintf("user%d", i)))
	}
	stop := make(chan struct{})
	var calls, draining atomic.Int64
	var running sync.WaitGroup
	for i, p := range people {
		running.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				r := p.run(fmt.Sprintf("echo %d %d", i, n))
				calls.Add(1)
				switch {
				case r.told == "" && r.out == fmt.Sprintf("%d %d\n", i, n):
				case strings.Contains(r.told, "is being switched off"):
					draining.Add(1)
				default:
					t.Errorf("wrote %q and failed with %q", r.out, r.told)
				}
			}
		})
	}
	before := w.pid("good")
	for range reloads {
		if err := w.host.Reload(t.Context(), "good"); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	running.Wait()
	if w.pid("good") == before {
		t.Error("it is the same process")
	}
	t.Logf("%d calls, %d of them were refused", calls.Load(), draining.Load())
	if draining.Load() > 0 {
		t.Errorf("%d calls were refused", draining.Load())
	}
	for end := time.Now().Add(10 * time.Second); len(tally(w)) > 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("processes %v are left", tally(w))
		}
	}
}

// TestDrain: a run that is under way when the process is replaced ends in it.
func TestDrain(t *testing.T) {
	set := quick
	set.Drain = time.Second
	w := newWorld(t, set)
	w.ready(fixture("good"))
	ann := w.login("ann")
	done := make(chan result, 1)
	go func() { done <- ann.run("wait") }()
	for must(w.host.StatusOf("good")).Running == 0 {
		runtime.Gosched()
	}
	if err := w.host.Reload(t.Context(), "good"); err != nil {
		t.Fatal(err)
	}
	ann.wants("echo hello", "hello")
	r := <-done
	if !strings.Contains(r.told, "is being switched off, so wait was stopped") || r.out != "waiting\n" {
		t.Errorf("it wrote %q and failed with %q", r.out, r.told)
	}
}

func TestZone(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann := w.login("ann")
	ann.wants("zone", "UTC UTC\n")
	ann.zone = must(time.LoadLocation("Asia/Tokyo"))
	ann.wants("zone", "Asia/Tokyo Asia/Tokyo\n")
}

// A slowBuffer takes its time for each write.
type slowBuffer struct {
	syncBuffer
	pause time.Duration
}

func (s *slowBuffer) Write(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.syncBuffer.Write(p)
}

// TestSlowReader: who is slow to read is not taken for a plugin that is silent.
func TestSlowReader(t *testing.T) {
	set := quick
	set.Silence = 2 * time.Second
	w := newWorld(t, set)
	w.ready(fixture("good"))
	r := w.login("ann").runTo(t.Context(), "echo hello", &slowBuffer{pause: set.Silence + time.Second/2})
	if r.told != "" || r.out != "hello\n" {
		t.Errorf("it wrote %q and failed with %q", r.out, r.told)
	}
}

func TestUser(t *testing.T) {
	if os.Geteuid() != 0 {
		w := newWorld(t, quick)
		w.apply(fixture("good", func(t *Table) { t.User = "nobody" }))
		wantProblem(t, w.problem("good", Quarantined), "takes a server that runs as root")
		return
	}
	dir, err := os.MkdirTemp("", "user-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.Chmod(dir, 0o711), os.Chmod(copies, 0o711)); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, quick, func(o *Options) { o.Dir = dir })
	w.ready(fixture("good", func(t *Table) { t.User = "nobody" }))
	st, err := os.Stat(fmt.Sprintf("/proc/%d", w.pid("good")))
	if err != nil {
		t.Fatal(err)
	}
	if uid := ownerOf(st); uid != 65534 {
		t.Errorf("it runs as user %d", uid)
	}
	ann := w.login("ann")
	ann.wants("echo hello", "hello")
	ann.wants("speak lobby hello", "") // over the socket that the server serves
	ann.sees("good: hello")
}
