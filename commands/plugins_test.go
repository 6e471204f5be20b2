package commands_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// A shelf is plugins that do nothing. One of the name broken can't be reloaded.
type shelf map[string]*commands.Plugin

func (s shelf) All() (all []commands.Plugin) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		all = append(all, *s[name])
	}
	return all
}

func (s shelf) Start(name string) error {
	if s[name].State == "ready" {
		return chat.Errorf(chat.Conflict, "%s runs already.", name)
	}
	s[name].State = "ready"
	return nil
}

func (s shelf) Stop(name string) error    { s[name].State = "stopped"; return nil }
func (s shelf) Enable(name string) error  { s[name].Disabled = false; return s.Start(name) }
func (s shelf) Disable(name string) error { s[name].Disabled = true; return s.Stop(name) }

func (s shelf) Reload(_ context.Context, name string) error {
	if name == "broken" {
		return chat.Errorf(chat.Unavailable, "broken was not reloaded: the one before it goes on serving: it says nothing.")
	}
	s[name].Version = "1.0.1"
	return nil
}

func (s shelf) Logs(name string, n int) ([]string, error) {
	if name == "broken" {
		return nil, nil
	}
	return []string{"12:00:00 stderr: hello", fmt.Sprintf("12:00:01 server: of %d", n)}, nil
}

// operatorAnn logs somebody in who may manage plugins.
const operatorAnn = `
	ann has an account
	ann is operator
	ann> login ann "open sesame"
	ann< ...
`

// full is a shelf of plugins in different states.
func full(w *world) {
	maps.Copy(w.plugins, shelf{
		"broken": {
			Name: "broken", State: "backoff", Next: noon.Add(3 * time.Second), Problem: "it exited with status 1", Restarts: 4,
			Calls: 1200, Failures: 7, P50: 250 * time.Microsecond, P99: 12 * time.Millisecond,
			Commands: []string{"a", "b", "c", "d", "e"}, Pinned: true,
		},
		"off": {Name: "off", State: "stopped", Disabled: true, P99: 1500 * time.Millisecond},
		"poll": {
			Name: "poll", State: "ready", Since: noon.Add(-time.Hour), Version: "2.0.0", Commands: []string{"poll-poll"},
			Clashes: []string{"the name poll belongs to the server; its command is poll-poll and poll:poll"},
			Granted: []string{"kv", "say.room"}, PID: 4711, Memory: 13 << 20, SHA256: "9f86d0", Running: 2, Dropped: 5, Paused: true,
		},
	})
}

func TestPlugins(t *testing.T) {
	for _, s := range []scene{
		{"not for everybody", `
				ann> login ann
				ann< ...
				ann> /plugins
				ann< -- plugins needs the role operator, and yours is guest; ask somebody who has it.
				ann> /plugin stop dice
				ann< -- plugin needs the role operator, and yours is guest; ask somebody who has it.
			`},
		{"list", `
				ann> /plugins
				ann< NAME    STATE       VERSION  COMMANDS   RESTARTS  CALLS            P50    P99   PINNED  PROBLEM
				ann< broken  backoff 3s  -        a,b,c+2    4         1200 (7 failed)  0.2ms  12ms  yes     it exited with status 1
				ann< dice    ready       1.0.0    roll       0         0                -      -     no
				ann< off     disabled    -        -          0         0                -      1.5s  no
				ann< poll    ready       2.0.0    poll-poll  0         0                -      -     no      its filter is left alone for a while
				ann> /plugins --json
				ann< {"type":"plugin","name":"broken","state":"backoff","next":"2026-03-01T12:00:03Z","problem":"it exited with status 1","commands":["a","b","c","d","e"],"pinned":true,"restarts":4,"running":0,"calls":1200,"failures":7,"p50_seconds":0.00025,"p99_seconds":0.012}
				ann< {"type":"plugin","name":"dice","state":"ready","since":"2026-03-01T12:00:00Z","version":"1.0.0","summary":"rolls dice","commands":["roll"],"restarts":0,"running":0,"calls":0,"failures":0}
				ann< {"type":"plugin","name":"off","state":"stopped","disabled":true,"restarts":0,"running":0,"calls":0,"failures":0,"p99_seconds":1.5}
				ann< {"type":"plugin","name":"poll","state":"ready","since":"2026-03-01T11:00:00Z","version":"2.0.0","commands":["poll-poll"],"clashes":["the name poll belongs to the server; its command is poll-poll and poll:poll"],"granted":["kv","say.room"],"pid":4711,"memory":13631488,"sha256":"9f86d0","restarts":0,"running":2,"calls":0,"failures":0,"events_dropped":5,"filter_paused":true}
			`},
		{"info", `
				ann> plugin info poll
				ann< name            poll
				ann< version         2.0.0
				ann< state           ready for 1h00m
				ann< commands        poll-poll
				ann< clashes         the name poll belongs to the server; its command is poll-poll and poll:poll
				ann< granted         kv, say.room
				ann< process         4711
				ann< memory          13.0 MiB
				ann< sha256          9f86d0
				ann< pinned          no
				ann< restarts        0
				ann< running         2
				ann< calls           0
				ann< p50, p99        -, -
				ann< events dropped  5
				ann< filter          left alone for a while, because it failed
			`},
		{"logs", `
				ann> plugin logs dice 7
				ann< 12:00:00 stderr: hello
				ann< 12:00:01 server: of 7
				ann> plugin logs broken
				ann< -- broken wrote nothing, and nothing happened to it.
				ann> /plugin logs dcie
				ann< -- There is no plugin dcie; did you mean dice?
			`},
		{"acts", `
				ann> /plugin stop dice
				ann< -- dice ends (to undo it: plugin start dice)
				ann> /plugin start dice
				ann< -- dice is starting; plugins shows how it goes (to undo it: plugin stop dice)
				ann> /plugin start dice
				ann< -- dice runs already.
				ann> plugin disable dice
				ann< -- dice is disabled, also when the server starts again (to undo it: plugin enable dice; to say it: say plugin disable dice)
				ann> /plugin enable dice
				ann< -- dice is enabled and starts; plugins shows how it goes (to undo it: plugin disable dice)
				ann> /plugin reload dice
				ann< -- dice runs its program as it is now, version 1.0.1
				ann> /plugin reload broken
				ann< -- broken was not reloaded: the one before it goes on serving: it says nothing.
				ann> audit 100 | grep reloaded
				ann< ...plugin...dice...ok...
				ann< ...plugin...broken...unavailable...
			`},
		{"others are told", `
				opa has an account
				opa is operator
				opa> login opa "open sesame"
				opa< ...
				ann< ...
				ann> /plugin stop dice
				opa< -- ann stopped the plugin dice
				ann< -- dice ends (to undo it: plugin start dice)
			`},
	} {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(t)
			full(w)
			w.person("ann").width = 0
			if s.name != "not for everybody" {
				w.play(operatorAnn)
			}
			w.play(s.script)
		})
	}
}
