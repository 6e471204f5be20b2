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
	"server.name":                     "Salon",
	"server.motd":                     "Tea at five",
	"server.drain":                    "3s",
	"server.io":                       "stream",
	"listen":                          "[::1]:4000,0.0.0.0:4001",
	"shell.mode":                      "command",
	"shell.room":                      "hall",
	"shell.max_line":                  "2048",
	"pipeline.stages":                 "3",
	"pipeline.bytes":                  "2KiB",
	"pipeline.time":                   "4s",
	"login.required":                  "false",
	"login.grace":                     "1m30s",
	"login.guest_idle":                "0",
	"login.plaintext_passwords":       "true",
	"login.second_session":            "takeover",
	"login.hash_memory":               "20MiB",
	"login.hash_passes":               "3",
	"login.hash_threads":              "4",
	"rooms.keep":                      "48h",
	"rooms.join_noise":                "7",
	"rooms.max":                       "8",
	"rooms.per_user":                  "9",
	"room":                            "staff,ops",
	"limits.sessions":                 "0",
	"limits.sessions_per_source":      "11",
	"limits.connects_per_minute":      "12",
	"limits.lines_burst":              "13",
	"limits.lines_per_second":         "0.5",
	"limits.machine_burst":            "16",
	"limits.machine_per_second":       "0.25",
	"limits.aliases":                  "17",
	"limits.jobs":                     "18",
	"limits.outbox":                   "1MiB",
	"limits.stall":                    "250ms",
	"limits.penalty":                  "20s",
	"limits.logins_per_source":        "19",
	"limits.registrations":            "20",
	"limits.registrations_per_source": "21",
	"limits.exempt":                   "10.0.0.0/8, ::1",
	"history.replay":                  "14",
	"history.lines":                   "15",
	"history.memory":                  "100000",
	"history.age":                     "5h",
	"history.count":                   "22",
	"history.bytes":                   "2GiB",
	"store.dir":                       "/var/lib/Chat Room",
	"store.url":                       "nats://ann:s3same@127.0.0.1:4222",
	"store.prefix":                    "club",
	"store.replicas":                  "3",
	"store.max":                       "5GiB",
	"log.level":                       "debug",
	"log.format":                      "json",
	"roles.moderator":                 "Ann, Bob",
	"roles.operator":                  "Cyd",
	"roles.admin":                     "Dee",
	"rights.say":                      "user",
	"rights.register":                 "user",
	"rights.report":                   "user",
	"rights.kick":                     "admin",
	"rights.mute":                     "admin",
	"rights.ban":                      "admin",
	"rights.slow":                     "admin",
	"rights.redact":                   "admin",
	"rights.rooms_govern":             "admin",
	"rights.ban_address":              "admin",
	"rights.ban_forever":              "admin",
	"rights.addresses_see":            "admin",
	"rights.wall":                     "admin",
	"rights.allowlist":                "admin",
	"rights.lockdown":                 "admin",
	"rights.audit_read":               "admin",
	"rights.accounts_manage":          "admin",
	"rights.plugin_manage":            "admin",
	"rights.config_reload":            "admin",
	"rights.stats":                    "admin",
	"rights.role_grant":               "admin",
	"plugins.require_checksum":        "true",
	"plugins.start":                   "6s",
	"plugins.describe":                "3s",
	"plugins.configure":               "6s",
	"plugins.wait":                    "3s",
	"plugins.run":                     "31s",
	"plugins.max_run":                 "11m",
	"plugins.silence":                 "11s",
	"plugins.complete":                "110ms",
	"plugins.filter":                  "60ms",
	"plugins.failures":                "6",
	"plugins.failure_pause":           "31s",
	"plugins.health":                  "11s",
	"plugins.health_answer":           "3s",
	"plugins.missed":                  "4",
	"plugins.good":                    "4",
	"plugins.first_pause":             "260ms",
	"plugins.longest_pause":           "31s",
	"plugins.well":                    "2m",
	"plugins.crashes":                 "6",
	"plugins.crash_window":            "11m",
	"plugins.drain":                   "11s",
	"plugins.stop":                    "4s",
}

// otherConfig is what other amounts to: all that the environment can set.
func otherConfig() Config {
	return Config{
		Server:   Server{Name: "Salon", MOTD: "Tea at five", Drain: 3e9, IO: IOStream},
		Listen:   []Listen{{"[::1]:4000", true}, {"0.0.0.0:4001", true}},
		Shell:    Shell{Mode: ModeCommand, Room: "hall", MaxLine: 2048},
		Pipeline: Pipeline{3, 2048, 4e9},
		Login:    Login{false, 90e9, 0, true, SecondTakeover, 20 * MiB, 3, 4},
		Rooms:    Rooms{Keep: 48 * 3600e9, JoinNoise: 7, Max: 8, PerUser: 9},
		Room:     []Room{{Name: "staff", Role: RoleGuest, Moderators: []string{}}, {Name: "ops", Role: RoleGuest, Moderators: []string{}}},
		Limits:   Limits{0, 11, 12, 13, 0.5, 16, 0.25, 17, 18, 1 << 20, 250e6, 20e9, 19, 20, 21, []string{"10.0.0.0/8", "::1"}},
		History:  History{14, 15, 100000, 5 * 3600e9, 22, 2 * GiB},
		Store:    Store{"/var/lib/Chat Room", "nats://ann:s3same@127.0.0.1:4222", "club", 3, 5 * GiB},
		Log:      Log{LevelDebug, FormatJSON},
		Roles:    Roles{[]string{"Ann", "Bob"}, []string{"Cyd"}, []string{"Dee"}},
		Rights: Rights{
			Say: RoleUser, Register: RoleUser, Report: RoleUser, Kick: RoleAdmin, Mute: RoleAdmin, Ban: RoleAdmin, Slow: RoleAdmin, Redact: RoleAdmin, RoomsGovern: RoleAdmin, BanAddress: RoleAdmin, BanForever: RoleAdmin, AddressesSee: RoleAdmin, Wall: RoleAdmin, Allowlist: RoleAdmin, Lockdown: RoleAdmin, AuditRead: RoleAdmin, AccountsManage: RoleAdmin, PluginManage: RoleAdmin, ConfigReload: RoleAdmin, Stats: RoleAdmin, RoleGrant: RoleAdmin,
		},
		Plugins: Plugins{true, 6e9, 3e9, 6e9, 3e9, 31e9, 11 * 60e9, 11e9, 110e6, 60e6, 6, 31e9, 11e9, 3e9, 4, 4, 260e6, 31e9, 120e9, 6, 11 * 60e9, 11e9, 4e9},
		Plugin:  []Plugin{},
		Rule:    []Rule{},
	}
}

// fileConfig is otherConfig with what only the file can set.
func fileConfig() Config {
	c := otherConfig()
	p := defaultPlugin()
	p.Name, p.Path, p.Grant, p.Timeout = "deploy", "bin/deploy", []string{"kv"}, 60e9
	p.Commands, p.Limits.Files = map[string]string{"deploy": "ship"}, 128
	c.Plugin = []Plugin{p}
	c.Rule = []Rule{{Command: "ship", Roles: []Role{RoleOperator}, Rooms: []string{"ops"}, Args: []string{"web"}}}
	return c
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
// Config must have neither, but for maps in tables that stand in the file alone:
// their keys are lower case, or they are a Free, which viper does not read.
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
		case reflect.Map:
			if !strings.HasPrefix(at, "Config.Plugin[]") {
				t.Errorf("%s is a map", at)
			}
		default:
			t.Errorf("%s is a %s", at, typ.Kind())
		}
	}
	walk("Config", reflect.TypeFor[Config]())
}

// Which settings need a restart is part of the design.
func TestRestartSettings(t *testing.T) {
	want := map[string]bool{
		"server.io": true, "listen": true, "login.hash_memory": true, "login.hash_passes": true, "login.hash_threads": true,
		"store.dir": true, "store.url": true, "store.prefix": true, "store.replicas": true, "store.max": true,
	}
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
