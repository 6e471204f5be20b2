package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// other has a value for each setting that is not its default, as text.
var other = map[string]string{
	"server.name":                "Salon",
	"server.motd":                "Tea at five",
	"server.drain":               "3s",
	"server.io":                  "stream",
	"listen":                     "[::1]:4000,0.0.0.0:4001",
	"shell.mode":                 "command",
	"shell.room":                 "hall",
	"shell.max_line":             "2048",
	"login.required":             "false",
	"login.grace":                "1m30s",
	"login.guest_idle":           "0",
	"rooms.keep":                 "48h",
	"rooms.join_noise":           "7",
	"rooms.max":                  "8",
	"rooms.per_user":             "9",
	"limits.sessions":            "0",
	"limits.sessions_per_source": "11",
	"limits.connects_per_minute": "12",
	"limits.lines_burst":         "13",
	"limits.lines_per_second":    "0.5",
	"limits.outbox":              "1MiB",
	"limits.stall":               "250ms",
	"history.replay":             "14",
	"history.lines":              "15",
	"history.bytes":              "100000",
	"store.dir":                  "/var/lib/Chat Room",
	"log.level":                  "debug",
	"log.format":                 "json",
	"roles.moderator":            "Ann, Bob",
	"roles.operator":             "Cyd",
	"roles.admin":                "Dee",
}

// otherConfig is what other amounts to.
func otherConfig() Config {
	return Config{
		Server:  Server{Name: "Salon", MOTD: "Tea at five", Drain: 3e9, IO: IOStream},
		Listen:  []Listen{{"[::1]:4000", true}, {"0.0.0.0:4001", true}},
		Shell:   Shell{Mode: ModeCommand, Room: "hall", MaxLine: 2048},
		Login:   Login{Required: false, Grace: 90e9, GuestIdle: 0},
		Rooms:   Rooms{Keep: 48 * 3600e9, JoinNoise: 7, Max: 8, PerUser: 9},
		Limits:  Limits{0, 11, 12, 13, 0.5, 1 << 20, 250e6},
		History: History{14, 15, 100000},
		Store:   Store{"/var/lib/Chat Room"},
		Log:     Log{LevelDebug, FormatJSON},
		Roles:   Roles{[]string{"Ann", "Bob"}, []string{"Cyd"}, []string{"Dee"}},
	}
}

// write puts a config file into a folder of its own and returns its path.
func write(t testing.TB, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "test.toml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// load loads a file of the given content, which must work.
func load(t testing.TB, content string, env ...string) *Loaded {
	t.Helper()
	l, err := Load(Source{File: write(t, content), Env: env})
	if err != nil {
		t.Fatalf("Load: %v\nof:\n%s", err, content)
	}
	return l
}

// loadError loads a file of the given content, which must fail, and returns the
// error without the folder's name.
func loadError(t testing.TB, content string, env ...string) string {
	t.Helper()
	name := write(t, content)
	l, err := Load(Source{File: name, Env: env})
	if err == nil {
		t.Fatalf("loaded:\n%s", content)
	}
	if l != nil {
		t.Errorf("a config beside the error %v", err)
	}
	return strings.ReplaceAll(err.Error(), filepath.Dir(name)+"/", "")
}

func TestDefault(t *testing.T) {
	a, b := Default(), Default()
	if err := a.Validate(); err != nil {
		t.Errorf("the defaults are not valid: %v", err)
	}
	a.Listen[0].Addr = "changed"
	if b.Listen[0].Addr != "127.0.0.1:5267" {
		t.Error("two Defaults share their listeners")
	}
}

// Viper folds the keys of maps and cannot set what lies behind pointers, so
// Config must have neither.
func TestSettingsArePlainValues(t *testing.T) {
	var walk func(string, reflect.Type)
	walk = func(at string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Struct:
			for f := range typ.Fields() {
				if key := keyName(f); !bareKey.MatchString(key) || key != strings.ToLower(key) {
					t.Errorf("%s.%s has the key %q", at, f.Name, key)
				}
				walk(at+"."+f.Name, f.Type)
			}
		case reflect.Slice:
			walk(at+"[]", typ.Elem())
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		default:
			t.Errorf("%s is a %s", at, typ.Kind())
		}
	}
	walk("Config", reflect.TypeFor[Config]())
}

// Which settings need a restart is part of the design.
func TestRestartSettings(t *testing.T) {
	want := map[string]bool{"server.io": true, "listen": true, "store.dir": true}
	for _, s := range settings {
		if s.live == want[s.name] {
			t.Errorf("%s: live is %t", s.name, s.live)
		}
	}
}

func TestEnvNamesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, s := range settings {
		if first, ok := seen[s.env()]; ok {
			t.Errorf("%s and %s are both %s", first, s.name, s.env())
		}
		seen[s.env()] = s.name
	}
	if seen["CHATROOM_LIMITS_SESSIONS_PER_SOURCE"] != "limits.sessions_per_source" {
		t.Errorf("variables: %v", seen)
	}
}

func TestLogLevel(t *testing.T) {
	for level, want := range map[LogLevel]slog.Level{
		LevelDebug: slog.LevelDebug, LevelInfo: slog.LevelInfo, LevelWarn: slog.LevelWarn, LevelError: slog.LevelError, "": slog.LevelInfo,
	} {
		if got := level.Level(); got != want {
			t.Errorf("%q is %v", level, got)
		}
	}
}

// The global viper, WatchConfig and the reading of the process's environment
// each have faults that this package must not have; so it may use of viper only
// what is listed here.
func TestViperIsUsedSparingly(t *testing.T) {
	allowed := map[string]bool{"viper.New": true, "viper.Viper": true, "viper.DecodeHook": true}
	methods := map[string]bool{
		"WatchConfig": true, "OnConfigChange": true, "AutomaticEnv": true, "BindEnv": true, "SetConfigFile": true,
		"ReadInConfig": true, "BindPFlags": true, "RegisterAlias": true, "Unmarshal": true, "Environ": true, "Getenv": true, "LookupEnv": true,
	}
	fset := token.NewFileSet()
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine", fset.Position(g.Pos()))
			}
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, _ := sel.X.(*ast.Ident)
			switch {
			case x != nil && x.Name == "viper":
				seen++
				if !allowed["viper."+sel.Sel.Name] {
					t.Errorf("%s uses viper.%s", fset.Position(sel.Pos()), sel.Sel.Name)
				}
			case methods[sel.Sel.Name] && (x == nil || x.Name != "toml"):
				t.Errorf("%s uses %s", fset.Position(sel.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
	if seen == 0 {
		t.Error("no use of viper was found; this test sees nothing")
	}
}
