package commands_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPeople(t *testing.T) {
	play(t, []scene{
		{"who", `
			ann> login ann
			ann< ...
			+2h
			bob> login 你好
			bob< ...
			ann< ...
			bob is operator
			bob> /away gone to buy a fish, and some water for the fish to live in
			bob< ...
			bob> join ops
			bob< ...
			+5m
			ann> who
			ann< NAME  ROOM   IDLE  ON     ROLE      AWAY
			ann< ann   lobby  0s    2h05m  guest
			ann< 你好  ops    5m    5m     operator  gone to buy a fish, and some water for the …
			ann> users #OPS
			ann< NAME  ROOM  IDLE  ON  ROLE      AWAY
			ann< 你好  ops   5m    5m  operator  gone to buy a fish, and some water for the fish…
			ann> names lobby
			ann< NAME  ROOM   IDLE  ON     ROLE      AWAY
			ann< ann   lobby  0s    2h05m  guest
			ann< 你好  ops    5m    5m     operator  gone to buy a fish, and some water for the …
		`},
		{"who of a room that is not there", arrival + `
			ann> who nowhere
			ann< -- There is no room nowhere; rooms lists them, and join nowhere makes it.
			ann> who loby
			ann< -- There is no room loby; did you mean lobby?
			ann> who lobby ops
			ann< -- who takes at most 1 argument, not 2.
			ann< -- Usage: who [ROOM]
			ann< -- To say it: say who lobby ops
			bob> join ops
			bob< ...
			bob> leave
			bob< ...
			ann> who ops
			ann< -- Nobody is in ops.
		`},
		{"whois", arrival + `
			ann> whois Bob
			ann< bob
			ann<   role    guest
			ann<   room    lobby
			ann<   on for  0s
			ann<   idle    0s
			bob> join ops
			bob< ...
			bob> away team won
			bob< ...
			ann> ignore bob
			ann< ...
			+49h
			ann> finger @bob
			ann< bob
			ann<   role     guest
			ann<   room     ops
			ann<   also in  lobby
			ann<   on for   2d
			ann<   idle     2d
			ann<   away     team won
			ann<   ignored  by you
			ann> /whois nobody
			ann< -- There is no user "nobody"; type who to see who is here.
		`},
		{"away and back", arrival + `
			ann> away
			ann< -- You are away; back ends it.
			ann> away team won
			ann< -- You are away: team won (to undo it: away; to say it: say away team won)
			ann> away   lunch
			ann< -- You are away: lunch (to undo it: away team won; to say it: say away   lunch)
			ann> back
			ann< -- You are back.
			ann> away lunch
			ann< -- You are away: lunch (to undo it: back; to say it: say away lunch)
			ann> /back
			ann< -- You are back.
			ann> back
			ann< -- You were not away (to say it: say back)
			ann> /back
			ann< -- You were not away.
		`},
		{"ignore", arrival + `
			ann> ignore
			ann< -- You ignore nobody.
			ann> ignore BOB
			ann< -- You ignore bob until one of you logs out; unignore bob ends it.
			ann> ignore bob
			ann< -- You ignore bob already.
			ann> ignore
			ann< bob
			bob> buy now
			bob< bob: buy now
			bob> msg ann buy now
			bob< -> *ann* buy now
			ann> unignore Bob
			ann< -- You see bob again.
			bob> sorry
			ann< bob: sorry
			bob< bob: sorry
			ann> unignore bob
			ann< -- You ignore nobody called bob; ignore alone lists whom you do.
			ann> ignore ann
			ann< -- You can't ignore yourself.
		`},
		{"unignore everyone, also who has another name or left", arrival + `
			cid> login cid
			cid< ...
			ann< ...
			bob< ...
			ann> unignore
			ann< -- You ignored nobody.
			ann> ignore cid
			ann< ...
			ann> ignore bob
			ann< ...
			bob> nick rob
			bob< ...
			cid< ...
			cid> logout
			cid< ...
			bob< ...
			ann> ignore
			ann< bob
			ann< cid
			ann> unignore
			ann< -- You see everyone again; you had ignored 2 people.
			ann> ignore
			ann< -- You ignore nobody.
		`},
	})
}

// crowd logs in n people a00000, a00001, ... whose last line is the younger, the
// higher the number.
func crowd(tb testing.TB, w *world, n int) {
	tb.Helper()
	for i := range n {
		p := w.person(fmt.Sprintf("a%05d", i))
		w.now = noon.Add(time.Duration(i) * time.Second)
		name, err := parseName(fmt.Sprintf("a%05d", i))
		if err != nil {
			tb.Fatal(err)
		}
		if err := p.Login(name); err != nil {
			tb.Fatal(err)
		}
		w.batch()
		p.seen = nil
	}
	for _, p := range w.people {
		p.seen = nil
	}
}

func TestWhoOfACrowd(t *testing.T) {
	w := newWorld(t)
	crowd(t, w, 203)
	p := w.person("a00100")
	p.typed("who")
	if len(p.seen) != 202 {
		t.Fatalf("%d lines are seen, want a heading, 200 people and a count", len(p.seen))
	}
	for i, prefix := range map[int]string{1: "a00003 ", 98: "a00100 ", 200: "a00202 "} {
		if !strings.HasPrefix(p.seen[i], prefix) {
			t.Errorf("line %d is %q, want %s", i, p.seen[i], prefix)
		}
	}
	if want := "-- 3 more are here who typed nothing for longer."; p.seen[201] != want {
		t.Errorf("the last line is %q, want %q", p.seen[201], want)
	}
	p.seen = nil
	p.typed("look")
	last := p.seen[len(p.seen)-2]
	if !strings.HasSuffix(last, " and 3 more") {
		t.Errorf("look ends the people with %q", last)
	}
}
