package command

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// Other programs read this form: a change here is a change for them.
func TestSpecJSON(t *testing.T) {
	spec := Spec{
		Name: "n", Aliases: []string{"a"}, Group: "g", Summary: "s", Help: "h", Examples: []string{"n 1"},
		Args: []Arg{{Name: "x", Help: "xh", Type: Int, Optional: true, Default: "2", Min: 1, Max: 3},
			{Name: "y", Type: Enum, Choices: []string{"p", "q"}, Optional: true, Many: true},
			{Name: "z", Type: String, Secret: true}},
		Flags: []Flag{{Name: "f", Short: "F", Help: "fh", Type: Enum, Choices: []string{"r"}, Default: "r"}},
		Subs:  []Spec{{Name: "m", Summary: "ms"}},
		Role:  chat.Operator, BeforeLogin: true, Blocking: true, ReadsInput: true, Filter: true, Records: true, Paged: true, Hidden: true, Timeout: time.Second, Cost: 4,
	}
	const want = `{"name":"n","aliases":["a"],"group":"g","summary":"s","help":"h","examples":["n 1"],` +
		`"args":[{"name":"x","help":"xh","type":"int","optional":true,"default":"2","min":1,"max":3},` +
		`{"name":"y","type":"enum","choices":["p","q"],"optional":true,"many":true},` +
		`{"name":"z","type":"string","secret":true}],` +
		`"flags":[{"name":"f","short":"F","help":"fh","type":"enum","choices":["r"],"default":"r"}],` +
		`"subs":[{"name":"m","summary":"ms"}],` +
		`"role":"operator","before_login":true,"blocking":true,"reads_input":true,"filter":true,"records":true,"paged":true,"hidden":true,"timeout_ns":1000000000,"cost":4}`
	p, err := json.Marshal(spec)
	if err != nil || string(p) != want {
		t.Errorf("\n got %s, %v\nwant %s", p, err, want)
	}
	for _, s := range append(testRegistry(t).All(), &spec, &Spec{}) {
		p, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got Spec
		if err := json.Unmarshal(p, &got); err != nil || !reflect.DeepEqual(got, *s) {
			t.Errorf("round trip of %s, %v:\n got %+v\nwant %+v", p, err, got, *s)
		}
	}
	// A field that the literal above does not set would be lost unseen.
	for _, v := range []any{spec, spec.Flags[0]} {
		for i, v := 0, reflect.ValueOf(v); i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				t.Errorf("the test sets no %s.%s", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
}

func TestUsageAndShape(t *testing.T) {
	usages := map[string]string{
		"say": "say TEXT", "msg": "msg USER TEXT", "away": "away [REASON]", "who": "who [ROOM]", "history": "history [N|DURATION] [-i]",
		"add": "add NUMBER...", "mode": "mode [auto|chat|command]", "logout": "logout", "login": "login NAME [PASSWORD]",
		"room": "room info|key|kick|log|say|sift ...", "sift": "sift", "rec": "rec [--all] [--json]",
		"grep": "grep PATTERN [-i] [-v] [-m N] [--since DURATION] [-c auto|always|never] [--from USER] [--label LABEL]",
	}
	shapes := map[string]line.Shape{"say": {Raw: true}, "away": {Raw: true}, "msg": {Words: 1, Raw: true}, "cat": {Input: true}, "grep": {Input: true}, "sift": {Filter: true, Input: true},
		"room": {Input: true, Subs: map[string]line.Shape{
			"info": {}, "key": {}, "kick": {Words: 1, Raw: true}, "log": {}, "say": {Raw: true, Input: true}, "sift": {Input: true}, "secret": {}}}}
	sift := New(Spec{Name: "sift", Summary: "s", ReadsInput: true, Filter: true}, succeed)
	rec := New(Spec{Name: "rec", Summary: "s", Records: true, Flags: []Flag{{Name: "all"}}}, succeed)
	for _, s := range testRegistry(t, room(), sift, rec).All() {
		if want, ok := usages[s.Name]; ok && s.Usage() != want {
			t.Errorf("usage %q, want %q", s.Usage(), want)
		}
		if !reflect.DeepEqual(s.Shape(), shapes[s.Name]) {
			t.Errorf("shape of %s is %+v, want %+v", s.Name, s.Shape(), shapes[s.Name])
		}
	}
	many := strings.Fields("red orange yellow green blue")
	s := Spec{Name: "x", Args: []Arg{{Name: "color", Type: Enum, Choices: many}, {Name: "user", Type: User, Optional: true, Many: true}},
		Flags: []Flag{{Name: "shade", Type: Enum, Choices: many}, {Name: "last", Type: Count}, {Name: "in", Type: Room}, {Name: "like", Type: CommandName}}}
	long := Spec{Name: "x", Subs: []Spec{{Name: strings.Repeat("a", 30)}, {Name: strings.Repeat("b", 30)}}}
	if got := long.Usage(); got != "x COMMAND ..." {
		t.Errorf("usage %q", got)
	}
	if got, want := s.Usage(), "x COLOR [USER...] [--shade SHADE] [--last N|DURATION] [--in ROOM] [--like COMMAND]"; got != want {
		t.Errorf("usage %q, want %q", got, want)
	}
}

func TestValidate(t *testing.T) {
	const name = "the name must be 1 to 32 of a-z, 0-9 and -, a letter first"
	args := func(a ...Arg) Spec { return Spec{Name: "x", Summary: "s", Args: a} }
	flags := func(f ...Flag) Spec { return Spec{Name: "x", Summary: "s", Flags: f} }
	for _, tt := range []struct {
		spec Spec
		want []string // the problems; none if valid
	}{
		{Spec{Name: "x", Summary: "s"}, nil},
		{Spec{Name: "a-9" + strings.Repeat("z", 29), Summary: "Sag 你好", Aliases: []string{":", "?", "8ball", "dice:roll"}, Help: "a\n\n  b"}, nil},
		{args(Arg{Name: "a", Type: String}, Arg{Name: "b", Type: Int, Optional: true, Default: "5", Max: 9}, Arg{Name: "c", Type: User, Optional: true, Many: true}), nil},
		{args(Arg{Name: "n", Type: Int, Min: -5, Max: -1}, Arg{Name: "t", Type: Text, Optional: true, Secret: true}), nil},
		{flags(Flag{Name: "a", Short: "A"}, Flag{Name: "b", Short: "a", Type: Room, Default: "lobby"}), nil},

		{Spec{Summary: "s"}, []string{name}},
		{Spec{Name: "9x", Summary: "s"}, []string{name}},
		{Spec{Name: "Who", Summary: "s"}, []string{name}},
		{Spec{Name: "wh o", Summary: "s"}, []string{name}},
		{Spec{Name: strings.Repeat("x", 33), Summary: "s"}, []string{name}},
		{Spec{Name: "x"}, []string{"the summary is missing"}},
		{Spec{Name: "x", Summary: "a\nb"}, []string{`the summary "a\nb" is not one line of printable characters`}},
		{Spec{Name: "x", Summary: "a\x1b[2J"}, []string{`the summary "a\x1b[2J" is not one line of printable characters`}},
		{Spec{Name: "x", Summary: "s", Help: "a\n\tb"}, []string{`the help "\tb" is not one line of printable characters`}},
		{Spec{Name: "x", Summary: "s", Group: "a\u202eb"}, []string{`the group "a\u202eb" is not one line of printable characters`}},
		{Spec{Name: "x", Summary: "s", Examples: []string{"x", "x\r"}}, []string{`the example "x\r" is not one line of printable characters`}},
		{Spec{Name: "x", Summary: "s", Aliases: []string{"", "-y", "a b", "y", "y", "x"}}, []string{
			`the alias "" must be 1 to 65 of a-z, 0-9, -, : and ?, and not begin with -`,
			`the alias "-y" must be 1 to 65 of a-z, 0-9, -, : and ?, and not begin with -`,
			`the alias "a b" must be 1 to 65 of a-z, 0-9, -, : and ?, and not begin with -`,
			`the alias "y" is there twice`,
			`the alias "x" is there twice`,
		}},
		{Spec{Name: "x", Summary: "s", Role: 9, Timeout: -1, Cost: -1}, []string{"there is no role 9", "the timeout -1ns is negative", "the cost -1 is negative"}},
		{Spec{Name: "x", Summary: "s", Timeout: 1}, []string{"a timeout is for a blocking command: any other runs to its end"}},

		{args(Arg{Name: "A", Type: String}), []string{`argument "A": ` + name}},
		{args(Arg{Name: "a", Type: "colour"}), []string{`argument "a": there is no type "colour"`}},
		{args(Arg{Name: "a"}), []string{`argument "a": there is no type ""`}},
		{args(Arg{Name: "a", Type: String}, Arg{Name: "a", Type: String}), []string{`argument "a": the name is taken`}},
		{args(Arg{Name: "help", Type: String}), []string{`argument "help": the name is taken`}},
		{args(Arg{Name: "a", Type: String, Help: "a\nb"}), []string{`the argument "a\nb" is not one line of printable characters`}},
		{args(Arg{Name: "a", Type: Text}, Arg{Name: "b", Type: String}), []string{`argument "a": text must be the last argument`}},
		{args(Arg{Name: "a", Type: String, Many: true}, Arg{Name: "b", Type: String}), []string{`argument "a": only a last argument that is not text can be many`}},
		{args(Arg{Name: "a", Type: Text, Many: true}), []string{`argument "a": only a last argument that is not text can be many`}},
		{args(Arg{Name: "a", Type: String, Optional: true}, Arg{Name: "b", Type: String}), []string{`argument "b": a required argument can't follow an optional one`}},
		{args(Arg{Name: "a", Type: Room, Optional: true}, Arg{Name: "b", Type: Text, Optional: true}), nil},
		{args(Arg{Name: "a", Type: Room, Optional: true}, Arg{Name: "b", Type: Text}), []string{`argument "b": a required argument can't follow an optional one`}},
		{args(Arg{Name: "a", Type: String, Default: "x"}), []string{`argument "a": only an optional argument that is not many has a default`}},
		{args(Arg{Name: "a", Type: String, Default: "x", Optional: true, Many: true}), []string{`argument "a": only an optional argument that is not many has a default`}},
		{args(Arg{Name: "a", Type: Int, Default: "x", Optional: true}), []string{`argument "a": the default does not fit: A must be a whole number, not "x".`}},
		{args(Arg{Name: "a", Type: String, Default: "\x07", Optional: true}), []string{`the argument "\a" is not one line of printable characters`}},
		{args(Arg{Name: "a", Type: User, Secret: true}), []string{`argument "a": only a string or text can be secret: the error for any other type shows the word`}},
		{args(Arg{Name: "a", Type: String, Max: 5}), []string{`argument "a": min and max are for int and count`}},
		{args(Arg{Name: "a", Type: Int, Min: 6, Max: 5}), []string{`argument "a": no number is from 6 to 5`}},
		{args(Arg{Name: "a", Type: Count, Min: -1}), []string{`argument "a": no number is from -1 to 0`}},
		{args(Arg{Name: "a", Type: String, Choices: []string{"x"}}), []string{`argument "a": choices are for enum`}},
		{args(Arg{Name: "a", Type: Enum}), []string{`argument "a": an enum needs choices`}},
		{args(Arg{Name: "a", Type: Enum, Choices: []string{"", "a b", "a|b", "x", "X"}}), []string{
			`argument "a": the choice "" is not a plain word`,
			`argument "a": the choice "a b" is not a plain word`,
			`argument "a": the choice "a|b" is not a plain word`,
			`argument "a": the choice "X" is there twice`,
		}},

		{Spec{Name: "x", Summary: "s", Filter: true}, []string{"a filter reads input"}},
		{Spec{Name: "x", Summary: "s", Filter: true, ReadsInput: true, Args: []Arg{{Name: "t", Type: Text}}}, []string{"a filter does not end in text, which has no | after it"}},
		{Spec{Name: "x", Summary: "s", Records: true, Flags: []Flag{{Name: "json"}}}, []string{`flag "json": the name is taken`}},
		{Spec{Name: "x", Summary: "s", Records: true, Args: []Arg{{Name: "t", Type: Text}}}, nil},
		{Spec{Name: "x", Summary: "s", Role: chat.Moderator, Subs: []Spec{{Name: "a", Summary: "s", Blocking: true, Cost: 2}, {Name: "b", Summary: "s", Args: []Arg{{Name: "t", Type: Text}}}}}, nil},
		{Spec{Name: "x", Summary: "s", Blocking: true, Cost: 2, Flags: []Flag{{Name: "f"}}, Args: []Arg{{Name: "t", Type: Text}}, Subs: []Spec{{Name: "a", Summary: "s"}}}, []string{
			"a command that ends in text has no flags: they could not be told from the text",
			"a command with sub-commands has no arguments: each of them says that for itself",
			"a command with sub-commands has no flags: each of them says that for itself",
			"a command with sub-commands has no blocking: each of them says that for itself",
			"a command with sub-commands has no cost: each of them says that for itself",
		}},
		{Spec{Name: "x", Summary: "s", Subs: []Spec{
			{Name: "a", Summary: "s", Aliases: []string{"b"}}, {Name: "a", Summary: "s"}, {Name: "9"}, {Name: "c", Summary: "s", Subs: []Spec{{Name: "d", Summary: "s"}}},
		}}, []string{
			`sub-command "a": aliases and group are for commands`,
			`the sub-command "a" is there twice`,
			`sub-command "9": ` + name,
			`sub-command "9": the summary is missing`,
			`sub-command "c": it can't have sub-commands of its own`,
		}},

		{flags(Flag{Name: "a", Short: "ab"}), []string{`flag "a": the short form "ab" is not one letter`}},
		{flags(Flag{Name: "a", Short: "5"}), []string{`flag "a": the short form "5" is not one letter`}},
		{flags(Flag{Name: "a", Short: "h"}), []string{`flag "a": the short form "h" is taken`}},
		{flags(Flag{Name: "a", Short: "a"}, Flag{Name: "b", Short: "a"}), []string{`flag "b": the short form "a" is taken`}},
		{flags(Flag{Name: "help"}), []string{`flag "help": the name is taken`}},
		{flags(Flag{Name: "a", Default: "x"}), []string{`flag "a": a switch has no default`}},
		{flags(Flag{Name: "a", Choices: []string{"x"}}), []string{`flag "a": choices are for enum`}},
		{flags(Flag{Name: "a", Type: Text}), []string{`flag "a": text is for arguments`}},
		{flags(Flag{Name: "a", Type: "colour"}), []string{`flag "a": there is no type "colour"`}},
		{flags(Flag{Name: "a", Type: Duration, Default: "5"}), []string{`flag "a": the default does not fit: A must be a time such as 30s, 1h30m or 2d, not "5".`}},
		{Spec{Name: "x", Summary: "s", Args: []Arg{{Name: "t", Type: Text}}, Flags: []Flag{{Name: "a"}}}, []string{
			"a command that ends in text has no flags: they could not be told from the text"}},
		{Spec{Name: "x", Summary: "s", Args: []Arg{{Name: "a", Type: String}}, Flags: []Flag{{Name: "a"}}}, []string{`flag "a": the name is taken`}},
	} {
		err := tt.spec.Validate()
		got := ""
		if err != nil {
			got = err.Error()
		}
		want := ""
		if tt.want != nil {
			want = `command "` + tt.spec.Name + `": ` + strings.Join(tt.want, "\n")
		}
		if got != want {
			t.Errorf("%+v:\n got %s\nwant %s", tt.spec, got, want)
		}
	}
}
