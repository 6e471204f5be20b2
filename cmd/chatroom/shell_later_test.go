package main_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// A scheduled line runs with the rights that its owner has when it runs, not
// those of when it was made.
func TestJobRights(t *testing.T) {
	const operator = "[roles]\noperator = [\"ann\"]\n"
	s := programtest.Start(t, operator)
	ann := s.Register("ann")
	ann.Send("at 3s stats")
	ann.Expect("-- Job 1 ")
	ann.Send("at 3s stats | say")
	ann.Expect("-- Job 2 ")
	s.Configure("[roles]\noperator = []\n")
	s.Signal(syscall.SIGHUP)
	ann.Expect("-- job 1: stats")
	if got := ann.Next(); !strings.HasPrefix(got, "-- ") || !strings.Contains(got, "operator") {
		t.Errorf("who is no operator any more has stats answered with %q", got)
	}
	ann.Expect("-- job 2: stats | say")
	if got := ann.Next(); !strings.HasPrefix(got, "-- ") || !strings.Contains(got, "operator") {
		t.Errorf("who is no operator any more has stats answered with %q", got)
	}
}

// A job ends with the login: not even a login of the same name has it.
func TestJobEndsWithLogin(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.Send("at 1s say forgotten")
	ann.Expect("-- Job 1 ")
	ann.Send("logout")
	ann.Send("login ann")
	ann.Send("at 2s say remembered")
	bob.Expect("ann: remembered")
	bob.Quiet("ann: forgotten")

	ann.Send("at 1s say forgotten")
	ann.Expect("-- Job ")
	ann.Close()
	bob.Expect("-- ann has left")
	bob.Send("at 2s echo it is time")
	bob.Expect("it is time")
	bob.Quiet("ann: forgotten")
}

// A job that makes jobs stays within the limit, and so do many of them.
func TestJobsThatMakeJobs(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	for range 10 {
		ann.Send("at 1s at 1s at 1s echo again")
	}
	for range 10 {
		ann.Expect("again")
	}
	for i := range 15 {
		ann.Send(fmt.Sprintf("every 1h echo %d", i))
	}
	ann.Expect("-- You have 10 jobs")
	ann.Send("jobs | tail +2 | wc -l")
	ann.Expect("10")
}

// A job runs in the room where its owner is then, may be a pipeline, and hears
// of no pager; an alias in it is the one of that time.
func TestJobRuns(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.SendRaw(naws(80, 10))
	for _, line := range []string{
		"alias greet say hello, $1",
		"at 1s greet bob",
		"at 1s who | tail 1 | cut -c 1-3 | say",
		"at 1s man set",
		"at 1s whois nobody",
	} {
		ann.Send(line)
	}
	bob.Expect("ann: hello, bob")
	bob.Expect("ann: bob")
	ann.Expect("-- job 3: man set")
	ann.Expect("set output json") // the last of the examples
	ann.Expect("-- job 4: whois nobody")
	ann.Expect(`-- There is no user "nobody"`)
	ann.Quiet(more + "...")
	ann.Send("jobs")
	ann.Expect("-- Nothing is to run later")
}

// What a program schedules has no number of a line of its own.
func TestJobsOfMachines(t *testing.T) {
	s := programtest.Start(t, "")
	m := newMachine(s, "bot")
	m.do("/at 1s echo tea")
	job := m.until("job")
	if job["line"] != "echo tea" || job["job"] != 1.0 || job["id"] != nil {
		t.Errorf("%v", job)
	}
	if out := m.until("output"); out["text"] != "tea" || out["job"] != 1.0 || out["id"] != nil {
		t.Errorf("%v", out)
	}
	if end := m.until("result"); end["code"] != "ok" || end["job"] != 1.0 || end["id"] != nil {
		t.Errorf("%v", end)
	}
}
