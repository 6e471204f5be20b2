package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/memstore"
)

// The plugins of which missingProgram says how to build them are those that ship.
func TestShippedPlugins(t *testing.T) {
	entries, err := os.ReadDir("../../plugins")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "sdk" && e.Name() != "host" {
			names = append(names, e.Name())
		}
	}
	if !slices.Equal(names, shippedPlugins) {
		t.Errorf("there are %v, and the list has %v", names, shippedPlugins)
	}
}

// The Python of new plugins is that of the contract.
func TestScaffoldIsOfTheContract(t *testing.T) {
	have, err := scaffold.ReadFile("scaffold/python/plugin_pb2.py")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../../plugins/cal/plugin_pb2.py")
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("plugins/sdk/pluginpb/generate has not written both (%v)", err)
	}
}

func TestTables(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chatroom.toml")
	if err := os.WriteFile(file, []byte(`
[[plugin]]
name = "a"
path = "bin/a"
files = ["a.conf", "/etc/hosts"]
env = ["K=V"]
start = "lazy"
enabled = false
mtls = false
filter = "closed"
timeout = "1m"
commands = { x = "y" }
[plugin.limits]
files = 99
[plugin.config]
Key = [1, "b"]
[plugin.config.Below]
At = 1979-05-27
`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := config.Load(config.Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	tables := tablesOf(&l.Config, l.Path)
	if len(tables) != 1 {
		t.Fatal(tables)
	}
	got, dir := tables[0], filepath.Dir(file)
	if got.Path != dir+"/bin/a" || !slices.Equal(got.Files, []string{dir + "/a.conf", "/etc/hosts"}) || !slices.Equal(got.Env, []string{"K=V"}) ||
		!got.Lazy || !got.Disabled || !got.NoMTLS || !got.Closed || got.Timeout != time.Minute || got.Commands["x"] != "y" ||
		got.Limits.Files != 99 || got.Limits.Lines != 2000 || string(got.Config) != `{"Below":{"At":"1979-05-27"},"Key":[1,"b"]}` {
		t.Errorf("got %+v", got)
	}
}

func TestRulesOf(t *testing.T) {
	rules := rulesOf([]config.Rule{{Command: "a", Roles: []config.Role{"operator", "user"}, Rooms: []string{}}, {Command: "b", Rooms: []string{"ops"}, Args: []string{"x"}}})
	if rules[0].Role != chat.Registered || rules[0].Rooms != nil || rules[0].Args != nil || rules[1].Role != chat.Guest || len(rules[1].Rooms)+len(rules[1].Args) != 2 {
		t.Errorf("got %+v", rules)
	}
}

// A rule for all calls of a plugin's command takes the place of the role that its
// author thinks right; one about rooms or arguments does not.
func TestUnruled(t *testing.T) {
	author := []command.Command{command.New(command.Spec{
		Name: "ship", Aliases: []string{"deploy:ship"}, Summary: "ship it", Role: chat.Operator,
		Subs: []command.Spec{{Name: "now", Summary: "now", Role: chat.Admin}, {Name: "later", Summary: "later", Role: chat.Moderator}},
	}, nil)}
	roles := func(rules ...config.Rule) string {
		s := unruled(author, rulesOf(rules))[0].Spec()
		return s.Role.String() + " " + s.Subs[0].Role.String() + " " + s.Subs[1].Role.String()
	}
	for _, c := range []struct {
		rule config.Rule
		want string
	}{
		{config.Rule{Command: "ship", Roles: []config.Role{"user"}}, "guest admin moderator"},
		{config.Rule{Command: "deploy:ship", Roles: []config.Role{"guest"}}, "guest admin moderator"},
		{config.Rule{Command: "ship now", Roles: []config.Role{"user"}}, "operator guest moderator"},
		{config.Rule{Command: "ship", Rooms: []string{"ops"}}, "operator admin moderator"},
		{config.Rule{Command: "ship", Roles: []config.Role{"user"}, Args: []string{"now"}}, "operator admin moderator"},
		{config.Rule{Command: "sink", Roles: []config.Role{"user"}}, "operator admin moderator"},
	} {
		if got := roles(c.rule); got != c.want {
			t.Errorf("%+v leaves %s, want %s", c.rule, got, c.want)
		}
	}
	if author[0].Spec().Role != chat.Operator || author[0].Spec().Subs[0].Role != chat.Admin {
		t.Error("a rule has changed the plugin's own spec")
	}
}

// Each plugin has the keys that are its own.
func TestPluginKV(t *testing.T) {
	a := &App{store: &store{records: &memstore.Store{}}}
	ctx := t.Context()
	one, err := a.pluginKV(ctx, "one")
	if err != nil {
		t.Fatal(err)
	}
	two, err := a.pluginKV(ctx, "one-two")
	if err != nil {
		t.Fatal(err)
	}
	version, err := one.Put(ctx, "k/1", []byte("v"), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Put(ctx, "k/1", []byte("w"), version+1, 0); chat.ErrorCode(err) != chat.Conflict {
		t.Errorf("a write over another version: %v", err)
	}
	if _, _, err := two.Get(ctx, "k/1"); chat.ErrorCode(err) != chat.NotFound {
		t.Errorf("another plugin's key: %v", err)
	}
	if value, got, err := one.Get(ctx, "k/1"); string(value) != "v" || got != version || err != nil {
		t.Errorf("got %q, %d, %v", value, got, err)
	}
	var keys []string
	for e, err := range one.List(ctx, "k") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Key)
	}
	for e := range two.List(ctx, "") {
		t.Errorf("the other has %q", e.Key)
	}
	if !slices.Equal(keys, []string{"k/1"}) {
		t.Errorf("keys %q", keys)
	}
	if err := one.Delete(ctx, "k/1", version); err != nil {
		t.Error(err)
	}
	if _, _, err := one.Get(ctx, "k/1"); chat.ErrorCode(err) != chat.NotFound {
		t.Errorf("after its end: %v", err)
	}
}

// The longest key of the plugin with the longest name is one of the bucket's.
func TestLongestPluginKey(t *testing.T) {
	a := &App{store: &store{records: &memstore.Store{}}}
	kv, err := a.pluginKV(t.Context(), strings.Repeat("a", 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), strings.Repeat("k", 200), nil, 0, 0); err != nil {
		t.Error(err)
	}
}

func TestPluginFolders(t *testing.T) {
	if dir, sockets := pluginFolders(""); dir+sockets != "" {
		t.Errorf("without a data folder: %q, %q", dir, sockets)
	}
	if dir, sockets := pluginFolders("/srv/chat"); dir != "/srv/chat/plugins" || sockets != "/srv/chat/plugins/run" {
		t.Errorf("got %q, %q", dir, sockets)
	}
	if _, sockets := pluginFolders("/" + strings.Repeat("x", 60)); sockets != "" {
		t.Errorf("sockets would be in %q", sockets)
	}
}
