package wall_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

func TestP1Missing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	missing, plain := filepath.Join(dir, "nothing"), filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := newWard(t, "", pluginTable("missing", missing), pluginTable("noexec", plain),
		pluginTable("arch", executable(t, "arch", "\x7fELFnonsense")), badPlugin(t, "exit"), badPlugin(t, "good"))
	w.chats() // the server is there, whatever they do
	w.wants("missing", "quarantined", missing, "is not there")
	w.wants("noexec", "quarantined", plain, "not executable", "chmod +x")
	w.wants("arch", "quarantined", "can't be started", "exec format error")
	w.wants("exit", "quarantined", "it failed 5 times", "exit status 1", "out of luck")
	w.wants("good", "ready")
	w.wantsOf(w.ann, "/good:echo hello", "hello")
	for _, name := range []string{"missing", "noexec", "arch", "exit"} {
		w.wantsOf(w.ann, "/"+name+":echo hello", `-- There is no command "`+name+":echo\"")
		if pids := w.processes(name); len(pids) > 0 {
			t.Errorf("%s runs: %v", name, pids)
		}
	}
	w.close()
}

// logTime is the time of a line of the server's log.
var logTime = regexp.MustCompile(`^time=(\S+) `)

// logged is when the log first had a line with all parts.
func (w *ward) logged(parts ...string) time.Time {
	w.t.Helper()
	w.Log.Expect(w.t, 0, parts...)
	for line := range strings.Lines(w.Log.String()) {
		if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(line, p) }) {
			at, err := time.Parse(time.RFC3339Nano, logTime.FindStringSubmatch(line)[1])
			if err != nil {
				w.t.Fatal(err)
			}
			return at
		}
	}
	return time.Time{}
}

// They are given 5 s each, all at once, and nobody waits for them.
func TestP2NoHandshake(t *testing.T) {
	t.Parallel()
	silent := []string{"silent-1", "silent-2", "silent-3"}
	w := newWard(t, "", badPlugin(t, silent[0]), badPlugin(t, silent[1]), badPlugin(t, silent[2]), badPlugin(t, "mute"), badPlugin(t, "good"))
	w.chats()
	for _, name := range silent {
		if strings.Contains(w.Log.String(), "plugin is backoff\" plugin="+name) {
			t.Errorf("the server took people in only when it had waited for %s", name)
		}
	}
	w.wants("good", "ready")
	w.wantsOf(w.ann, "/good:echo hello", "hello")
	var first, last time.Time
	for _, name := range silent {
		at := w.logged("plugin is backoff", "plugin="+name, "did not say within 5s")
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	t.Logf("figure: of three that are silent the last is given up %.2f s after the first", last.Sub(first).Seconds())
	if last.Sub(first) > 4*time.Second {
		t.Errorf("they were waited for one after the other: from %v to %v", first, last)
	}
	w.await("mute", "quarantined", "backoff")
	w.close()
}

func TestP3BadHandshake(t *testing.T) {
	t.Parallel()
	cookie := executable(t, "cookie", "#!/bin/sh\necho 'wrong cookie' >&2\nexit 1\n")
	w := newWard(t, "", badPlugin(t, "garbage"), badPlugin(t, "longline"), badPlugin(t, "oldversion"), badPlugin(t, "elsewhere"),
		badPlugin(t, "plain"), pluginTable("cookie", cookie))
	w.wants("garbage", "quarantined", "wrote 50 lines", "blah")
	w.wants("oldversion", "quarantined", "version 9 of the plugin contract", "this server 1")
	w.wants("elsewhere", "quarantined", "PLUGIN_UNIX_SOCKET_DIR")
	w.wants("plain", "quarantined", "mtls = false")
	w.wants("cookie", "quarantined", "wrong cookie")
	w.wants("longline", "backoff", "did not say within 5s")
	for _, name := range []string{"garbage", "oldversion", "elsewhere", "plain", "cookie"} {
		w.gone(name)
	}
	w.logIsBounded()
	w.close()
}

// logIsBounded checks that no plugin has filled the server's log.
func (w *ward) logIsBounded() {
	w.t.Helper()
	log := w.Log.String()
	if n := len(log); n > 1<<20 {
		w.t.Errorf("the log has %d bytes", n)
	}
	for line := range strings.Lines(log) {
		if len(line) > 9<<10 {
			w.t.Errorf("a line of the log has %d bytes", len(line))
		}
	}
}

func TestP4NotTrusted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writable, link, pipe := filepath.Join(dir, "writable"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := os.WriteFile(writable, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(writable, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/bin/sh", link); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o755); err != nil {
		t.Fatal(err)
	}
	swapped := executable(t, "swapped", "")
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(swapped, exe, 0o755); err != nil {
		t.Fatal(err)
	}
	good := strings.Replace(badPlugin(t, "good"), must(os.Executable()), swapped, 1)
	w := newWard(t, "", badPlugin(t, "wrong", fmt.Sprintf("sha256 = %q", strings.Repeat("0", 64))),
		pluginTable("writable", writable), pluginTable("link", link), pluginTable("pipe", pipe), good)
	w.wants("wrong", "quarantined", "not what was pinned")
	w.wants("writable", "quarantined", "everybody may write it")
	w.wants("link", "quarantined", "path escapes")
	w.wants("pipe", "quarantined", "no regular file")
	if pids := w.processes("wrong"); len(pids) > 0 {
		t.Errorf("what was not pinned runs: %v", pids)
	}

	// What was hashed is what runs, whatever happens to its file.
	before := w.await("good", "ready")
	if err := os.Remove(swapped); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(swapped, []byte("#!/bin/sh\ntouch stolen\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.run(w.ann, "/good:die exit")
	w.restarted("good", before.PID)
	if sum := w.look("good").SHA256; sum != before.SHA256 {
		t.Errorf("%s runs, not %s", sum, before.SHA256)
	}
	w.wantsOf(w.ann, "/good:echo still", "still")

	// A path is not a name.
	for _, name := range []string{"../../bin/sh", "a/b", ""} {
		w.Configure(w.config + pluginTable(name, "/bin/sh"))
		if out, status := w.Run("config", "check"); status != 2 || !strings.Contains(out, "is no name of a plugin") {
			t.Errorf("a plugin may be called %q: status %d, %s", name, status, out)
		}
	}
	w.close()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestP5Dies(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good"))
	pid := w.await("good", "ready").PID

	// A panic of the handler is a clean failure, and ends no process.
	w.wantsOf(w.ann, "/good:die panic", "-- Something went wrong on our side")
	if p := w.await("good", "ready"); p.PID != pid {
		t.Error("a panic has ended the process")
	}
	// Any other end is told once, at once, and the process is started again; up to
	// the fifth time.
	for n, how := range []string{"exit", "kill", "goroutine", "exit", "kill"} {
		pid := w.await("good", "ready").PID
		began := time.Now()
		w.ann.Send("/good:die " + how)
		w.ann.Expect("-- good crashed while running good:die; it is being started again.")
		w.figure("after die "+how+" the caller is free after", began)
		if n == 4 {
			w.ops.Expect("-- The plugin good is switched off: it failed 5 times in 10m0s...`plugin enable good` tries again.")
		}
		w.chats(w.ann)
		if told := w.run(w.ann, "/echo nothing more"); !slices.Equal(told, []string{"nothing more"}) {
			t.Errorf("the caller is also told %q", told)
		}
		if n < 4 {
			w.restarted("good", pid)
		}
	}
	w.await("good", "quarantined")
	w.wantsOf(w.ann, "/good:echo hello", "-- good is switched off after repeated crashes")
	w.gone("good")
	w.close()
}

// A call that does nothing is given up after 5 s; the others do not wait for it.
func TestP6Hangs(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good", "limits.running = 4"))
	w.await("good", "ready")
	var callers []*chattest.Client
	for _, name := range []string{"cyd", "dan", "eve"} {
		callers = append(callers, w.Login(name))
	}
	callers = append(callers, w.ann)
	began := time.Now()
	for _, c := range callers {
		c.Send("/good:hang")
	}
	w.until("all hang", func() bool { return w.look("good").Running == len(callers) })
	w.wantsOf(w.ben, "/good:echo hello", "-- good is busy (4 running); try again in a moment.")
	w.wants("good", "degraded", "4 runs at once are as many as it may have")
	w.chats(callers...) // who hangs hears it first, and then that nothing came
	for _, c := range callers {
		c.Expect("-- good:hang did nothing for 5s and was stopped; try again later.")
	}
	w.figure("after hang the callers are free after", began)
	w.wantsOf(w.ben, "/good:echo hello", "hello")

	// What shows that it lives goes on, and ends when the caller wants.
	w.ann.Send("/good:tick")
	w.ann.Expect("tick 7") // one a second
	w.ann.Send("/cancel")
	w.ann.Expect("cancelled")
	for _, c := range callers[:3] {
		c.Send("quit")
		c.ExpectClosed()
	}
	w.close()
}

// A process that is frozen is ended by its group's SIGKILL.
func TestP7Frozen(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good"), badPlugin(t, "stubborn"))
	both := []string{"good", "stubborn"} // who ignores SIGTERM besides
	for _, name := range both {
		if err := syscall.Kill(w.await(name, "ready").PID, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	w.ann.Send("/good:echo hello") // hangs
	w.chats(w.ann)
	w.ann.Expect("-- good:echo did nothing for 5s")
	began := time.Now()
	for _, name := range both {
		w.wantsOf(w.ops, "/plugin stop "+name, "-- "+name+" ends")
	}
	w.chats()
	for _, name := range both {
		w.gone(name)
		w.figure("frozen "+name+" is gone after", began)
		w.await(name, "stopped")
		w.wantsOf(w.ann, "/"+name+":echo hello", "-- "+name+" is switched off.")
	}
	w.close()
}

// A process that is frozen is found by its checks, and another takes its place.
func TestP7FrozenWhileServing(t *testing.T) {
	t.Parallel()
	w := newWard(t, "[plugins]\nhealth = \"500ms\"\nhealth_answer = \"500ms\"\n", badPlugin(t, "good"))
	pid := w.await("good", "ready").PID
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	w.until("another process serves", func() bool {
		p := w.look("good")
		return p.PID != pid && p.State == "ready"
	})
	w.figure("with checks each 0.5 s another takes the place of a frozen one after", began)
	w.chats()
	w.wantsOf(w.ann, "/good:echo hello", "hello")
	if slices.Contains(w.processes("good"), pid) {
		t.Error("the frozen process is there")
	}
	w.close()
}

func TestP8Grandchild(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good-1"), badPlugin(t, "good-2"))
	for name, how := range map[string]string{"good-1": "group", "good-2": "session"} {
		w.await(name, "ready")
		shown := w.run(w.ann, "/"+name+":child "+how)
		if len(shown) != 1 || len(w.processes(name)) != 2 {
			t.Fatalf("there is no child: %q, %v", shown, w.processes(name))
		}
		began := time.Now()
		w.wantsOf(w.ops, "/plugin stop "+name, "-- "+name+" ends")
		w.chats()
		w.gone(name)
		w.await(name, "stopped")
		w.figure("with a child in its "+how+" it is gone after", began)
	}
	w.close()
}

// The plugin goes with a server that is killed, and what it left behind with the
// next start.
func TestP9ServerKilled(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good"))
	pid := w.await("good", "ready").PID
	w.run(w.ann, "/good:child session")
	w.Signal(syscall.SIGKILL)
	<-w.Done
	began := time.Now()
	w.until("the plugin has gone with the server", func() bool { return !slices.Contains(w.processes("good"), pid) })
	w.figure("after the server is killed the plugin is gone after", began)
	if time.Since(began) > 10*time.Second { // 2 s, of a machine that is idle
		t.Errorf("the plugin ran on for %v", time.Since(began))
	}
	old := w.sockets()
	w.Launch(nil)
	w.Ready()
	w.enter(w.Authenticate("ops"))
	w.until("the processes are those of the new server", func() bool {
		pids := w.processes("good")
		return len(pids) == 1 && pids[0] == w.await("good", "ready").PID
	})
	for _, s := range w.sockets() {
		if slices.Contains(old, s) {
			t.Errorf("the socket %s is there still", s)
		}
	}
	w.wantsOf(w.ann, "/good:echo hello", "hello")
	w.close()
}

func TestP10Floods(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good"), badPlugin(t, "raw"))
	w.await("good", "ready")
	w.await("raw", "ready")
	peak := processOf(w.Server).peak(t)
	for _, flood := range []struct {
		line, told string
		lines      int // at most
	}{
		{"/good:flood", "-- good:flood wrote more than it may; the rest is left out.", 2000},
		{"/raw:endless", "-- raw:endless wrote more than it may; the rest is left out.", 2000},
		{"/good:wide", "more than it may", 0},
		{"/good:giant", "-- good:giant sent more at once than it may and was stopped.", 0},
		{"/raw:giant", "-- raw:giant sent more at once than it may and was stopped.", 0}, // 64 MiB
	} {
		began := time.Now()
		w.ann.Send(flood.line)
		w.chats()
		shown := w.run(w.ann, "/echo more")
		w.figure(flood.line+" is over after", began)
		told, size := false, 0
		for _, l := range shown {
			told = told || strings.Contains(l, flood.told)
			size += len(l) + 2
		}
		if !told || len(shown) > flood.lines+10 || size > 300<<10 {
			t.Errorf("%s: told of it %v, in %d lines of %d bytes", flood.line, told, len(shown), size)
		}
	}
	if grown := processOf(w.Server).peak(t) - peak; grown > 96<<20 && !programtest.UnderRace() {
		t.Errorf("the server took %d MiB for it", grown>>20)
	} else {
		t.Logf("figure: the server took %d MiB more for floods", grown>>20)
	}
	w.wantsOf(w.ann, "/good:flood | head 1", "flood 0")
	w.wantsOf(w.ann, "/good:echo hello", "hello")
	w.close()
}

// The terminal model reads all that ann, ben and ops are shown.
func TestP11Forged(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good"))
	w.await("good", "ready")
	w.ann.Send("/good:dirty")
	w.ann.ExpectExact("a[31mbc\uFFFDd")
	w.ann.ExpectExact("ef tab")
	w.ann.Send("/good:speak lobby ben: I am ann\x1b[2J\r\n")
	w.ops.Expect("good: ben: I am ann")
	w.ann.Send("/good:forge")
	for _, want := range []string{"good: a[2Jben: I owe you", "good: -- ops has left", "good: * ops waves", "good: \uFFFD and a bell"} {
		w.ops.ExpectExact(want)
	}
	w.ann.Send("/good:tell ben psst\x1b]0;title\x07")
	// What a command writes is its caller's to read, and nobody else's.
	w.wantsOf(w.ann, "/good:echo ben: I owe you more", "ben: I owe you more")
	for _, c := range []*chattest.Client{w.ops, w.ben} {
		c.Quiet("...I owe you more...")
	}
	if got := w.ben.Expect("psst"); got != "*good* psst]0;title" {
		t.Errorf("ben is told %q", got)
	}
	for _, c := range []*chattest.Client{w.ops, w.ann, w.ben} {
		if telnet := string(c.Telnet()); strings.Contains(telnet, "\xff\xf6") {
			t.Errorf("%s got the telnet command of a plugin", c.Name)
		}
	}
	w.close()
}

func TestP12Log(t *testing.T) {
	t.Parallel()
	w := newWard(t, "", badPlugin(t, "good"), badPlugin(t, "hostile"))
	w.await("good", "ready")
	w.await("hostile", "ready")
	times := 1
	if *full {
		times = 15 // 100 MB
	}
	for range times {
		w.wantsOf(w.ann, "/good:log long", "written")
		w.ann.Send("/good:log many")
		w.chats()
		w.ann.Expect("written")
	}
	w.wantsOf(w.ann, "/good:echo hello", "hello")
	w.wantsOf(w.ann, "/hostile:echo hello", "hello")
	w.logIsBounded()
	for line := range strings.Lines(w.Log.String()) {
		switch {
		case strings.HasPrefix(line, "time=1970"):
			t.Errorf("a forged time: %s", line)
		case strings.Contains(line, "forged") && !strings.Contains(line, " plugin=hostile "):
			t.Errorf("not under the plugin's name: %s", line)
		case strings.Contains(line, "many ") && !strings.Contains(line, " plugin=good "):
			t.Errorf("not under the plugin's name: %s", line)
		}
	}
	w.wantsOf(w.ops, "/plugin logs good 3", "many 199999")
	w.close()
}

func TestP13Hogs(t *testing.T) {
	t.Parallel()
	w := newWard(t, "[plugins]\nsilence = \"15s\"\n", badPlugin(t, "good"), badPlugin(t, "good-2"))
	w.await("good", "ready")
	if programtest.UnderRace() {
		t.Log("the race detector's own memory is not within the bound")
	} else {
		pid := w.look("good").PID
		began := time.Now()
		w.ann.Send("/good:hog")
		w.chats()
		w.ann.Expect("-- good crashed while running good:hog; it is being started again.")
		w.figure("a memory hog is ended after", began)
		w.restarted("good", pid)
	}
	shown := w.run(w.ann, "/good:leak")
	n, _, _ := strings.Cut(shown[len(shown)-1], ":")
	if opened, err := strconv.Atoi(n); err != nil || opened > 256 || !strings.Contains(shown[len(shown)-1], "too many open files") {
		t.Errorf("it may open %q", shown)
	}

	// What takes the processor, or leaves a hundred processes, holds nobody up and goes with
	// the plugin.
	cyd := w.Login("cyd")
	w.await("good-2", "ready")
	w.ann.Send("/good-2:spin")
	cyd.Send("/good-2:forks 100")
	cyd.Expect("started")
	for range 5 {
		w.chats()
	}
	w.wantsOf(w.ben, "/good-2:echo hello", "hello")
	if n := len(w.processes("good-2")); n != 101 {
		t.Errorf("there are %d processes", n)
	}
	w.ann.Send("/cancel")
	w.ann.Expect("cancelled")
	cyd.Send("/cancel")
	cyd.Expect("cancelled")
	cyd.Send("quit")
	cyd.ExpectClosed()
	began := time.Now()
	w.wantsOf(w.ops, "/plugin stop good-2", "-- good-2 ends")
	w.gone("good-2")
	w.figure("who spins and has 100 children is gone after", began)
	w.close()
}

// A plugin sees of the server what it is given, and no more.
func TestP14Secrets(t *testing.T) {
	t.Setenv("SECRET_OF_THE_SERVER", "canary-1")
	w := newWard(t, "", badPlugin(t, "good", `env = ["MINE=yes"]`), badPlugin(t, "good-2", `env = ["TOKEN=canary-2"]`, `config = { Token = "canary-3" }`))
	w.await("good", "ready")
	allowed := []string{
		"PATH", "LANG", "HOME", "TZ", "MINE", "CHATROOM_PLUGIN", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT", "PLUGIN_PROTOCOL_VERSIONS",
		"PLUGIN_UNIX_SOCKET_DIR", "PLUGIN_CLIENT_CERT", "PLUGIN_MULTIPLEX_GRPC",
	}
	env := w.run(w.ann, "/good:environ")
	if !slices.Contains(env, "MINE=yes") {
		t.Errorf("the environment is %q", env)
	}
	inCert := false
	for _, l := range env {
		key, _, _ := strings.Cut(l, "=")
		switch {
		case strings.Contains(l, "-----END"):
			inCert = false
		case inCert, l == "":
		case !slices.Contains(allowed, key):
			t.Errorf("the environment has %s", l)
		}
		inCert = inCert || strings.Contains(l, "-----BEGIN")
		if strings.Contains(l, "canary") {
			t.Errorf("a secret is in %s", l)
		}
	}
	for _, l := range w.run(w.ann, "/good:files") {
		fd, to, _ := strings.Cut(l, " ")
		if n, err := strconv.Atoi(fd); err == nil && n <= 2 && !strings.HasPrefix(to, "pipe:") {
			t.Errorf("its descriptor %s is %s", fd, to)
		}
		if rest, ok := strings.CutPrefix(to, filepath.Dir(w.Config)); ok && !strings.HasPrefix(rest, "/data/plugins/") {
			t.Errorf("it has the server's file %s", to)
		}
	}
	// Nor is it shown: not in the log, nor to who looks after plugins.
	shown := strings.Join(append(w.run(w.ops, "/plugin info good-2"), w.run(w.ops, "/plugins --json")...), "\n") + w.Log.String()
	if strings.Contains(shown, "canary") {
		t.Errorf("a secret is shown:\n%s", shown)
	}
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.look("good").PID)); cwd != filepath.Join(w.Data(), "plugins", "data", "good") {
		t.Errorf("it works in %s, %v", cwd, err)
	}
	w.close()
}
