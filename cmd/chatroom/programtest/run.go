package programtest

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// Run is another run of the program, with the server's config and in its
// directory. It returns what that printed and its exit status.
func (s *Server) Run(args ...string) (out string, status int) {
	s.T.Helper()
	return s.RunWith("", args...)
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

// Data is the directory of the server's store.
func (s *Server) Data() string { return filepath.Join(filepath.Dir(s.Config), "data") }
