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
// nothing, anything means no limit. For a plugin that ships with the server, a
// folder of plugins that is not listed, see shippedPlugin.
var imports = map[string][]string{
	"core":                    nil,
	"core/chat":               nil,
	"core/chat/storetest":     {"core/chat", "core/account"},
	"core/text":               {"core/chat", "golang.org/x/text", "github.com/mtibben/confusables", "github.com/clipperhouse/displaywidth"},
	"core/account":            {"core/chat", "core/text", "github.com/alexedwards/argon2id"},
	"core/telnet":             nil,
	"core/line":               {"github.com/google/shlex"},
	"core/command":            {"core/chat", "core/line", "core/text"},
	"core/session":            {"core/chat", "core/command", "core/line", "core/telnet", "core/text"},
	"core/server":             {"core/chat", "core/session", "golang.org/x/sys/unix"},
	"core/memstore":           {"core/chat", "core/account"},
	"core/natsstore":          {"core/chat", "core/account", "core/memstore", "github.com/nats-io/nats.go"},
	"core/natsstore/embedded": {"github.com/nats-io/nats-server/v2", "github.com/nats-io/nats.go", "github.com/gofrs/flock"},
	"core/config":             {"core/chat", "core/text", "github.com/spf13/viper", "github.com/spf13/pflag", "github.com/pelletier/go-toml/v2", "github.com/go-viper/mapstructure/v2"},
	"core/chattest":           nil,
	"commands":                {"core/chat", "core/account", "core/command", "core/text"},
	"plugins":                 nil,
	"plugins/sdk":             {"plugins/sdk/pluginpb", "github.com/hashicorp/go-plugin", "github.com/hashicorp/go-hclog", "google.golang.org/grpc", "google.golang.org/protobuf"},
	"plugins/sdk/pluginpb":    {"google.golang.org/grpc", "google.golang.org/protobuf"},
	"plugins/sdk/sdktest":     {"plugins/sdk", "plugins/sdk/pluginpb", "google.golang.org/grpc"},
	"plugins/host": {"core/chat", "core/command", "core/text", "plugins/sdk", "plugins/sdk/pluginpb",
		"github.com/hashicorp/go-plugin", "github.com/hashicorp/go-hclog", "google.golang.org/grpc", "google.golang.org/protobuf", "golang.org/x/sys/unix"},
	"plugins/host/badplugin": {"plugins/sdk", "plugins/sdk/pluginpb", "github.com/hashicorp/go-plugin", "github.com/hashicorp/go-hclog", "google.golang.org/grpc"},
	"cmd/chatbench":          nil,
	"cmd/chatroom":           {anything},

	"cmd/chatroom/programtest": {"core/chattest"},
	"cmd/chatroom/wall":        nil,
}

const anything = "*"

// shippedPlugin is what a plugin in this repository may import: what any other
// author's may.
var shippedPlugin = []string{"plugins/sdk"}

// only says who alone may import what, and why.
var only = []struct {
	path string
	by   []string
	why  string
}{
	{"github.com/google/shlex", []string{"core/line"}, "shlex has traps for chat text that core/line closes"},
	{"github.com/spf13/viper", []string{"core/config"}, "viper has traps that core/config closes"},
	{"github.com/spf13/cobra", []string{"cmd/chatroom"}, "only the program has a command line"},
	{"github.com/hashicorp/go-plugin", []string{"plugins/sdk", "plugins/host", "plugins/host/badplugin"}, "the handshake with plugins has two ends and no third"},
	{"github.com/nats-io/nats-server/v2", []string{"core/natsstore/embedded"}, "a server inside this process has traps that core/natsstore/embedded closes"},
	{"github.com/alexedwards/argon2id", []string{"core/account"}, "passwords are hashed in one place"},
	{module + "cmd/chatroom", nil, "the program is where everything meets; nothing may depend on it"},
	{module + "core/chattest", []string{"cmd/chatroom/programtest"}, "chattest is for tests"},
	{module + "cmd/chatroom/programtest", nil, "programtest is for tests"},
	{module + "plugins/host/badplugin", nil, "badplugin is for tests"},
	{module + "core/chat/storetest", nil, "storetest is for tests"},
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
	if name, ok := strings.CutPrefix(pkg, "plugins/"); ok && !known && !strings.Contains(name, "/") {
		allowed, known = shippedPlugin, true
	}
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
			if covers(o.path, imported) && !slices.Contains(o.by, pkg) {
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
	if standard(entry) { // a package of this module
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
