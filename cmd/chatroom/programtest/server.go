package programtest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A Server is a running chatroom program.
type Server struct {
	T      testing.TB
	Under  []string // a program with arguments that runs it, such as prlimit; nil: none
	Config string   // path of its config file
	Addrs  []string // its listeners, in the order of the config
	Cmd    *exec.Cmd
	Stdout *Output
	Log    *Output // what it writes to stderr
	Done   chan struct{}
}

// testDefaults complete a config: a table that the test does not write itself
// lets it run on any port and as fast as the machine can.
var testDefaults = []string{
	"[[listen]]\naddr = \"127.0.0.1:0\"\n",
	"[limits]\nsessions_per_source = 0\nconnects_per_minute = 0\nlines_per_second = 0.0\npenalty = \"0s\"\nlogins_per_source = 0\nregistrations = 0\nregistrations_per_source = 0\n",
}

func CompleteConfig(text string) string {
	for _, table := range testDefaults {
		if header, _, _ := strings.Cut(table, "\n"); !strings.Contains(text, header) {
			text += "\n" + table
		}
	}
	return text
}

// Start runs the program with a config in a directory of its own and
// returns when it listens. The test's cleanup stops it with SIGTERM, which
// must end it with status 0 unless the test waited for another end itself.
func Start(t testing.TB, config string) *Server {
	t.Helper()
	return StartLogging(t, config, nil)
}

// StartLogging is startServer with another place for the log, which is
// then not looked at.
func StartLogging(t testing.TB, config string, stderr io.Writer) *Server {
	t.Helper()
	dir := t.TempDir()
	s := &Server{T: t, Config: filepath.Join(dir, "chatroom.toml")}
	s.Configure(config)
	s.Launch(stderr)
	t.Cleanup(s.Stop)
	s.Ready()
	return s
}

// Launch starts the program; its log goes to stderr if that is not nil.
func (s *Server) Launch(stderr io.Writer) {
	s.T.Helper()
	s.Stdout, s.Log, s.Done = NewOutput(), NewOutput(), make(chan struct{})
	args := append(slices.Clone(s.Under), Program, "serve", "--config", s.Config)
	s.Cmd = exec.Command(args[0], args[1:]...)
	if *ioFlag != "" {
		s.Cmd.Args = append(s.Cmd.Args, "--server.io", *ioFlag)
	}
	s.Cmd.Dir = filepath.Dir(s.Config)
	s.Cmd.Env = CleanEnv()
	s.Cmd.Stdout, s.Cmd.Stderr = s.Stdout, stderr
	if stderr == nil {
		s.Cmd.Stderr = s.Log
	}
	if err := s.Cmd.Start(); err != nil {
		s.T.Fatal(err)
	}
	go func(cmd *exec.Cmd, stdout, log *Output, done chan struct{}) {
		cmd.Wait()
		stdout.Close()
		log.Close()
		close(done)
	}(s.Cmd, s.Stdout, s.Log, s.Done)
}

var listenAddress = regexp.MustCompile(`(127\.0\.0\.1|\[::1\]):[1-9][0-9]*`)

// Ready waits until the server listens.
func (s *Server) Ready() {
	s.T.Helper()
	config, err := os.ReadFile(s.Config)
	if err != nil {
		s.T.Fatal(err)
	}
	doors := strings.Count(string(config), "[[listen]]")
	s.Stdout.Wait(s.T, "a line for each listener", func(text string) bool {
		s.Addrs = listenAddress.FindAllString(text, -1)
		return len(s.Addrs) >= doors
	})
}

// Restart ends the server in an orderly way and starts it again on the same
// data.
func (s *Server) Restart() {
	s.T.Helper()
	s.Signal(syscall.SIGTERM)
	if status := s.Wait(); status != 0 {
		s.T.Errorf("the server ended with status %d after SIGTERM; its log:\n%s", status, s.Log)
	}
	s.Launch(nil)
	s.Ready()
}

// Crash ends the server at once, without warning, and starts it again on the same
// data.
func (s *Server) Crash() {
	s.T.Helper()
	s.Signal(syscall.SIGKILL)
	<-s.Done
	s.Launch(nil)
	s.Ready()
}

// Configure writes the config file; the running server has not read it yet.
func (s *Server) Configure(config string) {
	s.T.Helper()
	if err := os.WriteFile(s.Config, []byte(CompleteConfig(config)), 0o600); err != nil {
		s.T.Fatal(err)
	}
}

// Dial connects to the first listener.
func (s *Server) Dial(name string) *chattest.Client {
	s.T.Helper()
	c := chattest.Dial(s.T, s.Addrs[0])
	c.Name = name
	return c
}

// Login connects and logs in as a guest of that name. All that the server has
// to say about it has been read.
func (s *Server) Login(name string) *chattest.Client {
	s.T.Helper()
	c := s.Dial(name)
	c.Send("login " + name)
	Skip(c)
	return c
}

// Skip reads all that the server has sent by the time it has dealt with what
// the client sent.
func Skip(c *chattest.Client) {
	c.Send("/echo that was all")
	for !strings.HasSuffix(c.Next(), "that was all") {
	}
}

func (s *Server) Signal(sig os.Signal) {
	s.T.Helper()
	if err := s.Cmd.Process.Signal(sig); err != nil {
		s.T.Fatalf("%v: %v", sig, err)
	}
}

// Wait returns the exit status of a server that is about to end.
func (s *Server) Wait() int {
	s.T.Helper()
	select {
	case <-s.Done:
	case <-time.After(chattest.Timeout):
		s.Signal(syscall.SIGQUIT) // the log then holds the reason
		<-s.Done
		s.T.Fatalf("the server did not end within %v; its log:\n%s", chattest.Timeout, s.Log)
	}
	return s.Cmd.ProcessState.ExitCode()
}

// Stop is the end of every server.
func (s *Server) Stop() {
	select {
	case <-s.Done:
	default:
		if err := s.Cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.T.Errorf("SIGTERM: %v", err)
		}
		if status := s.Wait(); status != 0 {
			s.T.Errorf("the server ended with status %d after SIGTERM", status)
		}
	}
	for line := range strings.Lines(s.Log.String() + s.Stdout.String()) {
		for _, trace := range []string{"DATA RACE", "panic:", "fatal error:", "goroutine 1 ["} {
			if strings.Contains(line, trace) && !strings.Contains(line, "plugin") { // who may have one
				s.T.Errorf("the server's log holds a trace: %s", line)
			}
		}
	}
	if s.T.Failed() {
		s.T.Logf("stdout of the server:\n%s\nits log:\n%s", s.Stdout, s.Log)
	}
}

// CleanEnv is the tests' own environment without settings for the program.
func CleanEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "CHATROOM_") {
			env = append(env, kv)
		}
	}
	return env
}
