package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestDefaultsWithoutAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	l, err := Load(Source{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.Config, Default()) {
		t.Errorf("got %+v", l.Config)
	}
	if l.Path != "" || l.Warnings != nil {
		t.Errorf("path %q, warnings %q", l.Path, l.Warnings)
	}
	if len(l.Origins) != len(settings) {
		t.Errorf("%d origins for %d settings", len(l.Origins), len(settings))
	}
	for key, o := range l.Origins {
		if o.String() != "default" {
			t.Errorf("%s comes from %s", key, o)
		}
	}
}

func TestFileInTheWorkingDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("chatroom.toml", []byte("[log]\nlevel = 'warn'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Load(Source{})
	if err != nil {
		t.Fatal(err)
	}
	if l.Config.Log.Level != LevelWarn || l.Path != "chatroom.toml" {
		t.Errorf("level %q from %q", l.Config.Log.Level, l.Path)
	}
	if got := l.Origins["log.level"].String(); got != "file chatroom.toml:2" {
		t.Errorf("origin %q", got)
	}

	// It is there, even if it leads nowhere.
	if err := os.Remove("chatroom.toml"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", "chatroom.toml"); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Source{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dangling link: %v", err)
	}
}

// Viper's own reading of the environment ignores keys that stand in no other
// layer.
func TestEveryLeafByEnvironment(t *testing.T) {
	t.Chdir(t.TempDir())
	var env []string
	for _, s := range settings {
		if s.file {
			continue
		}
		value, ok := other[s.name]
		if !ok {
			t.Errorf("no value to try %s with", s.name)
			continue
		}
		env = append(env, s.env()+"="+value)

		l, err := Load(Source{Env: []string{s.env() + "=" + value}})
		if err != nil {
			t.Errorf("%s: %v", s.env(), err)
			continue
		}
		defaults := Default()
		changes := Diff(&defaults, &l.Config)
		if len(changes) != 1 || changes[0].Key != s.name {
			t.Errorf("%s changed %v", s.env(), changes)
		}
		if got := l.Origins[s.name]; got != (Origin{Layer: FromEnv, Name: s.env()}) {
			t.Errorf("%s comes from %v", s.name, got)
		}
	}
	l, err := Load(Source{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.Config, otherConfig()) {
		t.Errorf("got  %+v\nwant %+v", l.Config, otherConfig())
	}
}

func TestEveryLeafByFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	var args []string
	for _, s := range settings {
		if s.file {
			continue
		}
		args = append(args, "--"+s.name+"="+other[s.name])
	}
	l, err := Load(Source{Flags: flags(t, args...)})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.Config, otherConfig()) {
		t.Errorf("got  %+v\nwant %+v", l.Config, otherConfig())
	}
	for _, s := range settings {
		if got, want := l.Origins[s.name].String(), "flag --"+s.name; got != want && !s.file {
			t.Errorf("origin %q, want %q", got, want)
		}
	}
}

// flags parses the flags of a command line that also has one of its own.
func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fs.String("config", "", "")
	AddFlags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestFlagForms(t *testing.T) {
	t.Chdir(t.TempDir())
	l, err := Load(Source{
		Env:   []string{"CHATROOM_SERVER_MOTD=hello", "CHATROOM_LOGIN_REQUIRED=0"},
		Flags: flags(t, "--server.motd", "", "--login.required", "--store.dir=", "--roles.admin=", "--config=ignored"),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := l.Config
	if c.Server.MOTD != "" || !c.Login.Required || c.Store.Dir != "" || len(c.Roles.Admin) != 0 {
		t.Errorf("got %+v", c)
	}
	// An empty number is not zero, which would mean off.
	_, err = Load(Source{Flags: flags(t, "--limits.sessions=", "--limits.outbox=", "--limits.stall=")})
	want := `--limits.sessions: limits.sessions: "" is not a whole number
--limits.outbox: limits.outbox: "" is no size; write it like "128KiB", "64MiB" or "1GiB"
--limits.stall: limits.stall: "" is no duration; write it with a unit, such as "90s", "10m" or "24h"`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	// A command may define a flag of the name by itself.
	own := pflag.NewFlagSet("test", pflag.ContinueOnError)
	own.StringSlice("roles.operator", nil, "")
	own.Int("limits.sessions", 5, "")
	own.Duration("server.drain", 0, "")
	if err := own.Parse([]string{"--roles.operator=ann,bob", "--server.drain=2s"}); err != nil {
		t.Fatal(err)
	}
	if l, err = Load(Source{Flags: own}); err != nil {
		t.Fatal(err)
	}
	c = l.Config
	if !slices.Equal(c.Roles.Operator, []string{"ann", "bob"}) || c.Server.Drain != 2e9 || c.Limits.Sessions != 10000 {
		t.Errorf("got %+v", c)
	}
}

func TestPrecedence(t *testing.T) {
	file := "[shell]\nroom = 'file'\n"
	env := "CHATROOM_SHELL_ROOM=env"
	flag := "--shell.room=flag"
	for _, tc := range []struct {
		name      string
		file      string
		env, flag []string
		want      string
		origin    Layer
	}{
		{"default", "# nothing", nil, nil, "lobby", FromDefault},
		{"file", file, nil, nil, "file", FromFile},
		{"environment", "# nothing", []string{env}, nil, "env", FromEnv},
		{"environment beats file", file, []string{env}, nil, "env", FromEnv},
		{"flag beats file", file, nil, []string{flag}, "flag", FromFlag},
		{"flag beats environment", "# nothing", []string{env}, []string{flag}, "flag", FromFlag},
		{"flag beats both", file, []string{env}, []string{flag}, "flag", FromFlag},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := Load(Source{File: write(t, tc.file), Env: tc.env, Flags: flags(t, tc.flag...)})
			if err != nil {
				t.Fatal(err)
			}
			if l.Config.Shell.Room != tc.want || l.Origins["shell.room"].Layer != tc.origin {
				t.Errorf("%q from %v", l.Config.Shell.Room, l.Origins["shell.room"])
			}
		})
	}
}

// One key of a table in a higher layer leaves the others alone, and lists are
// replaced as a whole.
func TestLayersMerge(t *testing.T) {
	l := load(t, `
[limits]
sessions = 5
outbox = 32768
[roles]
operator = ["Ann", "Bob"]
[[listen]]
addr = "127.0.0.1:1"
telnet = false
[[listen]]
addr = "127.0.0.1:2"
`, "CHATROOM_LIMITS_SESSIONS=6", "CHATROOM_ROLES_OPERATOR=Cyd", "CHATROOM_LISTEN=127.0.0.1:3")
	want := Default()
	want.Limits.Sessions = 6
	want.Limits.Outbox = 32 * KiB
	want.Roles.Operator = []string{"Cyd"}
	want.Listen = []Listen{{"127.0.0.1:3", true}}
	if !reflect.DeepEqual(l.Config, want) {
		t.Errorf("got  %+v\nwant %+v", l.Config, want)
	}
}

// Each table has telnet on unless it says otherwise, not only the first.
func TestListenTables(t *testing.T) {
	want := []Listen{{"127.0.0.1:1", true}, {"127.0.0.1:2", false}, {"127.0.0.1:3", true}}
	for _, content := range []string{
		"[[listen]]\naddr='127.0.0.1:1'\n[[listen]]\naddr='127.0.0.1:2'\ntelnet=false\n[[listen]]\naddr='127.0.0.1:3'\n",
		"listen = [{addr='127.0.0.1:1'}, {addr='127.0.0.1:2',telnet=false},\n{telnet=true,addr='127.0.0.1:3'}]\n",
	} {
		if got := load(t, content).Config.Listen; !slices.Equal(got, want) {
			t.Errorf("got %v from\n%s", got, content)
		}
	}
}

func TestRoomTables(t *testing.T) {
	want := []Room{
		{Name: "staff", Topic: "work", Private: true, Key: "k", Role: RoleOperator, Moderators: []string{"ann"}},
		{Name: "lobby", Role: RoleGuest, Moderators: []string{}},
	}
	for _, content := range []string{
		"[[room]]\nname='staff'\ntopic='work'\nprivate=true\nkey='k'\nrole='operator'\nmoderators=['ann']\n[[room]]\nname='lobby'\n",
		"room = [{name='staff',topic='work',private=true,key='k',role='operator',moderators=['ann']},{name='lobby'}]\n",
	} {
		if got := load(t, content).Config.Room; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v from\n%s", got, content)
		}
	}
}

func TestSpellings(t *testing.T) {
	want := Default()
	want.Limits.LinesPerSecond = 3
	want.Limits.Outbox = 131072
	want.History.Memory = 0
	want.Server.Name = "Chat \"Room\""
	want.Server.MOTD = "one\ntwo"
	for _, content := range []string{
		"[limits]\nlines_per_second=3\noutbox=131072\n[history]\nmemory=0\n[server]\nname='Chat \"Room\"'\nmotd='''\none\ntwo'''",
		"\uFEFF[limits]\r\nlines_per_second=3.0\r\noutbox='128KiB'\r\n[history]\r\nmemory='0B'\r\n[server]\r\nname='Chat \"Room\"'\r\nmotd=\"one\\ntwo\"\r\n",
		"limits.lines_per_second=3e0\nlimits.outbox=0x2_0000\nhistory={memory='0'}\nserver={name=\"Chat \\\"Room\\\"\",motd=\"one\\u000Atwo\"}",
	} {
		if got := load(t, content).Config; !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v from\n%s", got, content)
		}
	}
}

// Viper reports a misspelt key without its line.
func TestC1(t *testing.T) {
	for _, tc := range []struct{ name, content, want string }{
		{"misspelt", "[limits]\nsessions = 1\nsesions = 2\n", "test.toml:3: unknown key limits.sesions; did you mean limits.sessions?"},
		{"cut short", "[history]\n\n\nrepl = 2\n", "test.toml:4: unknown key history.repl; did you mean history.replay?"},
		{"misspelt table", "[limit]\nsessions = 1\nnonsense = 2\n", "test.toml:1: unknown key limit; did you mean limits?"},
		{"in a wrong table", "[limits]\nmax_line = 100\n", "test.toml:2: unknown key limits.max_line; did you mean shell.max_line?"},
		{"in no table", "max_line = 100\n", "test.toml:1: unknown key max_line; did you mean shell.max_line?"},
		{"in a list of tables", "[[listen]]\naddr = ':1'\n[[listen]]\nadr = ':2'\n", "test.toml:4: unknown key listen.adr; did you mean listen.addr?"},
		{"inline", "log = { level = 'info', frmat = 'text' }", "test.toml:1: unknown key log.frmat; did you mean log.format?"},
		{"inline in a list", "listen = [\n{ addr = ':1' },\n{ tellnet = true }]", "test.toml:3: unknown key listen.tellnet; did you mean listen.telnet?"},
		{"dotted", "[log]\nlevel = 'info'\nlevel2.x = 1", "test.toml:3: unknown key log.level2; did you mean log.level?"},
		{"under a value", "server.name.first = 'x'", "test.toml:1: unknown key server.name.first"},
		{"nothing like it", "[server]\nelephants = 3\n", "test.toml:2: unknown key server.elephants"},
		{"with an escape in it", "[server]\n\"a\\u001b[2jb\" = 3\n", `test.toml:2: unknown key server."a\u001B[2jb"`},
		{"later work", "[store]\nurls = 'nats://x'\n", "test.toml:2: unknown key store.urls; did you mean store.url?"},
		{"many", "[a]\n[b]\n[c]\n", "test.toml:1: unknown key a\ntest.toml:2: unknown key b\ntest.toml:3: unknown key c"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := loadError(t, tc.content); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// Viper and go-toml's strict mode both take Listen for listen, and of two the
// last wins.
func TestKeysMustBeLowerCase(t *testing.T) {
	for content, want := range map[string]string{
		"[Log]\nlevel = 'info'\n":                   "test.toml:1: the key Log is not lower case; write log",
		"[log]\nLevel = 'info'\n":                   "test.toml:2: the key Level is not lower case; write level",
		"[log]\nlevel = 'info'\nLEVEL = 'debug'\n":  "test.toml:3: the key LEVEL is not lower case; write level",
		"[[listen]]\naddr = ':1'\n[[Listen]]\n":     "test.toml:3: the key Listen is not lower case; write listen",
		"server = {\"Name\" = 'x'}":                 "test.toml:1: the key Name is not lower case; write name",
		"[limits]\nsessions = 1\nSESSIONS.x = true": "test.toml:3: the key SESSIONS is not lower case; write sessions",
	} {
		if got := loadError(t, content); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Viper keeps the case of values, and only of values.
func TestValuesKeepTheirCase(t *testing.T) {
	c := load(t, "[server]\nname = 'The Salon'\n[store]\ndir = 'Data/Dir'\n[roles]\nadmin = ['Dee']\n").Config
	if c.Server.Name != "The Salon" || c.Store.Dir != "Data/Dir" || c.Roles.Admin[0] != "Dee" {
		t.Errorf("got %+v", c)
	}
}

// Viper takes a dot inside a quoted key for a path.
func TestDotsInQuotedKeys(t *testing.T) {
	for content, want := range map[string]string{
		`"log.level" = "debug"`:              `test.toml:1: unknown key "log.level"; did you mean log.level?`,
		"[\"log.level\"]\nx = 1":             `test.toml:1: unknown key "log.level"; did you mean log.level?`,
		"[roles]\n\"admin.x\" = [\"ann\"]\n": `test.toml:2: unknown key roles."admin.x"`,
	} {
		if got := loadError(t, content); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Viper's error has no line.
func TestSyntaxErrorsHaveLineAndExcerpt(t *testing.T) {
	for content, want := range map[string]string{
		"[shell]\nmax_line = 10 24\n":              "test.toml:2:15: expected newline but got U+0032 '2', in: max_line = 10 24",
		"[shell\n":                                 "test.toml:1:7: expected ']' to close table name, in: [shell",
		"[log]\nlevel = \n":                        "test.toml:2:9: unexpected character U+000A at start of value, in: level =",
		"[log]\r\n\r\n  level = \"info\r\n":        "test.toml:3:16: basic strings cannot have new lines, in: level = \"info",
		"[log]\nlevel = 'info'\nlevel = 'warn'":    "test.toml:3:1: key level is already defined, in: level = 'warn'",
		"[log]\n[log]\n":                           "test.toml:2:2: table log already exists, in: [log]",
		"[limits]\nsessions = 9999999999999999999": "test.toml:2:12: decimal number is too large to fit in a 64-bit signed integer, in: sessions = 9999999999999999999",
		"\x1b[2J":                           `test.toml:1:1: invalid character at start of key: U+001B, in: \u001B[2J`,
		"a = 1" + strings.Repeat(" x", 100): "test.toml:1:7: expected newline but got U+0078 'x', in: a = 1" + strings.Repeat(" x", 36) + "...",
	} {
		if got := loadError(t, content); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Viper ignores a misspelt variable.
func TestUnknownVariablesAreWarnings(t *testing.T) {
	l := load(t, "# nothing",
		"CHATROOM_LIMITS_SESIONS=1", "CHATROOM_LISTN=", "CHATROOM_MAX_LINE=3", "CHATROOM_=x", "CHATROOM_X\x1b[2J=y",
		"CHATROOM=1", "chatroom_log_level=debug", "PATH=/bin", "LOG_LEVEL=debug", "=C:=x", "", "CHATROOM_LOG=1")
	want := []string{
		"the variable CHATROOM_LIMITS_SESIONS sets nothing; did you mean CHATROOM_LIMITS_SESSIONS?",
		"the variable CHATROOM_LISTN sets nothing; did you mean CHATROOM_LISTEN?",
		"the variable CHATROOM_MAX_LINE sets nothing",
		"the variable CHATROOM_ sets nothing",
		`the variable CHATROOM_X\u001B[2J sets nothing`,
		"the variable CHATROOM_LOG sets nothing",
	}
	for i, w := range want {
		if i >= len(l.Warnings) || !strings.HasPrefix(l.Warnings[i], w) {
			t.Errorf("warnings:\n%s\nwant:\n%s", strings.Join(l.Warnings, "\n"), strings.Join(want, "\n"))
			break
		}
	}
	if len(l.Warnings) != len(want) {
		t.Errorf("%d warnings, want %d", len(l.Warnings), len(want))
	}
	// In viper CHATROOM_LOG=1 would hide all of [log].
	if !reflect.DeepEqual(l.Config, Default()) {
		t.Errorf("got %+v", l.Config)
	}
}

func TestEmptyVariableIsUnset(t *testing.T) {
	l := load(t, "[store]\ndir = 'here'\n[limits]\nsessions = 7\n", "CHATROOM_STORE_DIR=", "CHATROOM_LIMITS_SESSIONS=", "CHATROOM_LISTEN=")
	if l.Config.Store.Dir != "here" || l.Config.Limits.Sessions != 7 || len(l.Config.Listen) != 1 {
		t.Errorf("got %+v", l.Config)
	}
	if o := l.Origins["store.dir"]; o.Layer != FromFile {
		t.Errorf("origin %v", o)
	}
}

// The process's own environment is not consulted behind the caller's back.
func TestProcessEnvironmentIsIgnored(t *testing.T) {
	t.Setenv("CHATROOM_LOG_LEVEL", "debug")
	t.Setenv("LOG_LEVEL", "debug")
	t.Setenv("CHATROOM_LOG", "debug")
	if l := load(t, "# nothing"); l.Config.Log.Level != LevelInfo || l.Warnings != nil {
		t.Errorf("level %q, warnings %q", l.Config.Log.Level, l.Warnings)
	}
}

func TestC2(t *testing.T) {
	for _, tc := range []struct{ name, content, want string }{
		{"text for a number", "[limits]\nsessions = '10'", "test.toml:2: limits.sessions: '10' is a string; write a whole number"},
		{"boolean for a number", "[limits]\nsessions = true", "test.toml:2: limits.sessions: true is a boolean; write a whole number"},
		{"fraction for a number", "[limits]\nsessions = 1.5", "test.toml:2: limits.sessions: 1.5 is a fraction; write a whole number"},
		{"text for a fraction", "[limits]\nlines_per_second = '2'", "test.toml:2: limits.lines_per_second: '2' is a string; write a number"},
		{"list for a number", "[limits]\nsessions = [1]", "test.toml:2: limits.sessions: [...] is a list; write a whole number"},
		{"date for a number", "[limits]\nsessions = 2020-01-01", "test.toml:2: limits.sessions: 2020-01-01 is a date; write a whole number"},
		{"number for a boolean", "[login]\nrequired = 1", "test.toml:2: login.required: 1 is a whole number; write true or false"},
		{"text for a boolean", "[login]\nrequired = 'no'", "test.toml:2: login.required: 'no' is a string; write true or false"},
		{"number for text", "[server]\nname = 5", "test.toml:2: server.name: 5 is a whole number; write a string in quotes"},
		{"text for a list", "[roles]\nadmin = 'ann'", `test.toml:2: roles.admin: 'ann' is a string; write a list, such as ["one", "two"]`},
		{"number in a list", "[roles]\nadmin = ['ann',\n5]", "test.toml:3: roles.admin[1]: 5 is a whole number; write a string in quotes"},
		{"list in a list", "[roles]\nadmin = [['ann']]", "test.toml:2: roles.admin[0]: [...] is a list; write a string in quotes"},
		{"value for a table", "server = 'x'", "test.toml:1: server: 'x' is a string; write a table [server]"},
		{"table for a value", "[server.name]\nx = 1", "test.toml:1: server.name: is no table; write a string in quotes"},
		{"inline table for a value", "[server]\nname = {}", "test.toml:2: server.name: {...} is a table; write a string in quotes"},
		{"list of tables for a table", "[[server]]\nname = 'x'", "test.toml:1: server: there is only one; write [server]"},
		{"table for a list of tables", "[listen]\naddr = ':1'", "test.toml:1: listen: is a list of tables; write [[listen]]"},
		{"dotted key for a list of tables", "listen.addr = ':1'", "test.toml:1: listen: is a list of tables; write [[listen]]"},
		{"text for a list of tables", "listen = ':1'", "test.toml:1: listen: ':1' is a string; write tables [[listen]]"},
		{"text in a list of tables", "listen = [':1']", "test.toml:1: listen[0]: ':1' is a string; write a table {...}"},

		{"negative", "[limits]\n\nsessions = -1", "test.toml:3: limits.sessions: -1 is not in the range 0 to 10000000"},
		{"too large", "[shell]\nmax_line = 8193", "test.toml:2: shell.max_line: 8193 is not in the range 64 to 8192"},
		{"too small", "[shell]\nmax_line = 0", "test.toml:2: shell.max_line: 0 is not in the range 64 to 8192"},
		{"endless", "[limits]\nlines_per_second = inf", "test.toml:2: limits.lines_per_second: +Inf is neither 0.0 (off) nor in the range 0.01 to 1000000.0"},
		{"no number", "[limits]\nlines_per_second = nan", "test.toml:2: limits.lines_per_second: NaN is neither 0.0 (off) nor in the range 0.01 to 1000000.0"},
		{"negative rate", "[limits]\nlines_per_second = -0.5", "test.toml:2: limits.lines_per_second: -0.5 is neither 0.0 (off) nor in the range 0.01 to 1000000.0"},

		{"duration without unit", "[login]\ngrace = '10'", `test.toml:2: login.grace: "10" is no duration; write it with a unit, such as "10s"`},
		{"duration as a number", "[login]\ngrace = 10", `test.toml:2: login.grace: 10 is a whole number; write a duration with a unit and in quotes, such as "10s"`},
		{"duration in days", "[login]\ngrace = '7d'", `test.toml:2: login.grace: "7d" is no duration; write it with a unit, such as "90s", "10m" or "24h"`},
		{"duration too long to count", "[login]\ngrace = '9999999h'", `test.toml:2: login.grace: "9999999h" is no duration; write it with a unit, such as "90s", "10m" or "24h"`},
		{"duration too long", "[login]\ngrace = '25h'", `test.toml:2: login.grace: "25h" is neither "0s" (off) nor in the range "1ms" to "24h"`},
		{"duration too short", "[login]\ngrace = '1ns'", `test.toml:2: login.grace: "1ns" is neither "0s" (off) nor in the range "1ms" to "24h"`},
		{"negative duration", "[server]\ndrain = '-1s'", `test.toml:2: server.drain: "-1s" is not in the range "0s" to "1h"`},

		{"size with a wrong unit", "[limits]\noutbox = '1MB'", `test.toml:2: limits.outbox: "1MB" is no size; write it like "128KiB", "64MiB" or "1GiB"`},
		{"size as a fraction", "[limits]\noutbox = 1.5", `test.toml:2: limits.outbox: 1.5 is a fraction; write a size, such as "128KiB"`},
		{"negative size", "[limits]\noutbox = '-1KiB'", `test.toml:2: limits.outbox: "-1KiB" is no size; write it like "128KiB", "64MiB" or "1GiB"`},
		{"negative size as a number", "[limits]\noutbox = -1", `test.toml:2: limits.outbox: "-1B" is neither "0" (off) nor in the range "16KiB" to "1GiB"`},
		{"size too large to count", "[history]\nbytes = '9999999999TiB'", `test.toml:2: history.bytes: "9999999999TiB" is too large for a size`},
		{"size too large", "[history]\nbytes = '2TiB'", `test.toml:2: history.bytes: "2TiB" is not in the range "1MiB" to "1TiB"`},

		{"enumeration", "[server]\nio = 'epol'", `test.toml:2: server.io: "epol" is none of auto, uring, epoll and stream`},
		{"enumeration in capitals", "[log]\nlevel = 'INFO'", `test.toml:2: log.level: "INFO" is none of debug, info, warn and error`},
		{"empty enumeration", "[shell]\nmode = ''", `test.toml:2: shell.mode: "" is none of auto, chat and command`},

		{"empty name", "[server]\nname = ''", `test.toml:2: server.name: "" is too short; it must have at least 1 byte`},
		{"long name", "[server]\nname = '" + strings.Repeat("x", 65) + "'", `test.toml:2: server.name: "` + strings.Repeat("x", 65) + `" has 65 bytes; it may have 64 at most`},
		{"two lines of name", "[server]\nname = \"a\\nb\"", `test.toml:2: server.name: "a\nb" has the control character U+000A in it`},
		{"escape in motd", "[server]\nmotd = \"a\\u001bb\"", `test.toml:2: server.motd: "a\u001Bb" has the control character U+001B in it`},
		{"long motd", "[server]\nmotd = '" + strings.Repeat("x", 8193) + "'", `test.toml:2: server.motd: "` + strings.Repeat("x", 76) + `... has 8193 bytes; it may have 8192 at most`},
		{"room with a sign", "[shell]\nroom = '#lobby'", `test.toml:2: shell.room: "#lobby" is no room's name; write 1 to 32 of the characters a-z, 0-9, _ and -, without #`},
		{"newline in dir", "[store]\ndir = \"a\\tb\"", `test.toml:2: store.dir: "a\tb" has the control character U+0009 in it`},

		{"no door", "listen = []", `test.toml:1: listen: there must be at least one, such as addr = "127.0.0.1:5267"`},
		{"door without address", "[[listen]]\naddr = ':1'\n[[listen]]\ntelnet = true", `test.toml:3: listen[1].addr: "" is no address: missing port in address; write HOST:PORT, such as 127.0.0.1:5267 or [::1]:5267`},
		{"no port", "[[listen]]\naddr = '127.0.0.1'", `test.toml:2: listen[0].addr: "127.0.0.1" is no address: missing port in address; write HOST:PORT, such as 127.0.0.1:5267 or [::1]:5267`},
		{"port alone", "[[listen]]\naddr = '5267'", `test.toml:2: listen[0].addr: "5267" is no address: missing port in address; write HOST:PORT, such as 127.0.0.1:5267 or [::1]:5267`},
		{"large port", "[[listen]]\naddr = ':65536'", `test.toml:2: listen[0].addr: ":65536" is no address: its port must be a number from 0 to 65535`},
		{"named port", "[[listen]]\naddr = ':telnet'", `test.toml:2: listen[0].addr: ":telnet" is no address: its port must be a number from 0 to 65535`},
		{"signed port", "[[listen]]\naddr = ':+23'", `test.toml:2: listen[0].addr: ":+23" is no address: its port must be a number from 0 to 65535`},
		{"naked IPv6", "[[listen]]\naddr = '::1:23'", `test.toml:2: listen[0].addr: "::1:23" is no address: too many colons in address; write HOST:PORT, such as 127.0.0.1:5267 or [::1]:5267`},
		{"bad IPv4", "[[listen]]\naddr = '127.0.0.256:23'", `test.toml:2: listen[0].addr: "127.0.0.256:23" is no address: its host is neither an IP address nor a name`},
		{"bad host", "[[listen]]\naddr = 'a b:23'", `test.toml:2: listen[0].addr: "a b:23" is no address: its host is neither an IP address nor a name`},
		{"door twice", "[[listen]]\naddr='[::1]:23'\n[[listen]]\naddr='[0:0::1]:23'", `test.toml:4: listen[1].addr: "[0:0::1]:23" is there twice, first as "[::1]:23"`},

		{"room without a name", "[[room]]\ntopic = 'x'", `test.toml:1: room[0].name: "" is no room's name; write 1 to 32 of the characters a-z, 0-9, _ and -, without #`},
		{"room twice", "[[room]]\nname='ops'\n[[room]]\nname='ops'", `test.toml:4: room[1].name: "ops" is there twice`},
		{"topic of two lines", "[[room]]\nname='ops'\ntopic=\"a\\nb\"", `test.toml:3: room[0].topic: "a\nb" has the control character U+000A in it`},
		{"key of two words", "[[room]]\nname='ops'\nkey='open sesame'", "test.toml:3: room[0].key: A room's key is one word of 1 to 64 bytes; choose another"},
		{"key of another type", "[[room]]\nname='ops'\nkey=5", "test.toml:3: room[0].key: (secret) is a whole number; write a string in quotes"},
		{"role that is none", "[[room]]\nname='ops'\nrole='boss'", `test.toml:3: room[0].role: "boss" is none of guest, user, moderator, operator and admin`},
		{"nobody as a moderator", "[[room]]\nname='ops'\nmoderators=['ann',\n'ann']", `test.toml:4: room[0].moderators[1]: "ann" is there twice, first as "ann"`},
		{"start room that is private", "[[room]]\nname='lobby'\nprivate=true", `test.toml:3: room[0].private: everyone starts in "lobby", so it must stay open; leave this out or set another shell.room`},
		{"start room with a key", "[shell]\nroom='hall'\n[[room]]\nname='hall'\nkey='k'", `test.toml:5: room[0].key: everyone starts in "hall", so it must stay open; leave this out or set another shell.room`},
		{"start room with a role", "[[room]]\nname='lobby'\nrole='user'", `test.toml:3: room[0].role: everyone starts in "lobby", so it must stay open; leave this out or set another shell.room`},
		{"table for a list of rooms", "[room]\nname = 'x'", "test.toml:1: room: is a list of tables; write [[room]]"},
		{"too many stages", "[pipeline]\nstages = 65", "test.toml:2: pipeline.stages: 65 is not in the range 0 to 64"},
		{"too few bytes", "[pipeline]\nbytes = 1", `test.toml:2: pipeline.bytes: "1B" is neither "0" (off) nor in the range "1KiB" to "1GiB"`},

		{"no hash at all", "[login]\nhash_passes = 0", "test.toml:2: login.hash_passes: 0 is not in the range 1 to 16"},
		{"a weak hash", "[login]\nhash_memory = '1MiB'", `test.toml:2: login.hash_memory: "1MiB" is not in the range "7MiB" to "128MiB"`},
		{"half a KiB", "[login]\nhash_memory = 8389120", `test.toml:2: login.hash_memory: "8389120B" is not a whole number of KiB`},
		{"second session", "[login]\nsecond_session = 'kick'", `test.toml:2: login.second_session: "kick" is none of attach and takeover`},
		{"no network", "[limits]\nexempt = ['::1', '10.0.0/8']", `test.toml:2: limits.exempt[1]: "10.0.0/8" is no address and no network such as 192.0.2.0/24`},
		{"short age", "[history]\nage = '1s'", `test.toml:2: history.age: "1s" is neither "0s" (off) nor in the range "1m" to "87600h"`},
		{"no history", "[history]\nbytes = 0", `test.toml:2: history.bytes: "0" is not in the range "1MiB" to "1TiB"`},
		{"no URL", "[store]\nurl = 'nats://a:s3same@b, c'", "test.toml:2: store.url: the address number 2 is no URL; write nats://HOST:PORT"},
		{"URL of something else", "[store]\nurl = 'https://a:s3same@b'", `test.toml:2: store.url: the address number 1 begins with "https://", not with nats://, tls://, ws:// or wss://`},
		{"prefix", "[store]\nprefix = 'A.B'", `test.toml:2: store.prefix: "A.B" is not 1 to 32 of the characters a-z, 0-9 and -`},
		{"small store", "[store]\nmax = '1GiB'", `test.toml:2: store.max: "1GiB" is too small for history.bytes ("1GiB") and the rest; it takes "1536MiB"`},
		{"right that is none", "[rights]\nbann = 'admin'", "test.toml:2: unknown key rights.bann; did you mean rights.ban?"},
		{"right of no role", "[rights]\nban = 'boss'", `test.toml:2: rights.ban: "boss" is none of guest, user, moderator, operator and admin`},
		{"right of guests", "[rights]\nban = 'guest'", `test.toml:2: rights.ban: guests can't have this right, because nobody knows who they are; the least role is user`},

		{"no name", "[roles]\nadmin = ['ann', '']", `test.toml:2: roles.admin[1]: "" can be nobody's name: `},
		{"two words", "[roles]\nadmin = [\n'ann lee']", `test.toml:3: roles.admin[0]: "ann lee" can be nobody's name: A name is one word`},
		{"name twice", "[roles]\nadmin = ['Ann', 'bob', 'ann']", `test.toml:2: roles.admin[2]: "ann" is there twice, first as "Ann"`},

		{"several", "[limits]\nsessions = -1\n[log]\nlevel = 'x'\n", "test.toml:2: limits.sessions: -1 is not in the range 0 to 10000000\n" +
			`test.toml:4: log.level: "x" is none of debug, info, warn and error`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := loadError(t, tc.content)
			if got != tc.want && !(strings.HasPrefix(tc.name, "no name") || tc.name == "two words") || !strings.HasPrefix(got, tc.want) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestC2ByEnvironment(t *testing.T) {
	for env, want := range map[string]string{
		"CHATROOM_LIMITS_SESSIONS=ten":                    `"ten" is not a whole number`,
		"CHATROOM_LIMITS_SESSIONS=0x10":                   `"0x10" is not a whole number`,
		"CHATROOM_LIMITS_SESSIONS= ":                      `" " is not a whole number`,
		"CHATROOM_LIMITS_SESSIONS=99999999999999999999":   `"99999999999999999999" is too large`,
		"CHATROOM_LIMITS_SESSIONS=-1":                     `-1 is not in the range 0 to 10000000`,
		"CHATROOM_LIMITS_LINES_PER_SECOND=fast":           `"fast" is not a number`,
		"CHATROOM_LIMITS_LINES_PER_SECOND=1e999":          `"1e999" is too large`,
		"CHATROOM_LIMITS_LINES_PER_SECOND=NaN":            `NaN is neither 0.0 (off) nor in the range 0.01 to 1000000.0`,
		"CHATROOM_LIMITS_STALL=10":                        `"10" is no duration; write it with a unit, such as "10s"`,
		"CHATROOM_LOGIN_REQUIRED=perhaps":                 `"perhaps" is neither true nor false`,
		"CHATROOM_SERVER_NAME=a\xffb":                     `"a` + "\uFFFD" + `b" is not valid UTF-8`,
		"CHATROOM_STORE_DIR=a\x1bb":                       `"a\u001Bb" has the control character U+001B in it`,
		"CHATROOM_LISTEN=127.0.0.1:1, 127.0.0.1:1":        `"127.0.0.1:1" is there twice, first as "127.0.0.1:1"`,
		"CHATROOM_LISTEN=127.0.0.1:1,":                    `"" is no address: missing port in address; write HOST:PORT, such as 127.0.0.1:5267 or [::1]:5267`,
		"CHATROOM_ROLES_ADMIN=ann,,bob":                   `"" can be nobody's name: A name cannot be empty`,
		"CHATROOM_HISTORY_BYTES=9223372036854775808":      `"9223372036854775808" is too large for a size`,
		"CHATROOM_HISTORY_BYTES=18446744073709551616000B": `"18446744073709551616000B" is too large for a size`,
	} {
		name, _, _ := strings.Cut(env, "=")
		got := loadError(t, "# nothing", env)
		if !strings.HasPrefix(got, name+": ") || !strings.Contains(got, ": "+want) || strings.Contains(got, "\n") {
			t.Errorf("%q:\ngot  %s\nwant %s", env, got, want)
		}
	}
}

func TestAddressesThatWork(t *testing.T) {
	for _, addr := range []string{
		"127.0.0.1:5267", "0.0.0.0:23", "[::]:23", "[::1]:0", ":0", ":5267", "localhost:5267", "chat.example.org:65535", "[fe80::1%eth0]:23", "my_host:1",
	} {
		load(t, "[[listen]]\naddr = '"+addr+"'\n")
	}
	// Every port 0 is another port.
	load(t, "[[listen]]\naddr = '127.0.0.1:0'\n[[listen]]\naddr = '127.0.0.1:0'\n")
}

func TestC3(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	put := func(name, content string) string {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	huge := put("huge.toml", "")
	if err := os.Truncate(huge, 100<<20); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, file, want string }{
		{"missing", "gone.toml", "gone.toml: no such file or directory"},
		{"in a missing folder", "gone/x.toml", "gone/x.toml: no such file or directory"},
		{"under a file", "huge.toml/x.toml", "huge.toml/x.toml: not a directory"},
		{"directory", ".", ".: is a directory, not a config file"},
		{"device", os.DevNull, os.DevNull + ": is not a regular file"},
		{"empty", put("empty.toml", ""), "empty.toml: is empty; for the defaults alone remove it, or leave a # comment in it"},
		{"blank", put("blank.toml", "\uFEFF \r\n\t\n"), "blank.toml: is empty; for the defaults alone remove it, or leave a # comment in it"},
		{"huge", huge, "huge.toml: is larger than 1 MiB and so hardly a config file"},
		{"not TOML", put("x.json", `{"log": {"level": "info"}}`), `x.json:1:1: invalid character at start of key: U+007B '{', in: {"log": {"level": "info"}}`},
		{"binary", put("binary.toml", "\x7fELF\x02\x01\x01\x00\x00"), `binary.toml:1:1: invalid character at start of key: U+007F, in: \u007FELF\u0002\u0001\u0001\u0000\u0000`},
		{"name with an escape", "a\x1b[2J", `a\u001B[2J: no such file or directory`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := Load(Source{File: tc.file})
			if err == nil || l != nil {
				t.Fatalf("loaded %+v", l)
			}
			if got := err.Error(); !strings.HasPrefix(got, tc.want) || strings.ContainsAny(got, "\n\r\x1b") {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
			if e, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("the error is a %T", err)
			} else if e.Where == "" {
				t.Errorf("no place in %#v", e)
			}
		})
	}
	t.Run("unreadable", func(t *testing.T) {
		name := put("closed.toml", "[log]\n")
		if err := os.Chmod(name, 0); err != nil {
			t.Fatal(err)
		}
		_, err := Load(Source{File: name})
		if os.Geteuid() == 0 { // root reads everything
			if err != nil {
				t.Error(err)
			}
			return
		}
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("empty in the working directory", func(t *testing.T) {
		put("chatroom.toml", "")
		if _, err := Load(Source{}); err == nil {
			t.Error("loaded")
		}
	})
	t.Run("comment", func(t *testing.T) {
		if l := load(t, "# the defaults will do\n"); !reflect.DeepEqual(l.Config, Default()) {
			t.Errorf("got %+v", l.Config)
		}
	})
}

// A load that fails has no effect, and one that does not is valid, wherever a
// writer was interrupted.
func TestC4(t *testing.T) {
	shipped, err := os.ReadFile(shippedFile)
	if err != nil {
		t.Fatal(err)
	}
	name := write(t, "[shell]\nroom = 'hall'\n")
	before, err := Load(Source{File: name})
	if err != nil {
		t.Fatal(err)
	}
	want := before.Config
	failed := 0
	for n := range len(shipped) {
		if n%7 != 0 && n > 64 { // enough offsets, and all of the first line's
			continue
		}
		if err := os.WriteFile(name, shipped[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Load(Source{File: name})
		if err != nil {
			failed++
			continue
		}
		if err := l.Config.Validate(); err != nil {
			t.Errorf("the first %d bytes gave an invalid config: %v", n, err)
		}
	}
	if failed == 0 {
		t.Error("no cut was noticed")
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Source{File: before.Path}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a reload of a file that went away: %v", err)
	}
	if !reflect.DeepEqual(before.Config, want) {
		t.Errorf("the old config is now %+v", before.Config)
	}
}

func TestErrorIsFound(t *testing.T) {
	_, err := Load(Source{File: write(t, "[limits]\nsessions = -1\nlines_burst = -1\n")})
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Key != "limits.sessions" || !strings.HasSuffix(e.Where, "test.toml:2") {
		t.Errorf("got %#v of %v", e, err)
	}
	_, err = Load(Source{File: filepath.Join(t.TempDir(), "gone")})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// Nothing endless from the input is repeated.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, content := range []string{
		"[log]\n" + long + " = 1", "[" + long + "]", "[LOG" + long + "]", "[log]\nlevel = '" + long + "'", "[login]\ngrace = '" + long + "'",
		"[limits]\nsessions = '" + long + "'", "[limits]\noutbox = '" + long + "'", "[log]\nlevel = '" + long,
		"[roles]\nadmin = ['" + long + "']", "[[listen]]\naddr = '" + long + "'", "[server]\nname = '" + long + "'",
	} {
		if got := loadError(t, content); len(got) > 300 {
			t.Errorf("%d bytes: %s", len(got), got)
		}
	}
	for _, env := range []string{"CHATROOM_LIMITS_SESSIONS=", "CHATROOM_LIMITS_STALL=", "CHATROOM_LOGIN_REQUIRED=", "CHATROOM_LIMITS_LINES_PER_SECOND="} {
		if got := loadError(t, "# nothing", env+long); len(got) > 300 {
			t.Errorf("%d bytes: %s", len(got), got)
		}
	}
	for _, w := range load(t, "# nothing", "CHATROOM_"+long+"=1").Warnings {
		if len(w) > 300 {
			t.Errorf("%d bytes: %s", len(w), w)
		}
	}
}

// A file that is no config at all is not answered with a book.
func TestErrorsAreCapped(t *testing.T) {
	content := strings.Repeat("[x]\n", 1)
	for i := range 100 {
		content += "k" + strings.Repeat("y", i) + " = 1\n"
	}
	if n := strings.Count(loadError(t, content), "\n"); n != 0 {
		t.Errorf("an unknown table gave %d lines", n+1)
	}
	got := loadError(t, strings.TrimPrefix(content, "[x]\n"))
	if n := strings.Count(got, "\n") + 1; n != maxErrors+1 || !strings.HasSuffix(got, "\nand 80 more") {
		t.Errorf("%d lines:\n%s", n, got)
	}
}
