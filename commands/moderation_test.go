package commands_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/account"
)

// staffed has a moderator mo, an operator opa and a guest bob in the lobby.
const staffed = `
	mo has an account
	mo is moderator
	opa has an account
	opa is operator
	mo> login mo "open sesame"
	mo< ...
	opa> login opa "open sesame"
	opa< ...
	mo< ...
	bob> login bob
	bob< ...
	mo< ...
	opa< ...
`

func TestSanctions(t *testing.T) {
	// Sanctions go by the real time.
	playNow(t, []scene{
		{"kick", staffed + `
			mo> /kick bob enough | of that
			opa< -- mo put bob out: enough | of that
			mo< -- You put bob out; ban bob keeps them out.
			bob< -- You were put out by a moderator: enough | of that
			mo< -- bob has left
			opa< -- bob has left
			mo> kick opa
			mo< -- opa is operator, and you are moderator; you can act against lower roles only.
			mo> kick mo
			mo< -- That is you; quit ends your connection.
			mo> kick bob
			mo< -- There is no user "bob"; type who to see who is here.
			mo< -- Usage: kick USER [REASON]
			mo< -- To say it: say kick bob
			cid> login cid
			cid< ...
			mo< ...
			opa< ...
			mo> kick cid
			opa< -- mo put cid out
			opa< -- cid has left
			mo< -- You put cid out (to say it: say kick cid)
			mo< -- cid has left
			cid< -- You were put out by a moderator
		`},
		{"ban and unban a guest", staffed + `
			mo> /ban bob 2h selling watches
			opa< -- bob is banned until ..., by mo, sanction ...: selling watches
			mo< -- bob is banned until ..., sanction ...: selling watches (to undo it: unban ...)
			bob< -- You are banned from this server until ...: selling watches (sanction ...; name it if you ask a moderator about it).
			mo< -- bob has left
			opa< -- bob has left
			cid> login bob
			cid< -- You are banned from this server until ...: selling watches (sanction ...; name it if you ask a moderator about it).
			mo> bans
			mo< ID       KIND  WHOM  ENDS ...
			mo< ...  ban   bob   in ... mo  selling watches
			mo> bans --json
			mo< {"type":"sanction","id":"...","kind":"ban","name":"bob","account":"bob","reason":"selling watches","by":"mo","since":"...Z","until":"...Z"}
			mo> bans mute
			mo< -- Nobody is, and no network.
			mo> unmute bob
			mo< -- There is no mute of bob; bans mute lists what there is.
			mo< -- To say it: say unmute bob
			mo> /unban Bob
			opa< -- bob is no longer banned, by mo, sanction ...
			mo< -- bob is no longer banned, sanction ... (to undo it: ban bob 2h selling watches)
			cid> login bob
			cid< ...
			mo< ...
			opa< ...
		`},
		{"ban by a bare line", staffed + `
			opa> ban bob forever
			mo< -- bob is banned forever, by opa, sanction ...
			opa< -- bob is banned forever, sanction ... (to undo it: unban ...; to say it: say ban bob forever)
			bob< -- You are banned from this server forever (sanction ...
			mo< -- bob has left
			opa< -- bob has left
			mo> /unban bob
			mo< -- It was imposed by somebody of the role operator; it takes that role to lift it.
		`},
		{"ban takes a time and whom there is", staffed + `
			mo> ban bob 0 now
			mo< -- 0 is no time; give one such as 30m, 2h or 7d, or forever.
			mo> ban bob 30
			mo< -- 30 is no time; give one such as 30m, 2h or 7d, or forever.
			mo> /ban bob forever
			mo< -- That takes the role operator, and you are moderator; ask somebody who has it.
			mo> /ban 192.0.2.77
			mo< -- That takes the role operator, and you are moderator; ask somebody who has it.
			mo> /ban opa
			mo< -- opa is operator, and you are moderator; you can act against lower roles only.
			mo> /ban bbo
			mo< -- Nobody called bbo is here, was here lately or has an account; did you mean bob?
			opa> /ban 0.0.0.0/0
			opa< -- The network 0.0.0.0/0 is too large; use one of /8 or smaller.
			opa> /ban 192.0.2.0/24
			opa< -- You are in that network yourself; use a smaller one.
			bob> /ban mo
			bob< -- ban needs the role moderator, and yours is guest; ask somebody who has it.
			bob> ban mo
			bob< bob: ban mo
			mo< bob: ban mo
			opa< bob: ban mo
		`},
		{"addresses are for those who may see them", staffed + `
			opa> /ban 192.0.2.3 1h proxy
			mo< -- a network is banned until ..., by opa, sanction ...: proxy
			opa< -- 192.0.2.3 is banned until ..., sanction ...: proxy (to undo it: unban ...)
			bob< -- You are banned from this server, with your network, until ...: proxy (sanction ...
			mo< -- bob has left
			opa< -- bob has left
			mo> bans
			mo< ID ...
			mo< ...  ban   a network  in ... opa  proxy
			mo> bans --json
			mo< {"type":"sanction","id":"...","kind":"ban","reason":"proxy","by":"opa","since":"...Z","until":"...Z"}
			opa> bans --json
			opa< {"type":"sanction","id":"...","kind":"ban","network":"192.0.2.3/32","reason":"proxy","by":"opa","since":"...Z","until":"...Z"}
			opa> /unban 192.0.2.3
			mo< -- a network is no longer banned, by opa, sanction ...
			opa< -- 192.0.2.3 is no longer banned, sanction ... (to undo it: ban 192.0.2.3 1h proxy)
			opa> unban 192.0.2.3
			opa< -- There is no ban of 192.0.2.3; bans ban lists what there is.
			opa< -- To say it: say unban 192.0.2.3
		`},
		{"an account is banned whatever it is called", staffed + `
			ann has an account
			ann> login ann "open sesame"
			ann< ...
			mo< ...
			opa< ...
			bob< ...
			ann> nick rose
			ann< ...
			mo< ...
			opa< ...
			bob< ...
			mo> /ban rose
			opa< -- ann is banned ...
			mo< -- ann is banned ...
			ann< -- You are banned ...
			mo< -- rose has left
			opa< -- rose has left
			bob< -- rose has left
			ann2> login ann "open sesame"
			ann2< -- You are banned from this server until ...
		`},
		{"who left is banned too", staffed + `
			bob> quit
			bob< ...
			mo< ...
			opa< ...
			mo> /ban bob
			opa< -- bob is banned ...
			mo< -- bob is banned ...
		`},
		{"mute and unmute", staffed + `
			mo> /mute bob 15m calm down
			opa< -- bob is muted until ..., by mo, sanction ...: calm down
			mo< -- bob is muted until ..., sanction ...: calm down (to undo it: unmute ...)
			bob< -- You are muted until ...: calm down (sanction ...; name it if you ask a moderator about it).
			bob> hello
			bob< -- You are muted until ...calm down (sanction ...)...
			bob> msg mo hello
			bob< -- You are muted until ...
			bob> report mo he muted me
			mo< -- bob in lobby reports mo: he muted me
			opa< -- bob in lobby reports mo: he muted me
			bob< -- Your report went to 2 moderators (to say it: say report mo he muted me)
			mo> unmute bob
			opa< -- bob is no longer muted, by mo, sanction ...
			mo< -- bob is no longer muted, sanction ... (to undo it: mute bob 15m calm down; to say it: say unmute bob)
			bob< -- You are no longer muted.
			bob> hello
			bob< bob: hello
			mo< bob: hello
			opa< bob: hello
		`},
		{"a muted guest has nothing kept", staffed + `
			ann has an account
			mo> /mute bob
			opa< ...
			mo< ...
			bob< ...
			bob> msg ann hello
			bob< -- You are muted until ...
		`},
		{"allowlist", staffed + `
			mo> allowlist list
			mo< mo: allowlist list
			opa< mo: allowlist list
			bob< mo: allowlist list
			mo> /allowlist list
			mo< -- allowlist needs the role operator, and yours is moderator; ask somebody who has it.
			opa> allowlist list
			opa< -- Nobody is on the allowlist.
			opa> /allowlist add 198.51.100.0/24 90d the school
			opa< -- 198.51.100.0/24 is on the allowlist until ..., sanction ...: the school (to undo it: allowlist remove ...)
			opa> /allowlist add bob
			opa< -- bob is a guest and has no account; it takes register to get one.
			opa> /allowlist add mo forever
			opa< -- mo is on the allowlist forever, sanction ... (to undo it: allowlist remove ...)
			opa> allowlist list
			opa< ID ...
			opa< ...  allow  mo               forever ... opa
			opa< ...  allow  198.51.100.0/24  in ... opa  the school
			opa> bans all --json | wc -l
			opa< 2
			opa> /allowlist remove mo
			opa< -- mo is no longer on the allowlist, sanction ... (to undo it: allowlist add mo forever)
			opa> /allowlist remove mo
			opa< -- There is no allow of mo; bans allow lists what there is.
			opa> /allowlist
			opa< -- allowlist needs one of its sub-commands: list, add or remove.
			opa< ...
		`},
		{"lockdown", staffed + `
			opa> lockdown
			opa< The doors are open.
			opa> /lockdown guests a flood of bots
			mo< -- The lockdown is guests, by opa: a flood of bots
			opa< -- The lockdown is guests now: a flood of bots (to undo it: lockdown off)
			cid> login cid
			cid< -- Guests can't come in at the moment: a flood of bots; log in with a registered name, or try again later.
			opa> lockdown
			opa< The lockdown is guests, by opa, since ... UTC: a flood of bots
			opa> set output json
			opa< ...
			opa> lockdown
			opa< {"type":"lockdown","level":"guests","reason":"a flood of bots","by":"opa","since":"...Z"}
			opa> /lockdown off
			mo< -- The lockdown is off, by opa
			opa< -- The lockdown is off now (to undo it: lockdown guests a flood of bots)
			opa> /lockdown registrations raid
			mo< -- The lockdown is registrations, by opa: raid
			opa< ...
			cid> register cid
			cid< -- Nobody can register at the moment: raid; try again later.
			opa> /lockdown off
			mo< -- The lockdown is off, by opa
			opa< ...
			opa> lockdown everything
			opa< -- The lockdown is off, guests, registrations or all, not "everything".
			mo> /lockdown all
			mo< -- lockdown needs the role operator, and yours is moderator; ask somebody who has it.
			cid> login cid
			cid< ...
			mo< ...
			opa< ...
			bob< ...
		`},
		{"wall", staffed + `
			bob> join ops
			bob< ...
			opa> wall back in a minute
			opa< -- opa to everyone: back in a minute
			opa< -- Everyone was told (to say it: say wall back in a minute)
			mo< -- opa to everyone: back in a minute
			bob< -- opa to everyone: back in a minute
			mo> /wall hello
			mo< -- wall needs the role operator, and yours is moderator; ask somebody who has it.
		`},
		{"report without moderators", `
			ann> login ann
			ann< ...
			bob> login bob
			bob< ...
			ann< ...
			ann> /report bob selling watches
			ann< -- No moderator is here; your report is kept for them.
			ann> /report nobody selling watches
			ann< -- Nobody called nobody is here, was here lately or has an account; check the spelling.
			ann> /report bob
			ann< -- report needs TEXT.
			ann< ...
		`},
		{"role", staffed + `
			ann has an account
			ann> login ann "open sesame"
			ann< ...
			mo< ...
			opa< ...
			bob< ...
			opa> role ann moderator
			opa< -- ann is moderator now (to undo it: role ann user; to say it: say role ann moderator)
			ann> /role mo user
			ann< -- role needs the role operator, and yours is moderator; ask somebody who has it.
			opa> /role ann moderator
			opa< -- ann is moderator already.
			opa> /role ann admin
			opa< -- You are operator and can't make anybody admin; nobody gives more than they have.
			opa> /role bob moderator
			opa< -- bob is a guest and has no account; it takes register to get one.
			opa> /role ann guest
			opa< -- ROLE must be user, moderator, operator or admin, not "guest".
			opa< ...
			opa> /role ann user
			opa< -- ann is user now (to undo it: role ann moderator)
			opa> /role opa user
			opa< -- opa is user now (to undo it: role opa operator)
			opa> /audit
			opa< -- audit needs the role operator, and yours is user; ask somebody who has it.
		`},
		{"slow", staffed + `
			bob> join den
			bob< ...
			ann> login ann
			ann< ...
			mo< ...
			opa< ...
			bob< ...
			ann> join den
			ann< ...
			bob< ...
			bob> slow den 30s
			bob< -- bob made den slow: one message from each in 30 seconds.
			bob< -- den is slow: one message in 30s from each (to undo it: slow den off; to say it: say slow den 30s)
			ann< -- bob made den slow: one message from each in 30 seconds.
			ann> one
			ann< ann: one
			bob< ann: one
			+10s
			ann> two
			ann< -- den is slow; wait 20 seconds and send it again.
			ann> /slow den off
			ann< -- Only the owner and the moderators of den may do that; ask one of them.
			mo> /slow den 2m
			mo< -- den is slow: one message in 2m from each (to undo it: slow den 30s)
			bob< ...
			ann< ...
			mo> /slow den OFF
			mo< -- den is no longer slow (to undo it: slow den 2m)
			bob< ...
			ann< ...
			mo> slow den off
			mo< -- den is not slow.
			mo> slow den down
			mo< -- DURATION must be a time such as 30s or 2m, or off, not "down".
			mo< -- To say it: say slow den down
			mo> /slow dne 1m
			mo< -- There is no room dne; did you mean den?
		`},
	})
}

// TestCapabilities: what a role may do follows the rights of the moment, not the
// role that the spec was made with.
func TestCapabilities(t *testing.T) {
	w := newWorld(t)
	w.play(staffed)
	rights, err := account.NewRights(map[string]string{"kick": "admin", "wall": "admin", "report": "user", "slow": "admin", "redact": "admin"})
	if err != nil {
		t.Fatal(err)
	}
	w.accounts.SetRights(rights)
	w.play(`
		mo> /kick bob
		mo< -- That takes the role admin, and you are moderator; ask somebody who has it.
		opa> /wall hello
		opa< -- That takes the role admin, and you are operator; ask somebody who has it.
		bob> /report mo he is bad
		bob< -- That takes the role user, and you are guest; ask somebody who has it.
		opa> /slow lobby 1m
		opa< -- That takes the role admin, and you are operator; ask somebody who has it.
		bob> secret
		bob< ...
		mo< ...
		opa< ...
		opa> /redact 1
		opa< -- That takes the role admin, and you are operator; ask somebody who has it.
		bob> /redact 1
		bob< -- bob removed a message of bob
		mo< -- bob removed a message of bob
		opa< -- bob removed a message of bob
	`)
}

func TestAudit(t *testing.T) {
	w := newWorld(t)
	w.play(staffed + `
		mo> /mute bob 1h calm down
		mo< ...
		opa< ...
		bob< ...
		mo> /kick opa
		mo< ...
		opa> /wall hello
		opa< ...
		mo< ...
		bob< ...
		bob> /report mo he muted me
		bob< ...
		mo< ...
		opa< ...
		mo> /kick bob bye
		mo< ...
		opa< ...
		bob< ...
		mo> /audit
		mo< -- audit needs the role operator, and yours is moderator; ask somebody who has it.
		opa> audit 100 | grep -v login | tail 5
		opa< ...  mute ... mo ... 192.0.2.1 ... bob ... ok ... ends: until ..., id: ..., kind: mute, reason: calm down
		opa< ...  kick ... mo ... 192.0.2.1 ... opa ... forbidden
		opa< ...  command ... opa ... 192.0.2.2 ... wall ... ok ... args: hello
		opa< ...  report ... bob ... 192.0.2.3 ... mo ... ok ... text: he muted me
		opa< ...  kick ... mo ... 192.0.2.1 ... bob ... ok ... reason: bye
		opa> audit 100 --json | grep -v login | tail 1
		opa< {"type":"audit","seq":...,"time":"...Z","what":"kick","by":"mo","account":"mo","from":"192.0.2.1","target":"bob","result":"ok","details":{"reason":"bye"}}
		opa> audit 0
		opa< -- N must be a whole number from 1 to 1000, not "0".
		opa< ...
	`)
	for _, l := range []string{"register", "role"} {
		opa := w.person("opa")
		opa.typed("audit 100 | grep " + l)
		if !strings.Contains(strings.Join(opa.seen, "\n"), "root (machine)") {
			t.Errorf("%s: the operator of the machine is not in the audit:\n%s", l, strings.Join(opa.seen, "\n"))
		}
		opa.seen = nil
	}
	rights, err := account.NewRights(map[string]string{"addresses.see": "admin"})
	if err != nil {
		t.Fatal(err)
	}
	w.accounts.SetRights(rights)
	w.play(`
		opa> audit 100 --json | grep -v login | tail 1
		opa< {"type":"audit","seq":...,"time":"...Z","what":"kick","by":"mo","account":"mo","target":"bob","result":"ok","details":{"reason":"bye"}}
	`)
}
