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

// What a guest has made is lost with the name; the owner of an account has what
// was kept, in every session, also if not all of it can be read any more.
func TestAliasesOfAnAccount(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.put("fish", session.Carried{Aliases: map[string]string{
		"a": "z $*", "gone": "nosuch | swallow", "hi": "echo of the account, $*", "z": "echo z $*",
	}})
	bob, p := b.login("bob"), b.login("ann")
	if err := p.SetAlias("hi", "echo of the guest, $*"); err != nil {
		t.Fatal(err)
	}
	p.feed("hi x\nlogout\nlogin fish secret12\n")
	b.await(p, "-- You are in ")
	b.settle(p)
	if got := p.take(); !strings.HasPrefix(got, lines("of the guest, x")) {
		t.Errorf("the guest was shown %q", got)
	}
	bob.take()
	p.feed("hi x\na y\ngone and away\n/gone\n")
	const gone = "-- The alias gone stands for commands that are not there any more: nosuch | swallow. alias gone LINE makes it anew, unalias gone removes it."
	p.expect("of the account, x", "z y", gone, "-- To say it: put say before it.", gone)
	bob.expect()

	second := b.enter("fish", "secret12")
	if err := second.SetAlias("new", "echo new $*"); err != nil {
		t.Fatal(err)
	}
	if err := p.DropAlias("hi"); err != nil {
		t.Fatal(err)
	}
	p.feed("new x\n")
	p.expect("new x")
	second.feed("hi x\n")
	second.expect("fish: hi x")
	p.expect("fish: hi x")
	p.feed("logout\n")
	second.feed("logout\n")
	if c := b.kept("fish"); len(c.Aliases) != 4 || c.Aliases["new"] != "echo new $*" || c.Aliases["gone"] != "nosuch | swallow" {
		t.Errorf("kept %v", c.Aliases)
	}
	p.feed("login ann\n")
	if got := p.Aliases(); len(got) != 0 {
		t.Errorf("the guest has %v", got)
	}
}

// A prefix stands for what can be where it is.
func TestPrefixesAtTheirPlace(t *testing.T) {
	b := newBench(t, nil)
	ann := b.login("ann")
	for name, line := range map[string]string{"sw-only": "swallow", "flow": "flood | swallow", "ech": "echo $*"} {
		if err := ann.SetAlias(name, line); err != nil {
			t.Fatal(err)
		}
	}
	ann.feed("/fir x\n/s\n")
	if got := ann.take(); !strings.Contains(got, "first works on what another command writes") || !strings.Contains(got, `"s" can stand for `) {
		t.Errorf("a filter first, and a prefix of several: %q", got)
	}
	ann.feed("/people | sw\n") // swallow or sw-only
	if got := ann.take(); !strings.Contains(got, `"sw" can stand for sw-only or swallow`) {
		t.Errorf("a prefix of a filter and an alias that begins with one: %q", got)
	}
	ann.feed("/people | swa | f\n") // neither flood nor the alias reads input, first does
	b.settle(ann)
	ann.expect("4 by")
	ann.feed("/flo\n") // flood or the alias
	if got := ann.take(); !strings.Contains(got, `"flo" can stand for flood or flow`) {
		t.Errorf("a prefix of a command and an alias: %q", got)
	}
}
