package programtest

import (
	"os/exec"
	"path/filepath"
)

// Run is another run of the program, with the server's config and in its
// directory. It returns what that printed and its exit status.
func (s *Server) Run(args ...string) (out string, status int) {
	s.T.Helper()
	cmd := exec.Command(Program, append(args, "--config", s.Config)...)
	cmd.Dir = filepath.Dir(s.Config)
	cmd.Env = CleanEnv()
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.T.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}
