package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// run is another run of the program, with the server's config and in its
// directory. It returns what that printed and its exit status.
func (s *server) run(args ...string) (out string, status int) {
	s.t.Helper()
	cmd := exec.Command(program, append(args, "--config", s.config)...)
	cmd.Dir = filepath.Dir(s.config)
	cmd.Env = cleanEnv()
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// A role is given and taken from the server's own machine, and counts at once.
func TestAdmin(t *testing.T) {
	s := startServer(t, "")
	ann, bob := s.register("ann"), s.login("bob")
	skip(ann)

	ann.Send("/reload")
	ann.Expect("reload")
	skip(ann)
	if out, status := s.run("admin", "grant", "ann", "operator"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	if out, status := s.run("admin", "list"); status != 0 || !strings.Contains(out, "ann") || !strings.Contains(out, "operator") {
		t.Errorf("status %d: %s", status, out)
	}
	ann.Send("who")
	ann.Expect("ann ...operator")

	s.configure("[server]\nmotd = \"Lunch is at noon.\"\n")
	ann.Send("reload")
	ann.Expect("server.motd")
	skip(ann)
	ann.Send("motd")
	ann.ExpectExact("Lunch is at noon.")
	s.configure("[server]\nmotd = 12\n")
	ann.Send("reload")
	ann.Expect("server.motd")
	skip(ann)
	ann.Send("motd")
	ann.ExpectExact("Lunch is at noon.")
	s.configure("")

	if out, status := s.run("admin", "revoke", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	ann.Send("/reload")
	ann.Expect("reload")
	ann.Send("who")
	ann.Expect("ann ...user")
	bob.Quiet("...reload...")

	// Roles are of accounts: nobody has one for being called bob.
	if out, status := s.run("admin", "grant", "bob"); status != 1 || !strings.Contains(out, "There is no account bob") {
		t.Errorf("a guest: status %d: %s", status, out)
	}
	for _, args := range [][]string{{"grant"}, {"grant", "ann", "operator", "now"}, {"grant", "ann", "king"}, {"garnt", "ann"}} {
		if out, status := s.run(append([]string{"admin"}, args...)...); status != 2 || strings.Count(out, "\n") > 3 {
			t.Errorf("admin %v: status %d, want 2:\n%s", args, status, out)
		}
	}
}

// Without a server the same is done in the store; where there is none, nothing is
// made.
func TestAdminWithoutServer(t *testing.T) {
	s := startServer(t, "")
	s.register("ann")
	s.signal(os.Interrupt)
	s.wait()
	if out, status := s.run("admin", "grant", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	s.launch(nil)
	s.ready()
	ann := s.authenticate("ann")
	ann.Send("who")
	ann.Expect("ann ...admin")
	out, status := s.run("admin", "list", "--store.dir", "elsewhere")
	if status != 1 || !strings.Contains(out, "no server") || !strings.Contains(out, "elsewhere") {
		t.Errorf("status %d: %s", status, out)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(s.config), "elsewhere")); err == nil {
		t.Error("a store was made by looking")
	}
}

// A second server on the same data is refused, and names the first.
func TestL3SameData(t *testing.T) {
	s := startServer(t, "")
	ann := s.register("ann")
	out, status := s.run("serve")
	if status != 4 || !strings.Contains(out, strconv.Itoa(s.cmd.Process.Pid)) {
		t.Errorf("status %d: %s", status, out)
	}
	ann.Sync()
	if out, status := s.run("admin", "grant", "ann"); status != 0 {
		t.Errorf("the first server's socket is gone: status %d: %s", status, out)
	}
	// What a killed server leaves behind is no obstacle.
	s.crash()
	s.authenticate("ann")
}
