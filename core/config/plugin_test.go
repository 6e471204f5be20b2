package config

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

func TestPluginTables(t *testing.T) {
	c := load(t, `
[plugins]
require_checksum = true
[[plugin]]
name = "dice"
path = "bin/dice"
commands = { roll = "throw" }
[plugin.limits]
memory = "64MiB"
[plugin.config]
Sides = 6
"a b" = [1.5, true, "x", { Deep = 1979-05-27 }]
[plugin.config.Table.below]
K.V = "case"
[[plugin.config.rows]]
N = 1
[[plugin.config.rows]]
N = 2

[[plugin]]
name = "poll"
path = "bin/poll"
env = ["A=b"]
start = "lazy"
enabled = false
mtls = false
config = { Open = 1 }

[[rule]]
command = "poll close"
roles = ["user", "moderator"]
[[rule]]
command = "poll:poll"
rooms = ["lobby"]
args = ["close"]
`).Config
	if !c.Plugins.RequireChecksum {
		t.Error("require_checksum")
	}
	dice, poll := defaultPlugin(), defaultPlugin()
	dice.Name, dice.Path, dice.Commands, dice.Limits.Memory = "dice", "bin/dice", map[string]string{"roll": "throw"}, 64*MiB
	dice.Config = c.Plugin[0].Config
	poll.Name, poll.Path, poll.Env, poll.Start, poll.Enabled, poll.MTLS = "poll", "bin/poll", []Secret{"A=b"}, StartLazy, false, false
	poll.Config = Free{"Open": int64(1)}
	if want := []Plugin{dice, poll}; !reflect.DeepEqual(c.Plugin, want) {
		t.Errorf("got  %+v\nwant %+v", c.Plugin, want)
	}
	p, err := dice.Config.JSON()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Sides":6,"Table":{"below":{"K":{"V":"case"}}},"a b":[1.5,true,"x",{"Deep":"1979-05-27"}],"rows":[{"N":1},{"N":2}]}`
	if string(p) != want {
		t.Errorf("the config is\n%s, want\n%s", p, want)
	}
	rules := []Rule{
		{Command: "poll close", Roles: []Role{RoleUser, RoleModerator}, Rooms: []string{}, Args: []string{}},
		{Command: "poll:poll", Roles: []Role{}, Rooms: []string{"lobby"}, Args: []string{"close"}},
	}
	if !reflect.DeepEqual(c.Rule, rules) {
		t.Errorf("got %+v", c.Rule)
	}
	if found, ok := c.PluginOf("poll"); !ok || found.Start != StartLazy {
		t.Errorf("found %v, %t", found, ok)
	}
	if _, ok := c.PluginOf("pool"); ok {
		t.Error("found one that is not there")
	}
}

func TestFreeWithoutAnything(t *testing.T) {
	if p, err := Free(nil).JSON(); err != nil || !json.Valid(p) || string(p) != "{}" {
		t.Errorf("got %s, %v", p, err)
	}
}

func TestPluginProblems(t *testing.T) {
	plugin := "[[plugin]]\nname = 'dice'\npath = 'bin/dice'\n"
	for _, c := range []struct{ name, content, want string }{
		{"key", plugin + "pth = 'x'\n", "test.toml:4: unknown key plugin.pth; did you mean plugin.path?"},
		{"key of the limits", plugin + "[plugin.limits]\n\nmemry = 1\n", "test.toml:6: unknown key plugin.limits.memry; did you mean plugin.limits.memory?"},
		{"key of all plugins", "[plugins]\nrequire_checksums = true\n", "test.toml:2: unknown key plugins.require_checksums; did you mean plugins.require_checksum?"},
		{"header without a plugin", "[plugin.limits]\nmemory = 1\n", "test.toml:1: plugin: is a list of tables; write [[plugin]]"},
		{"one table", "[plugin]\nname = 'dice'\n", "test.toml:1: plugin: is a list of tables; write [[plugin]]"},
		{"config in a list", plugin + "[[plugin.config]]\na = 1\n", "test.toml:4: plugin[0].config: there is only one; write [plugin.config]"},
		{"config that is no table", plugin + "config = 3\n", "test.toml:4: plugin[0].config: (secret) is a whole number; write a table {...}"},
		{"config without JSON", plugin + "config = { a = nan }\n", "test.toml:4: plugin[0].config: holds a value that JSON does not have: json: unsupported value: NaN"},
		{"capital in a name", plugin + "commands = { Roll = 'x' }\n", "test.toml:4: the key Roll is not lower case; write roll"},
		{"no name", "[[plugin]]\npath = 'x'\n", "test.toml:1: plugin[0].name: \"\" is no name of a plugin; write 1 to 32 of the characters a-z, 0-9 and -, a letter first"},
		{"twice", plugin + "\n" + plugin, "test.toml:6: plugin[1].name: \"dice\" is there twice"},
		{"no path", "[[plugin]]\nname = 'dice'\n", "test.toml:1: plugin[0].path: \"\" is too short; it must have at least 1 byte"},
		{"environment", plugin + "env = ['A=1',\n'secret of mine']\n", "test.toml:5: plugin[0].env[1]: is not of the form \"NAME=VALUE\""},
		{"sum", plugin + "sha256 = 'abc'\n", "test.toml:4: plugin[0].sha256: \"abc\" is not 64 hexadecimal digits; chatroom plugin pin dice prints the right ones"},
		{"start", plugin + "start = 'late'\n", "test.toml:4: plugin[0].start: \"late\" is none of eager and lazy"},
		{"filter", plugin + "filter = 'shut'\n", "test.toml:4: plugin[0].filter: \"shut\" is none of open and closed"},
		{"timeout", plugin + "timeout = '1ms'\n", "test.toml:4: plugin[0].timeout: \"1ms\" is not in the range \"100ms\" to \"24h\""},
		{"grant", plugin + "grant = ['kv', 'say.rom']\n", "test.toml:4: plugin[0].grant[1]: there is no capability \"say.rom\"; did you mean say.room?"},
		{"renaming", plugin + "commands = { roll = 'Throw it' }\n", "test.toml:4: plugin[0].commands.roll: \"Throw it\" is no name for a command; write 1 to 32 of the characters a-z, 0-9 and -, a letter first, or \"\" to leave it out"},
		{"limit", plugin + "[plugin.limits]\nfiles = 1\n", "test.toml:5: plugin[0].limits.files: 1 is not in the range 16 to 1000000"},
		{"supervision", "[plugins]\nrun = '2h'\n", "test.toml: plugins.max_run: \"10m\" is less than plugins.run (\"2h\")"},
		{"rule for nothing", "[[rule]]\nroles = ['user']\n", "test.toml:1: rule[0].command: \"\" is no name of a command; write it as it is typed, without a slash and arguments, such as \"deploy\" or \"room kick\""},
		{"rule that says nothing", "[[rule]]\ncommand = 'roll'\nargs = ['6']\n", "test.toml:1: rule[0]: says nothing of who may use \"roll\" or where; give it roles or rooms"},
		{"rule for login", "[[rule]]\ncommand = 'login'\nroles = ['user']\n", "test.toml:2: rule[0].command: login can't be ruled: before it nobody has a role or is in a room"},
		{"role", "[[rule]]\ncommand = 'roll'\nroles = ['king']\n", "test.toml:3: rule[0].roles[0]: \"king\" is none of guest, user, moderator, operator and admin"},
		{"room", "[[rule]]\ncommand = 'roll'\nrooms = ['#ops']\n", "test.toml:3: rule[0].rooms[0]: \"#ops\" is no room's name; write 1 to 32 of the characters a-z, 0-9, _ and -, without #"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := loadError(t, c.content); got != strings.Replace(c.want, "test.toml: plugins", "plugins", 1) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Only the file has plugins: a plugin's own handshake uses the variable.
func TestPluginsAreOfTheFile(t *testing.T) {
	l := load(t, "# nothing", "CHATROOM_PLUGIN=x", "CHATROOM_RULE=y")
	if len(l.Config.Plugin)+len(l.Config.Rule) != 0 || len(l.Warnings) != 2 {
		t.Errorf("plugins %v, rules %v, warnings %q", l.Config.Plugin, l.Config.Rule, l.Warnings)
	}
	if fs := flags(t); fs.Lookup("plugin") != nil || fs.Lookup("rule") != nil || fs.Lookup("plugins.run") == nil {
		t.Error("the flags are others")
	}
}

// What a plugin is told in secret is shown nowhere.
func TestPluginSecrets(t *testing.T) {
	const secret = "hunter2"
	content := "[[plugin]]\nname = 'a'\npath = 'b'\nenv = ['TOKEN=" + secret + "']\n[plugin.config]\nToken = '" + secret + "'\n"
	l := load(t, content)
	old := Default()
	var b strings.Builder
	if err := l.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, c := range Diff(&old, &l.Config) {
		b.WriteString(c.String())
	}
	if got := b.String(); strings.Contains(got, secret) || !strings.Contains(got, "# config = ") || !strings.Contains(got, "# env = ") {
		t.Errorf("shown:\n%s", got)
	}
	for _, wrong := range []string{
		strings.Replace(content, "TOKEN=", "", 1),
		strings.Replace(content, "['TOKEN="+secret+"']", "'TOKEN="+secret+"'", 1),
		strings.Replace(content, "['TOKEN="+secret+"']", "[\n'TOKEN="+secret+"\n]", 1),
		strings.Replace(content, "['TOKEN="+secret+"']", "{ TOKEN = '"+secret+"' }", 1),
		strings.Replace(content, "'"+secret+"'\n", "'"+secret+"\n", 1),
		content + "List = [\n['x']\n, \"" + secret + "\n]\n",
		content + "List = [\n[\"" + secret + "\n]]\n",
		content + "[plugin.config.More]\nx = \"" + secret + "\n",
		content + "[[plugin.config.More]]\n\"a b\" = \"" + secret + "\n",
		"plugin = [{ name = 'a', path = 'b', config = { Token = '" + secret + " } }]\n",
		"[[plugin]]\nname = 'a'\npath = 'b'\nconfig = '" + secret + "'\n",
	} {
		if got := loadError(t, wrong); strings.Contains(got, secret) {
			t.Errorf("the error is %s", got)
		}
	}
}

// What only a plugin knows to be wrong is told with its place too.
func TestFreeErrors(t *testing.T) {
	l := load(t, `
[[plugin]]
name = "one"
path = "bin/one"

[[plugin]]
name = "two"
path = "bin/two"
[plugin.config]
Words = [
  "a",
]
[plugin.config.At.Home]
on = true
`)
	if err := l.FreeErrors(nil); err != nil {
		t.Error(err)
	}
	err := l.FreeErrors([]FreeProblem{
		{"two", "Words[0]", "is too short"}, {"two", "At.Home.on", "must be a string"}, {"two", "missing", "is missing"}, {"one", "", "must be other"},
	})
	const want = `test.toml:10: plugin[1].config.Words[0]: is too short
test.toml:14: plugin[1].config.At.Home.on: must be a string
test.toml:9: plugin[1].config.missing: is missing
test.toml:2: plugin[0].config: must be other`
	if got := strings.ReplaceAll(err.Error(), filepath.Dir(l.Path)+"/", ""); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCapabilitiesAreThoseOfTheContract(t *testing.T) {
	want := []string{
		pluginpb.CapSayRoom, pluginpb.CapSayUser, pluginpb.CapUsers, pluginpb.CapRooms, pluginpb.CapHistory, pluginpb.CapKV, pluginpb.CapFilter, pluginpb.CapFilterPrivate,
	}
	for _, kind := range []string{
		pluginpb.KindSay, pluginpb.KindEmote, pluginpb.KindJoin, pluginpb.KindLeave, pluginpb.KindRename, pluginpb.KindTopic, pluginpb.KindRedact,
	} {
		want = append(want, pluginpb.CapEvents+kind)
	}
	if !slices.Equal(capabilities, want) {
		t.Errorf("there are %v, want %v", capabilities, want)
	}
}
