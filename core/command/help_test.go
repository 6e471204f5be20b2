package command

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestWriteHelp(t *testing.T) {
	r := testRegistry(t, New(Spec{
		Name: "wide", Summary: "show all there is", Role: chat.Registered, Aliases: []string{"w"},
		Args: []Arg{{Name: "how", Type: Enum, Choices: strings.Fields("slowly moderately quickly")}, {Name: "least", Type: Int, Min: 3, Optional: true}},
	}, succeed))
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
		"history": `history [N|DURATION] [--ids] - show what was said

Arguments
  N|DURATION  how many lines, or how far back (1 to 1000; default 20)

Flags
  -i, --ids  show sequence numbers
`,
		"grep": `grep PATTERN [--ignore-case] [--invert] [--max N] [--since DURATION] [--color auto|always|never] [--from USER] [--label VALUE] - keep the lines that match

Arguments
  PATTERN

Flags
  -i, --ignore-case
  -v, --invert
  -m, --max N                    (default 100)
  --since DURATION
  -c, --color auto|always|never  (auto, always or never; default auto)
  --from USER
  --label VALUE
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
		if err := WriteHelp(&b, c.Spec()); err != nil || b.String() != want {
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
