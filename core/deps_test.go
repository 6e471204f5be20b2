package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/chatroom-shell/chatroom/"

// imports says what the non-test files of each package may import besides the
// standard library: paths below the module and other modules. A nil list means
// nothing, anything means no limit.
var imports = map[string][]string{
	"core":          nil,
	"core/chat":     nil,
	"core/text":     {"core/chat", "golang.org/x/text", "github.com/mtibben/confusables", "github.com/clipperhouse/displaywidth"},
	"core/account":  {"core/chat", "core/text"},
	"core/telnet":   nil,
	"core/line":     {"github.com/google/shlex"},
	"core/command":  {"core/chat", "core/line", "core/text"},
	"core/session":  {"core/chat", "core/command", "core/line", "core/telnet", "core/text"},
	"core/server":   {"core/chat", "core/session", "golang.org/x/sys/unix"},
	"core/memstore": {"core/chat", "core/account"},
	"core/config":   {"core/chat", "core/text", "github.com/spf13/viper", "github.com/spf13/pflag", "github.com/pelletier/go-toml/v2", "github.com/go-viper/mapstructure/v2"},
	"core/chattest": nil,
	"commands":      {"core/chat", "core/account", "core/command", "core/text"},
	"cmd/chatbench": nil,
	"plugins":       nil,
	"cmd/chatroom":  {anything},
}

const anything = "*"

// only says who alone may import what, and why.
var only = []struct{ path, by, why string }{
	{"github.com/google/shlex", "core/line", "shlex has traps for chat text that core/line closes"},
	{"github.com/spf13/viper", "core/config", "viper has traps that core/config closes"},
	{"github.com/spf13/cobra", "cmd/chatroom", "only the program has a command line"},
	{module + "cmd/chatroom", "", "the program is where everything meets; nothing may depend on it"},
	{module + "core/chattest", "", "chattest is for tests"},
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != ".." && strings.HasPrefix(name, ".") || name == "testdata" || name == "data" || name == "bin" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		seen[pkg] = true
		check(t, pkg, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range imports {
		if !seen[pkg] {
			t.Errorf("the table names %s, which does not exist", pkg)
		}
	}
}

// check reports the imports of one file that the tables forbid.
func check(t *testing.T, pkg, path string) {
	t.Helper()
	allowed, known := imports[pkg]
	if !known {
		t.Errorf("%s: package %s is not in the table; say what it may import and why it exists", path, pkg)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range only {
			if imported == o.path && pkg != o.by {
				t.Errorf("%s imports %s: %s", path, imported, o.why)
			}
		}
		if !slices.ContainsFunc(allowed, func(a string) bool { return covers(a, imported) }) && !standard(imported) {
			t.Errorf("%s imports %s, which the table does not allow to %s", path, imported, pkg)
		}
	}
}

// covers reports whether the table's entry allows the import.
func covers(entry, imported string) bool {
	if entry == anything {
		return true
	}
	if strings.HasPrefix(entry, "core/") || entry == "commands" {
		return imported == module+entry
	}
	return imported == entry || strings.HasPrefix(imported, entry+"/")
}

// standard reports whether the import is of the standard library, whose paths
// have no dot in their first element.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}
