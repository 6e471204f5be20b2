package commands_test

import "testing"

func TestSettings(t *testing.T) {
	play(t, []scene{
		{"set", `
			ann> login ann
			ann< ...
			ann> set
			ann< mode      server  how lines are taken
			ann< output    text    text or JSON
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
			ann< -- To say it: say set moed auto
			ann> set volume 11
			ann< -- There is no setting volume; set alone lists them.
			ann< -- To say it: say set volume 11
			ann> /set a b c
			ann< -- set takes at most 2 arguments, not 3.
			ann< -- Usage: set [NAME...VALUE...
			ann> set output json
			ann< -- output is json now.
			ann> set output
			ann< {"type":"setting","name":"output","value":"json","choices":["text","json"],"help":"text or JSON"}
			ann> set output text
			ann< -- output is text now.
			ann> set --json | tail 1
			ann< {"type":"setting","name":"timezone","value":"Europe/Berlin","help":"an IANA zone"}
		`},
		{"set before login", `
			ann> set mode chat
			ann< -- mode is chat now.
			ann> set mode
			ann< mode is chat: how lines are taken
			ann< -- mode may be auto, chat, server.
		`},
		{"alias", `
			ann> login ann
			ann< ...
			ann> alias
			ann< -- You have no commands of your own; alias NAME LINE makes one.
			ann> /alias h history 50
			ann< -- h is now: history 50
			ann> alias find history 7d | grep "$1"
			ann< -- find is now: history 7d | grep "$1" (to undo it: unalias find; to say it: say alias find history 7d | grep "$1")
			ann> alias h history 500
			ann< -- h is now: history 500 (to undo it: alias h history 50; to say it: say alias h history 500)
			ann> alias h
			ann< h is: history 500
			ann> alias
			ann< find  history 7d | grep "$1"
			ann< h     history 500
			ann> /alias who rooms
			ann< -- who is a command.
			ann> set output json
			ann< ...
			ann> alias
			ann< {"type":"alias","name":"find","line":"history 7d | grep \"$1\""}
			ann< {"type":"alias","name":"h","line":"history 500"}
			ann> alias h
			ann< {"type":"alias","name":"h","line":"history 500"}
			ann> set output text
			ann< ...
			ann> /alias fnid
			ann< -- You have no alias fnid; did you mean find?
			ann> alias x
			ann< -- You have no alias x; alias alone lists those that you have.
			ann< -- To say it: say alias x
		`},
		{"unalias", `
			ann> login ann
			ann< ...
			ann> /alias find rooms
			ann< ...
			ann> /alias h history 50
			ann< ...
			ann> /unalias fin
			ann< -- You have no alias fin; did you mean find?
			ann> unalias find
			ann< -- find stands for nothing any more (to undo it: alias find rooms; to say it: say unalias find)
			ann> /unalias h
			ann< -- h stands for nothing any more.
			ann> unalias h
			ann< -- You have no alias h; alias alone lists those that you have.
			ann< -- To say it: say unalias h
			ann> /unalias
			ann< -- unalias needs NAME.
			ann< -- Usage: unalias NAME
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
