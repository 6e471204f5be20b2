package main_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// A role is given and taken from the server's own machine, and counts at once.
func TestAdmin(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Register("ann"), s.Login("bob")
	programtest.Skip(ann)

	ann.Send("/reload")
	ann.Expect("reload")
	programtest.Skip(ann)
	if out, status := s.Run("admin", "grant", "ann", "operator"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	if out, status := s.Run("admin", "list"); status != 0 || !strings.Contains(out, "ann") || !strings.Contains(out, "operator") {
		t.Errorf("status %d: %s", status, out)
	}
	ann.Send("who")
	ann.Expect("ann ...operator")

	s.Configure("[server]\nmotd = \"Lunch is at noon.\"\n")
	ann.Send("reload")
	ann.Expect("server.motd")
	programtest.Skip(ann)
	ann.Send("motd")
	ann.ExpectExact("Lunch is at noon.")
	s.Configure("[server]\nmotd = 12\n")
	ann.Send("reload")
	ann.Expect("server.motd")
	programtest.Skip(ann)
	ann.Send("motd")
	ann.ExpectExact("Lunch is at noon.")
	s.Configure("")

	if out, status := s.Run("admin", "revoke", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	ann.Send("/reload")
	ann.Expect("reload")
	ann.Send("who")
	ann.Expect("ann ...user")
	bob.Quiet("...reload...")

	// Roles are of accounts: nobody has one for being called bob.
	if out, status := s.Run("admin", "grant", "bob"); status != 1 || !strings.Contains(out, "There is no account bob") {
		t.Errorf("a guest: status %d: %s", status, out)
	}
	for _, args := range [][]string{{"grant"}, {"grant", "ann", "operator", "now"}, {"grant", "ann", "king"}, {"garnt", "ann"}} {
		if out, status := s.Run(append([]string{"admin"}, args...)...); status != 2 || strings.Count(out, "\n") > 3 {
			t.Errorf("admin %v: status %d, want 2:\n%s", args, status, out)
		}
	}
}

// Without a server the same is done in the store; where there is none, nothing is
// made.
func TestAdminWithoutServer(t *testing.T) {
	s := programtest.Start(t, "")
	s.Register("ann")
	s.Signal(os.Interrupt)
	s.Wait()
	if out, status := s.Run("admin", "grant", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	s.Launch(nil)
	s.Ready()
	ann := s.Authenticate("ann")
	ann.Send("who")
	ann.Expect("ann ...admin")
	out, status := s.Run("admin", "list", "--store.dir", "elsewhere")
	if status != 1 || !strings.Contains(out, "no server") || !strings.Contains(out, "elsewhere") {
		t.Errorf("status %d: %s", status, out)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(s.Config), "elsewhere")); err == nil {
		t.Error("a store was made by looking")
	}
}

// A second server on the same data is refused, and names the first.
func TestL3SameData(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Register("ann")
	out, status := s.Run("serve")
	if status != 4 || !strings.Contains(out, strconv.Itoa(s.Cmd.Process.Pid)) {
		t.Errorf("status %d: %s", status, out)
	}
	ann.Sync()
	if out, status := s.Run("admin", "grant", "ann"); status != 0 {
		t.Errorf("the first server's socket is gone: status %d: %s", status, out)
	}
	// What a killed server leaves behind is no obstacle.
	s.Crash()
	s.Authenticate("ann")
}
