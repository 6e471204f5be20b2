package main_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A server is a running chatroom program.
type server struct {
	t      *testing.T
	config string   // path of its config file
	addrs  []string // its listeners, in the order of the config
	cmd    *exec.Cmd
	stdout *output
	log    *output // what it writes to stderr
	done   chan struct{}
}

// testDefaults complete a config: a table that the test does not write itself
// lets it run on any port and as fast as the machine can.
var testDefaults = []string{
	"[[listen]]\naddr = \"127.0.0.1:0\"\n",
	"[limits]\nsessions_per_source = 0\nconnects_per_minute = 0\nlines_per_second = 0.0\npenalty = \"0s\"\nlogins_per_source = 0\nregistrations = 0\nregistrations_per_source = 0\n",
}

func completeConfig(text string) string {
	for _, table := range testDefaults {
		if header, _, _ := strings.Cut(table, "\n"); !strings.Contains(text, header) {
			text += "\n" + table
		}
	}
	return text
}

// startServer runs the program with a config in a directory of its own and
// returns when it listens. The test's cleanup stops it with SIGTERM, which
// must end it with status 0 unless the test waited for another end itself.
func startServer(t *testing.T, config string) *server {
	t.Helper()
	return startServerLogging(t, config, nil)
}

// startServerLogging is startServer with another place for the log, which is
// then not looked at.
func startServerLogging(t *testing.T, config string, stderr io.Writer) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{t: t, config: filepath.Join(dir, "chatroom.toml")}
	s.configure(config)
	s.launch(stderr)
	t.Cleanup(s.stop)
	s.ready()
	return s
}

// launch starts the program; its log goes to stderr if that is not nil.
func (s *server) launch(stderr io.Writer) {
	s.t.Helper()
	s.stdout, s.log, s.done = newOutput(), newOutput(), make(chan struct{})
	s.cmd = exec.Command(program, "serve", "--config", s.config)
	if *ioFlag != "" {
		s.cmd.Args = append(s.cmd.Args, "--server.io", *ioFlag)
	}
	s.cmd.Dir = filepath.Dir(s.config)
	s.cmd.Env = cleanEnv()
	s.cmd.Stdout, s.cmd.Stderr = s.stdout, stderr
	if stderr == nil {
		s.cmd.Stderr = s.log
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, stdout, log *output, done chan struct{}) {
		cmd.Wait()
		stdout.close()
		log.close()
		close(done)
	}(s.cmd, s.stdout, s.log, s.done)
}

var listenAddress = regexp.MustCompile(`(127\.0\.0\.1|\[::1\]):[1-9][0-9]*`)

// ready waits until the server listens.
func (s *server) ready() {
	s.t.Helper()
	config, err := os.ReadFile(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	doors := strings.Count(string(config), "[[listen]]")
	s.stdout.wait(s.t, "a line for each listener", func(text string) bool {
		s.addrs = listenAddress.FindAllString(text, -1)
		return len(s.addrs) >= doors
	})
}

// restart ends the server in an orderly way and starts it again on the same
// data.
func (s *server) restart() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	if status := s.wait(); status != 0 {
		s.t.Errorf("the server ended with status %d after SIGTERM; its log:\n%s", status, s.log)
	}
	s.launch(nil)
	s.ready()
}

// crash ends the server at once, without warning, and starts it again on the same
// data.
func (s *server) crash() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	<-s.done
	s.launch(nil)
	s.ready()
}

// configure writes the config file; the running server has not read it yet.
func (s *server) configure(config string) {
	s.t.Helper()
	if err := os.WriteFile(s.config, []byte(completeConfig(config)), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// dial connects to the first listener.
func (s *server) dial(name string) *chattest.Client {
	s.t.Helper()
	c := chattest.Dial(s.t, s.addrs[0])
	c.Name = name
	return c
}

// login connects and logs in as a guest of that name. All that the server has
// to say about it has been read.
func (s *server) login(name string) *chattest.Client {
	s.t.Helper()
	c := s.dial(name)
	c.Send("login " + name)
	skip(c)
	return c
}

// skip reads all that the server has sent by the time it has dealt with what
// the client sent.
func skip(c *chattest.Client) {
	c.Send("/echo that was all")
	for !strings.HasSuffix(c.Next(), "that was all") {
	}
}

func (s *server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("%v: %v", sig, err)
	}
}

// wait returns the exit status of a server that is about to end.
func (s *server) wait() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(chattest.Timeout):
		s.signal(syscall.SIGQUIT) // the log then holds the reason
		<-s.done
		s.t.Fatalf("the server did not end within %v; its log:\n%s", chattest.Timeout, s.log)
	}
	return s.cmd.ProcessState.ExitCode()
}

// stop is the end of every server.
func (s *server) stop() {
	select {
	case <-s.done:
	default:
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.t.Errorf("SIGTERM: %v", err)
		}
		if status := s.wait(); status != 0 {
			s.t.Errorf("the server ended with status %d after SIGTERM", status)
		}
	}
	for _, trace := range []string{"DATA RACE", "panic:", "fatal error:", "goroutine 1 ["} {
		if strings.Contains(s.log.String()+s.stdout.String(), trace) {
			s.t.Errorf("the server's log holds a trace: %s", trace)
		}
	}
	if s.t.Failed() {
		s.t.Logf("stdout of the server:\n%s\nits log:\n%s", s.stdout, s.log)
	}
}

// cleanEnv is the tests' own environment without settings for the program.
func cleanEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CHATROOM_") {
			env = append(env, kv)
		}
	}
	return env
}

// An output collects what a program writes, for any goroutine to look at.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	closed  bool
	changed chan struct{} // closed and replaced with each change
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	o.notify()
	return len(p), nil
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.notify()
}

func (o *output) notify() {
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *output) String() string {
	text, _, _ := o.snapshot()
	return text
}

func (o *output) snapshot() (text string, closed bool, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.closed, o.changed
}

// wait returns when the whole text so far satisfies ok. It fails the test when
// the program ends before or [chattest.Timeout] has passed.
func (o *output) wait(t *testing.T, what string, ok func(text string) bool) {
	t.Helper()
	timeout := time.After(chattest.Timeout)
	for {
		text, closed, changed := o.snapshot()
		switch {
		case ok(text):
			return
		case closed:
			t.Fatalf("the program ended, want %s", what)
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("no %s within %v in:\n%s", what, chattest.Timeout, text)
		}
	}
}

// expect waits until the text behind the first from bytes holds all the parts
// in one line.
func (o *output) expect(t *testing.T, from int, parts ...string) {
	t.Helper()
	o.wait(t, "line with "+strings.Join(parts, " and "), func(text string) bool {
		for line := range strings.Lines(text[from:]) {
			found := true
			for _, part := range parts {
				found = found && strings.Contains(line, part)
			}
			if found {
				return true
			}
		}
		return false
	})
}
