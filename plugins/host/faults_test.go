package host

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The names of these tests are those of the rows of the project's catalogue of
// faults.

// problem waits until the plugin is in the state and returns why.
func (w *world) problem(name string, s State) string {
	w.t.Helper()
	w.await(name, s)
	st, err := w.host.StatusOf(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return st.Problem
}

func wantProblem(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(got, s) {
			t.Errorf("the problem is %q, which lacks %q", got, s)
		}
	}
}

// nothingLeft checks that no process and no socket of the plugins is there.
func nothingLeft(t *testing.T, w *world) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		pids := tally(w)
		sockets, err := os.ReadDir(w.host.options.Sockets)
		if err != nil {
			t.Fatal(err)
		}
		if len(pids) == 0 && len(sockets) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("processes %v and %d folders of sockets are left", pids, len(sockets))
		}
	}
}

func TestP1(t *testing.T) {
	w := newWorld(t, quick)
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	missing := Table{Name: "missing", Path: filepath.Join(dir, "nothing")}
	noexec := Table{Name: "noexec", Path: plain}
	arch := Table{Name: "arch", Path: script(t, "arch", "\x7fELFnonsense")}
	begun := time.Now()
	w.apply(missing, noexec, arch, fixture("exit"), fixture("good"))
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the start waited %v for plugins", took)
	}
	wantProblem(t, w.problem("missing", Quarantined), missing.Path, "no such file")
	wantProblem(t, w.problem("noexec", Quarantined), plain, "not executable", "chmod +x")
	wantProblem(t, w.problem("arch", Quarantined), "can't be started", "exec format error")
	wantProblem(t, w.problem("exit", Quarantined), "it failed 5 times", "exit status 1", "out of luck")
	w.await("good", Ready)
	ann := w.login("ann")
	ann.wants("echo hello", "hello")
	if err := w.host.Apply(t.Context(), []Table{missing, noexec, arch, fixture("good")}); err == nil {
		t.Error("a reload does not say what is wrong")
	} else {
		wantProblem(t, err.Error(), "plugin missing:", "plugin noexec:")
	}
}

func TestP2(t *testing.T) {
	set := quick
	set.Start = 3 * time.Second
	w := newWorld(t, set)
	begun := time.Now()
	w.apply(fixture("silent"), fixture("silent-2"), fixture("silent-3"), fixture("mute"), fixture("good"))
	for _, name := range []string{"silent", "silent-2", "silent-3"} {
		wantProblem(t, w.problem(name, Backoff), "did not say within 3s")
	}
	w.await("mute", Quarantined, Backoff)
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("they were waited for one after the other: %v", took)
	}
	w.await("good", Ready)
	w.login("ann").wants("echo hello", "hello")
}

func TestP3(t *testing.T) {
	w := newWorld(t, quick)
	cookie := Table{Name: "cookie", Path: script(t, "cookie", "#!/bin/sh\necho 'wrong cookie' >&2\nexit 1\n")}
	w.apply(fixture("garbage"), fixture("longline"), fixture("oldversion"), fixture("elsewhere"), fixture("plain"), cookie)
	wantProblem(t, w.problem("garbage", Quarantined), "wrote 50 lines", "blah")
	wantProblem(t, w.problem("longline", Backoff), "did not say within 5s")
	wantProblem(t, w.problem("oldversion", Quarantined), "version 9 of the plugin contract", "this server 1")
	wantProblem(t, w.problem("elsewhere", Quarantined), "PLUGIN_UNIX_SOCKET_DIR")
	wantProblem(t, w.problem("plain", Quarantined), "mtls = false")
	wantProblem(t, w.problem("cookie", Quarantined), "wrong cookie")
	_ = w.host.Stop("longline")
	w.await("longline", Stopped)
	nothingLeft(t, w)
	if n := len(w.log.String()); n > 256<<10 {
		t.Errorf("the log has %d bytes", n)
	}
}

func TestP4(t *testing.T) {
	w := newWorld(t, quick)
	dir := t.TempDir()
	good := fixture("good")
	sum, err := Sum(&good)
	if err != nil {
		t.Fatal(err)
	}
	writable := filepath.Join(dir, "writable")
	if err := os.WriteFile(writable, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(writable, 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/bin/sh", link); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o755); err != nil {
		t.Fatal(err)
	}
	wrong, right := fixture("wrong"), fixture("right")
	wrong.SHA256, right.SHA256 = strings.Repeat("0", 64), strings.ToUpper(sum)
	w.apply(wrong, right, Table{Name: "writable", Path: writable}, Table{Name: "link", Path: link}, Table{Name: "pipe", Path: pipe})
	wantProblem(t, w.problem("wrong", Quarantined), "not what was pinned", sum)
	wantProblem(t, w.problem("writable", Quarantined), "everybody may write it")
	wantProblem(t, w.problem("link", Quarantined), "path escapes")
	wantProblem(t, w.problem("pipe", Quarantined), "no regular file")
	w.await("right", Ready)
	if st, _ := w.host.StatusOf("right"); !st.Pinned || st.SHA256 != sum {
		t.Errorf("the status says pinned %v, %s", st.Pinned, st.SHA256)
	}
	for _, name := range []string{"../../bin/sh", "a/b", "", "UP", strings.Repeat("x", 33)} {
		if err := w.host.Apply(t.Context(), []Table{{Name: name, Path: "/bin/sh"}}); err == nil {
			t.Errorf("a plugin may be called %q", name)
		}
	}
	t.Run("checksum required", func(t *testing.T) {
		set := quick
		set.RequireChecksum = true
		w := newWorld(t, set)
		w.apply(fixture("good"), right)
		wantProblem(t, w.problem("good", Quarantined), "require_checksum", sum)
		w.await("right", Ready)
	})
}

// TestP4Swapped: whatever happens to the file, the copy runs.
func TestP4Swapped(t *testing.T) {
	w := newWorld(t, quick)
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	good := fixture("good")
	good.Path = filepath.Join(t.TempDir(), "plugin")
	if err := os.WriteFile(good.Path, exe, 0o755); err != nil {
		t.Fatal(err)
	}
	w.ready(good)
	if err := os.Remove(good.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(good.Path, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ann := w.login("ann")
	ann.run("die exit")
	w.await("good", Ready)
	ann.wants("echo again", "again")
	// A reload takes the new file, which is none, and keeps the old process.
	before := w.pid("good")
	if err := w.host.Apply(t.Context(), []Table{good}); err == nil || !strings.Contains(err.Error(), "goes on serving") {
		t.Errorf("the reload says %v", err)
	}
	if w.pid("good") != before {
		t.Error("the old process does not go on")
	}
	ann.wants("echo still", "still")
	if st, _ := w.host.StatusOf("good"); !strings.Contains(st.Problem, "goes on serving") {
		t.Errorf("the status does not say so: %q", st.Problem)
	}
}

func TestP5(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann, ben := w.login("ann"), w.login("ben")
	for _, how := range []string{"exit", "kill", "goroutine"} {
		before := w.pid("good")
		r := ann.fails("die "+how, "good crashed while running die; it is being started again.")
		if r.took > 20*time.Second {
			t.Errorf("die %s: the caller waited %v", how, r.took)
		}
		ben.say("does anybody hear me after " + how)
		ann.sees("after " + how)
		w.await("good", Ready)
		if w.pid("good") == before {
			t.Error("it is the same process")
		}
	}
	before := w.pid("good")
	r := ann.run("die panic") // the kit turns that into a clean failure
	if !strings.Contains(r.told, "Something went wrong on our side") {
		t.Errorf("a panic is told as %q", r.told)
	}
	if w.pid("good") != before {
		t.Error("a panic ended the process")
	}
	t.Run("again and again", func(t *testing.T) {
		w := newWorld(t, quick)
		w.apply(fixture("crashing"))
		wantProblem(t, w.problem("crashing", Quarantined), "it failed 5 times in 10m0s", "exit status 3")
		ann := w.login("ann")
		r := ann.fails("echo hello", "crashing is switched off after repeated crashes")
		if r.took > 20*time.Second {
			t.Errorf("the caller waited %v", r.took)
		}
		select {
		case text := <-w.told:
			wantProblem(t, text, "The plugin crashing is switched off", "plugin enable crashing")
		case <-time.After(5 * time.Second):
			t.Error("no operator was told")
		}
		if s, ok := w.commands.Registry().Lookup("echo"); !ok || !strings.Contains(s.Spec().Summary, "switched off") {
			t.Error("the help does not show that it is off")
		}
		if err := w.host.Enable("crashing"); err != nil {
			t.Fatal(err)
		}
		w.await("crashing", Ready, Backoff, Quarantined)
		nothingLeftAfter(t, w, "crashing")
	})
}

// nothingLeftAfter stops a plugin and checks that nothing is left.
func nothingLeftAfter(t *testing.T, w *world, name string) {
	t.Helper()
	_ = w.host.Stop(name) // it may be stopped
	w.await(name, Stopped)
	nothingLeft(t, w)
}

func TestP5Backoff(t *testing.T) {
	set := quick
	set.FirstPause, set.LongestPause = 3*time.Second, 3*time.Second
	w := newWorld(t, set)
	w.ready(fixture("good"))
	ann := w.login("ann")
	ann.run("die exit")
	r := ann.fails("echo hello", "good stopped unexpectedly; it is started again (try 2), next in ")
	if r.took > 20*time.Second {
		t.Errorf("the caller waited %v", r.took)
	}
	if err := w.host.Start("good"); err != nil {
		t.Fatal(err)
	}
	w.await("good", Ready)
}

func TestP6(t *testing.T) {
	set := quick
	set.Silence, set.Run = 300*time.Millisecond, 2*time.Second
	w := newWorld(t, set)
	w.ready(fixture("good", func(t *Table) { t.Limits.Running = 3 }))
	ann, ben := w.login("ann"), w.login("ben")
	done := make(chan result, 3)
	for range 3 {
		go func() { done <- ann.run("hang") }()
	}
	for must(w.host.StatusOf("good")).Running < 3 {
		runtime.Gosched()
	}
	ben.fails("echo hello", "good is busy (3 running); try again in a moment.")
	ben.say("not held up")
	ann.sees("not held up")
	for range 3 {
		r := <-done
		if !strings.Contains(r.told, "hang did nothing for 300ms and was stopped") || r.took > 20*time.Second {
			t.Errorf("after %v: %q", r.took, r.told)
		}
	}
	ben.wants("echo hello", "hello")
	if s := w.await("good", Degraded); s != Degraded {
		t.Errorf("it is %v", s)
	}
	ann.fails("patient", "patient took longer than 700ms and was stopped")
	// Cancelling ends a run at once, for the plugin too.
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if r := ann.runCtx(ctx, "wait"); !strings.Contains(r.told, "The command was cancelled.") || !strings.Contains(r.out, "waiting") {
		t.Errorf("a cancelled run: %q, %q", r.out, r.told)
	}
	path := filepath.Join(w.host.launcher.data, "good", "cancelled")
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the plugin does not learn of it")
		}
	}
}

func TestP7(t *testing.T) {
	set := quick
	set.Silence = 300 * time.Millisecond
	w := newWorld(t, set)
	w.ready(fixture("good"))
	ann := w.login("ann")
	ann.run("stop")
	begun := time.Now()
	if err := w.host.Stop("good"); err != nil {
		t.Fatal(err)
	}
	w.await("good", Stopped)
	nothingLeft(t, w)
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("a frozen process was ended in %v", took)
	}
	ann.fails("echo hello", "good is switched off.")
}

// TestP7Health: a frozen process is found by its checks and started anew.
func TestP7Health(t *testing.T) {
	set := quick
	set.Health, set.HealthAnswer, set.Silence = 200*time.Millisecond, 200*time.Millisecond, 300*time.Millisecond
	w := newWorld(t, set)
	w.ready(fixture("good"))
	ann := w.login("ann")
	before := w.pid("good")
	ann.run("stop")
	for end := time.Now().Add(20 * time.Second); w.pid("good") == before || w.pid("good") == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is not started anew")
		}
	}
	w.await("good", Ready)
	ann.wants("echo hello", "hello")
	wantProblem(t, strings.Join(must(w.host.Logs("good", 0)), "\n"), "it misses checks", "it does not answer")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestP8(t *testing.T) {
	for _, how := range []string{"group", "session"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, quick)
			w.ready(fixture("good"))
			ann := w.login("ann")
			r := ann.run("child " + how)
			if pid, err := strconv.Atoi(strings.TrimSpace(r.out)); err != nil || syscall.Kill(pid, 0) != nil {
				t.Fatalf("there is no child: %q %v", r.out, r.told)
			}
			begun := time.Now()
			if err := w.host.Stop("good"); err != nil {
				t.Fatal(err)
			}
			w.await("good", Stopped)
			nothingLeft(t, w)
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestP9: after kill -9 of the server nothing is left in 2 s.
func TestP9(t *testing.T) {
	if os.Getenv("HOST_TEST_SERVER") != "" {
		serveForP9(t)
		return
	}
	dir := t.TempDir()
	sockets, err := os.MkdirTemp("", "p9-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(sockets)
	cmd := exec.Command(must(os.Executable()), "-test.run=^TestP9$", "-test.v")
	cmd.Env = append(os.Environ(), "HOST_TEST_SERVER="+dir, "HOST_TEST_SOCKETS="+sockets)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	lines := bufio.NewScanner(out)
	var pids []int
	for lines.Scan() {
		if _, list, ok := strings.Cut(lines.Text(), "pids "); ok {
			for s := range strings.FieldsSeq(list) {
				pids = append(pids, must(strconv.Atoi(s)))
			}
			break
		}
	}
	if len(pids) != 2 {
		t.Fatalf("the server told of %v", pids)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The plugin goes with the server; its child, which left the group, with the
	// next start.
	begun := time.Now()
	for running(pids[0]) {
		if time.Since(begun) > 2*time.Second {
			t.Fatal("the plugin runs on after 2 s")
		}
		time.Sleep(5 * time.Millisecond)
	}
	w := newWorld(t, quick, func(o *Options) { o.Dir, o.Sockets = dir, sockets })
	for end := time.Now().Add(2 * time.Second); running(pids[1]); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what the plugin started runs on")
		}
	}
	nothingLeft(t, w)
	w.ready(fixture("good"))
	w.login("ann").wants("echo hello", "hello")
}

// running reports whether a process is there and no zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return len(after) > 0 && after[0] != 'Z'
}

// serveForP9 is the server that is killed.
func serveForP9(t *testing.T) {
	w := newWorld(t, quick, func(o *Options) { o.Dir, o.Sockets = os.Getenv("HOST_TEST_SERVER"), os.Getenv("HOST_TEST_SOCKETS") })
	w.ready(fixture("good"))
	r := w.login("ann").run("child session")
	fmt.Printf("pids %d %s\n", w.pid("good"), r.out)
	select {}
}

func TestP10(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann := w.login("ann")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := ann.run("flood")
	if n := strings.Count(r.out, "\n"); n != 2000 {
		t.Errorf("it wrote %d lines", n)
	}
	if !strings.HasSuffix(r.out, "flood 1999\n") || r.err != "-- flood wrote more than it may; the rest is left out.\n" || r.told != "" {
		t.Errorf("the caller reads %q and %q", r.err, r.told)
	}
	if r.took > 20*time.Second {
		t.Errorf("it took %v", r.took)
	}
	r = ann.run("wide")
	if len(r.out) > 256<<10 {
		t.Errorf("a line of %d bytes came through", len(r.out))
	}
	if !strings.Contains(r.err+r.told, "more") {
		t.Errorf("the caller reads %q and %q", r.err, r.told)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the server keeps %d bytes of it", grown)
	}
	ann.wants("echo hello", "hello")
	// A pipeline that is ended early ends it without an error.
	if r := ann.run("flood | first"); r.told != "" || r.out != "flood 0\n" {
		t.Errorf("it wrote %q and failed with %q", r.out, r.told)
	}
}

func TestP11(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann, ben := w.login("ann"), w.login("ben")
	ann.wants("dirty", "a[31mbc\uFFFDd\nef\ttab\n")
	ann.wants("speak lobby ben: I am ann\x1b[2J\nand -- ann has left", "")
	shown := ben.sees("has left")
	if !strings.Contains(shown, "[lobby] good: ben: I am ann[2J and -- ann has left\n") {
		t.Errorf("ben reads\n%s", shown)
	}
	ann.wants("tell ben psst", "")
	ben.sees("*good* psst")
}

func TestP12(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"), fixture("hostile"))
	ann := w.login("ann")
	ann.wants("good:log long", "written")
	ann.wants("good:log many", "written")
	ann.wants("good:echo hello", "hello")
	ann.wants("hostile:echo hello", "hello")
	log := w.log.String()
	if n := strings.Count(log, "many"); n > linesAMinute+5 {
		t.Errorf("%d lines went into the server's log", n)
	}
	if !strings.Contains(log, `said=forged`) || strings.Contains(log, "time=1970") {
		t.Error("a forged record is not in the log as the plugin's")
	}
	for l := range strings.SplitSeq(log, "\n") {
		if len(l) > maxLogLine+200 {
			t.Errorf("a line of the log has %d bytes", len(l))
		}
		if strings.Contains(l, "forged") && !strings.Contains(l, " plugin=hostile ") {
			t.Errorf("not under the plugin's name: %s", l)
		}
	}
	lines := must(w.host.Logs("good", 3))
	if len(lines) != 3 || !strings.Contains(lines[2], "many 199999") {
		t.Errorf("the last lines are %q", lines)
	}
}

func TestP13(t *testing.T) {
	set := quick
	set.Silence = 30 * time.Second // taking memory is silent, and slow on a loaded machine
	w := newWorld(t, set)
	w.ready(fixture("good", func(t *Table) { t.Limits.Memory, t.Limits.Files = 0, 0 }))
	if raceEnabled {
		t.Log("the race detector's own memory is not within the bound")
	} else {
		ann := w.login("ann")
		ann.fails("hog", "good crashed while running hog")
		w.await("good", Ready)
	}
	bob := w.login("bob")
	r := bob.run("leak")
	if !strings.Contains(r.out, "too many open files") {
		t.Errorf("a process may open %s %s", r.out, r.told)
	}
	n, _, _ := strings.Cut(r.out, ":")
	if opened, _ := strconv.Atoi(n); opened > 64 {
		t.Errorf("it opened %d files", opened)
	}
}

func TestP14(t *testing.T) {
	t.Setenv("SECRET_OF_THE_SERVER", "hunter2")
	set := quick
	set.Start = 3 * time.Second // the script below reads its standard input for as long
	w := newWorld(t, set)
	open, err := os.Open("/etc/hostname")
	if err == nil {
		defer open.Close()
	}
	w.ready(fixture("good", func(t *Table) { t.Env = append(t.Env, "MINE=yes") }))
	ann := w.login("ann")
	r := ann.run("environ")
	if strings.Contains(r.out, "hunter2") || !strings.Contains(r.out, "MINE=yes\n") {
		t.Errorf("the environment is %s", r.out)
	}
	for l := range strings.SplitSeq(strings.TrimSpace(r.out), "\n") {
		switch k, _, _ := strings.Cut(l, "="); k {
		case "PATH", "LANG", "HOME", "TZ", "MINE", "CHATROOM_PLUGIN", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT",
			"PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_UNIX_SOCKET_DIR", "PLUGIN_CLIENT_CERT":
		default:
			if strings.Contains(l, "=") && !strings.Contains(l, "-----") && k == strings.ToUpper(k) && !strings.HasSuffix(l, "=") {
				t.Errorf("the environment has %s", l)
			}
		}
	}
	files := script(t, "files", "#!/bin/sh\nfor f in /proc/self/fd/*; do echo \"fd $f\" >&2; done\ncat >&2\nexit 1\n")
	if err := w.host.Apply(t.Context(), []Table{fixture("good", func(t *Table) { t.Env = append(t.Env, "MINE=yes") }), {Name: "files", Path: files}}); err == nil {
		t.Error("it is a plugin")
	}
	for _, l := range must(w.host.Logs("files", 0)) {
		if _, fd, ok := strings.Cut(l, "fd /proc/self/fd/"); ok && fd != "0" && fd != "1" && fd != "2" && fd != "*" && !shellsOwn(fd) {
			t.Errorf("it has the file %s", fd)
		}
	}
	st, _ := w.host.StatusOf("good")
	if cwd, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", st.PID)); cwd != filepath.Join(w.host.launcher.data, "good") {
		t.Errorf("it works in %s", cwd)
	}
}

// shellsOwn reports whether a shell has opened it: its script, or the folder that
// it looks through.
func shellsOwn(fd string) bool { return fd == "3" || fd == "10" }
