package command

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// Lines that run, and what the command got.
func TestLines(t *testing.T) {
	d, _ := testDispatcher(t)
	for _, tt := range []struct {
		who      person
		in, want string
	}{
		{guest, "hello there", "chat <hello there>"},
		{guest, "reload the page", "chat <reload the page>"},
		{guest, "kill the lights", "chat <kill the lights>"},
		{guest, "Who is it", "chat <Who is it>"},
		{guest, "//who", "chat </who>"},

		{guest, "say don't panic", "say <don't panic>"},
		{guest, "say #1 idea", "say <#1 idea>"},
		{guest, `say C:\temp`, `say <C:\temp>`},
		{guest, "say a | b", "say <a | b>"},
		{guest, "say -i --x -- y", "say <-i --x -- y>"},
		{guest, "say --help me", "say <--help me>"},
		{guest, "say -h", "say <-h>"},
		{guest, "/msg fish don't --help", "msg <fish> <don't --help>"},
		{guest, "tell @FISH hi", "tell <FISH> <hi>"},
		{guest, `page "fish" "hi"`, `page <fish> <"hi">`},
		{guest, "/msg ünal hi", "msg <ünal> <hi>"},
		{guest, "away", "away <away> false"},
		{guest, "away lunch", "away <lunch> true"},

		{guest, "who", "who <>"},
		{guest, "users", "who <>"},
		{guest, "who #Ops", "who <ops>"},
		{guest, "j #ops", "join <ops>"},
		{guest, "whois bird", "whois <bird>"},
		{guest, "help", "help <>"},
		{guest, "? tell", "help <msg>"},
		{guest, "help /who", "help <who>"},
		{guest, "help cat", "help <cat>"},
		{admin, "help kill", "help <kill>"},
		{admin, "kill", "kill done"},
		{admin, "reload", "reload done"},
		{operator, "reload", "reload done"},
		{newcomer, "help", "help <>"},
		{newcomer, "login fish", "login <fish>"},
		{guest, "mode", "mode <>"},
		{guest, "mode CHAT", "mode <chat>"},

		{guest, "history", "history 20 0s false"},
		{guest, "history 200", "history 200 0s false"},
		{guest, "history 0200", "history 200 0s false"},
		{guest, "history 1h30m -i", "history 0 1h30m0s true"},
		{guest, "history --ids 2D", "history 0 48h0m0s true"},
		{guest, "history 1w2d3.5h", "history 0 219h30m0s false"},
		{guest, "roll 6", "roll 6 0"},
		{guest, "roll +6 12", "roll 6 12"},
		{guest, "add 1", "add 1 of 1"},
		{guest, "add 1 -2 03", "add 1 of 1+-2+3"},
		{operator, "mute fish 0", "mute <fish> 0s"},

		{guest, "grep x", "grep <x> i=false v=false m=100 since=0s color=auto from=<> label=<>"},
		{guest, `grep ""`, "grep <> i=false v=false m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep -", "grep <-> i=false v=false m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep -5", "grep <-5> i=false v=false m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep -i x -v", "grep <x> i=true v=true m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep -iv x", "grep <x> i=true v=true m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep -ivm 5 x", "grep <x> i=true v=true m=5 since=0s color=auto from=<> label=<>"},
		{guest, "grep -m5 x", "grep <x> i=false v=false m=5 since=0s color=auto from=<> label=<>"},
		{guest, "grep -m -5 x", "grep <x> i=false v=false m=-5 since=0s color=auto from=<> label=<>"},
		{guest, "grep --max=5 --max 7 x", "grep <x> i=false v=false m=7 since=0s color=auto from=<> label=<>"},
		{guest, "grep --invert --since 2d --color=Never x", "grep <x> i=false v=true m=100 since=48h0m0s color=never from=<> label=<>"},
		{guest, "grep --from @fish x", "grep <x> i=false v=false m=100 since=0s color=auto from=<fish> label=<>"},
		{guest, "grep --label= x", "grep <x> i=false v=false m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep --label=a=b x", "grep <x> i=false v=false m=100 since=0s color=auto from=<> label=<a=b>"},
		{guest, "grep --label -v x", "grep <x> i=false v=false m=100 since=0s color=auto from=<> label=<-v>"},
		{guest, "grep -i -- -v", "grep <-v> i=true v=false m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep -- --help", "grep <--help> i=false v=false m=100 since=0s color=auto from=<> label=<>"},
		{guest, "grep -- --", "grep <--> i=false v=false m=100 since=0s color=auto from=<> label=<>"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			out, err := do(d, tt.who, tt.in, line.ModeAuto)
			if err != nil || out != tt.want+"\n" {
				t.Errorf("got %q, %v; want %q", out, err, tt.want)
			}
		})
	}
}

// Every sentence that a line can be refused with.
func TestRefusals(t *testing.T) {
	d, _ := testDispatcher(t)
	const grepUsage = "\nUsage: grep PATTERN [-i] [-v] [-m N] [--since DURATION] [-c auto|always|never] [--from USER] [--label LABEL]"
	for _, tt := range []struct {
		who  person
		in   string
		code chat.Code
		want string
	}{
		// Which command.
		{guest, "/whos", chat.NotFound, `There is no command "whos"; did you mean who or whois?`},
		{guest, "/WHO", chat.NotFound, `There is no command "WHO"; did you mean who or whois?`},
		{guest, "/xyzzy", chat.NotFound, `There is no command "xyzzy"; type help to see them all.`},
		{guest, "/xy\x1b[31m\u202e", chat.NotFound, `There is no command "xy\x1b[31m\u202e"; type help to see them all.`},
		{guest, "/" + strings.Repeat("x", 41), chat.NotFound, `There is no command "` + strings.Repeat("x", 40) + `…"; type help to see them all.`},
		{guest, "/whos don't 'x", chat.NotFound, `There is no command "whos"; did you mean who or whois?`},
		{guest, "/reload", chat.Forbidden, "reload needs the role operator, and yours is guest; ask somebody who has it."},
		{guest, "/reload don't", chat.Forbidden, "reload needs the role operator, and yours is guest; ask somebody who has it."},
		{guest, "/kill", chat.NotFound, `There is no command "kill"; type help to see them all.`},
		{guest, "/kil", chat.NotFound, `There is no command "kil"; type help to see them all.`},
		{admin, "/kil", chat.NotFound, `There is no command "kil"; type help to see them all.`},
		{guest, "/cta", chat.NotFound, `There is no command "cta"; type help to see them all.`},
		{guest, "/relaod", chat.NotFound, `There is no command "relaod"; type help to see them all.`},
		{operator, "/relaod", chat.NotFound, `There is no command "relaod"; did you mean reload?`},
		{newcomer, "/who", chat.Unauthenticated, "Log in first: login NAME."},
		{newcomer, "/say don't", chat.Unauthenticated, "Log in first: login NAME."},
		{newcomer, "/reload", chat.Unauthenticated, "Log in first: login NAME."},
		{newcomer, "/kill", chat.Unauthenticated, "Log in first: login NAME."},
		{newcomer, "/xyzzy", chat.Unauthenticated, "Log in first: login NAME."},
		{newcomer, "/logn fish", chat.NotFound, `There is no command "logn"; did you mean login?`},

		// How many arguments.
		{guest, "/say", chat.Invalid, "say needs TEXT.\nUsage: say TEXT"},
		{guest, "/msg", chat.Invalid, "msg needs USER and TEXT.\nUsage: msg USER TEXT"},
		{guest, "/tell fish ", chat.Invalid, "tell needs TEXT.\nUsage: msg USER TEXT"},
		{guest, "/join", chat.Invalid, "join needs ROOM.\nUsage: join ROOM"},
		{guest, "/add", chat.Invalid, "add needs NUMBER.\nUsage: add NUMBER..."},
		{guest, "/join a b", chat.Invalid, "join takes 1 argument, not 2.\nUsage: join ROOM"},
		{guest, "/logout now", chat.Invalid, "logout takes no arguments, not 1.\nUsage: logout"},
		{guest, "/who a b c", chat.Invalid, "who takes at most 1 argument, not 3.\nUsage: who [ROOM]"},
		{guest, "/roll 1 2 3", chat.Invalid, "roll takes at most 2 arguments, not 3.\nUsage: roll SIDES [AGAIN]"},
		{guest, "/who" + strings.Repeat(" x", 500), chat.Invalid, "who takes at most 1 argument, not 500.\nUsage: who [ROOM]"},

		// Which values.
		{guest, "/roll x", chat.Invalid, "SIDES must be a whole number from 2 to 1000, not \"x\".\nUsage: roll SIDES [AGAIN]"},
		{guest, "/roll 1001", chat.Invalid, "SIDES must be a whole number from 2 to 1000, not \"1001\".\nUsage: roll SIDES [AGAIN]"},
		{guest, "/roll 1", chat.Invalid, "SIDES must be a whole number from 2 to 1000, not \"1\".\nUsage: roll SIDES [AGAIN]"},
		{guest, "/roll 6 0", chat.Invalid, "AGAIN must be a whole number of at least 1, not \"0\".\nUsage: roll SIDES [AGAIN]"},
		{guest, "/roll 99999999999999999999", chat.Invalid, "SIDES must be a whole number from 2 to 1000, not \"99999999999999999999\".\nUsage: roll SIDES [AGAIN]"},
		{guest, "/add 1 2 x 4", chat.Invalid, "NUMBER must be a whole number, not \"x\".\nUsage: add NUMBER..."},
		{guest, `/roll ""`, chat.Invalid, "SIDES must be a whole number from 2 to 1000, not \"\".\nUsage: roll SIDES [AGAIN]"},
		{guest, "/history x", chat.Invalid, "N|DURATION must be a whole number from 1 to 1000 or a time such as 30s, 1h30m or 2d, not \"x\".\nUsage: history [N|DURATION] [-i]"},
		{guest, "/history 0", chat.Invalid, "N|DURATION must be a whole number from 1 to 1000 or a time such as 30s, 1h30m or 2d, not \"0\".\nUsage: history [N|DURATION] [-i]"},
		{guest, "/history 0s", chat.Invalid, "N|DURATION must be a whole number from 1 to 1000 or a time such as 30s, 1h30m or 2d, not \"0s\".\nUsage: history [N|DURATION] [-i]"},
		{guest, "/history -5", chat.Invalid, "N|DURATION must be a whole number from 1 to 1000 or a time such as 30s, 1h30m or 2d, not \"-5\".\nUsage: history [N|DURATION] [-i]"},
		{operator, "/mute fish 90", chat.Invalid, "TIME must be a time such as 30s, 1h30m or 2d, not \"90\".\nUsage: mute USER TIME"},
		{guest, "/mode loud", chat.Invalid, "MODE must be auto, chat or command, not \"loud\".\nUsage: mode [auto|chat|command]"},
		{guest, "/join a!b", chat.Invalid, "ROOM must be a room name of 1 to 32 of a-z, 0-9, _ and -, not \"a!b\".\nUsage: join ROOM"},
		{guest, "/join #", chat.Invalid, "ROOM must be a room name of 1 to 32 of a-z, 0-9, _ and -, not \"#\".\nUsage: join ROOM"},
		{guest, "/whois fihs", chat.NotFound, `There is no user "fihs"; did you mean Fish?`},
		{guest, "/whois @fihs", chat.NotFound, `There is no user "fihs"; did you mean Fish?`},
		{guest, "/whois xyzzy", chat.NotFound, `There is no user "xyzzy"; type who to see who is here.`},
		{guest, `/whois ""`, chat.NotFound, `There is no user ""; type who to see who is here.`},
		{guest, "/msg nobody psst", chat.NotFound, `There is no user "nobody"; type who to see who is here.`},
		{guest, "/help whos", chat.NotFound, `There is no command "whos"; did you mean who or whois?`},
		{guest, "/help reload", chat.NotFound, `There is no command "reload"; type help to see them all.`},
		{guest, "/help kill", chat.NotFound, `There is no command "kill"; type help to see them all.`},

		// Which flags.
		{guest, "/grep --invrt x", chat.Invalid, `grep has no flag "--invrt"; did you mean --invert?` + grepUsage},
		{guest, "/grep -x", chat.Invalid, `grep has no flag "-x"; put -- before a word that begins with a dash.` + grepUsage},
		{guest, "/grep -ix", chat.Invalid, `grep has no flag "-ix"; put -- before a word that begins with a dash.` + grepUsage},
		{guest, "/grep -é", chat.Invalid, `grep has no flag "-é"; put -- before a word that begins with a dash.` + grepUsage},
		{guest, "/grep --=x", chat.Invalid, `grep has no flag "--"; put -- before a word that begins with a dash.` + grepUsage},
		{guest, "/logout --now", chat.Invalid, "logout has no flag \"--now\"; put -- before a word that begins with a dash.\nUsage: logout"},
		{guest, "/grep --invert=yes x", chat.Invalid, "--invert takes no value." + grepUsage},
		{guest, "/grep x --max", chat.Invalid, "--max needs a value: --max N." + grepUsage},
		{guest, "/grep x -m", chat.Invalid, "--max needs a value: --max N." + grepUsage},
		{guest, "/grep x --label", chat.Invalid, "--label needs a value: --label LABEL." + grepUsage},
		{guest, "/grep --max x y", chat.Invalid, "--max must be a whole number, not \"x\"." + grepUsage},
		{guest, "/grep -mx y", chat.Invalid, "--max must be a whole number, not \"x\"." + grepUsage},
		{guest, "/grep --since 5 y", chat.Invalid, "--since must be a time such as 30s, 1h30m or 2d, not \"5\"." + grepUsage},
		{guest, "/grep --color=red y", chat.Invalid, "--color must be auto, always or never, not \"red\"." + grepUsage},
		{guest, "/grep --from brid y", chat.NotFound, `There is no user "brid"; did you mean bird?`},

		// What may have been meant as chat.
		{guest, "who is coming tonight?", chat.Invalid, "who takes at most 1 argument, not 3.\nUsage: who [ROOM]\nTo say it: say who is coming tonight?"},
		{guest, "  whois  there? ", chat.NotFound, "There is no user \"there?\"; type who to see who is here.\nUsage: whois USER\nTo say it: say whois  there?"},
		{guest, "say", chat.Invalid, "say needs TEXT.\nUsage: say TEXT\nTo say it: say say"},
		{guest, "who | what", chat.NotFound, "There is no command \"what\"; type help to see them all.\nTo say it: say who | what"},
		{guest, "/who | what", chat.NotFound, "There is no command \"what\"; type help to see them all."},
		{guest, "login fish hunter2 now", chat.Invalid, "login takes at most 2 arguments, not 3.\nUsage: login NAME [PASSWORD]\nTo say it: put say before it."},
		{guest, "login fish -hunter2", chat.Invalid, "login has no such flag; put -- before a word that begins with a dash.\nUsage: login NAME [PASSWORD]\nTo say it: put say before it."},

		{guest, "who | login fish hunter2", chat.Invalid, "login reads no input; it can only come first.\nUsage: login NAME [PASSWORD]\nTo say it: put say before it."},

		// What could not be read.
		{guest, "/", chat.Invalid, "A slash needs the name of a command right after it, such as /help; to say a line that begins with a slash, type two."},
		{guest, "/who don't", chat.Invalid, `The ' at column 9 is never closed; close it, or write \' for the character itself.`},
		{guest, "who don't know", chat.Invalid, "The ' at column 8 is never closed; close it, or write \\' for the character itself.\nUsage: who [ROOM]\nTo say it: say who don't know"},
		{guest, "who | login fish hunter'2", chat.Invalid, "The ' at column 24 is never closed; close it, or write \\' for the character itself.\nUsage: who [ROOM]\nTo say it: put say before it."},
		{guest, "login\tfish hunter'2", chat.Invalid, "The ' at column 18 is never closed; close it, or write \\' for the character itself.\nUsage: login NAME [PASSWORD]\nTo say it: put say before it."},
	} {
		t.Run(tt.in, func(t *testing.T) {
			out, err := do(d, tt.who, tt.in, line.ModeAuto)
			if err == nil {
				t.Fatalf("it ran: %q", out)
			}
			if out != tt.want {
				t.Errorf("\n got %q\nwant %q", out, tt.want)
			}
			if code := shown(err).Code; code != tt.code {
				t.Errorf("code %s, want %s", code, tt.code)
			}
		})
	}
}

// In mode command nothing is chat, so a newcomer's first words are answered.
func TestNewcomerSpeaks(t *testing.T) {
	d, _ := testDispatcher(t)
	out, err := do(d, newcomer, "hi, anybody here?", line.ModeCommand)
	if chat.ErrorCode(err) != chat.Unauthenticated || out != loginFirst {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestHelpOfCommand(t *testing.T) {
	d, _ := testDispatcher(t)
	for _, in := range []string{"who --help", "/who -h", "who a b c --help", "grep --since -h", "say --help", "/msg --help", "away   --help", "reload --help"} {
		name := strings.Fields(strings.TrimPrefix(in, "/"))[0]
		out, err := do(d, operator, in, line.ModeAuto)
		if err != nil || !strings.HasPrefix(out, name+" ") && !strings.HasPrefix(out, name+"\n") {
			t.Errorf("%s: %q, %v", in, out, err)
		}
	}
	for in, code := range map[string]chat.Code{"/reload --help": chat.Forbidden, "/kill --help": chat.NotFound} {
		if out, err := do(d, guest, in, line.ModeAuto); chat.ErrorCode(err) != code {
			t.Errorf("%s: %q, %v", in, out, err)
		}
	}
	l, err := line.Parse("history -h", line.ModeAuto, d.Grammar(guest))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := d.Prepare(guest, l)
	if err != nil {
		t.Fatal(err)
	}
	if inv.Blocking() || inv.Cost() != 1 || inv.Name() != "history" {
		t.Errorf("help of history: blocking %t, cost %d, spec %s", inv.Blocking(), inv.Cost(), inv.Name())
	}
}

func TestGrammar(t *testing.T) {
	d, _ := testDispatcher(t)
	for _, tt := range []struct {
		who   Caller
		name  string
		shape line.Shape
		ok    bool
	}{
		{guest, "msg", line.Shape{Words: 1, Raw: true}, true},
		{guest, "page", line.Shape{Words: 1, Raw: true}, true},
		{guest, "say", line.Shape{Raw: true}, true},
		{guest, "who", line.Shape{}, true},
		{guest, "cat", line.Shape{Input: true}, true},
		{guest, "reload", line.Shape{}, false},
		{guest, "none", line.Shape{}, false},
		{operator, "reload", line.Shape{}, true},
		{operator, "kill", line.Shape{}, false},
		{person{in: true, role: math.MaxUint8}, "kill", line.Shape{}, true},
		{newcomer, "who", line.Shape{}, false},
		{newcomer, "login", line.Shape{}, true},
	} {
		shape, ok := d.Grammar(tt.who).Command(tt.name)
		if !reflect.DeepEqual(shape, tt.shape) || ok != tt.ok {
			t.Errorf("%v %s: %+v, %t", tt.who, tt.name, shape, ok)
		}
	}
	var g line.Grammar
	var who Caller = guest
	if n := testing.AllocsPerRun(100, func() { g = d.Grammar(who) }); n != 0 {
		t.Errorf("Grammar allocates %v times", n)
	}
	_ = g
}

// A line that was parsed with another registry does not reach a command whose
// arguments are written otherwise.
func TestSwapBetweenParseAndPrepare(t *testing.T) {
	d, _ := testDispatcher(t)
	old := d.Registry()
	raw := New(Spec{Name: "x", Summary: "x", Args: []Arg{{Name: "text", Type: Text}}}, succeed)
	raw1 := New(Spec{Name: "x", Summary: "x", Args: []Arg{{Name: "a", Type: String}, {Name: "text", Type: Text}}}, succeed)
	words := New(Spec{Name: "x", Summary: "x", Args: []Arg{{Name: "a", Type: String, Many: true}}}, succeed)
	for _, tt := range []struct{ before, after Command }{{raw, words}, {words, raw}, {raw, raw1}, {raw1, raw}} {
		d.Swap(testRegistry(t, tt.before))
		l, err := line.Parse("/x don\\'t panic", line.ModeAuto, d.Grammar(guest))
		if err != nil {
			t.Fatal(err)
		}
		d.Swap(testRegistry(t, tt.after))
		_, err = d.Prepare(guest, l)
		if chat.ErrorCode(err) != chat.Unavailable || d.Explain(err) != "The commands have just changed; send the line again." {
			t.Errorf("from %+v to %+v: %v", tt.before.Spec().Args, tt.after.Spec().Args, err)
		}
	}
	d.Swap(old)
	l, _ := line.Parse("/x don't panic", line.ModeAuto, d.Grammar(guest))
	d.Swap(testRegistry(t, words))
	if _, err := d.Prepare(guest, l); chat.ErrorCode(err) != chat.Unavailable {
		t.Errorf("a command that came: %v", err)
	}
}

func TestPrepareNoCommand(t *testing.T) {
	d, log := testDispatcher(t)
	_, err := d.Prepare(guest, line.Line{Kind: line.Chat, Text: "hi"})
	if chat.ErrorCode(err) != chat.Internal || d.Explain(err) != wentWrong {
		t.Errorf("chat: %v", err)
	}
	if !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("log %q", log)
	}
}

// Without Names any user will do.
func TestPrepareWithoutOptions(t *testing.T) {
	d := NewDispatcher(testRegistry(t), Options{})
	if out, err := do(d, guest, "/msg nobody hi", line.ModeAuto); err != nil || out != "msg <nobody> <hi>\n" {
		t.Errorf("%q, %v", out, err)
	}
	if out := d.Explain(errors.New("boom")); out != wentWrong {
		t.Errorf("%q", out)
	}
}

// Who is refused a command for want of a role is told of; who mistypes one is not.
func TestDenied(t *testing.T) {
	var denied []string
	d := NewDispatcher(testRegistry(t), Options{Denied: func(s Session, name string) { denied = append(denied, s.(person).name+" "+name) }})
	for _, typed := range []string{"/reload", "/who | reload", "/who", "/whos", "/grep", "/kill"} {
		_, _ = do(d, guest, typed, line.ModeAuto)
	}
	_, _ = do(d, newcomer, "/reload", line.ModeAuto)
	_, _ = do(d, operator, "/reload", line.ModeAuto)
	if want := []string{"8 reload", "8 reload"}; !slices.Equal(denied, want) {
		t.Errorf("%q, want %q", denied, want)
	}
}

// FuzzPrepare holds that no line breaks the dispatcher, that every refusal is a
// proper text, that what starts with a command is no chat, and that a secret is
// nowhere to be seen.
func FuzzPrepare(f *testing.F) {
	for _, s := range []string{
		"hello", "who", "who is it", "/grep -ivm5 --since=2d x", "/grep --from", "history 1w -i", "/add 1 -2 3", "/msg fish hi",
		"login fish SECRET", "login fish SECRET x", "login -SECRET", "login fish 'SECRET", "who | grep x", "/x", "say --help", "/mute a 9999999w",
		"/grep -- -x", "help ?", "join #A", "mode AUTO", "/who \"", "/grep -m -- x", "/history 9223372036854775807ns",
	} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(1))
		f.Add(s, uint8(2))
	}
	d, log := testDispatcher(f)
	callers := []person{newcomer, guest, operator, admin}
	f.Fuzz(func(t *testing.T, in string, who uint8) {
		log.Reset()
		p := callers[int(who)%len(callers)]
		out, err := do(d, p, in, line.ModeAuto)
		if first := strings.Fields(in); len(first) > 0 && strings.HasPrefix(out, "chat <") {
			if _, ok := d.Grammar(p).Command(first[0]); ok {
				t.Fatalf("%q leaked as %q", in, out)
			}
		}
		if err != nil {
			checkRefusal(t, in, out, err)
		}
		if strings.Contains(log.String(), "level=ERROR") {
			t.Fatalf("%q: log %s", in, log)
		}
		if strings.Contains(log.String(), "SECRET") {
			t.Fatalf("%q: the log has it: %s", in, log)
		}
		if rest, ok := strings.CutPrefix(in, "login fish "); ok && strings.Contains(rest, "SECRET") && strings.Contains(out, "SECRET") && p.in {
			t.Fatalf("%q: the answer has it: %s", in, out)
		}
	})
}

func checkRefusal(t *testing.T, in, out string, err error) {
	t.Helper()
	sentence, _, _ := strings.Cut(out, "\n")
	if sentence == "" || !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "?") || strings.Contains(out, "%!") && !strings.Contains(in, "%!") {
		t.Fatalf("%q: refused with %q", in, out)
	}
	if code := shown(err).Code; code == chat.Internal {
		t.Fatalf("%q: %v", in, err)
	}
}

func BenchmarkPrepareRun(b *testing.B) {
	for _, in := range []string{"who", "who ops", "/msg fish hello there", "history 200 -i"} {
		b.Run(strings.Fields(in)[0]+fmt.Sprint(len(in)), func(b *testing.B) {
			d := NewDispatcher(testRegistry(b), Options{Names: people{"fish"}})
			var s Session = guest
			w := discard{}
			b.ReportAllocs()
			for b.Loop() {
				l, err := line.Parse(in, line.ModeAuto, d.Grammar(s))
				if err != nil {
					b.Fatal(err)
				}
				p, err := d.Prepare(s, l)
				if err != nil {
					b.Fatal(err)
				}
				if errs := p.Run(b.Context(), IO{Out: w, Err: w}); errs != nil {
					b.Fatal(errs)
				}
			}
		})
	}
}

// discard is io.Discard without its fast paths.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
