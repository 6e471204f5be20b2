package commands_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestAccount(t *testing.T) {
	const ann = `
		ann has an account
		ann> login ann "open sesame"
		ann< -- You are in lobby.
	`
	play(t, []scene{
		{"register", `
			ann> register Ann
			ann< New password: (hidden)
			ann> correct horse
			ann< Again: (hidden)
			ann> correct horse
			ann< -- The name Ann is yours now; log in with: login Ann
			ann< -- You are in lobby.
			ann> whois ann
			ann< Ann
			ann<   role     user
			ann<   account  ann
			ann<   room     lobby
			ann<   on for   0s
			ann<   idle     0s
			ann> register annie
			ann< -- You are logged in to the account ann; logout first to register another name.
			ann> logout
			ann< ...
			ann> login ann wrong-horse
			ann< -- The name or the password is wrong; check both and try again.
			ann> login ann "correct horse"
			ann< -- You are in lobby.
		`},
		{"register with the password in the line", `
			ann> register ann "correct horse"
			ann< -- The name ann is yours now; log in with: login ann
			ann< -- You are in lobby.
			bob> register ann "correct horse"
			bob< -- The name ann is registered; if it is yours, log in with its password, or choose another.
			bob> register bob short
			bob< -- A password has at least 8 characters; choose a longer one.
			bob> register who "correct horse"
			bob< -- The name who is reserved, or looks like one that is; choose another.
			bob> register bob correct horse
			bob< -- register takes at most 2 arguments, not 3.
			bob< -- Usage: register NAME [PASSWORD]
			bob< ...
		`},
		{"register asks in vain", `
			ann> register ann
			ann< New password: (hidden)
			ann> short
			ann< -- A password has at least 8 characters; choose a longer one.
			ann> register ann
			ann< New password: (hidden)
			ann> correct horse
			ann< Again: (hidden)
			ann> correct house
			ann< -- The two passwords differ, so nothing was changed; try again.
			ann> login ann
			ann< -- You are in lobby.
		`},
		{"a guest registers in place", `
			ann> login ann
			ann< ...
			bob> login bob
			bob< ...
			ann< ...
			bob> join ops
			bob< ...
			bob> register ann "correct horse"
			bob< -- You are bob here; register that name, or take the other one first: nick ann.
			cid> register bob "correct horse"
			cid< -- The name bob is taken by a guest; choose another.
			bob> register bob
			bob< New password: (hidden)
			bob> correct horse
			bob< Again: (hidden)
			bob> correct horse
			bob< -- The name bob is yours now; log in with: login bob
			ann> who
			ann< NAME  ROOM   IDLE  ON  ROLE   AWAY
			ann< ann   lobby  0s    0s  guest
			ann< bob   ops    0s    0s  user
			ann> who --json | grep bob
			ann< {"type":"user","name":"bob","account":"bob","role":"user","room":"ops","since":"2026-03-01T12:00:00Z","active":"2026-03-01T12:00:00Z"}
		`},
		{"login asks", `
			ann has an account
			ann> login ANN
			ann< Password: (hidden)
			ann> open sesame
			ann< -- You are in lobby.
			bob> login ann
			bob< Password: (hidden)
			bob> who
			bob< -- The name or the password is wrong; check both and try again.
			bob> login bob
			bob< -- You are in lobby.
			ann< -- bob has joined
			bob> nick ann
			bob< -- The name ann is registered; if it is yours, log in with its password, or choose another.
			ann> nick anna
			ann< -- ann is now anna
			bob< -- ann is now anna
			ann> nick ann
			ann< -- anna is now ann
			bob< -- anna is now ann
		`},
		{"nobody learns whether a name is registered", `
			ann has an account
			bob> login ann "no no no no"
			bob< -- The name or the password is wrong; check both and try again.
			bob> login annabel "no no no no"
			bob< -- The name or the password is wrong; check both and try again.
		`},
		{"two sessions", ann + `
			two> login ann "open sesame"
			two> hello
			two< ann: hello
			ann< ann: hello
			two> account sessions
			two< ID  SINCE   FROM
			two< 1   0s ago  192.0.2.1
			two< 2   0s ago  192.0.2.2  this one
			two> account sessions --json
			two< {"type":"session","id":1,"since":"2026-03-01T12:00:00Z","from":"192.0.2.1"}
			two< {"type":"session","id":2,"since":"2026-03-01T12:00:00Z","from":"192.0.2.2","current":true}
			two> account revoke 7
			two< -- The account has no session 7; account sessions lists them.
			two> /account revoke me
			two< -- SESSION must be a number that account sessions shows, or all, not "me".
			two> account revoke all
			two< -- 1 session of ann ended.
			ann< -- This session was revoked.
			two> account revoke all
			two< -- There is no other session of ann.
			two> account revoke 2
			two< -- 1 session of ann ended.
			two< -- This session was revoked.
		`},
		{"passwd", ann + `
			two> login ann "open sesame"
			ann> passwd
			ann< Your password now: (hidden)
			ann> open sesame
			ann< New password: (hidden)
			ann> correct horse
			ann< Again: (hidden)
			ann> correct horse
			ann< -- Your password is changed, and your other sessions have ended.
			two< -- The password of your account was changed; log in again.
			ann> passwd
			ann< Your password now: (hidden)
			ann> open sesame
			ann< New password: (hidden)
			ann> battery staple
			ann< Again: (hidden)
			ann> battery staple
			ann< -- The name or the password is wrong; check both and try again.
			ann> passwd "correct horse" short
			ann< -- A password has at least 8 characters; choose a longer one.
			ann> passwd "correct horse" "battery staple"
			ann< -- Your password is changed, and your other sessions have ended.
			ann> passwd one two three
			ann< -- passwd takes at most 2 arguments, not 3.
			ann< -- Usage: passwd [OLD [NEW]]
			ann< ...
			bob> login bob
			bob< ...
			ann< ...
			bob> /passwd
			bob< -- passwd needs the role user, and yours is guest; ask somebody who has it.
		`},
		{"account info", ann + `
			bob> login bob
			bob< ...
			ann< ...
			ann> account info
			ann< ann
			ann<   role        user
			ann<   registered  ... ago
			ann<   here        now
			ann<   sessions    1
			ann<   password    changed ... ago
			ann<   from        192.0.2.1
			bob> account info ann
			bob< ann
			bob<   role        user
			bob<   registered  ... ago
			bob<   here        now
			bob> account info ann --json
			bob< {"type":"account","name":"ann","role":"user","registered":"...Z","here":true,"seen":"...Z"}
			bob> account info
			bob< -- You are a guest and have no account; register bob makes one.
			ann> /account info bob
			ann< -- bob is a guest and has no account; it takes register to get one.
			ann> /account info nobody
			ann< -- There is no account nobody; check the spelling.
			ann> account info nobody
			ann< -- There is no account nobody; check the spelling.
			ann< -- To say it: say account info nobody
			ann> nick anna
			ann< ...
			bob< ...
			bob> account info anna
			bob< ann
			bob< ...
			opa has an account
			opa is operator
			opa> login opa "open sesame"
			opa< ...
			ann< ...
			bob< ...
			opa> account info anna --json
			opa< {"type":"account","name":"ann","role":"user","registered":"...Z","here":true,"seen":"...Z","sessions":1,"password":"...Z","from":["192.0.2.1"]}
		`},
		{"accounts of others are for operators", ann + `
			bob has an account
			bob> login bob "open sesame"
			bob< ...
			ann< ...
			bob> account sessions ann
			bob< -- That takes the role operator, and you are user; ask somebody who has it.
			bob> account revoke all ann
			bob< -- That takes the role operator, and you are user; ask somebody who has it.
			bob> account delete ann
			bob< -- That takes the role operator, and you are user; ask somebody who has it.
			bob is operator
			bob> account sessions ann
			bob< ID  SINCE   FROM
			bob< 1   0s ago  192.0.2.1
			bob> account revoke all ann
			bob< -- 1 session of ann ended.
			ann< -- This session was revoked.
			bob< -- ann has left
			bob> account sessions ann
			bob< -- ann has no session at the moment.
			bob> account delete ann
			bob< This ends the account ann for good. Type its name to go on:
			bob> yes
			bob< -- That is not its name, so nothing was deleted.
			bob> account delete ann
			bob< ...
			bob> Ann
			bob< -- The account ann is deleted.
			cid> login ann "open sesame"
			cid< -- The name or the password is wrong; check both and try again.
			cid> login ann
			cid< -- The name ann belonged to a deleted account and is not free until ...; choose another.
		`},
		{"account delete", ann + `
			bob> login bob
			bob< ...
			ann< ...
			ann> account delete
			ann< This ends the account ann for good. Type its name to go on:
			ann> ann
			ann< -- The account ann is deleted.
			ann< -- Your account was deleted.
			bob< -- ann has left
		`},
		{"account needs a sub-command", ann + `
			ann> /account
			ann< -- account needs one of its sub-commands: info, sessions, revoke or delete.
			ann< ...
			ann> who --json | account info
			ann< -- ...
			ann< ...
			ann> account delete | wc
			ann< 0 0 0
			ann< -- account has something to ask you, so it can't be part of a pipeline; give it alone.
		`},
	})
}

// TestPasswordsOverANetwork: where no password may be typed, none is asked for and
// none is taken.
func TestPasswordsOverANetwork(t *testing.T) {
	w := newWorld(t)
	w.person("ann").remote = true
	w.play(`
		bob has an account
		ann> register ann
		ann< -- Not here: see login.plaintext_passwords.
		ann> register ann "correct horse"
		ann< -- Not here: see login.plaintext_passwords.
		ann> login bob
		ann< -- Not here: see login.plaintext_passwords.
		ann> login bob "open sesame"
		ann< -- Not here: see login.plaintext_passwords.
		ann> login ann
		ann< -- You are in lobby.
	`)
}

// TestLoginOfAGuestToAnAccount: where nobody has to log in, a guest logs in to an
// account without logging out first.
func TestLoginOfAGuestToAnAccount(t *testing.T) {
	w := newWorld(t)
	w.settings.LoginRequired = false
	w.play(`
		ann has an account
		ann> login guest1
		ann< ...
		bob> login guest2
		bob< ...
		ann< ...
		ann> login ann no-no-no-no
		ann< -- The name or the password is wrong; check both and try again.
		ann> login ann
		ann< Password: (hidden)
		ann> open sesame
		ann< -- You are in lobby.
		bob< -- guest1 has left
		bob< -- ann has joined
		ann> login guest3
		ann< -- You are logged in as ann; use nick NAME for another name, or logout.
	`)
	if n := w.person("ann").wrong; n != 1 {
		t.Errorf("%d wrong passwords are counted, want 1", n)
	}
}

// TestSecretsStaySecret: no password is in what anybody sees, in the log or in the
// audit, whatever becomes of it.
func TestSecretsStaySecret(t *testing.T) {
	w := newWorld(t)
	const mark = "xyzzy"
	ann := w.person("ann")
	var seen []string
	for _, l := range []string{
		"register ann xyzzy-one extra", "register ann -xyzzy", "register who xyzzy-two", "register ann xyzzy-three",
		"/register ann xyzzy-three", "passwd", "xyzzy-three", "xyzzy-four", "xyzzy-four",
		"passwd xyzzy-five xyzzy-six xyzzy-seven", "passwd xyzzy-five xyzzy-six", "passwd", "xyzzy-bad", "xyzzy-six", "xyzzy-six", "logout",
		"login ann xyzzy-bad", "login xyzzy-name xyzzy-bad", "login ann xyzzy-four more", "login ann xyzzy-four", "login ann xyzzy-four",
	} {
		ann.typed(l)
		for _, line := range ann.seen {
			if strings.Contains(line, mark) && !strings.Contains(line, "xyzzy-name") {
				t.Errorf("after %q is seen %q", l, line)
			}
		}
		seen = append(seen, ann.seen...)
		ann.seen = nil
	}
	if !strings.Contains(strings.Join(seen, "\n"), "Your password is changed") {
		t.Errorf("the password was not changed:\n%s", strings.Join(seen, "\n"))
	}
	if ann.user == nil || ann.user.Role() != chat.Registered {
		t.Error("ann is not logged in at the end")
	}
	if log := w.log.take(); strings.Contains(log, mark) {
		t.Errorf("the log has a password:\n%s", log)
	}
	entries, err := w.accounts.Audit.Last(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	p, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(p), mark) {
		t.Errorf("the audit has a password:\n%s", p)
	}
}
