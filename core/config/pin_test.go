package config

import (
	"os"
	"strings"
	"testing"
)

func TestPin(t *testing.T) {
	sum := strings.Repeat("0123456789abcdef", 4)
	set := "sha256 = \"" + sum + "\""
	for _, c := range []struct{ name, before, after string }{
		{"new", "# a\n[[plugin]]\nname = 'dice'\npath = 'x' # here\n\n[log]\n", "# a\n[[plugin]]\nname = 'dice'\npath = 'x' # here\n" + set + "\n\n[log]\n"},
		{"changed", "[[plugin]]\nname = 'a'\npath = 'x'\n[[plugin]]\n  sha256 = '" + strings.Repeat("a", 64) + "' # old\nname = 'dice'\npath = 'x'", "[[plugin]]\nname = 'a'\npath = 'x'\n[[plugin]]\n  " + set + " # old\nname = 'dice'\npath = 'x'"},
		{"without a last line end", "[[plugin]]\nname = 'dice'\npath = 'x'", "[[plugin]]\nname = 'dice'\npath = 'x'\n" + set + "\n"},
		{"of another system", "\ufeff[[plugin]]\r\nname = 'dice'\r\npath = 'x'\r\n", "\ufeff[[plugin]]\r\nname = 'dice'\r\npath = 'x'\r\n" + set + "\r\n"},
		{"shorter", "[[plugin]]\nname = 'dice'\npath = 'x'\nsha256   =    ''\n", "[[plugin]]\nname = 'dice'\npath = 'x'\nsha256   =    \"" + sum + "\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := write(t, c.before)
			if err := os.Chmod(name, 0o640); err != nil {
				t.Fatal(err)
			}
			if err := Pin(name, "dice", sum); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(name)
			if err != nil || string(got) != c.after {
				t.Errorf("got  %q\nwant %q, %v", got, c.after, err)
			}
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
	for before, want := range map[string]string{
		"[[plugin]]\nname = 'poll'\npath = 'x'\n":                 `there is no [[plugin]] with name = "dice"`,
		"plugin = [{ name = 'dice', path = 'x' }]\n":              "write sha256 = \"" + sum + "\" into it",
		"[[plugin]]\nname = 'dice'\npath = '''x\ny'''\n":          "write sha256 = \"" + sum + "\" into it",
		"[[plugin]]\nname = 'dice'\npath = 'x'\nsha257 = 'abc'\n": "unknown key plugin.sha257",
	} {
		name := write(t, before)
		err := Pin(name, "dice", sum)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", before, err, want)
		}
		if got, _ := os.ReadFile(name); string(got) != before {
			t.Errorf("%q became %q", before, got)
		}
	}
}
