package host

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

func TestBackoff(t *testing.T) {
	set := Settings{}.or()
	now := time.Unix(0, 0)
	var b backoff
	for i, want := range []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second} {
		if got, again := b.crashed(&set, now, time.Second, 0.5); got != want || !again {
			t.Errorf("after crash %d: %v, %v; want %v", i+1, got, again, want)
		}
	}
	if _, again := b.crashed(&set, now, time.Second, 0.5); again {
		t.Error("five crashes are not too many")
	}
	now = now.Add(set.CrashWindow)
	if got, again := b.crashed(&set, now, time.Second, 0); got != 6400*time.Millisecond || !again {
		t.Errorf("later: %v, %v", got, again)
	}
	if got, _ := b.crashed(&set, now, set.Well, 1); got != 300*time.Millisecond {
		t.Errorf("after a good life: %v", got)
	}
}

func TestCallsQuantile(t *testing.T) {
	var c calls
	if c.quantile(0.5) != 0 {
		t.Error("none is not 0")
	}
	for i := range 2 * keptTimes {
		c.add(time.Duration(i), i%2 == 0)
	}
	if c.total != 2*keptTimes || c.failed != keptTimes || len(c.times) != keptTimes {
		t.Errorf("%d, %d, %d", c.total, c.failed, len(c.times))
	}
	if got := c.quantile(0); got != keptTimes {
		t.Errorf("the fastest of the last is %d", got)
	}
}

func TestBucket(t *testing.T) {
	var b bucket
	now := time.Unix(1, 0)
	if !b.take(now, sendBurst) || b.take(now, 1) {
		t.Error("the burst is not the bound")
	}
	if now = now.Add(time.Second); !b.take(now, sendPerSecond) || b.take(now, 1) {
		t.Error("the rate is not the bound")
	}
}

func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fired := make(chan time.Time, 1)
		var a alarm
		begun := time.Now()
		a.start(10*time.Second, func() { fired <- time.Now() })
		time.Sleep(9 * time.Second)
		a.pause()
		a.resume()
		time.Sleep(9 * time.Second)
		a.pause()
		time.Sleep(time.Hour)
		a.pause() // output while it waits for input does not end that
		a.resume()
		time.Sleep(time.Hour)
		a.resume()
		if got, want := (<-fired).Sub(begun), 2*time.Hour+28*time.Second; got != want {
			t.Errorf("it went off after %v, want %v", got, want)
		}
		a.stop()
	})
}

func TestFindZone(t *testing.T) {
	for _, c := range []struct {
		tz   string // "-": not set
		link string
		want string
	}{
		{"-", "/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"},
		{"-", "../usr/share/zoneinfo/UTC", ""},
		{"-", "", ""},
		{"-", "/etc/zones/mine", ""},
		{"", "/usr/share/zoneinfo/Europe/Berlin", ""},
		{"Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", "Asia/Tokyo"},
		{":/usr/share/zoneinfo/Asia/Tokyo", "", "Asia/Tokyo"},
		{"CET-1CEST", "", ""},
		{"Local", "", ""},
	} {
		got := findZone(func(string) (string, bool) { return strings.TrimPrefix(c.tz, "-"), c.tz != "-" }, c.link)
		if got != c.want {
			t.Errorf("TZ=%s and a link to %q give %q, want %q", c.tz, c.link, got, c.want)
		}
	}
}

func TestFitting(t *testing.T) {
	for _, c := range []struct {
		s           string
		lines, size int
		want        string
	}{
		{"a\nb\nc\n", 2, 100, "a\nb\n"},
		{"a\nb\nc\n", 9, 3, "a\n"},
		{"a\n", 0, 9, ""},
		{"a\n", 1, 1, ""},
		{"", 1, 1, ""},
	} {
		if got := fitting(c.s, c.lines, c.size); got != c.want {
			t.Errorf("fitting(%q, %d, %d) = %q, want %q", c.s, c.lines, c.size, got, c.want)
		}
	}
}

// TestCleanProperty: what a plugin writes has the lines and tabs that it had, and
// each piece is as clean as a user's line.
func TestCleanProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("ab \t\n\r\x1b\x00\u202e\u0301é\uFEFF"))).Draw(t, "s")
		got := clean(s)
		if strings.Count(got, "\n") != strings.Count(s, "\n") || strings.Count(got, "\t") != strings.Count(s, "\t") {
			t.Fatalf("%q became %q", s, got)
		}
		for _, piece := range strings.FieldsFunc(got, func(r rune) bool { return r == '\n' || r == '\t' }) {
			if text.Clean(piece) != piece {
				t.Fatalf("%q is not clean", piece)
			}
		}
		if clean(got) != got {
			t.Fatalf("%q becomes %q", got, clean(got))
		}
	})
}

func TestSumOfFiles(t *testing.T) {
	dir := t.TempDir()
	table := Table{Path: filepath.Join(dir, "main"), Files: []string{filepath.Join(dir, "part")}}
	var list strings.Builder
	for _, name := range []string{"main", "part"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(name))
		fmt.Fprintf(&list, "%x  %s\n", sum, name)
	}
	want := sha256.Sum256([]byte(list.String()))
	if got := must(Sum(&table)); got != hex.EncodeToString(want[:]) {
		t.Errorf("the sum is %s", got)
	}
	copies := t.TempDir()
	b := must(takeCopy(&table, copies))
	for _, name := range []string{"main", "part"} {
		if p, err := os.ReadFile(filepath.Join(filepath.Dir(b.path), name)); err != nil || string(p) != name {
			t.Errorf("the copy of %s is %q, %v", name, p, err)
		}
	}
	table.Files = append(table.Files, filepath.Join(t.TempDir(), "part"))
	if err := os.WriteFile(table.Files[1], nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Sum(&table); err == nil {
		t.Error("two files may have one name")
	}
}

func TestReadManifest(t *testing.T) {
	good := func() *pluginpb.Command { return &pluginpb.Command{Name: "x", Summary: "do it"} }
	for name, c := range map[string]struct {
		change func(m *pluginpb.Manifest)
		want   string
	}{
		"newer":      {func(m *pluginpb.Manifest) { m.ApiMinor = 9 }, "version 1.9 of the contract"},
		"role":       {func(m *pluginpb.Manifest) { m.Commands[0].Role = "god" }, `there is no role "god"`},
		"twice":      {func(m *pluginpb.Manifest) { m.Commands = append(m.Commands, good()) }, "it is there twice"},
		"name":       {func(m *pluginpb.Manifest) { m.Commands[0].Name = "X" }, "the name must be"},
		"no summary": {func(m *pluginpb.Manifest) { m.Commands[0].Summary = "" }, "the summary is missing"},
		"type":       {func(m *pluginpb.Manifest) { m.Commands[0].Args = []*pluginpb.Arg{{Name: "a", Type: 99}} }, "does not know the type 99"},
		"deep": {func(m *pluginpb.Manifest) {
			m.Commands[0].Subs = []*pluginpb.Command{{Name: "s", Summary: "s", Subs: []*pluginpb.Command{good()}}}
		}, "can't have sub-commands"},
		"pattern":  {func(m *pluginpb.Manifest) { m.Filters = []*pluginpb.Selection{{Match: "("}} }, "its filters: error parsing regexp"},
		"kind":     {func(m *pluginpb.Manifest) { m.Events = []*pluginpb.Selection{{Kinds: []string{"private"}}} }, `there is no kind "private" here`},
		"no kind":  {func(m *pluginpb.Manifest) { m.Events = []*pluginpb.Selection{{}} }, "names no kind"},
		"too many": {func(m *pluginpb.Manifest) { m.Commands = make([]*pluginpb.Command, maxCommands+1) }, "64 is the most"},
		"flag is text": {func(m *pluginpb.Manifest) {
			m.Commands[0].Flags = []*pluginpb.Flag{{Name: "f", Type: pluginpb.Type_TYPE_TEXT}}
		}, "text is for arguments"},
	} {
		m := &pluginpb.Manifest{Name: "p", Commands: []*pluginpb.Command{good()}}
		c.change(m)
		if _, err := readManifest("p", m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	m := &pluginpb.Manifest{Commands: []*pluginpb.Command{{Name: "x", Summary: "a\x1b[31mb\nc", Help: "one\u202e\r\n\ttwo\n\n", Examples: []string{"x\x07"}}}}
	got := must(readManifest("p", m)).commands[0].spec
	if got.Summary != "a[31mb c" || got.Help != "one\n two\n" || got.Examples[0] != "x" || got.Group != "p" || !got.Blocking {
		t.Errorf("the spec is %+v", got)
	}
}

func TestLimit(t *testing.T) {
	set := Settings{Run: 30 * time.Second, MaxRun: time.Minute}.or()
	m := must(readManifest("p", &pluginpb.Manifest{Commands: []*pluginpb.Command{
		{Name: "a", Summary: "a"}, {Name: "b", Summary: "b", TimeoutMs: 500}, {Name: "c", Summary: "c", TimeoutMs: 3_600_000},
		{Name: "d", Summary: "d", Subs: []*pluginpb.Command{{Name: "s", Summary: "s", TimeoutMs: 700}}},
	}}))
	for i, want := range []time.Duration{30 * time.Second, 500 * time.Millisecond, time.Minute} {
		if got := m.commands[i].limited(&Table{}, &set).Timeout; got != want+time.Second {
			t.Errorf("%d: %v, want %v", i, got, want)
		}
	}
	if got := m.commands[0].limited(&Table{Timeout: 5 * time.Second}, &set).Timeout; got != 6*time.Second {
		t.Errorf("the table's: %v", got)
	}
	if got := m.commands[3].limited(&Table{}, &set); got.Timeout != 0 || got.Subs[0].Timeout != 1700*time.Millisecond {
		t.Errorf("sub-commands: %v, %v", got.Timeout, got.Subs[0].Timeout)
	}
}
