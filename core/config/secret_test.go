package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
)

// vault stands for a Config with a secret in it.
type vault struct {
	Door door `mapstructure:"door"`
}

type door struct {
	Name string `mapstructure:"name"`
	Code Secret `mapstructure:"code"`
}

const swordfish = "swordfish"

func TestC5(t *testing.T) {
	all := settingsOf(reflect.TypeFor[vault]())
	value := vault{door{"front", swordfish}}
	var b bytes.Buffer

	// In whatever way it is printed, logged or encoded.
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+" "+verb+"\n", value, value.Door.Code)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("loaded", "code", value.Door.Code, "vault", value)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("loaded", "code", value.Door.Code, "vault", value)
	if err := json.NewEncoder(&b).Encode(value); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { fmt.Fprintln(&b, recover()) }()
		panic(fmt.Sprint(value))
	}()

	// In a diff and a print.
	for _, c := range diff(all, reflect.ValueOf(value), reflect.ValueOf(vault{door{"front", "sw0rdfish"}})) {
		fmt.Fprintln(&b, c)
	}
	writeTOML(&b, all, reflect.ValueOf(value), nil)

	// In the errors about a file.
	for _, content := range []string{
		"[door]\ncode = \"swordfish\n",
		"[door]\ncode = \"swordfish\" x\n",
		"door = { code = \"swordfish\", name = }\n",
		"[door]\ncode = [\"swordfish\"]\n",
		"[door]\nCode = \"swordfish\"\n",
		"[door]\ncod = \"swordfish\"\n",
		"[door]\ncode = \"swordfish\"\ncode = \"swordfish\"\n",
		"[door.code]\nx = \"swordfish\"\n",
		"[door]\ncode = { x = \"swordfish\" }\n",
	} {
		f := &file{name: "test.toml", data: []byte(content)}
		problems := f.check(reflect.TypeFor[vault]())
		if len(problems) == 0 {
			t.Errorf("no error in:\n%s", content)
		}
		fmt.Fprintln(&b, join(problems))
	}

	if got := b.String(); strings.Contains(got, swordfish) || strings.Contains(got, fmt.Sprintf("%x", swordfish)) || strings.Contains(got, "sw0rdfish") {
		t.Errorf("the secret is in:\n%s", got)
	} else if strings.Count(got, redacted) < 20 {
		t.Errorf("little was redacted in:\n%s", got)
	}
	if value.Door.Code.Reveal() != swordfish {
		t.Errorf("Reveal gives %q", value.Door.Code.Reveal())
	}
}

func TestC5Diff(t *testing.T) {
	all := settingsOf(reflect.TypeFor[vault]())
	got := diff(all, reflect.ValueOf(vault{}), reflect.ValueOf(vault{door{"front", swordfish}}))
	want := []Change{
		{Key: "door.name", Old: `""`, New: `"front"`, Live: true},
		{Key: "door.code", Old: `""`, New: `"(secret)"`, Live: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

// A redacted secret is a comment, for loading it would make it the secret.
func TestC5Print(t *testing.T) {
	var b bytes.Buffer
	writeTOML(&b, settingsOf(reflect.TypeFor[vault]()), reflect.ValueOf(vault{door{"front", swordfish}}), nil)
	want := `
[door]
name = "front"                      # default
# code = "(secret)"                 # default
`
	if b.String() != want {
		t.Errorf("got:\n%s", b.String())
	}
}

func TestC5Mode(t *testing.T) {
	for _, tc := range []struct {
		content string
		mode    os.FileMode
		warned  bool
	}{
		{"[door]\ncode = 'swordfish'\n", 0o644, true},
		{"[door]\ncode = 'swordfish'\n", 0o660, true},
		{"[door]\ncode = 'swordfish'\n", 0o641, true},
		{"[door]\ncode = 'swordfish'\n", 0o640, false},
		{"[door]\ncode = 'swordfish'\n", 0o400, false},
		{"[door]\nname = 'front'\n", 0o666, false},
		{"[door]\ncode = ''\n", 0o666, false},
	} {
		name := write(t, tc.content)
		if err := os.Chmod(name, tc.mode); err != nil {
			t.Fatal(err)
		}
		f, err := open(name)
		if err != nil {
			t.Fatal(err)
		}
		if problems := f.check(reflect.TypeFor[vault]()); problems != nil {
			t.Fatal(join(problems))
		}
		got := f.modeWarning()
		if (got != "") != tc.warned || strings.Contains(got, swordfish) {
			t.Errorf("mode %o of %q: %q", tc.mode, tc.content, got)
		}
		if tc.warned && !strings.HasSuffix(got, fmt.Sprintf("holds secrets (door.code) and has the mode 0%o; run chmod 640 on it", tc.mode)) {
			t.Errorf("got %q", got)
		}
	}
}

// A secret in a table [[...]] is one too.
func TestC5Tables(t *testing.T) {
	const content = "[[room]]\nname = 'staff'\nkey = 'swordfish'\n"
	l := load(t, content)
	if l.Config.Room[0].Key.Reveal() != swordfish {
		t.Fatalf("the key is %q", l.Config.Room[0].Key.Reveal())
	}
	var b bytes.Buffer
	if err := l.Print(&b); err != nil {
		t.Fatal(err)
	}
	if want := "private = false\n# key = \"(secret)\"\nrole"; !strings.Contains(b.String(), want) {
		t.Errorf("printed:\n%s\nbut wanted in it:\n%s", b.String(), want)
	}
	changed := l.Config
	changed.Room = []Room{{Name: "staff", Key: "sw0rdfish", Role: RoleGuest, Moderators: []string{}}}
	changes := Diff(&l.Config, &changed)
	if len(changes) != 1 || changes[0].Key != "room" {
		t.Errorf("another key gives the changes %v", changes)
	}
	fmt.Fprintf(&b, "%v %+v %v\n", l.Config, l.Config, changes)
	for _, wrong := range []string{
		"[[room]]\nkey = 'swordfish\n", "[[room]]\nkey = 'swordfish' x\n", "room = [{ key = 'swordfish', name = }]\n",
		"[[room]]\nkey = ['swordfish']\n", "[[room]]\nname = 'lobby'\nkey = 'swordfish'\n", "[[room]]\nname = 'ops'\nkey = 'swordfish 2'\n",
	} {
		fmt.Fprintln(&b, loadError(t, wrong))
	}
	if got := b.String(); strings.Contains(got, swordfish) || strings.Contains(got, "sw0rdfish") {
		t.Errorf("the secret is in:\n%s", got)
	}
	name := write(t, content)
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := Load(Source{File: name})
	if err != nil || len(l.Warnings) != 1 || !strings.HasSuffix(l.Warnings[0], "holds secrets (room.key) and has the mode 0644; run chmod 640 on it") {
		t.Errorf("a readable file gives %v, %v", l, err)
	}
}
