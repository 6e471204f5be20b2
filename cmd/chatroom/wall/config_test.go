//go:build linux

package wall_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// A folder is one in which the program is run.
type folder struct {
	*testing.T
	dir   string
	under []string // as programtest.Server.Under
}

func newFolder(t *testing.T) *folder { return &folder{T: t, dir: t.TempDir()} }

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) write(name, content string) string {
	f.Helper()
	if err := os.WriteFile(f.path(name), []byte(content), 0o600); err != nil {
		f.Fatal(err)
	}
	return f.path(name)
}

// run runs the program, which must end by itself.
func (f *folder) run(args ...string) (out string, status int) {
	f.Helper()
	args = append(append(f.under, programtest.Program), args...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = f.dir, programtest.CleanEnv()
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		f.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// refused holds that neither the server nor the check takes a config file: both end
// with status 2 and say each of want, each fault in one line, and leave nothing.
func (f *folder) refused(file string, want ...string) {
	f.Helper()
	for _, command := range [][]string{{"serve"}, {"config", "check"}} {
		out, status := f.run(append(command, "--config", file)...)
		if status != 2 {
			f.Errorf("%v: status %d, want 2", command, status)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				f.Errorf("%v: no %q in %q", command, w, out)
			}
		}
		if lines := strings.Count(out, "\n"); lines != 1 {
			f.Errorf("%v: %d lines, want one:\n%s", command, lines, out)
		}
	}
	if _, err := os.Lstat(f.path("data")); err == nil {
		f.Error("there is a data directory")
	}
}

// A misspelt key is no setting: its line and the nearest one are named, at the
// start, and by a reload, which changes nothing.
func TestC1Misspelt(t *testing.T) {
	alongside(t)
	f := newFolder(t)
	for _, tt := range []struct{ text, place, key, near string }{
		{"[server]\nnmae = \"x\"\n", "bad.toml:2", "nmae", "name"},
		{"[limit]\nsessions = 5\n", "bad.toml:1", "limit", "limits"},
		{"\n[limits]\nsessions_per_sorce = 5\n", "bad.toml:3", "sessions_per_sorce", "sessions_per_source"},
		{"[[listen]]\nadr = \"127.0.0.1:0\"\n", "bad.toml:2", "adr", "addr"},
		{"[[plugin]]\nname = \"x\"\npath = \"x\"\n[plugin.limits]\nmemry = \"16MiB\"\n", "bad.toml:5", "memry", "memory"},
		{"shell = { rom = \"x\" }\n", "bad.toml:1", "rom", "room"},
	} {
		f.refused(f.write("bad.toml", tt.text), tt.place, tt.key, tt.near)
	}
	for _, command := range [][]string{{"serve", "--server.nmae", "x"}, {"config", "check", "--server.nmae=x"}} {
		if out, status := f.run(command...); status != 2 || !strings.Contains(out, "nmae") {
			t.Errorf("%v: status %d: %s", command, status, out)
		}
	}

	s := programtest.Start(t, "[server]\nmotd = \"first\"\n")
	from := len(s.Log.String())
	s.Configure("[server]\nmotd = \"second\"\nnmae = \"x\"\n")
	s.Signal(syscall.SIGHUP)
	s.Log.Expect(t, from, "chatroom.toml:3", "nmae", "name")
	s.Dial("ann").Expect("first")
}

// A value that is none of its key's is refused with both; no value stands for
// another.
func TestC2Values(t *testing.T) {
	alongside(t)
	f := newFolder(t)
	for _, tt := range []struct{ text, key, value string }{
		{"[shell]\nmax_line = \"long\"\n", "shell.max_line", "long"},
		{"[shell]\nmax_line = 1024.5\n", "shell.max_line", "1024.5"},
		{"[login]\nrequired = 1\n", "login.required", "1"},
		{"[server]\nname = 5\n", "server.name", "5"},
		{"[limits]\nlines_burst = -1\n", "limits.lines_burst", "-1"},
		{"[limits]\nsessions = 99999999999999999999\n", "sessions", "99999999999999999999"},
		{"[limits]\nsessions = 4294967297\n", "limits.sessions", "4294967297"},
		{"[limits]\nlines_per_second = nan\n", "limits.lines_per_second", "NaN"},
		{"[server]\ndrain = \"soon\"\n", "server.drain", "soon"},
		{"[server]\ndrain = 10\n", "server.drain", "10"},
		{"[server]\ndrain = \"-1s\"\n", "server.drain", "-1s"},
		{"[limits]\noutbox = \"10 parsecs\"\n", "limits.outbox", "10 parsecs"},
		{"[limits]\noutbox = \"-1KiB\"\n", "limits.outbox", "-1KiB"},
		{"[history]\nbytes = \"99999999TiB\"\n", "history.bytes", "99999999TiB"},
		{"[limits]\nexempt = [\"10.0.0.0/33\"]\n", "limits.exempt", "10.0.0.0/33"},
		{"[limits]\nexempt = [\"localhost\"]\n", "limits.exempt", "localhost"},
		{"[[listen]]\naddr = \"5267\"\n", "addr", "5267"},
		{"[[listen]]\naddr = \"127.0.0.1:99999\"\n", "addr", "99999"},
		{"[shell]\nmode = \"loud\"\n", "shell.mode", "loud"},
		{"[rights]\nban = \"guest\"\n", "rights.ban", "guest"},
		{"[[plugin]]\nname = \"x\"\npath = \"x\"\n[[plugin]]\nname = \"x\"\npath = \"y\"\n", "plugin", "x"},
		{"[server]\nname = \"a\"\nname = \"b\"\n", "bad.toml:3", "name"},
	} {
		f.refused(f.write("bad.toml", tt.text), tt.key, tt.value)
	}
}

// A file that was asked for is read or the start fails; the defaults never stand in
// for it.
func TestC3Files(t *testing.T) {
	alongside(t)
	f := newFolder(t)
	huge := f.write("huge.toml", "")
	if err := os.Truncate(huge, 100<<20); err != nil {
		t.Fatal(err)
	}
	f.refused(f.path("gone.toml"), "gone.toml")
	f.refused(f.dir, f.dir)
	f.refused(f.write("empty.toml", ""), "empty.toml", "is empty")
	f.refused(f.write("blank.toml", "\r\n \t\r\n"), "blank.toml", "is empty")
	f.refused(huge, "huge.toml", "larger than")
	f.refused(f.write("json.toml", "{\"server\": {\"name\": \"x\"}}"), "json.toml:1")
	f.refused(f.write("binary.toml", "\x7fELF\x02\x01\x01\x00\x00\x1b[2J"), "binary.toml:1")
	f.refused(f.write("cut.toml", "[server]\nname = \"Har"), "cut.toml:2")
	f.refused(os.DevNull, os.DevNull)

	closed := f.write("closed.toml", "[server]\nname = \"x\"\n")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // who may read everything
		f.under = without(t, "dac_override", "dac_read_search")
	}
	f.refused(closed, "closed.toml", "permission denied")
	f.under = nil
	// Nor does a file in the working directory that can't be read.
	f.write("chatroom.toml", "[server]\nnmae = \"x\"\n")
	for _, command := range [][]string{{}, {"serve"}, {"config", "check"}} {
		if out, status := f.run(command...); status != 2 || !strings.Contains(out, "chatroom.toml:2") {
			t.Errorf("%v: status %d: %s", command, status, out)
		}
	}
}

// without runs a program without some of root's capabilities.
func without(t *testing.T, capabilities ...string) []string {
	t.Helper()
	drop := "-" + strings.Join(capabilities, ",-")
	return []string{programtest.NeedTool(t, "setpriv"), "--inh-caps=" + drop, "--bounding-set=" + drop}
}

// A reload of a file that is half written, or gone, leaves all as it was and says
// so once.
func TestC4HalfWritten(t *testing.T) {
	alongside(t)
	const old = "[server]\nname = \"Old\"\nmotd = \"old news\"\n[shell]\nmax_line = 100\n"
	s := programtest.Start(t, old)
	ann := s.Login("ann")
	next := programtest.CompleteConfig("[server]\nname = \"New\"\nmotd = \"new news\"\n[shell]\nmax_line = 200\n")
	asBefore := func(what string) {
		t.Helper()
		c := s.Dial("bob")
		c.Expect("Welcome to Old")
		c.ExpectExact("old news")
		c.Close()
		ann.Send("/echo " + strings.Repeat("x", 150))
		if said := ann.Next(); !strings.Contains(said, "100") {
			t.Errorf("%s: a line of 150 bytes is answered with %q", what, said)
		}
	}
	reloads := 0
	reload := func(what string) {
		t.Helper()
		from, logged := len(s.Stdout.String()), len(s.Log.String())
		s.Signal(syscall.SIGHUP)
		s.Stdout.Expect(t, from, "reload failed, nothing was changed")
		s.Log.Expect(t, logged, "level=ERROR", "reload failed")
		asBefore(what)
		reloads++
		if out := s.Stdout.String()[from:]; strings.Count(out, "\n") != 1 {
			t.Errorf("%s: it printed %q", what, out)
		}
	}
	for _, part := range []string{"[serv", "\"N", "\"new", "[sh", "max_l", "max_line =", "[[list", "127.0"} {
		at := strings.Index(next, part)
		if at < 0 {
			t.Fatalf("no %q in %q", part, next)
		}
		write(t, s.Config, next[:at+len(part)])
		reload("cut behind " + part)
	}
	write(t, s.Config, "")
	reload("an empty file")
	write(t, s.Config, strings.Replace(next, "200", "-200", 1))
	reload("a bad value at the end")
	if err := os.Remove(s.Config); err != nil {
		t.Fatal(err)
	}
	reload("no file")

	write(t, s.Config, next)
	from := len(s.Stdout.String())
	s.Signal(syscall.SIGHUP)
	s.Stdout.Expect(t, from, "server.motd", "new news")
	c := s.Dial("bob")
	c.Expect("Welcome to New")
	c.ExpectExact("new news")
	ann.Send("/echo " + strings.Repeat("x", 150))
	ann.ExpectExact(strings.Repeat("x", 150))
	s.Signal(syscall.SIGTERM)
	s.Wait() // all is in the log
	if n := strings.Count(s.Log.String(), "level=ERROR"); n != reloads {
		t.Errorf("%d errors in the log of %d reloads that failed", n, reloads)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A secret of the config is printed nowhere: not by the print, an error, the log,
// or a reload that changes it. A file that others may read is warned of.
func TestC5Secrets(t *testing.T) {
	alongside(t)
	const canary = "Canary-5ecret"
	f := newFolder(t)
	secrets := "[log]\nlevel = \"debug\"\n[[plugin]]\nname = \"x\"\npath = \"x\"\nenv = [\"TOKEN=" + canary + "\"]\n[plugin.config]\npassword = \"" + canary + "\"\n"
	file := f.write("secret.toml", secrets+"[store]\nurl = \"nats://chat:"+canary+"@127.0.0.1:1\"\n")
	for _, command := range []string{"print", "check"} {
		out, status := f.run("config", command, "--config", file)
		if status != 0 || strings.Contains(out, canary) {
			t.Errorf("config %s: status %d: %s", command, status, out)
		}
	}
	out, status := f.run("serve", "--config", file, "--listen", "127.0.0.1:0")
	if status == 0 || strings.Contains(out, canary) {
		t.Errorf("a store that is not there: status %d: %s", status, out)
	}
	for _, text := range []string{
		"[store]\nurl = \"ftp://chat:" + canary + "@127.0.0.1:1\"\n", "[store]\nurl = [\"" + canary + "\"]\n", "[store]\nurl = \"nats://chat:" + canary + "@:x\"\n",
		"[[plugin]]\nname = \"x\"\npath = \"x\"\nenv = \"TOKEN=" + canary + "\"\n", "[[plugin]]\nname = \"x\"\npath = \"x\"\n[plugin.config]\npassword = \"" + canary + "\n", "[[plugin]]\nname = \"x\"\npath = \"x\"\nenv = [\"=" + canary + "\"]\n",
	} {
		if out, status := f.run("config", "check", "--config", f.write("bad.toml", text)); status != 2 || strings.Contains(out, canary) {
			t.Errorf("%q: status %d: %s", text, status, out)
		}
	}

	s := programtest.Start(t, secrets)
	s.Reload(strings.ReplaceAll(secrets, canary, canary+"-2"), "plugin")
	from := len(s.Stdout.String())
	if err := os.Chmod(s.Config, 0o644); err != nil {
		t.Fatal(err)
	}
	s.Signal(syscall.SIGHUP)
	s.Log.Expect(t, 0, "WARN", "chatroom.toml")
	s.Stdout.Expect(t, from, "")
	s.Must("plugin", "list")
	s.Restart()
	if text := s.Log.String() + s.Stdout.String(); strings.Contains(text, canary) {
		t.Error("the secret is in the log")
	}
	config := s.Config
	if err := os.Rename(config, f.path("moved.toml")); err != nil { // what is left is what the server wrote
		t.Fatal(err)
	}
	nowhere(t, s, canary)
	if err := os.Rename(f.path("moved.toml"), config); err != nil {
		t.Fatal(err)
	}
}

// A start that can't have its address ends before it touches the store, also if
// another of its doors is free.
func TestC6AddressTaken(t *testing.T) {
	alongside(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := programtest.Start(t, "")
	s.Register("ann")
	s.Signal(syscall.SIGTERM)
	if status := s.Wait(); status != 0 {
		t.Fatalf("status %d", status)
	}
	door := func(addr string) string { return fmt.Sprintf("[[listen]]\naddr = %q\n", addr) }
	for _, tt := range []struct {
		what, config, addr string
		status             int
		under              []string
	}{
		{"taken", door(taken.Addr().String()), taken.Addr().String(), 4, nil},
		{"the second is taken", door("127.0.0.1:0") + door(taken.Addr().String()), taken.Addr().String(), 4, nil},
		{"privileged", door("127.0.0.1:23"), "127.0.0.1:23", 1, unprivileged(t)},
		{"of another machine", door("192.0.2.1:5267"), "192.0.2.1:5267", 1, nil},
	} {
		f := newFolder(t)
		f.under = tt.under
		file := f.write("chatroom.toml", programtest.CompleteConfig(tt.config))
		for _, data := range []string{s.Data(), f.path("data")} {
			before := contents(t, data)
			out, status := f.run("serve", "--config", file, "--store.dir", data)
			if status != tt.status || !strings.Contains(out, tt.addr) || strings.Count(out, "\n") != 1 {
				t.Errorf("%s: status %d, want %d: %s", tt.what, status, tt.status, out)
			}
			if after := contents(t, data); after != before {
				t.Errorf("%s: the store was\n%s\nand is\n%s", tt.what, before, after)
			}
		}
	}
	s.Launch(nil)
	s.Ready()
	s.Authenticate("ann")
}

// unprivileged runs a program that may not listen on ports below 1024.
func unprivileged(t *testing.T) []string {
	t.Helper()
	least, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil || strings.TrimSpace(string(least)) != "1024" {
		t.Fatalf("the ports of everybody start at %s: %v", least, err)
	}
	if os.Geteuid() != 0 {
		return nil
	}
	return without(t, "net_bind_service")
}

// contents are the files below a directory, each with its mode, time and sum, but
// for the lock, which is who had it last; "" if there is none.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == "lock" {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var data []byte
		if info.Mode().IsRegular() {
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		fmt.Fprintf(&b, "%s %s %s %x\n", path, info.Mode(), info.ModTime().Format("15:04:05.000000000"), sha256.Sum256(data))
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b.String()
}
