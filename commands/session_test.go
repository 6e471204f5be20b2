package commands_test

import "testing"

func TestSession(t *testing.T) {
	play(t, []scene{
		{"login", `
			ann> login ann
			ann< -- You are in lobby.
			ann> hello
			ann< ann: hello
		`},
		{"login needs a free, proper name", `
			ann> login ann
			ann< ...
			bob> login Ann
			bob< -- The name Ann is taken; choose another.
			bob> login who
			bob< -- The name who is reserved, or looks like one that is; choose another.
			bob> login two or three words
			bob< -- login takes at most 2 arguments, not 4.
			bob< -- Usage: login NAME [PASSWORD]
			bob< ...
			bob> login "two words"
			bob< -- A name is one word; use _ or - instead of a space.
			bob> /login
			bob< -- login needs NAME.
			bob< -- Usage: login NAME [PASSWORD]
			bob> login bob
			bob< -- You are in lobby.
			ann< -- bob has joined
			bob> login rob
			bob< -- You are logged in as bob; use nick NAME for another name, or logout.
		`},
		{"only some commands work before login", `
			ann> say hello
			ann< -- Log in first.
			ann> /say hello
			ann< -- Log in first: login NAME.
			ann> /who
			ann< -- Log in first: login NAME.
			ann> ping
			ann< pong
			ann> version
			ann< chatroom 1.2.3
			ann> echo don't | panic
			ann< don't | panic
			ann> quit
			ann< -- Goodbye.
		`},
		{"nick", `
			ann> login ann
			ann< ...
			bob> login bob
			bob< ...
			ann< ...
			bob> nick rob
			bob< -- bob is now rob
			ann< -- bob is now rob
			bob> nick ann
			bob< -- The name ann is taken; choose another.
			bob> nick server
			bob< -- The name server is reserved, or looks like one that is; choose another.
			bob> nick rob
			bob< -- You are rob already.
			bob> nick ROB
			bob< -- rob is now ROB
			ann< -- rob is now ROB
			ann> nick bob
			ann< -- ann is now bob
			bob< -- ann is now bob
		`},
		{"logout", `
			ann> login ann
			ann< ...
			bob> login bob
			bob< ...
			ann< ...
			ann> logout
			ann< -- You are logged out. Log in with: login NAME
			bob< -- ann has left
			bob> nick ann
			bob< -- bob is now ann
			ann> login bob
			ann< -- You are in lobby.
			bob< -- bob has joined
		`},
		{"quit", `
			ann> login ann
			ann< ...
			bob> login bob
			bob< ...
			ann< ...
			ann> exit
			ann< -- Goodbye.
			bob< -- ann has left
		`},
	})
}

// TestLoginOfAGuest: where nobody has to log in, who has a name may take
// another with login.
func TestLoginOfAGuest(t *testing.T) {
	w := newWorld(t)
	w.settings.LoginRequired = false
	w.play(`
		ann> login guest1
		ann< ...
		bob> login guest2
		bob< ...
		ann< ...
		bob> login bob
		bob< -- guest2 is now bob
		ann< -- guest2 is now bob
		bob> login guest1
		bob< -- The name guest1 is taken; choose another.
		bob> logout
		bob< ...
		ann< -- bob has left
		bob> login rob
		bob< -- You are in lobby.
		ann< -- rob has joined
	`)
}
