package commands_test

import "testing"

func TestLater(t *testing.T) {
	play(t, []scene{
		{"at and every", arrival + `
			ann> jobs
			ann< -- Nothing is to run later; at and every have a command do so.
			ann> jobs --json
			ann> /at 10m say the tea is ready | it's hot
			ann< -- Job 1 runs in 10m: say the tea is ready | it's hot
			ann> every 1h30m uptime | say
			ann< -- Job 2 runs every 1h30m: uptime | say (to undo it: cancel 2; to say it: say every 1h30m uptime | say)
			ann> at 30s ping
			ann< -- Job 3 runs in 30s: ping (to undo it: cancel 3; to say it: say at 30s ping)
			+10s
			ann> jobs
			ann< N  IN     EVERY  LINE
			ann< 1  9m     -      say the tea is ready | it's hot
			ann< 2  1h29m  1h30m  uptime | say
			ann< 3  20s    -      ping
			ann> jobs --json
			ann< {"type":"job","id":1,"line":"say the tea is ready | it's hot","next":"2026-03-01T12:10:00Z"}
			ann< {"type":"job","id":2,"line":"uptime | say","next":"2026-03-01T13:30:00Z","every_seconds":5400}
			ann< {"type":"job","id":3,"line":"ping","next":"2026-03-01T12:00:30Z"}
			ann> cancel 2
			ann< -- Job 2 is cancelled.
			ann> cancel 2
			ann< -- You have no job 2; jobs lists them.
			ann> jobs | wc -l
			ann< 3
			bob> jobs
			bob< -- Nothing is to run later; at and every have a command do so.
			bob> set output json
			bob< ...
			bob> every 1m uptime
			bob< {"type":"job","id":1,"line":"uptime","next":"2026-03-01T12:01:10Z","every_seconds":60}
		`},
		{"what can't be scheduled", arrival + `
			ann> at 0s ping
			ann< -- That is too soon.
			ann< -- To say it: say at 0s ping
			ann> at ten we meet
			ann< -- DURATION must be a time such as 30s, 1h30m or 2d, not "ten".
			ann< -- Usage: at DURATION LINE
			ann< -- To say it: say at ten we meet
			ann> /every 10m
			ann< -- every needs LINE.
			ann< -- Usage: every DURATION LINE
			ann> /cancel 0
			ann< -- N must be a whole number of at least 1, not "0".
			ann< -- Usage: cancel [N]
		`},
	})
}
