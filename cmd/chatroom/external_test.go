package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// With store.url everything is in NATS servers elsewhere; the password in it is
// shown to nobody.
func TestExternalStore(t *testing.T) {
	t.Parallel()
	_, url := programtest.StartNATS(t)
	s := programtest.Start(t, fmt.Sprintf("[store]\nurl = %q\n", url))
	ann := s.Register("ann")
	ann.Send("say in the lobby")
	programtest.Skip(ann)
	s.Restart()
	ann = s.Authenticate("ann")
	ann.Send("history")
	ann.Expect("ann: in the lobby")

	// One chatroom uses a store, wherever it runs.
	out, status := s.Run("serve", "--store.dir", "other")
	if pid := strconv.Itoa(s.Cmd.Process.Pid); status != 4 || !strings.Contains(out, pid) {
		t.Errorf("a second server: status %d, want 4 and %s: %s", status, pid, out)
	}
	if out, status := s.Run("store", "check"); status != 4 {
		t.Errorf("a check meanwhile: status %d: %s", status, out)
	}
	s.Must("admin", "grant", "ann")
	export := s.Must("store", "export")
	s.Signal(os.Interrupt)
	s.Wait()
	if out := s.Must("admin", "list"); !strings.Contains(out, "ann ...admin") && !strings.Contains(out, "admin") {
		t.Errorf("without a server: %s", out)
	}
	for _, shown := range []string{out, export, s.Log.String(), s.Must("config", "print")} {
		if strings.Contains(shown, "s3same") {
			t.Errorf("the password is in:\n%s", shown)
		}
	}
	out, status = s.Run("serve", "--store.url", "nats://127.0.0.1:1")
	if status != 3 {
		t.Errorf("without a NATS server: status %d: %s", status, out)
	}
}

// While the store does not answer people talk on and are told; what can't be saved
// is refused. When it is back they are told too, and nothing needs a restart.
func TestDegraded(t *testing.T) {
	t.Parallel()
	nats, url := programtest.StartNATS(t)
	s := programtest.Start(t, fmt.Sprintf("[store]\nurl = %q\n", url))
	ann, bob := s.Register("ann"), s.Login("bob")
	s.Must("admin", "grant", "ann")
	programtest.Skip(ann)
	nats.Signal(syscall.SIGSTOP)
	ann.Send("say the store is gone")
	bob.Expect("ann: the store is gone")
	bob.Expect("-- The server's storage is unavailable")
	ann.Send("say and we talk on")
	bob.Expect("ann: and we talk on")
	cid := s.Dial("cid")
	cid.Expect("-- The server's storage is unavailable")
	cid.Send("login cid")
	cid.Expect("-- Welcome, cid.")
	cid.Send(fmt.Sprintf("register cid %q", programtest.Password))
	cid.Expect("-- ")
	programtest.Skip(cid)
	if strings.Contains(cid.Transcript(), "is yours now") {
		t.Error("a registration was confirmed while nothing can be saved")
	}
	ann.Send("stats")
	ann.Expect("does not work")
	programtest.Skip(ann)

	nats.Signal(syscall.SIGCONT)
	bob.Expect("-- The server's storage works again")
	eve := s.Dial("eve")
	eve.Expect("Log in with")
	eve.Quiet("...unavailable...")
	s.Register("dee")
	ann.Send("stats")
	ann.Expect("works")
	s.Restart()
	ann = s.Authenticate("ann")
	ann.Send("history")
	ann.Expect("ann: and we talk on")
}

// A password that is asked for on a terminal does not show, and is asked for
// twice.
func TestPasswordPrompt(t *testing.T) {
	s := programtest.Start(t, "")
	s.Register("ann")
	argv := []string{programtest.Program, "account", "passwd", "ann", "--config", s.Config}
	for _, tt := range []struct{ first, second, want string }{
		{"open barley", "open barlez", "the two passwords differ"},
		{"open barley", "open barley", "the password of ann is changed"},
	} {
		x := openTerminal(t, "chatroom", filepath.Dir(s.Config), argv)
		x.expect("New password:")
		x.enter(tt.first)
		x.expect("New password:", "The same again:")
		x.enter(tt.second)
		x.wait(tt.want, func(rows []string) bool { return strings.Contains(strings.Join(rows, "\n"), tt.want) })
		if strings.Contains(strings.Join(x.screen(), "\n"), "barle") {
			t.Errorf("the password is on the screen:\n%s", strings.Join(x.screen(), "\n"))
		}
	}
	c := s.Dial("ann")
	c.Send("login ann \"open barley\"")
	c.Expect("-- Welcome, ann.")
}
