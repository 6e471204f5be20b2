package commands_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestRooms(t *testing.T) {
	play(t, []scene{
		{"join", arrival + `
			ann> join #Ops
			ann< -- You are in ops.
			ann> join ops
			ann< -- ops is your current room already.
			bob> cd ops
			bob< -- You are in ops.
			ann< -- bob has joined
			bob> join lobby
			bob< -- Your current room is lobby now.
			bob> hello
			bob< bob: hello
			ann< [lobby] bob: hello
			bob> /join Über
			bob< -- ROOM must be a room name of 1 to 32 of a-z, 0-9, _ and -, not "Über".
			bob< -- Usage: join ROOM [KEY]
			bob> /join
			bob< -- join needs ROOM.
			bob< -- Usage: join ROOM [KEY]
		`},
		{"leave", arrival + `
			ann> leave
			ann< -- You can't leave lobby, where everyone starts; join another room beside it.
			ann> leave ops
			ann< -- You are not in ops.
			ann< -- To say it: say leave ops
			ann> /leave loby
			ann< -- You are not in loby; did you mean lobby?
			ann> join ops
			ann< ...
			ann> join dev
			ann< ...
			bob> join ops
			bob< ...
			ann< [ops] -- bob has joined
			ann> leave
			ann< -- You have left dev; your current room is ops.
			ann> part #lobby
			ann< -- You can't leave lobby, where everyone starts; join another room beside it.
			ann> join lobby
			ann< ...
			ann> part ops
			ann< -- You have left ops; your current room is lobby.
			bob< -- ann has left
		`},
		{"rooms", arrival + `
			ann> join ops
			ann< ...
			ann> /topic deploys & don'ts
			ann< ...
			bob> join a-b_c
			bob< ...
			ann> rooms
			ann<    ROOM   PEOPLE  TOPIC
			ann<    a-b_c  1
			ann< +  lobby  2
			ann< *  ops    1       deploys & don'ts
			bob> list
			bob<    ROOM   PEOPLE  TOPIC
			bob< *  a-b_c  1
			bob< +  lobby  2
			bob<    ops    1       deploys & don'ts
		`},
		{"rooms for programs", arrival + `
			ann> join ops
			ann< ...
			ann> /topic deploys | "don'ts"
			ann< ...
			ann> rooms --json
			ann< {"type":"room","name":"lobby","people":2,"joined":true}
			ann< {"type":"room","name":"ops","people":1,"topic":"deploys | \"don'ts\"","current":true,"joined":true}
			bob> rooms --json | grep ops
			bob< {"type":"room","name":"ops","people":1,"topic":"deploys | \"don'ts\""}
			bob> look --json
			bob< {"type":"room","name":"lobby","people":2,"current":true,"joined":true,"members":["ann","bob"]}
		`},
		{"rooms with doors", arrival + `
			ann> join den
			ann< ...
			ann> /room private on
			ann< -- ann made den private.
			bob> rooms
			bob<    ROOM   PEOPLE  TOPIC
			bob< *  lobby  2
			ann> rooms
			ann<    ROOM   PEOPLE  DOOR     TOPIC
			ann< *  den    1       private
			ann< +  lobby  2
			ann> /room key sesame
			ann< -- ann set a key for den.
			ann> rooms | grep den
			ann< *  den    1       private, key
			ann> rooms --json | head 1
			ann< {"type":"room","name":"den","people":1,"current":true,"joined":true,"private":true,"keyed":true}
			ann> /room private off
			ann< -- ann made den public.
			bob> rooms
			bob<    ROOM   PEOPLE  DOOR  TOPIC
			bob<    den    1       key
			bob< *  lobby  2
			bob> join den
			bob< -- You need the key to enter den; give it after the room's name.
			bob> join den simsim
			bob< -- That is not the key of den; ask somebody who is in it.
			bob> join den sesame
			bob< -- You are in den.
			ann< -- bob has joined
			ann> /room key off
			ann< -- ann took the key off den.
			bob< -- ann took the key off den.
			bob> join den sesame
			bob< -- No key opens den; enter it with: join den
			bob< -- To say it: put say before it.
			bob> /join us tomorrow
			bob< -- No key opens us; enter it with: join us
			bob> /join den sesame now
			bob< -- join takes at most 2 arguments, not 3.
			bob< -- Usage: join ROOM [KEY]
		`},
		{"look", arrival + `
			ann> look
			ann< lobby
			ann<   topic   none; topic TEXT sets one
			ann<   people  ann bob
			ann<   said    0 messages
			bob> /topic tea | cake
			ann< ...
			bob< ...
			bob> /away
			bob< ...
			bob> hello
			ann< ...
			bob< ...
			+3m
			ann> look
			ann< lobby
			ann<   topic   tea | cake (set by bob 3m ago)
			ann<   people  ann (bob)
			ann<   said    1 message
		`},
		{"topic", arrival + `
			ann> topic
			ann< -- lobby has no topic; topic TEXT sets one.
			ann> topic for today?
			ann< -- ann set the topic to "for today?"
			ann< -- You set the topic of lobby (to undo it: topic -; to say it: say topic for today?)
			bob< -- ann set the topic to "for today?"
			+90s
			bob> topic
			bob< -- The topic of lobby is: for today? (set by ann 1m ago)
			bob> topic it's "tea"
			ann< -- bob set the topic to "it's \"tea\""
			bob< -- bob set the topic to "it's \"tea\""
			bob< -- You set the topic of lobby (to undo it: topic for today?; to say it: say topic it's "tea")
			bob> /topic cake
			ann< -- bob set the topic to "cake"
			bob< -- bob set the topic to "cake"
			ann> topic  cake
			ann< -- That is the topic of lobby already.
			ann> topic -
			ann< -- ann set the topic to ""
			ann< -- You cleared the topic of lobby (to undo it: topic cake; to say it: say topic -)
			bob< -- ann set the topic to ""
			ann> topic -
			ann< -- lobby has no topic.
			bob> join den
			bob< ...
			bob> /room key sesame
			bob< ...
			ann> join den sesame
			ann< ...
			bob< ...
			ann> topic for today?
			ann< -- Only the owner and the moderators of den may do that; ask one of them.
		`},
		{"history", arrival + `
			ann> history
			ann< -- Nothing was said in lobby yet.
			ann> one
			ann< ...
			bob< ...
			+50m
			bob> me counts
			ann< ...
			bob< ...
			ann> msg bob psst
			ann< ...
			bob< ...
			+1m
			ann> three
			ann< ...
			bob< ...
			ann> history
			ann< [12:00] ann: one
			ann< [12:50] * bob counts
			ann< [12:51] ann: three
			ann> history 2
			ann< [12:50] * bob counts
			ann< [12:51] ann: three
			ann> history 10m --ids
			ann< 2 [12:50] * bob counts
			ann< 3 [12:51] ann: three
			ann> history 2 --json
			ann< {"type":"emote","room":"lobby","seq":2,"time":"2026-03-01T12:50:00Z","from":"bob","text":"counts"}
			ann< {"type":"say","room":"lobby","seq":3,"time":"2026-03-01T12:51:00Z","from":"ann","text":"three"}
			ann> history | grep -v bob | tail 1
			ann< [12:51] ann: three
			+1h
			ann> history 30m
			ann< -- Nothing was said in lobby for 30m.
			ann> ignore bob
			ann< ...
			ann> history 1w
			ann< [12:00] ann: one
			ann< [12:51] ann: three
			ann> join ops
			ann< ...
			ann> history 5
			ann< -- Nothing was said in ops yet.
			ann> /history soon
			ann< -- N|DURATION must be a whole number from 1 to 500 or a time such as 30s, 1h30m or 2d, not "soon".
			ann< -- Usage: history [N|DURATION] [--before N] [--user USER] [--ids] [--json]
		`},
		{"mentions", arrival + `
			ann> mentions
			ann< -- Nobody has named you in the rooms that you are in.
			ann> mentions --json
			bob> ann: one
			ann< ...
			bob< ...
			+1h
			bob> announcements, annual
			ann< ...
			bob< ...
			bob> join ops
			bob< ...
			bob> /me greets @Ann!
			bob< ...
			ann> join ops
			ann< ...
			bob< ...
			ann> I am ann
			ann< ...
			bob< ...
			+1m
			bob> for (ann)?
			ann< ...
			bob< ...
			ann> mentions
			ann< [lobby] [12:00] bob: ann: one
			ann< [ops] [13:00] * bob greets @Ann!
			ann< [ops] [13:01] bob: for (ann)?
			ann> mentions 1
			ann< [ops] [13:01] bob: for (ann)?
			ann> mentions 30m --json
			ann< {"type":"emote","room":"ops","seq":1,"time":"2026-03-01T13:00:00Z","from":"bob","text":"greets @Ann!"}
			ann< {"type":"say","room":"ops","seq":3,"time":"2026-03-01T13:01:00Z","from":"bob","text":"for (ann)?"}
			ann> leave
			ann< ...
			bob< ...
			ann> mentions
			ann< [lobby] [12:00] bob: ann: one
			ann> ignore bob
			ann< ...
			ann> mentions
			ann< -- Nobody has named you in the rooms that you are in.
			ann> /mentions 201
			ann< -- N|DURATION must be a whole number from 1 to 200 or a time such as 30s, 1h30m or 2d, not "201".
			ann< -- Usage: mentions [N|DURATION]...
		`},
	})
}

// TestStartRoomMoved: the rules may name another start room while people are
// here; who then leaves the last room comes into the new one.
func TestStartRoomMoved(t *testing.T) {
	w := newWorld(t)
	w.play(`
		ann> login ann
		ann< ...`)
	w.hub.SetRules(chat.Rules{Start: "hall"})
	w.play(`
		ann> leave
		ann< -- You are in hall.
		ann> leave
		ann< -- You can't leave hall, where everyone starts; join another room beside it.
	`)
}

func TestRoomLimits(t *testing.T) {
	w := newWorld(t)
	w.hub.SetRules(chat.Rules{Start: "lobby", MaxRooms: 3, PerUser: 1})
	w.play(arrival + `
		ann> join a
		ann< ...
		ann> join b
		ann< -- You are in ... rooms, which is the most; leave one first.
		bob> join b
		bob< ...
		cid> login cid
		cid< ...
		cid> join c
		cid< -- There are 3 rooms, which is the most; join one that exists.
		bob> leave
		bob< ...
		# b is empty now, so that it makes room.
		cid> join c
		cid< -- You are in c.
	`)
}

func TestManyRooms(t *testing.T) {
	w := newWorld(t)
	w.play(arrival)
	ann := w.person("ann")
	for i := range 210 {
		room := fmt.Sprintf("r%03d", i)
		if _, _, _, err := w.hub.Join(ann.user, room, "", w.now); err != nil {
			t.Fatal(err)
		}
		if i < 20 { // the emptiest
			if err := w.hub.Leave(ann.user, room, w.now); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.batch()
	ann.seen = nil
	ann.typed("rooms")
	if len(ann.seen) != 202 {
		t.Fatalf("%d lines are seen, want a heading, 200 rooms and a count", len(ann.seen))
	}
	if want := "-- There are 11 more, with fewer people."; ann.seen[201] != want {
		t.Errorf("the last line is %q, want %q", ann.seen[201], want)
	}
	list := strings.Join(ann.seen, "\n")
	for _, want := range []string{"+  lobby  2", "*  r209   1"} {
		if !strings.Contains(list, want) {
			t.Errorf("there is no %q in\n%s", want, list)
		}
	}
}

// TestHistoryIsBounded: a long answer keeps the newest messages and stays well
// below what a session may owe its terminal.
func TestHistoryIsBounded(t *testing.T) {
	w := newWorld(t)
	w.play(arrival)
	ann := w.person("ann")
	long := strings.Repeat("x", 1000)
	for i := range 100 {
		ann.typed(fmt.Sprintf("say %d %s", i, long))
	}
	ann.seen = nil
	ann.typed("history 500")
	bytes := len(strings.Join(ann.seen, "\n")) + 1
	if bytes > 64<<10 || bytes < 60<<10 {
		t.Errorf("%d bytes are shown, want at most and nearly 64 KiB", bytes)
	}
	if last := ann.seen[len(ann.seen)-1]; !strings.HasPrefix(last, "[12:00] ann: 99 ") {
		t.Errorf("the last message is %.30q", last)
	}
}

func TestLookWraps(t *testing.T) {
	w := newWorld(t)
	w.play(arrival + `
		cid> login 你好
		cid< ...
		ann< ...
		bob< ...`)
	w.person("ann").width = 20
	w.play(`
		ann> look
		ann< lobby
		ann<   topic   none; topic TEXT sets one
		ann<   people  ann bob
		ann<           你好
		ann<   said    0 messages
	`)
}
