package programtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

const Password = "sesame street"

// Register connects and registers a name; the client is logged in to it then and
// all is read.
func (s *Server) Register(name string) *chattest.Client {
	s.T.Helper()
	c := s.Dial(name)
	c.Send(fmt.Sprintf("register %s %q", name, Password))
	c.Expect("Welcome, " + name)
	Skip(c)
	return c
}

// Authenticate connects and logs in to an account; all is read then.
func (s *Server) Authenticate(name string) *chattest.Client {
	s.T.Helper()
	c := s.Dial(name)
	c.Send(fmt.Sprintf("login %s %q", name, Password))
	c.Expect("Welcome, " + name)
	Skip(c)
	return c
}

// RunWith is Run with something on standard input.
func (s *Server) RunWith(stdin string, args ...string) (out string, status int) {
	s.T.Helper()
	cmd := exec.Command(Program, append(args, "--config", s.Config)...)
	cmd.Dir = filepath.Dir(s.Config)
	cmd.Env = CleanEnv()
	cmd.Stdin = strings.NewReader(stdin)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.T.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// Must is Run for what has to succeed.
func (s *Server) Must(args ...string) string {
	s.T.Helper()
	out, status := s.Run(args...)
	if status != 0 {
		s.T.Fatalf("chatroom %s: status %d: %s", strings.Join(args, " "), status, out)
	}
	return out
}

func (s *Server) Data() string { return filepath.Join(filepath.Dir(s.Config), "data") }
