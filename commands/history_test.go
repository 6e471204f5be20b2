package commands_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestHistory(t *testing.T) {
	const told = arrival + `
		ann> the deploy begins
		ann< ...
		bob< ...
		+10m
		bob> me watches the Deploy
		ann< ...
		bob< ...
		+10m
		bob> all is well
		ann< ...
		bob< ...
	`
	play(t, []scene{
		{"history of one person, and before a message", told + `
			ann> history --user bob --ids
			ann< 2 [12:10] * bob watches the Deploy
			ann< 3 [12:20] bob: all is well
			ann> history 1 --before 3 --ids
			ann< 2 [12:10] * bob watches the Deploy
			ann> history 1h --user @Bob --before 3
			ann< [12:10] * bob watches the Deploy
			ann> history --before 1
			ann< -- Nothing was said in lobby before 1.
			ann> history --user cid
			ann< -- cid said nothing in lobby yet.
			ann> history 5m --user ann --before 3
			ann< -- ann said nothing in lobby before 3 for 5m.
			ann> /history --before 0
			ann< -- --before must be the number of a message, as --ids shows it, not 0.
		`},
		{"search", told + `
			ann> search DEPLOY
			ann< [lobby] [12:00] ann: the deploy begins
			ann< [lobby] [12:10] * bob watches the Deploy
			ann> search the deploy --user bob
			ann< [lobby] [12:10] * bob watches the Deploy
			ann> search deploy -n 1 --json
			ann< {"type":"emote","room":"lobby","seq":2,"time":"2026-03-01T12:10:00Z","from":"bob","text":"watches the Deploy"}
			ann> search deploy | wc -l
			ann< 2
			ann> search fish
			ann< -- Nothing was found in 1 room.
			ann> /search deploy --room ops
			ann< -- There is no room ops; rooms lists them, and join ops makes it.
			bob> join ops
			bob< ...
			bob> a deploy in ops
			bob< ...
			ann> search deploy --room ops
			ann< -- You are not in ops; join ops first.
			bob> search deploy
			bob< [lobby] [12:00] ann: the deploy begins
			bob< [lobby] [12:10] * bob watches the Deploy
			bob< [ops] [12:20] bob: a deploy in ops
			bob> search deploy --room lobby -n 1
			bob< [lobby] [12:10] * bob watches the Deploy
			ann> ignore bob
			ann< ...
			ann> search deploy
			ann< [lobby] [12:00] ann: the deploy begins
			ann> /search ""
			ann< -- That finds everything; history shows what was said last.
			ann> /search deploy -n 201
			ann< -- --number must be a whole number from 1 to 200, not 201.
		`},
		{"redact", told + `
			bob> /redact 1
			bob< -- Only who wrote the message 1, and who governs lobby, may remove it.
			bob> redact 3
			ann< -- bob removed a message of bob
			bob< -- bob removed a message of bob
			bob< -- You removed the message 3 of lobby (to say it: say redact 3)
			bob> /redact 3
			bob< -- The message 3 of lobby is removed already.
			bob> /redact 9
			bob< -- There is no message 9 in lobby; history --ids shows the numbers.
			ann> history 1 --json
			ann< {"type":"say","room":"lobby","seq":3,"time":"2026-03-01T12:20:00Z","from":"bob","text":"","removed":true}
			ann> search well
			ann< -- Nothing was found in 1 room.
		`},
		{"redact what another wrote", told + `
			mo has an account
			mo is moderator
			mo> login mo "open sesame"
			mo< ...
			ann< ...
			bob< ...
			mo> /redact 1
			mo< -- mo removed a message of ann
			ann< -- mo removed a message of ann
			bob< -- mo removed a message of ann
			mo is operator
			mo> audit 9 | grep redact
			mo< ... command ... mo ... redact ... ok ... args: lobby 1
		`},
		{"mail", arrival + `
			cid has an account
			ann> msg cid lunch?
			ann< -> *cid* lunch?
			ann< -- cid is not here; it is kept and shown when they log in.
			bob> ping | msg cid
			bob< -> *cid* pong
			bob< -- cid is not here; it is kept and shown when they log in.
			bob> msg ann,cid two
			bob< -> *ann,cid* two
			bob< -- cid is not here; it is kept and shown when they log in.
			ann< *bob* two
			dan has an account
			ann> /msg cid,dan lunch?
			ann< -- cid and dan are not here; what is kept for somebody goes to one of them at a time.
			ann> /msg cdi lunch?
			ann< -- There is no user "cdi"; type who to see who is here.
			cid> login cid "open sesame"
			cid< *ann* lunch?
			cid< *bob* pong
			cid< *bob* two
			cid< -- You are in lobby.
			ann< ...
			bob< ...
			cid> nick rose
			cid< ...
			ann< ...
			bob< ...
			ann> /msg cid hello
			ann< -> *rose* hello
			cid< *ann* hello
			cid> reply hi
			cid< -> *ann* hi
			ann< *rose* hi
			cid> quit
			cid< ...
			ann< ...
			bob< ...
			ann> reply are you there?
			ann< -> *cid* are you there?
			ann< -- cid is not here; it is kept and shown when they log in.
			cid2> login cid "open sesame"
			cid2< *ann* are you there?
			cid2< -- You are in lobby.
			ann< ...
			bob< ...
		`},
	})
}

// TestHistoryLooksFurther: what memory does not have is looked for, and memory is
// shown if that fails.
func TestHistoryLooksFurther(t *testing.T) {
	w := newWorld(t)
	w.play(arrival)
	ann := w.person("ann")
	for _, m := range []string{"one", "two", "three", "four"} {
		ann.typed(m)
	}
	w.person("bob").seen, ann.seen = nil, nil
	w.history.memory = 2
	w.play(`
		ann> history 2
		ann< [12:00] ann: three
		ann< [12:00] ann: four
	`)
	if n := w.history.searches; n != 0 {
		t.Errorf("%d searches for what is in memory", n)
	}
	w.play(`
		ann> history 3
		ann< [12:00] ann: two
		ann< [12:00] ann: three
		ann< [12:00] ann: four
		ann> history --before 3 | tail 1
		ann< [12:00] ann: two
		ann> history 1h
		ann< [12:00] ann: one
		ann< ...
	`)
	if n := w.history.searches; n != 3 {
		t.Errorf("%d searches, want 3", n)
	}
	w.history.failure = chat.Errorf(chat.Unavailable, "The store does not answer.")
	w.play(`
		ann> history 3
		ann< [12:00] ann: three
		ann< [12:00] ann: four
		ann< -- The store does not answer.
		ann> search one
		ann< -- The store does not answer.
	`)
	// All of the time that is asked for is in memory.
	w.history.searches = 0
	w.play(`
		+2h
		ann> five
		ann< ...
		bob< ...
		ann> history 1h
		ann< [14:00] ann: five
	`)
	if n := w.history.searches; n != 0 {
		t.Errorf("%d searches for what is in memory", n)
	}
}

// TestMissed has the clock of the accounts, which tell when somebody was here last.
func TestMissed(t *testing.T) {
	w := newWorld(t)
	w.realTime()
	w.play(`
		ann has an account
		ann> login ann "open sesame"
		ann< ...
		bob> login bob
		bob< ...
		ann< ...
		bob> /missed
		bob< -- missed needs the role user, and yours is guest; ask somebody who has it.
		ann> missed
		ann< -- You missed nothing since you were here last, 0s ago.
		ann> join ops
		ann< ...
		bob> join ops
		bob< ...
		ann< ...
		bob> old news for ann
		bob< ...
		ann< ...
		ann> logout
		ann< ...
		bob< ...
		bob< ...
		+1m
		bob> nothing for anybody
		bob< ...
		bob> ann: look at this
		bob< ...
		bob> msg ann a secret
		bob< ...
		+1h
		ann> login ann "open sesame"
		ann< ...
		bob< ...
		ann> join ops
		ann< ...
		bob< ...
		ann> I am ann
		ann< ...
		bob< ...
		ann> missed
		ann< -- Since you were here last, 1h...m ago:
		ann< ROOM  MESSAGES  NAMING YOU
		ann< ops   2         1
		ann< [ops] [...] bob: ann: look at this
		ann< [...] *bob* a secret
		ann> missed --json
		ann< {"type":"missed","room":"ops","since":"...Z","messages":2,"mentions":1}
		ann< {"type":"say","room":"ops","seq":3,"time":"...Z","from":"bob","text":"ann: look at this"}
		ann< {"type":"private","time":"...Z","from":"bob","text":"a secret"}
	`)
	if strings.Contains(w.log.take(), "secret") {
		t.Error("the log has what was said")
	}
}
