package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shippedFile is the reference.
const shippedFile = "../../chatroom.toml"

func TestShippedFileIsTheDefaults(t *testing.T) {
	l, err := Load(Source{File: shippedFile})
	if err != nil {
		t.Fatal(err)
	}
	if want := shipped(); !reflect.DeepEqual(l.Config, want) {
		t.Errorf("the file and the defaults differ:\n%v", Diff(&want, &l.Config))
	}
	for _, s := range settings {
		if o := l.Origins[s.name]; o.Layer != FromFile && s.name != "room" && s.name != "rule" { // of which there is none by default
			t.Errorf("%s is not in the file", s.name)
		}
	}
}

// shipped is what the file amounts to: the defaults and two plugins.
func shipped() Config {
	c := Default()
	dice, poll := defaultPlugin(), defaultPlugin()
	dice.Name, dice.Path = "dice", "bin/dice"
	poll.Name, poll.Path, poll.Grant = "poll", "bin/poll", []string{"kv", "say.room"}
	c.Plugin = []Plugin{dice, poll}
	return c
}

// withExamples is the file with what stands in it as an example: the lines that
// begin with # and no space.
func withExamples(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(shippedFile)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^#([^ \n])`).ReplaceAll(data, []byte("$1"))
}

func TestShippedExamples(t *testing.T) {
	want := shipped()
	deploy := defaultPlugin()
	deploy.Name, deploy.Path, deploy.Args, deploy.Env = "deploy", "bin/deploy", []string{"--dry"}, []Secret{"TOKEN=s3same"}
	deploy.Files, deploy.SHA256 = []string{"deploy.yaml"}, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	deploy.Timeout, deploy.Grant, deploy.User = time.Minute, []string{"say.room", "kv"}, "nobody"
	deploy.Commands = map[string]string{"up": "deploy-up", "undo": ""}
	deploy.Config = Free{"Services": []any{"api", "web"}}
	want.Plugin = append([]Plugin{deploy}, want.Plugin...)
	want.Rule = []Rule{{Command: "deploy", Roles: []Role{RoleOperator}, Rooms: []string{"ops"}, Args: []string{"production"}}}
	want.Room = []Room{{
		Name: "staff", Topic: "behind the scenes", Private: true, Key: "sesame",
		Role: RoleUser, Moderators: []string{"ann", "bob"},
	}}
	if got := load(t, string(withExamples(t))).Config; !reflect.DeepEqual(got, want) {
		t.Errorf("the examples amount to:\n%v", Diff(&want, &got))
	}
}

// Every key stands in the file, in the order of Config, with a description that
// ends in [live] or [restart].
func TestShippedFileDescribesEveryKey(t *testing.T) {
	data := withExamples(t)
	f := &file{name: shippedFile, data: data}
	if problems := f.check(reflect.TypeFor[Config]()); problems != nil {
		t.Fatal(join(problems))
	}
	text := strings.Split(string(data), "\n")
	previous := 0
	for _, s := range settings {
		keys := []string{s.name}
		if isList(s.typ) {
			keys = nil
			for field := range s.typ.Elem().Fields() {
				keys = append(keys, s.name+"[0]."+keyName(field))
			}
		}
		mark := map[bool]string{true: "[live]", false: "[restart]"}[s.live]
		for _, key := range keys {
			n, ok := f.lines[key]
			if !ok {
				t.Errorf("%s is not in the file", key)
				continue
			}
			if n <= previous {
				t.Errorf("%s stands before its predecessor", key)
			}
			previous = n
			if line := text[n-1]; !strings.Contains(line, "# ") || !strings.HasSuffix(line, mark) {
				t.Errorf("line %d does not describe %s and end in %s: %s", n, key, mark, line)
			}
		}
	}
}

func TestShippedFileFitsTheScreen(t *testing.T) {
	data, err := os.ReadFile(shippedFile)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(data), "\n") {
		if len(line) > 120 {
			t.Errorf("line %d has %d columns", i+1, len(line))
		}
	}
}

// What a benchmark runs: every limit off, memory only.
func TestLimitsOff(t *testing.T) {
	l := load(t, `
[[listen]]
addr = "127.0.0.1:7020"

[limits]
sessions            = 0
sessions_per_source = 0
connects_per_minute = 0
lines_burst         = 0
lines_per_second    = 0
outbox              = "1MiB"

[store]
dir = ""
`)
	want := Default()
	want.Listen = []Listen{{Addr: "127.0.0.1:7020", Telnet: true}}
	want.Limits.Sessions, want.Limits.SessionsPerSource, want.Limits.ConnectsPerMinute = 0, 0, 0
	want.Limits.LinesBurst, want.Limits.LinesPerSecond = 0, 0
	want.Limits.Outbox = MiB
	want.Store.Dir = ""
	if !reflect.DeepEqual(l.Config, want) {
		t.Errorf("got  %+v\nwant %+v", l.Config, want)
	}
}
