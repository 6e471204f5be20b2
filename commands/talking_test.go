package commands_test

import "testing"

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
			ann> /msg nobody hello
			ann< -- There is no user "nobody"; type who to see who is here.
			ann> /msg bbo hello
			ann< -- There is no user "bbo"; did you mean bob?
			ann> msg ann hello
			ann< -- That would go to yourself; echo TEXT shows something to you alone.
			ann> /msg bob
			ann< -- msg needs TEXT.
			ann< -- Usage: msg USER TEXT
		`},
		{"reply needs somebody who wrote and is here", arrival + `
			ann> reply hello
			ann< -- Nobody has told you anything yet; msg USER TEXT begins.
			bob> msg ann hello
			bob< -> *ann* hello
			ann< *bob* hello
			bob> logout
			bob< ...
			ann< -- bob has left
			ann> reply hello
			ann< -- bob, who wrote to you last, has left.
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
