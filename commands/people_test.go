package commands_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
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
			ann< 你好  ops    5m    5m     operator  away: gone to buy a fish, and some water fo…
			ann> users #OPS
			ann< NAME  ROOM  IDLE  ON  ROLE      AWAY
			ann< 你好  ops   5m    5m  operator  away: gone to buy a fish, and some water for th…
			ann> names lobby
			ann< NAME  ROOM   IDLE  ON     ROLE      AWAY
			ann< ann   lobby  0s    2h05m  guest
			ann< 你好  ops    5m    5m     operator  away: gone to buy a fish, and some water fo…
		`},
		{"who of a room that is not there", arrival + `
			ann> who nowhere
			ann< -- There is no room nowhere; rooms lists them, and join nowhere makes it.
			ann< -- To say it: say who nowhere
			ann> /who loby
			ann< -- There is no room loby; did you mean lobby?
			ann> who lobby ops
			ann< -- who takes at most 1 argument, not 2.
			ann< -- Usage: who [ROOM] [--json]
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
			ann> whois bob --json
			ann< {"type":"user","name":"bob","role":"guest","room":"ops","rooms":["ops","lobby"],"since":"2026-03-01T12:00:00Z","active":"2026-03-01T12:00:00Z","away":"team won","ignored":true}
			ann> /whois nobody
			ann< -- There is no user "nobody"; type who to see who is here.
		`},
		{"who for programs and pipes", arrival + `
			+90s
			bob> away out for lunch and for a walk after it, in the park behind the house
			bob< ...
			ann> who --json
			ann< {"type":"user","name":"ann","role":"guest","room":"lobby","since":"2026-03-01T12:00:00Z","active":"2026-03-01T12:01:30Z"}
			ann< {"type":"user","name":"bob","role":"guest","room":"lobby","since":"2026-03-01T12:00:00Z","active":"2026-03-01T12:01:30Z","away":"out for lunch and for a walk after it, in the park behind the house"}
			ann> who lobby --json | wc -l
			ann< 2
			ann> set output json
			ann< ...
			ann> who | tail 1 | cut -d " " -f 1
			ann< bob
			ann> whois ann
			ann< {"type":"user","name":"ann","role":"guest","room":"lobby","rooms":["lobby"],"since":"2026-03-01T12:00:00Z","active":"2026-03-01T12:01:30Z"}
		`},
		{"private rooms are for those who may know of them", arrival + `
			bob> join den
			bob< ...
			bob> /room private on
			bob< -- bob made den private.
			ann> who
			ann< NAME  ROOM   IDLE  ON  ROLE   AWAY
			ann< ann   lobby  0s    0s  guest
			ann< bob   -      0s    0s  guest
			ann> who --json | grep bob
			ann< {"type":"user","name":"bob","role":"guest","since":"2026-03-01T12:00:00Z","active":"2026-03-01T12:00:00Z"}
			ann> /who den
			ann< -- There is no room den; rooms lists them, and join den makes it.
			ann> /who dne
			ann< -- There is no room dne; rooms lists them, and join dne makes it.
			ann> whois bob
			ann< bob
			ann<   role     guest
			ann<   also in  lobby
			ann<   on for   0s
			ann<   idle     0s
			ann> seen bob
			ann< bob is here, idle for 0s.
			bob> who den
			bob< NAME  ROOM  IDLE  ON  ROLE   AWAY
			bob< bob   den   0s    0s  guest
			ann is moderator
			ann> whois bob
			ann< bob
			ann<   role     guest
			ann<   room     den
			ann<   also in  lobby
			ann<   on for   0s
			ann<   idle     0s
			ann> seen bob
			ann< bob is here in den, idle for 0s.
			ann> /who dne
			ann< -- There is no room dne; did you mean den?
		`},
		{"where somebody comes from is for operators", arrival + `
			opa has an account
			opa is operator
			opa> login opa "open sesame"
			opa< ...
			ann< ...
			bob< ...
			opa> whois bob
			opa< bob
			opa<   role    guest
			opa<   room    lobby
			opa<   from    192.0.2.2
			opa<   on for  0s
			opa<   idle    0s
			opa> whois bob --json
			opa< {"type":"user","name":"bob","role":"guest","room":"lobby","rooms":["lobby"],"since":"...Z","active":"...Z","from":["192.0.2.2"]}
			opa> whois opa
			opa< opa
			opa<   role     operator
			opa<   account  opa
			opa<   room     lobby
			opa<   from     192.0.2.3
			opa<   on for   0s
			opa<   idle     0s
		`},
		{"seen long ago", arrival + `
			cid has an account
			ann> seen cid
			ann< -- Nobody called cid is or was here lately; last lists who was.
			ann< -- To say it: say seen cid
			cid was here 3h ago
			ann> seen CID
			ann< cid left 3h00m ago.
			ann> seen cid --json
			ann< {"type":"visit","name":"cid","out":"2026-03-01T09:00:00Z"}
		`},
		{"seen", arrival + `
			+5m
			ann> seen BOB
			ann< bob is here in lobby, idle for 5m.
			bob> /away lunch
			bob< ...
			ann> seen @bob
			ann< bob is here in lobby, idle for 0s and away: lunch
			bob> /away
			bob< ...
			ann> seen bob
			ann< bob is here in lobby, idle for 0s and away.
			+5m
			bob> quit
			bob< ...
			ann< ...
			+2h
			ann> seen bob
			ann< bob left 2h00m ago, after 10m.
			ann> seen bob --json
			ann< {"type":"visit","name":"bob","in":"2026-03-01T12:00:00Z","out":"2026-03-01T12:10:00Z"}
			ann> seen ann --json
			ann< {"type":"visit","name":"ann","in":"2026-03-01T12:00:00Z"}
			ann> /seen bbo
			ann< -- Nobody called bbo is or was here lately; did you mean bob?
			ann> seen it?
			ann< -- Nobody called it? is or was here lately; last lists who was.
			ann< -- To say it: say seen it?
			ann> /seen
			ann< -- seen needs USER.
			ann< -- Usage: seen USER [--json]
		`},
		{"last", arrival + `
			+10m
			bob> quit
			bob< ...
			ann< ...
			+2h
			cid> login cid
			cid< ...
			ann< ...
			+1m
			cid> nick sid
			cid< ...
			ann< ...
			ann> last
			ann< NAME  CAME       LEFT        STAYED
			ann< sid   0s ago     still here  0s
			ann< cid   1m ago     0s ago      1m
			ann< ...
			ann> last Bob
			ann< NAME  CAME       LEFT       STAYED
			ann< bob   2h11m ago  2h01m ago  10m
			ann> last -n 1
			ann< NAME  CAME    LEFT        STAYED
			ann< sid   0s ago  still here  0s
			ann> last @ann --json
			ann< {"type":"visit","name":"ann","in":"2026-03-01T12:00:00Z"}
			ann> last bob --json
			ann< {"type":"visit","name":"bob","in":"2026-03-01T12:00:00Z","out":"2026-03-01T12:10:00Z"}
			ann> last night
			ann< -- Nobody called night is or was here lately; last lists who was.
			ann< -- To say it: say last night
			ann> /last sdi
			ann< -- Nobody called sdi is or was here lately; did you mean sid?
			ann> /last -n 0
			ann< -- --number must be a whole number from 1 to 200, not 0.
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
			ann> ignore -l
			ann< -- You ignore nobody.
			ann> ignore bob --list
			ann< -- --list goes without a name; whois bob tells whether you ignore them.
			ann> ignore --json
			ann> ignore bob
			ann< ...
			ann> ignore --list
			ann< bob
			ann> ignore --json
			ann< {"type":"ignored","name":"bob"}
			ann> unignore bbo
			ann< -- You ignore nobody called bbo; did you mean bob?
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

// TestPipesCarryWholeLines: what a terminal is too narrow for is cut off on the
// screen, not in a pipe.
func TestPipesCarryWholeLines(t *testing.T) {
	w := newWorld(t)
	w.play(arrival)
	w.person("ann").width = 50
	w.play(`
		bob> away in the park behind the house
		bob< ...
		ann> who
		ann< NAME  ROOM   IDLE  ON  ROLE   AWAY
		ann< ann   lobby  0s    0s  guest
		ann< bob   lobby  0s    0s  guest  away: in the park b…
		ann> who | grep "behind the house"
		ann< bob   lobby  0s    0s  guest  away: in the park behind the house
	`)
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
		if err := p.Login(chat.Identity{Name: name}); err != nil {
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
