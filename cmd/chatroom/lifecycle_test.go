package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// goodbye is the last that every session is told by a server that ends.
const goodbye = "-- the server is going down"

func TestDrain(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			s := programtest.Start(t, "")
			ann := s.Login("ann")
			stranger := s.Dial("stranger")
			stranger.Expect("Welcome to ChatRoom")
			s.Signal(sig)
			for _, c := range []*chattest.Client{ann, stranger} {
				if lines := c.ExpectClosed(); len(lines) == 0 || lines[len(lines)-1] != goodbye {
					t.Errorf("%s saw %q at the end, want %q", c.Name, lines, goodbye)
				}
			}
			if status := s.Wait(); status != 0 {
				t.Errorf("status %d, want 0", status)
			}
			if conn, err := net.Dial("tcp", s.Addrs[0]); err == nil {
				conn.Close()
				t.Error("something still listens")
			}
		})
	}
}

// What was queued before the signal is flushed.
func TestDrainFlushes(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	const lines = 200
	for i := range lines {
		ann.Send(fmt.Sprintf("line %d", i))
	}
	ann.Sync()
	s.Signal(syscall.SIGTERM)
	got := bob.ExpectClosed()
	got = slices.DeleteFunc(got, func(line string) bool { return !strings.HasPrefix(line, "ann: ") })
	if len(got) != lines {
		t.Errorf("bob saw %d of %d lines", len(got), lines)
	}
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
}

// A second signal does not wait for the reader that the drain waits for.
func TestSecondSignal(t *testing.T) {
	s := programtest.Start(t, `
[server]
drain = "5m"

[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_per_second = 0.0
outbox = "0"
stall = "0s"
`)
	ann := s.Login("ann")
	stopped := stopReading(t, s, "bob")
	defer stopped.Close()
	ann.Expect("-- bob has joined")
	flood(ann, 16<<20)
	s.Signal(syscall.SIGTERM)
	ann.Expect(goodbye)
	started := time.Now()
	s.Signal(syscall.SIGTERM)
	if status := s.Wait(); status != 1 {
		t.Errorf("status %d after a second signal, want 1", status)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// stopReading logs in a client that then reads no more, and has the kernel
// keep little for it.
func stopReading(t *testing.T, s *programtest.Server, name string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "login %s\r\n", name); err != nil {
		t.Fatal(err)
	}
	return conn
}

// flood has c post about size bytes of chat, and read its own.
func flood(c *chattest.Client, size int) {
	text := strings.Repeat("x", 1000)
	block := []byte(strings.Repeat(text+"\r\n", 32))
	for ; size > 0; size -= len(block) {
		c.SendRaw(block)
		programtest.Skip(c)
	}
}

// A drain ends after server.drain at the latest.
func TestDrainEnds(t *testing.T) {
	s := programtest.Start(t, `
[server]
drain = "500ms"

[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_per_second = 0.0
outbox = "0"
stall = "0s"
`)
	ann := s.Login("ann")
	stopped := stopReading(t, s, "bob")
	defer stopped.Close()
	ann.Expect("-- bob has joined")
	flood(ann, 16<<20)
	started := time.Now()
	s.Signal(syscall.SIGTERM)
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
	if took := time.Since(started); took < 400*time.Millisecond || took > 5*time.Second {
		t.Errorf("the drain of 500ms took %v", took)
	}
}

// Lines that still wait for their turn must not hold up the end.
func TestDrainWithLinesWaiting(t *testing.T) {
	s := programtest.Start(t, `
[limits]
lines_burst = 3
lines_per_second = 0.1
`)
	ann := s.Dial("ann")
	ann.SendRaw([]byte("login ann\r\nsay 1\r\nsay 2\r\nsay 3\r\nsay 4\r\nsay 5\r\n"))
	ann.Expect("ann: 1")
	started := time.Now()
	s.Signal(syscall.SIGTERM)
	if lines := ann.ExpectClosed(); len(lines) == 0 || lines[len(lines)-1] != goodbye {
		t.Errorf("ann saw %q at the end", lines)
	}
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
	if took := time.Since(started); took > 11*time.Second {
		t.Errorf("the drain took %v", took)
	}
}

// A log that nobody reads, as of a terminal on Ctrl-S, holds up neither those
// who talk nor the end.
func TestStuckLog(t *testing.T) {
	unread, stderr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	s := programtest.StartLogging(t, "[log]\nlevel = \"debug\"\n", stderr)
	stderr.Close() // the server's own copy stays
	ann := s.Login("ann")
	for range 2000 { // far more than a pipe holds
		ann.Send("/echo on and on")
		ann.ExpectExact("on and on")
	}
	started := time.Now()
	s.Signal(syscall.SIGTERM)
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("the end took %v", took)
	}
}

func TestAddressInUse(t *testing.T) {
	s := programtest.Start(t, "")
	second := exec.Command(programtest.Program, "serve", "--config", s.Config)
	second.Dir = t.TempDir()
	second.Env = programtest.CleanEnv()
	s.Configure(fmt.Sprintf("[[listen]]\naddr = %q\n", s.Addrs[0]))
	out, err := second.CombinedOutput()
	if got := second.ProcessState.ExitCode(); got != 4 {
		t.Errorf("status %d (%v), want 4", got, err)
	}
	if !strings.Contains(string(out), s.Addrs[0]) || strings.Contains(string(out), "WARN") {
		t.Errorf("not just a clear line about %s:\n%s", s.Addrs[0], out)
	}
	s.Login("ann") // the first one is unaffected
}

func TestSeveralListeners(t *testing.T) {
	s := programtest.Start(t, `
[[listen]]
addr = "127.0.0.1:0"

[[listen]]
addr = "127.0.0.1:0"
telnet = false
`)
	ann := s.Login("ann")
	bob := chattest.Dial(t, s.Addrs[1])
	bob.Send("login bob")
	ann.Expect("-- bob has joined")
	s.Log.Expect(t, 0, "connection from", bob.Name)
	bob.SendRaw([]byte("say hello\r\n"))
	ann.Expect("bob: hello")
	if got := bob.Telnet(); len(got) > 0 {
		t.Errorf("telnet bytes %q where telnet = false", got)
	}
}

func TestDefaultAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:5267")
	if err != nil {
		t.Logf("something else has the port, so the program must say that it is in use: %v", err)
	} else {
		defer l.Close()
	}
	for _, args := range [][]string{{}, {"serve"}} {
		cmd := exec.Command(programtest.Program, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = programtest.CleanEnv()
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != 4 || !strings.Contains(string(out), "127.0.0.1:5267") {
			t.Errorf("chatroom %v: status %d:\n%s", args, got, out)
		}
	}
}

const reloadConfig = `
[server]
motd = "%s"

[[listen]]
addr = "127.0.0.1:%d"
`

func TestReload(t *testing.T) {
	s := programtest.Start(t, fmt.Sprintf(reloadConfig, "first", 0))
	s.Dial("one").Expect("first")
	ann := s.Login("ann")

	s.Configure(fmt.Sprintf(reloadConfig, "second", 0))
	from := len(s.Log.String())
	s.Signal(syscall.SIGHUP)
	s.Log.Expect(t, from, "server.motd", "first", "second")
	s.Stdout.Expect(t, 0, "server.motd", "first", "second")
	s.Dial("two").Expect("second")

	// Nothing has changed, and the server says so.
	from = len(s.Stdout.String())
	s.Signal(syscall.SIGHUP)
	s.Stdout.Expect(t, from, "nothing has changed")

	// What needs a restart is refused by name; the rest of the file counts.
	s.Configure(fmt.Sprintf(reloadConfig, "third", 1))
	from = len(s.Log.String())
	s.Signal(syscall.SIGHUP)
	s.Log.Expect(t, from, "listen", "restart")
	s.Stdout.Expect(t, 0, "listen", "restart")
	s.Dial("three").Expect("third")

	// A bad file leaves everything as it was; the log says where it is bad.
	s.Configure("[server]\nmotd = \"fourth\"\nmtod = \"fourth\"\n")
	from = len(s.Log.String())
	s.Signal(syscall.SIGHUP)
	s.Log.Expect(t, from, "chatroom.toml:3", "mtod")
	s.Dial("four").Expect("third")

	// So does a file that is gone.
	if err := os.Remove(s.Config); err != nil {
		t.Fatal(err)
	}
	from = len(s.Log.String())
	s.Signal(syscall.SIGHUP)
	s.Log.Expect(t, from, "chatroom.toml")
	s.Dial("five").Expect("third")

	// Nobody was disconnected by any of it.
	ann.Send("say still here")
	ann.Expect("ann: still here")
}

// Many reloads while people talk: nobody is disconnected, and the last one
// counts.
func TestReloadUnderLoad(t *testing.T) {
	s := programtest.Start(t, fmt.Sprintf(reloadConfig, "motd -1", 0))
	ann, bob := s.Login("ann"), s.Login("bob")
	const reloads = 100
	for i := range reloads {
		s.Configure(fmt.Sprintf(reloadConfig, fmt.Sprintf("motd %d", i), 0))
		s.Signal(syscall.SIGHUP)
		ann.Send(fmt.Sprintf("line %d", i))
		bob.Expect(fmt.Sprintf("ann: line %d", i))
	}
	s.Log.Expect(t, 0, fmt.Sprintf("motd %d", reloads-1))
	s.Dial("cid").Expect(fmt.Sprintf("motd %d", reloads-1))
}

// Each setting that reload may change without a restart, changes.
func TestReloadLimits(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	ann.Send(strings.Repeat("x", 100))
	ann.Expect("ann: x")
	s.Configure("[shell]\nmax_line = 64\n")
	from := len(s.Log.String())
	s.Signal(syscall.SIGHUP)
	s.Log.Expect(t, from, "shell.max_line", "1024", "64")
	bob := s.Login("bob")
	bob.Send(strings.Repeat("x", 100))
	bob.Expect("64")
}
