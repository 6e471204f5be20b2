package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// shippedFile is the reference.
const shippedFile = "../../chatroom.toml"

func TestShippedFileIsTheDefaults(t *testing.T) {
	l, err := Load(Source{File: shippedFile})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.Config, Default()) {
		defaults := Default()
		t.Errorf("the file and the defaults differ:\n%v", Diff(&defaults, &l.Config))
	}
	for _, s := range settings {
		if o := l.Origins[s.name]; o.Layer != FromFile {
			t.Errorf("%s is not in the file", s.name)
		}
	}
}

// Every key stands in the file, in the order of Config, with a description that
// ends in [live] or [restart].
func TestShippedFileDescribesEveryKey(t *testing.T) {
	data, err := os.ReadFile(shippedFile)
	if err != nil {
		t.Fatal(err)
	}
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
	want.Limits = Limits{Outbox: MiB, Stall: want.Limits.Stall}
	want.Store.Dir = ""
	if !reflect.DeepEqual(l.Config, want) {
		t.Errorf("got  %+v\nwant %+v", l.Config, want)
	}
}
