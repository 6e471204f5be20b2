package session_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

func TestAlias(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Aliases = 3 })
	ann := b.login("ann")
	alias := func(name, line string) {
		t.Helper()
		if err := ann.SetAlias(name, line); err != nil {
			t.Fatal(err)
		}
	}
	alias("hey", "/echo hey, $*!")
	alias("go", "join $1")
	alias("hop", "go $1")
	ann.feed("hey you, don't\n/go ops\n/he all\n/hop lobby\n")
	ann.expect("hey, you, don't!", "-- You are in ops with 0 others.", "hey, all!")
	ann.feed("/h x\n")
	if got := ann.take(); !strings.Contains(got, "h") || strings.Contains(got, "hey, x") {
		t.Errorf("a prefix of two aliases: %q", got)
	}
	ann.feed("/ec x\n")
	ann.expect("x")
	alias("go", "/echo gone to $1")
	ann.feed("go ops\n/hop ops\n!go\n") // hop means what go meant when it was made
	ann.expect("gone to ops", "-- go ops", "gone to ops")

	if got := ann.Aliases(); len(got) != 3 || got[0].Name != "go" || got[0].Line != "/echo gone to $1" || got[2].Name != "hop" {
		t.Errorf("aliases %v", got)
	}
	for _, bad := range []struct {
		name, line string
		code       chat.Code
	}{
		{"echo", "join ops", chat.Conflict}, {"secret", "join ops", chat.Conflict}, {"x y", "join ops", chat.Invalid}, {"", "join ops", chat.Invalid},
		{"Hey", "join ops", chat.Invalid}, {strings.Repeat("x", 33), "join ops", chat.Invalid}, {"x", "//hello", chat.Invalid},
		{"x", "", chat.Invalid}, {"x", "nosuch", chat.Invalid}, {"x", "echo fourth", chat.Limited},
	} {
		if err := ann.SetAlias(bad.name, bad.line); chat.ErrorCode(err) != bad.code {
			t.Errorf("alias %q %q: %v", bad.name, bad.line, err)
		}
	}
	if err := ann.DropAlias("hey"); err != nil {
		t.Error(err)
	}
	if err := ann.DropAlias("hey"); chat.ErrorCode(err) != chat.NotFound {
		t.Error(err)
	}
	ann.feed("hey you\n")
	ann.expect("ann: hey you")
	alias("shout", "echo $* $* $* $* $*")
	ann.feed("shout " + strings.Repeat("x", 20) + "\n")
	if got := ann.take(); strings.Contains(got, "xxx") {
		t.Errorf("longer than a line may be: %q", got)
	}
	if err := ann.DropAlias("shout"); err != nil {
		t.Error(err)
	}
	alias("pw", "password $1")
	ann.feed("pw hunter2\n/!pw\n")
	ann.expect("changed", "-- None of your last commands begins with pw; !! repeats the last one.")
	ann.feed("/logout\nlogin ann\n")
	if got := ann.Aliases(); len(got) != 0 {
		t.Errorf("after a logout: %v", got)
	}
}
