package commands_test

import (
	"strings"
	"testing"
)

// arrival logs ann and bob in.
const arrival = `
	ann> login ann
	ann< ...
	bob> login bob
	bob< ...
	ann< ...
`

func TestTalking(t *testing.T) {
	play(t, []scene{
		{"say and me", arrival + `
			ann> say don't #panic | "now
			ann< ann: don't #panic | "now
			bob< ann: don't #panic | "now
			ann> say who is coming?
			ann< ann: who is coming?
			bob< ann: who is coming?
			bob> me waves
			ann< * bob waves
			bob< * bob waves
			bob> emote nods
			ann< * bob nods
			bob< * bob nods
			bob> /say
			bob< -- say needs TEXT.
			bob< -- Usage: say TEXT
		`},
		{"only the current room hears it", arrival + `
			ann> join ops
			ann< -- You are in ops.
			ann> say hello
			ann< ann: hello
			bob> say hello
			bob< bob: hello
			ann< [lobby] bob: hello
		`},
		{"msg and reply", arrival + `
			cid> login cid
			cid< ...
			ann< ...
			bob< ...
			ann> msg bob psst | it's me
			ann< -> *bob* psst | it's me
			bob< *ann* psst | it's me
			bob> reply what?
			bob< -> *ann* what?
			ann< *bob* what?
			cid> tell @Bob one
			cid< -> *bob* one
			bob< *cid* one
			bob> reply two
			bob< -> *cid* two
			cid< *bob* two
			ann> page bob three
			ann< -> *bob* three
			bob< *ann* three
		`},
		{"msg needs somebody else and a text", arrival + `
			ann> msg nobody hello
			ann< -- There is no user "nobody"; type who to see who is here.
			ann< -- To say it: say msg nobody hello
			ann> /msg bbo hello
			ann< -- There is no user "bbo"; did you mean bob?
			ann> msg ann hello
			ann< -- That would go to yourself; echo TEXT shows something to you alone.
			ann> /msg bob
			ann< -- msg needs TEXT.
			ann< -- Usage: msg USER TEXT
		`},
		{"msg to several", arrival + `
			cid> login cid
			cid< ...
			ann< ...
			bob< ...
			cid> /away lunch
			cid< ...
			ann> msg bob,@CID,bob lunch, anyone?
			ann< -> *bob,cid* lunch, anyone?
			ann< -- cid is away: lunch
			bob< *ann* lunch, anyone?
			cid< *ann* lunch, anyone?
			# All of them or none.
			ann> /msg bob,cdi,nobody hello
			ann< -- There is no user "cdi"; did you mean cid?
			ann< -- There is no user "nobody"; type who to see who is here.
			ann> msg bob,ann hello
			ann< -- That would go to yourself; echo TEXT shows something to you alone.
			ann> /msg bob, cid hello
			ann< -- USER is one name, or several with a comma and no space between them, as in ann,ben.
			ann> msg a,b,c,d,e,f,g,h,i,j,k hello
			ann< -- One line goes to 10 people at most; say it in a room instead.
		`},
		{"the end of a pipeline is said", arrival + `
			ann> uptime | say
			ann< ann: up 2h05m, 2 people, 1 room
			bob< ann: up 2h05m, 2 people, 1 room
			ann> who | tail +2 | cut -d " " -f 1 | me
			ann< * ann ann
			ann< * ann bob
			bob< * ann ann
			bob< * ann bob
			ann> version | msg bob
			ann< -> *bob* chatroom 1.2.3
			bob< *ann* chatroom 1.2.3
			bob> version | tee | reply
			bob< chatroom 1.2.3
			bob< -> *ann* chatroom 1.2.3
			ann< *bob* chatroom 1.2.3
			ann> history | grep nonsense | say
			ann< -- Nothing came out of the pipe, so nothing is sent.
			ann> history | grep nonsense | msg bob
			ann< -- Nothing came out of the pipe, so nothing is sent.
			ann> /version | msg bbo
			ann< -- There is no user "bbo"; did you mean bob?
			ann> version | say it
			ann< -- say takes its text from the pipe here...
			ann< ...
			ann> say a | b
			ann< ann: a | b
			bob< ann: a | b
		`},
		{"reply needs somebody who wrote and is here", arrival + `
			ann> reply hello
			ann< -- Nobody has told you anything yet; msg USER TEXT begins.
			ann< -- To say it: say reply hello
			bob> msg ann hello
			bob< -> *ann* hello
			ann< *bob* hello
			bob> logout
			bob< ...
			ann< -- bob has left
			ann> reply hello
			ann< -- bob, who wrote to you last, has left.
			ann< -- To say it: say reply hello
		`},
		{"who is away is told", arrival + `
			bob> /away out for lunch
			bob< -- You are away: out for lunch
			ann> msg bob hello
			ann< -> *bob* hello
			ann< -- bob is away: out for lunch
			bob< *ann* hello
			bob> /away
			bob< -- You are away; back ends it.
			ann> msg bob hello
			ann< -> *bob* hello
			ann< -- bob is away.
			bob< *ann* hello
			bob> back
			bob< -- You are back.
			ann> msg bob hello
			ann< -> *bob* hello
			bob< *ann* hello
		`},
		{"who is ignored learns nothing, who ignores is reminded", arrival + `
			bob> ignore ann
			bob< ...
			ann> msg bob hello
			ann< -> *bob* hello
			bob> msg ann hello
			bob< -> *ann* hello
			bob< -- You ignore ann and will see no answer; unignore ann to see it.
			ann< *bob* hello
		`},
	})
}

// TestPipedMessages: all that comes out of the pipe is sent, or nothing.
func TestPipedMessages(t *testing.T) {
	ten := strings.Repeat("x\n", 10)
	for _, tt := range []struct {
		name, input, line string
		said              int    // what bob sees
		charged           int    // beside what the commands cost
		refused           string // what ann is told instead
	}{
		{"ten and empty lines", "\n" + ten + "\n  \n\x1b\n", "/feed | say", 10, 9, ""},
		{"eleven", ten + "x", "/feed | say", 0, 0, "-- Nothing is sent: at most 10 lines may go into say; put head or tail before it."},
		{"one without an end", "x", "/feed | me", 1, 0, ""},
		{"each to each", "x\ny\n", "/feed | msg bob,cid", 2, 3, ""},
		{"too many to msg", ten + "x\n", "/feed | msg bob,cid", 0, 0, "-- Nothing is sent: at most 10 lines may go into msg; put head or tail before it."},
		{"the longest", strings.Repeat("x", 100) + "\n", "/feed | say", 1, 0, ""},
		{"too long", "x\n" + strings.Repeat("é", 51) + "\n", "/feed | say", 0, 0, "-- Nothing is sent: a line that goes into say has at most 100 bytes, and this one has 102; put cut before it."},
		{"made clean", "a\tb\x1b[31m\u202e c \n", "/feed | say", 1, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.settings.MaxLine = 100
			w.play(arrival + `
				cid> login cid
				cid< ...
				ann< ...
				bob< ...`)
			w.input = tt.input
			ann, bob := w.person("ann"), w.person("bob")
			ann.typed(tt.line)
			if len(bob.seen) != tt.said || ann.charged != tt.charged {
				t.Errorf("bob sees %q, and it costs %d more, want %d messages and %d", bob.seen, ann.charged, tt.said, tt.charged)
			}
			if tt.refused != "" && (len(ann.seen) != 1 || ann.seen[0] != tt.refused) {
				t.Errorf("ann sees %q, want %q", ann.seen, tt.refused)
			}
			if tt.name == "made clean" && bob.seen[0] != "ann: a b[31m c" {
				t.Errorf("bob sees %q", bob.seen[0])
			}
		})
	}
}
