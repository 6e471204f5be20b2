package sdk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func nothing(*sdk.Call) error { return nil }

func TestCmd(t *testing.T) {
	for _, test := range []struct {
		usage string
		want  sdk.Command
	}{
		{"roll", sdk.Command{Name: "roll"}},
		{"roll|dice|r", sdk.Command{Name: "roll", Aliases: []string{"dice", "r"}}},
		{"roll [sides:int=6]", sdk.Command{Name: "roll", Args: []sdk.Arg{{Name: "sides", Type: sdk.Int, Optional: true, Default: "6"}}}},
		{" roll  a   b:user ", sdk.Command{Name: "roll", Args: []sdk.Arg{{Name: "a", Type: sdk.String}, {Name: "b", Type: sdk.User}}}},
		{"x n:int(1..9) [m:count(2..)]", sdk.Command{Name: "x", Args: []sdk.Arg{
			{Name: "n", Type: sdk.Int, Min: 1, Max: 9}, {Name: "m", Type: sdk.Count, Min: 2, Optional: true}}}},
		{"x n:int(-5..-1) m:int(..7)", sdk.Command{Name: "x", Args: []sdk.Arg{{Name: "n", Type: sdk.Int, Min: -5, Max: -1}, {Name: "m", Type: sdk.Int, Max: 7}}}},
		{"x c:red|green [who:user...]", sdk.Command{Name: "x", Args: []sdk.Arg{
			{Name: "c", Type: sdk.Enum, Choices: []string{"red", "green"}}, {Name: "who", Type: sdk.User, Optional: true, Many: true}}}},
		{"x [c:red|green=red]", sdk.Command{Name: "x", Args: []sdk.Arg{{Name: "c", Type: sdk.Enum, Choices: []string{"red", "green"}, Optional: true, Default: "red"}}}},
		{"x in:duration what:text", sdk.Command{Name: "x", Args: []sdk.Arg{{Name: "in", Type: sdk.Duration}, {Name: "what", Type: sdk.Text}}}},
		{"x pass:secret", sdk.Command{Name: "x", Args: []sdk.Arg{{Name: "pass", Type: sdk.String, Secret: true}}}},
		{"x [-n|--dry] [--to:room=ops] [--how:fast|slow] [--from=me]", sdk.Command{Name: "x", Flags: []sdk.Flag{
			{Name: "dry", Short: "n"}, {Name: "to", Type: sdk.Room, Default: "ops"}, {Name: "how", Type: sdk.Enum, Choices: []string{"fast", "slow"}}, {Name: "from", Type: sdk.String, Default: "me"}}}},
	} {
		got := sdk.Cmd(test.usage, "do it", nothing)
		p := sdktest.Start(t, got) // which tells of a usage that makes no sense
		p.Stop()
		test.want.Summary, test.want.Run, got.Run = "do it", nil, nil
		if a, b := text(t, got), text(t, test.want); a != b {
			t.Errorf("%q is\n%s\nwant\n%s", test.usage, a, b)
		}
	}
}

// text is a command as it can be compared and shown.
func text(t *testing.T, c sdk.Command) string {
	t.Helper()
	type plain struct {
		Name, Summary string
		Aliases       []string
		Args          []struct {
			Name, Type, Default    string
			Choices                []string
			Optional, Many, Secret bool
			Min, Max               int64
		}
		Flags []struct {
			Name, Short, Type, Default string
			Choices                    []string
		}
	}
	v := plain{Name: c.Name, Summary: c.Summary, Aliases: c.Aliases}
	for _, a := range c.Args {
		v.Args = append(v.Args, struct {
			Name, Type, Default    string
			Choices                []string
			Optional, Many, Secret bool
			Min, Max               int64
		}{a.Name, string(a.Type), a.Default, a.Choices, a.Optional, a.Many, a.Secret, a.Min, a.Max})
	}
	for _, f := range c.Flags {
		v.Flags = append(v.Flags, struct {
			Name, Short, Type, Default string
			Choices                    []string
		}{f.Name, f.Short, string(f.Type), f.Default, f.Choices})
	}
	p, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func TestNotWellMade(t *testing.T) {
	cmd := func(usage string) []sdk.Part { return []sdk.Part{sdk.Cmd(usage, "do it", nothing)} }
	for want, parts := range map[string][]sdk.Part{
		"the bracket is not closed":                  cmd("x [a"),
		"a flag can be left out: put it in brackets": cmd("x --a"),
		`there is no type "number"`:                  cmd("x a:number"),
		`there is no type "enum"`:                    cmd("x a:enum"),
		"bounds are written int(1..9)":               cmd("x a:int(9)"),
		"bounds are written int(1..9) ":              cmd("x a:string(1..9)"),
		`"one" is no whole number`:                   cmd("x a:int(one..)"),
		"a flag is written --NAME":                   cmd("x [-a]"),
		"only an argument has bounds":                cmd("x [--a:int(1..2)]"),
		"can't follow an optional one":               cmd("x [a] b"),
		"only a last argument":                       cmd("x a... b"),
		"a text must be the last":                    cmd("x a:text b"),
		"with a text at its end it has no flags":     cmd("x a:text [--b]"),
		"before a text every argument is required":   cmd("x [a] [b:text]"),
		"only an optional argument":                  cmd("x a=1"),
		`argument "a": the name is taken`:            cmd("x a a"),
		`flag "help": the name is taken`:             cmd("x [--help]"),
		`the short form "h" is taken`:                cmd("x [-h|--a]"),
		`the short form "b" is taken`:                cmd("x [-b|--a] [-b|--c]"),
		`the default "blue" is not among`:            cmd("x [a:red|green=blue]"),
		"a switch has no default":                    {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Flags: []sdk.Flag{{Name: "a", Default: "1"}}}},
		`command "X": the name must be`:              cmd("X"),
		`argument "A"`:                               cmd("x A"),
		"no number is from 9 to 1":                   cmd("x a:int(9..1)"),
		"the summary is missing":                     {sdk.Cmd("x", "", nothing)},
		`the summary "a\nb" is not one line`:         {sdk.Cmd("x", "a\nb", nothing)},
		"it has nothing to run":                      {sdk.Cmd("x", "do it", nil)},
		`there is no role "root"`:                    {sdk.Command{Name: "x", Summary: "do it", Role: "root", Run: nothing}},
		`the name "x" is there twice`:                {sdk.Cmd("x", "do it", nothing), sdk.Cmd("y|x", "do it", nothing)},
		"it has no Run: each sub-command":            {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Subs: []sdk.Command{sdk.Cmd("y", "do it", nothing)}}},
		`the sub-command "y" is there twice`:         {sdk.Command{Name: "x", Summary: "do it", Subs: []sdk.Command{sdk.Cmd("y", "do it", nothing), sdk.Cmd("y", "do it", nothing)}}},
		`the sub-command "y" can't have aliases`:     {sdk.Command{Name: "x", Summary: "do it", Subs: []sdk.Command{sdk.Cmd("y|z", "do it", nothing)}}},
		`command "x y": the summary is missing`:      {sdk.Command{Name: "x", Summary: "do it", Subs: []sdk.Command{sdk.Cmd("y", "", nothing)}}},
		`argument "json": the name is taken`:         {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Records: true, Args: []sdk.Arg{{Name: "json"}}}},
		"a filter does not end in a text":            {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Filter: true, Args: []sdk.Arg{{Name: "a", Type: sdk.Text}}}},
		"missing closing ]":                          {sdk.Filter(sdk.Selection{Match: "["}, nil)},
		`there is no kind "join"`:                    {sdk.Filter(sdk.Selection{Kinds: []string{sdk.Join}}, nil)},
		"the kinds are missing":                      {sdk.OnEvent(sdk.Selection{}, nil)},
		`there is no kind "private"`:                 {sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Private}}, nil)},
		"choices, and nothing else has":              {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Args: []sdk.Arg{{Name: "a", Type: sdk.Int, Choices: []string{"1"}}}}},
		`the choice "a b" is not a plain word`:       {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Args: []sdk.Arg{{Name: "a", Type: sdk.Enum, Choices: []string{"a b"}}}}},
		"only a string or a text can be secret":      {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Args: []sdk.Arg{{Name: "a", Type: sdk.Int, Secret: true}}}},
		"the timeout or the cost is negative":        {sdk.Command{Name: "x", Summary: "do it", Run: nothing, Cost: -1}},
	} {
		_, err := sdk.NewServer("test", "1.0.0", sdk.Env{}, parts...)
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("it says %v, want %q", err, want)
		}
	}
	if _, err := sdk.NewServer("Test", "", sdk.Env{}); err == nil || !strings.Contains(err.Error(), "the name must be") || !strings.Contains(err.Error(), "the version is missing") {
		t.Errorf("a plugin without a good name and version: %v", err)
	}
}

func FuzzCmd(f *testing.F) {
	f.Add("roll [sides:int(1..6)=6]")
	f.Add("x|y a:b|c d... [-n|--dry:int=1]")
	f.Add("[")
	f.Fuzz(func(t *testing.T, usage string) {
		c := sdk.Cmd(usage, "do it", nothing)
		s, err := sdk.NewServer("test", "1.0.0", sdk.Env{}, c)
		if err != nil {
			return
		}
		s.Close(0)
	})
}
