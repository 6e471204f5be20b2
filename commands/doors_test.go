package commands_test

import "testing"

func TestDoors(t *testing.T) {
	const den = arrival + `
		ann> join den
		ann< ...
	`
	play(t, []scene{
		{"private", den + `
			bob> join den
			bob< ...
			ann< ...
			bob> /room private on
			bob< -- Only the owner and the moderators of den may do that; ask one of them.
			ann> room private on
			ann< -- ann made den private.
			ann< -- You made den private (to undo it: room private off; to say it: say room private on)
			bob< -- ann made den private.
			ann> /room private ON
			ann< -- den is private already.
			ann> room private off
			ann< -- ann made den public.
			ann< -- You opened den (to undo it: room private on; to say it: say room private off)
			bob< -- ann made den public.
			ann> /room private
			ann< -- room private needs PRIVATE.
			ann< ...
			ann> room private party
			ann< -- PRIVATE must be on or off, not "party".
			ann< ...
			ann> join lobby
			ann< ...
			ann> /room private on
			ann< -- Only the moderators of the server may do that in lobby; ask one of them.
			ann is moderator
			ann> /room private on
			ann< -- Everyone starts in lobby, so it stays open; do that in another room.
		`},
		{"key", den + `
			ann> room key sesame
			ann< -- ann set a key for den.
			ann< -- You set the key of den (to undo it: room key off; to say it: put say before it)
			ann> room key off
			ann< -- ann took the key off den.
			ann< -- You took the key off den (to undo it: room key KEY; to say it: put say before it)
			ann> /room key off
			ann< -- den has no key.
			ann> /room key "two words"
			ann< -- A room's key is one word of 1 to 64 bytes; choose another.
			bob> /room key sesame
			bob< -- Only the moderators of the server may do that in lobby; ask one of them.
		`},
		{"kick", den + `
			bob> join den
			bob< ...
			ann< ...
			bob> /room kick ann
			bob< -- Only the owner and the moderators of den may do that; ask one of them.
			ann> room kick bob no ads | here
			ann< -- ann put bob out of den (no ads | here)
			ann< -- You put bob out of den (to undo it: invite bob; to say it: say room kick bob no ads | here)
			bob< -- ann put bob out of den (no ads | here)
			ann> /room kick bob
			ann< -- bob is not in den.
			ann> /room kick ann
			ann< -- You can't put yourself out of den; leave it.
			ann> /room kick bbo
			ann< -- There is no user "bbo"; did you mean bob?
			bob> join den
			bob< ...
			ann< ...
			ann> /room kick bob
			ann< -- ann put bob out of den ()
			bob< -- ann put bob out of den ()
		`},
		{"mod", den + `
			bob> join den
			bob< ...
			ann< ...
			ann> room mod bob on
			ann< -- ann made bob a moderator of den.
			ann< -- You made bob a moderator of den (to undo it: room mod bob off; to say it: say room mod bob on)
			bob< -- ann made bob a moderator of den.
			ann> /room mod bob on
			ann< -- bob governs den already.
			bob> room info
			bob< den
			bob<   topic       none
			bob<   door        open
			bob<   owner       ann
			bob<   moderators  bob
			bob<   people      2
			bob<   said        0 messages
			bob<   made        0s ago
			ann> room mod bob off
			ann< -- ann took bob off the moderators of den.
			ann< -- You took bob off the moderators of den (to undo it: room mod bob on; to say it: say room mod bob off)
			bob< -- ann took bob off the moderators of den.
			ann> /room mod bob off
			ann< -- bob is no moderator of den.
		`},
		{"info", den + `
			ann> /topic tea
			ann< ...
			ann> /room private on
			ann< ...
			+2h
			ann> room info
			ann< den
			ann<   topic   tea (set by ann 2h00m ago)
			ann<   door    private; by invitation
			ann<   owner   ann
			ann<   people  1
			ann<   said    0 messages
			ann<   made    2h00m ago
			ann> room info --json
			ann< {"type":"room","name":"den","people":1,"topic":"tea","current":true,"joined":true,"private":true,"role":"guest","owner":"ann","since":"2026-03-01T12:00:00Z","topic_by":"ann","topic_at":"2026-03-01T12:00:00Z"}
			bob> /room info den
			bob< -- There is no room den; rooms lists them, and join den makes it.
			bob> room info loby
			bob< -- There is no room loby; did you mean lobby?
			bob< -- To say it: say room info loby
			ann> /room key sesame
			ann< ...
			ann> room info | grep door
			ann<   door    private; by invitation or with the key
			ann> /room private off
			ann< ...
			bob> room info den | grep door
			bob<   door    with the key, or by invitation
			bob> room info
			bob< lobby
			bob<   topic   none
			bob<   door    open
			bob<   people  2
			bob<   said    0 messages...
			bob< ...
		`},
		{"a sub-command that is none", den + `
			ann> /room kcik bob
			ann< -- ...kick...
			ann< ...
			ann> room is full
			ann< -- ...
			ann< ...
			bob> hello
			bob< bob: hello
			ann< [lobby] bob: hello
		`},
		{"invite", den + `
			ann> invite bob
			ann< -- You invited bob to den (to say it: say invite bob)
			bob< -- ann invites bob to den
			ann> /room private on
			ann< ...
			bob> join den
			bob< -- You can't enter den without an invitation or its key; ask somebody who is in it.
			bob> /invite ann den
			bob< -- There is no room den; rooms lists them, and join den makes it.
			ann> /invite bob den
			ann< -- You invited bob to den.
			bob< -- ann invites bob to den
			bob> rooms
			bob<    ROOM   PEOPLE  DOOR     TOPIC
			bob<    den    1       private
			bob< *  lobby  2
			bob> join den
			bob< -- You are in den.
			ann< -- bob has joined
			ann> /invite bob
			ann< -- bob is in den already.
			ann> /invite bbo
			ann< -- There is no user "bbo"; did you mean bob?
		`},
		{"an invitation by somebody ignored", den + `
			bob> ignore ann
			bob< ...
			ann> /invite bob
			ann< -- You invited bob to den.
		`},
	})
}
