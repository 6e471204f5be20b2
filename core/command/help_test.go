package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestWriteManual(t *testing.T) {
	r := testRegistry(t, New(Spec{
		Name: "wide", Summary: "show all there is", Role: chat.Registered, Aliases: []string{"w"},
		Args: []Arg{{Name: "how", Type: Enum, Choices: strings.Fields("slowly moderately quickly")}, {Name: "least", Type: Int, Min: 3, Optional: true}},
	}, succeed), room(), New(Spec{Name: "sift", Summary: "keep the best", ReadsInput: true, Filter: true, Examples: []string{"who | sift"}}, succeed))
	for name, want := range map[string]string{
		"logout": "logout - give your name back\n",
		"msg": `msg USER TEXT - say something to one person

Nobody else reads it.
The other may answer with reply.

Arguments
  USER  who gets it
  TEXT

Examples
  msg fish are you there?
  msg "big fish" hello

Other names: tell, page
`,
		"history": `history [N|DURATION] [-i] - show what was said

Arguments
  N|DURATION  how many lines, or how far back (1 to 1000; default 20)

Flags
  -i, --ids  show sequence numbers
`,
		"grep": `grep PATTERN [-i] [-v] [-m N] [--since DURATION] [-c auto|always|never] [--from USER] [--label LABEL] - keep the lines that match

Arguments
  PATTERN

Flags
  -i, --ignore-case
  -v, --invert
  -m, --max N                    (default 100)
  --since DURATION
  -c, --color auto|always|never  (auto, always or never; default auto)
  --from USER
  --label LABEL

After a | it reads what the command before it writes.
`,
		"room": `room info|key|kick|log|say|sift ... - look after a room

Rooms have doors.

Sub-commands
  room info [ROOM] [--json]  show what is known of it
  room key KEY               set its key
  room kick USER [REASON]    put somebody out
  room log [-a]              show what was done to it (needs the role moderator)
  room say TEXT              say it there
  room sift                  keep what is of it

Other names: r

room info [ROOM] [--json] - show what is known of it

Arguments
  ROOM

Flags
  --json  write JSON, an object a line

room key KEY - set its key

Arguments
  KEY

room kick USER [REASON] - put somebody out

They may come back.

Arguments
  USER    whom
  REASON  why

room log [-a] - show what was done to it

Flags
  -a, --all  from the start

Needs the role: moderator

room say TEXT - say it there

Arguments
  TEXT

After a | it takes its text from the command before it.

room sift - keep what is of it

After a | it reads what the command before it writes.
`,
		"sift": `sift - keep the best

Examples
  who | sift

It works on what is piped into it: who | sift
`,
		"wide": `wide HOW [LEAST] - show all there is

Arguments
  HOW    (slowly, moderately or quickly)
  LEAST

Other names: w
Needs the role: user
`,
	} {
		c, _ := r.Lookup(name)
		var b strings.Builder
		if err := WriteManual(&b, c.Spec()); err != nil || b.String() != want {
			t.Errorf("%v\n got %s\nwant %s", err, b.String(), want)
		}
	}
}

func TestWriteIndex(t *testing.T) {
	r := testRegistry(t)
	for who, want := range map[person]string{
		newcomer: `Other
  help   explain the commands
  login  log in
`,
		operator: `Talking
  away  say that you are away
  msg   say something to one person
  say   say something to the room

Looking
  history  show what was said
  join     enter a room
  who      show who is here
  whois    show what is known of somebody

Filters
  grep  keep the lines that match

Games
  add   add numbers
  roll  roll dice

Staff
  mute    silence somebody
  reload  read the configuration again

Other
  help    explain the commands
  login   log in
  logout  give your name back
  mode    set how lines are read
`,
	} {
		var b strings.Builder
		if err := r.WriteIndex(&b, who); err != nil || b.String() != want {
			t.Errorf("%v\n got %s\nwant %s", err, b.String(), want)
		}
	}
}

func TestWriteHelp(t *testing.T) {
	r := testRegistry(t, room())
	kick, _ := r.entries["room"].spec.Sub("kick")
	for want, s := range map[string]*Spec{
		"logout - give your name back\n": r.entries["logout"].spec,
		`msg USER TEXT - say something to one person

Arguments
  USER  who gets it
  TEXT

man msg says more.
`: r.entries["msg"].spec,
		`history [N|DURATION] [-i] - show what was said

Arguments
  N|DURATION  how many lines, or how far back (1 to 1000; default 20)

Flags
  -i, --ids  show sequence numbers
`: r.entries["history"].spec,
		`room info|key|kick|log|say|sift ... - look after a room

Sub-commands
  room info [ROOM] [--json]  show what is known of it
  room key KEY               set its key
  room kick USER [REASON]    put somebody out
  room log [-a]              show what was done to it (needs the role moderator)
  room say TEXT              say it there
  room sift                  keep what is of it

man room says more.
`: r.entries["room"].spec,
		`room kick USER [REASON] - put somebody out

Arguments
  USER    whom
  REASON  why

man room kick says more.
`: kick,
	} {
		var b strings.Builder
		if err := WriteHelp(&b, s); err != nil || b.String() != want {
			t.Errorf("%v\n got %s\nwant %s", err, b.String(), want)
		}
	}
}

func TestApropos(t *testing.T) {
	r := testRegistry(t, room())
	for _, tt := range []struct {
		who  person
		word string
		want []string
	}{
		{guest, "who", []string{"who", "whois", "msg", "room kick"}},
		{guest, "page", []string{"msg"}},
		{guest, "SAY", []string{"room say", "say", "away", "msg"}},
		{guest, "kick", []string{"room kick"}},
		{guest, "sequence", []string{"history"}},
		{guest, "mute", nil},
		{operator, "silence", []string{"mute"}},
		{newcomer, "room", []string{"room", "room info"}},
		{admin, "kill", nil},
		{guest, "secret", nil},
		{guest, "xyzzy", nil},
		{guest, "", nil},
	} {
		if got := names(r.Apropos(tt.word, tt.who)); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.word, got, tt.want)
		}
	}
}
