package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

func TestJobs(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Jobs = 3 })
	ann := b.login("ann")
	start := b.loop.Now
	schedule := func(in time.Duration, again bool, line string) {
		t.Helper()
		if _, err := ann.Schedule(in, again, line); err != nil {
			t.Fatal(err)
		}
	}
	schedule(time.Minute, false, " echo tea ")
	schedule(40*time.Second, true, "/echo stretch")
	schedule(time.Hour, false, "join ops")
	jobs := ann.Jobs()
	if len(jobs) != 3 || jobs[0].ID != 2 || jobs[0].Every != 40*time.Second || jobs[1].Line != "echo tea" || !jobs[1].Next.Equal(start.Add(time.Minute)) {
		t.Errorf("jobs %+v", jobs)
	}
	b.advance(2*time.Minute - time.Second)
	ann.expect("-- job 2: /echo stretch", "stretch", "-- job 1: echo tea", "tea", "-- job 2: /echo stretch", "stretch")
	if err := ann.CancelJob(2); err != nil {
		t.Error(err)
	}
	for _, id := range []int{1, 2, 9} {
		if err := ann.CancelJob(id); chat.ErrorCode(err) != chat.NotFound {
			t.Errorf("cancel %d: %v", id, err)
		}
	}
	b.advance(time.Hour)
	ann.expect("-- job 3: join ops", "-- You are in ops with 0 others.")
	if got := ann.Jobs(); len(got) != 0 {
		t.Errorf("jobs %+v", got)
	}

	for _, bad := range []struct {
		in    time.Duration
		again bool
		line  string
		code  chat.Code
	}{
		{time.Millisecond, false, "echo x", chat.Invalid}, {31 * 24 * time.Hour, false, "echo x", chat.Invalid}, {9 * time.Second, true, "echo x", chat.Invalid},
		{time.Minute, false, "", chat.Invalid}, {time.Minute, false, "//hi", chat.Invalid}, {time.Minute, false, "/join 'ops", chat.Invalid},
		{time.Minute, false, "nosuch", chat.NotFound}, {time.Minute, false, "join", chat.Invalid}, {time.Minute, false, "password x", chat.Invalid},
		{time.Minute, false, "secret", chat.Forbidden},
	} {
		if _, err := ann.Schedule(bad.in, bad.again, bad.line); chat.ErrorCode(err) != bad.code {
			t.Errorf("schedule %v %q: %v, want %v", bad.in, bad.line, err, bad.code)
		}
	}
	for range 3 {
		schedule(time.Minute, false, "echo x")
	}
	if _, err := ann.Schedule(time.Minute, false, "echo x"); chat.ErrorCode(err) != chat.Limited {
		t.Errorf("a fourth job: %v", err)
	}
	ann.feed("/logout\nlogin ben\n")
	ann.take()
	b.advance(2 * time.Minute)
	ann.expect()
}

// A job runs with the rights of its time, takes its turn and its tokens, and is
// no sign of life.
func TestJobsRunLikeTypedLines(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.LinesBurst, s.LinesPerSec, s.GuestIdle = 1, 0.02, 10*time.Minute })
	root := b.login("root1")
	b.advance(time.Minute)
	if _, err := root.Schedule(time.Minute, false, "secret"); err != nil {
		t.Fatal(err)
	}
	b.accounts.change(func() { clear(b.accounts.guests) })
	b.env.Recheck(nil)
	b.turn()
	root.take()
	b.advance(time.Minute)
	if got := root.take(); !strings.HasPrefix(got, "-- job 1: secret\r\n-- ") || strings.Contains(got, "42") {
		t.Errorf("without the role: %q", got)
	}
	if _, err := root.Schedule(10*time.Second, true, "echo x"); err != nil {
		t.Fatal(err)
	}
	b.advance(100 * time.Second)
	if got := strings.Count(root.take(), "job 2"); got != 2 {
		t.Errorf("%d runs at one line in 50 s, want 2", got)
	}
	b.advance(10 * time.Minute)
	if !root.closed {
		t.Error("jobs keep a guest from being idle")
	}
}

func TestMachineJobs(t *testing.T) {
	b := newBench(t, nil)
	bot := b.machine("bot")
	if _, err := bot.Schedule(time.Minute, false, "echo tea"); err != nil {
		t.Fatal(err)
	}
	b.advance(time.Minute)
	bot.expect(`{"type":"job","job":1,"line":"echo tea"}`, `{"type":"output","job":1,"text":"tea"}`, `{"type":"result","job":1,"code":"ok","command":"echo"}`)
	bot.feed("/echo x\n")
	bot.expect(`{"type":"output","id":3,"text":"x"}`, `{"type":"result","id":3,"code":"ok","command":"echo"}`)
}

func TestJobsAndPages(t *testing.T) {
	b := newBench(t, nil)
	ann := b.terminal("ann", window(80, 6))
	if _, err := ann.Schedule(time.Minute, false, "list 6"); err != nil {
		t.Fatal(err)
	}
	ann.feed("/list 9\r\n")
	ann.expect("1", "2", "3", "4", more)
	b.advance(time.Minute)
	ann.expect("-- job 1: list 6", "1", "2", "3", "4", "5", "6", "-- that is all")
	ann.feed("\r\n")
	ann.expect("5", "6", "7", "8", more)
}

// A job joins a room if its owner may when it runs, and it is the owner's current
// one from then on.
func TestJobJoinsARoom(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	hub := b.env.Hub
	bob.feed("join ops\n")
	bob.take()
	for range 2 {
		if _, err := ann.Schedule(10*time.Minute, false, "join ops"); err != nil {
			t.Fatal(err)
		}
		b.advance(time.Minute)
	}
	if err := hub.SetPrivate(bob.User(), hub.Room("ops"), true, b.loop.Now); err != nil {
		t.Fatal(err)
	}
	b.advance(8 * time.Minute)
	ann.expect("-- job 1: join ops", "-- You can't enter ops without an invitation or its key; ask somebody who is in it.")
	if err := hub.Invite(bob.User(), hub.Room("ops"), ann.User(), b.loop.Now); err != nil {
		t.Fatal(err)
	}
	b.turn()
	ann.take()
	bob.take()
	b.advance(time.Minute)
	ann.expect("-- job 2: join ops", "-- You are in ops with 1 other.")
	ann.feed("here I am\n")
	bob.expect("-- ann has joined", "ann: here I am")
}
