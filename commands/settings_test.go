package commands_test

import "testing"

func TestSettings(t *testing.T) {
	play(t, []scene{
		{"set", `
			ann> login ann
			ann< ...
			ann> set
			ann< mode      server  how lines are taken
			ann< timezone  server  an IANA zone
			ann> set MODE
			ann< mode is server: how lines are taken
			ann< -- mode may be auto, chat, server.
			ann> set timezone
			ann< timezone is server: an IANA zone
			ann> set mode auto
			ann< -- mode is auto now.
			ann> set Timezone Europe/Berlin
			ann< -- timezone is Europe/Berlin now.
			ann> set mode loud
			ann< -- mode can't be "loud".
			ann> set moed auto
			ann< -- There is no setting moed; did you mean mode?
			ann> set volume 11
			ann< -- There is no setting volume; set alone lists them.
			ann> /set a b c
			ann< -- set takes at most 2 arguments, not 3.
			ann< -- Usage: set [NAME...VALUE...
		`},
	})
}

func TestClear(t *testing.T) {
	w := newWorld(t)
	w.play(`
		ann> login ann
		ann< ...
		ann> clear
	`)
	if n := w.person("ann").clears; n != 1 {
		t.Errorf("the screen is cleared %d times", n)
	}
}
