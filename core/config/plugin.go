package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Plugins is the table [plugins]: what goes for all plugins. All of it is live and
// holds for what begins from then on.
type Plugins struct {
	RequireChecksum bool `mapstructure:"require_checksum"` // a plugin without sha256 is not run; default false

	Start     time.Duration `mapstructure:"start"`     // from the start of a process to its first answer, 100ms to 5m; default 5s
	Describe  time.Duration `mapstructure:"describe"`  // for it to say what it has, 100ms to 1m; default 2s
	Configure time.Duration `mapstructure:"configure"` // for it to take its config, 100ms to 1m; default 5s
	Wait      time.Duration `mapstructure:"wait"`      // of a caller for a plugin that is starting, 1ms to 1m; default 2s

	Run      time.Duration `mapstructure:"run"`      // of a command that asks for no other time, 100ms to 24h; default 30s
	MaxRun   time.Duration `mapstructure:"max_run"`  // of any command, 100ms to 24h, no less than Run; default 10m
	Silence  time.Duration `mapstructure:"silence"`  // of a command without output that asks for no time, 100ms to 24h; default 5s
	Complete time.Duration `mapstructure:"complete"` // for proposals while somebody types, 1ms to 10s; default 100ms

	Filter       time.Duration `mapstructure:"filter"`        // for the judgement of one message, 1ms to 10s; default 50ms
	Failures     int           `mapstructure:"failures"`      // of a filter in a row, after which it is left alone, 1 to 1000; default 5
	FailurePause time.Duration `mapstructure:"failure_pause"` // for so long, 1s to 24h; default 30s

	Health       time.Duration `mapstructure:"health"`        // between two checks of a process, 100ms to 1h; default 10s
	HealthAnswer time.Duration `mapstructure:"health_answer"` // for its answer, 1ms to 1m; default 2s
	Missed       int           `mapstructure:"missed"`        // checks in a row, after which the process is ended, 1 to 100; default 3
	Good         int           `mapstructure:"good"`          // checks in a row, after which all is well again, 1 to 100; default 3

	FirstPause   time.Duration `mapstructure:"first_pause"`   // after a crash; the next ones double, 10ms to 1h; default 250ms
	LongestPause time.Duration `mapstructure:"longest_pause"` // 10ms to 24h, no less than FirstPause; default 30s
	Well         time.Duration `mapstructure:"well"`          // a life of so long makes the pause short again, 1s to 24h; default 1m
	Crashes      int           `mapstructure:"crashes"`       // within CrashWindow, after which it is switched off, 1 to 1000; default 5
	CrashWindow  time.Duration `mapstructure:"crash_window"`  // 1s to 168h; default 10m

	Drain time.Duration `mapstructure:"drain"` // for commands that run when their process is to end, 1ms to 1h; default 10s
	Stop  time.Duration `mapstructure:"stop"`  // for the process to come to rest, 1ms to 1m; default 2s
}

func defaultPlugins() Plugins {
	return Plugins{
		Start: 5 * time.Second, Describe: 2 * time.Second, Configure: 5 * time.Second, Wait: 2 * time.Second,
		Run: 30 * time.Second, MaxRun: 10 * time.Minute, Silence: 5 * time.Second, Complete: 100 * time.Millisecond,
		Filter: 50 * time.Millisecond, Failures: 5, FailurePause: 30 * time.Second,
		Health: 10 * time.Second, HealthAnswer: 2 * time.Second, Missed: 3, Good: 3,
		FirstPause: 250 * time.Millisecond, LongestPause: 30 * time.Second, Well: time.Minute, Crashes: 5, CrashWindow: 10 * time.Minute,
		Drain: 10 * time.Second, Stop: 2 * time.Second,
	}
}

// Plugin is one table [[plugin]]: a program that gives the server commands, filters
// and whatever else. Only the file has them, not the environment or flags. All of it is
// live.
type Plugin struct {
	Name     string            `mapstructure:"name"`     // 1 to 32 of a-z, 0-9 and -, a letter first; no default
	Path     string            `mapstructure:"path"`     // the program, from the config file's folder; no default
	Args     []string          `mapstructure:"args"`     // for the program; by default none
	Env      []Secret          `mapstructure:"env"`      // "K=V", all that it finds in its environment besides PATH, HOME, LANG and TZ; by default none
	Files    []string          `mapstructure:"files"`    // what the program needs beside it, as Path; by default none
	SHA256   string            `mapstructure:"sha256"`   // what program and files must be, in hex; default "", anything
	Enabled  bool              `mapstructure:"enabled"`  // false: listed, but not run; default true
	Start    Start             `mapstructure:"start"`    // default eager
	Timeout  time.Duration     `mapstructure:"timeout"`  // of a command that asks for no other time, 0s (as Plugins.Run) or 100ms to 24h; default 0s
	Grant    []string          `mapstructure:"grant"`    // what of it that the plugin asks for it may do; by default nothing
	MTLS     bool              `mapstructure:"mtls"`     // false: plain gRPC, for languages that can't; default true
	User     string            `mapstructure:"user"`     // who it runs as, for a server that runs as root; default "", who runs the server
	Filter   FilterMode        `mapstructure:"filter"`   // what becomes of a message that it does not judge in time; default open
	Commands map[string]string `mapstructure:"commands"` // other names for its commands, "" leaves one out; by default none
	Limits   PluginLimits      `mapstructure:"limits"`
	Config   Free              `mapstructure:"config"` // the plugin's own; by default nothing
}

// Start says when a plugin's process is started.
type Start string

// The values of plugin.start.
const (
	StartEager Start = "eager" // with the server
	StartLazy  Start = "lazy"  // by its first call, once its commands are known
)

// FilterMode says what becomes of a message that a filter did not judge.
type FilterMode string

// The values of plugin.filter.
const (
	FilterOpen   FilterMode = "open"   // it passes
	FilterClosed FilterMode = "closed" // it is refused
)

// PluginLimits is the table [plugin.limits]: what one plugin may take.
type PluginLimits struct {
	Memory  Size `mapstructure:"memory"`  // bytes of data of its process, 16MiB to 1TiB; default 512MiB
	Files   int  `mapstructure:"files"`   // that its process has open, 16 to 1000000; default 64
	Running int  `mapstructure:"running"` // commands at once, 1 to 10000; default 32
	Lines   int  `mapstructure:"lines"`   // of output of one command, 1 to 1000000; default 2000
	Output  Size `mapstructure:"output"`  // bytes of output of one command, 1KiB to 64MiB; default 256KiB
	Store   Size `mapstructure:"store"`   // bytes that it keeps, 1KiB to 1TiB; default 16MiB
}

// defaultPlugin is a table that says nothing.
func defaultPlugin() Plugin {
	return Plugin{
		Args: []string{}, Env: []Secret{}, Files: []string{}, Enabled: true, Start: StartEager, Grant: []string{}, MTLS: true, Filter: FilterOpen,
		Commands: map[string]string{},
		Limits:   PluginLimits{Memory: 512 * MiB, Files: 64, Running: 32, Lines: 2000, Output: 256 * KiB, Store: 16 * MiB},
		Config:   Free{},
	}
}

// Free is a table whose keys are not the server's business, as TOML gives it: strings,
// int64, float64, bool, times, lists and tables. It may hold secrets, so it is shown
// nowhere.
type Free map[string]any

// JSON is the table as a JSON object. Dates and times are strings. The error tells of
// a number that JSON does not have.
func (f Free) JSON() (json.RawMessage, error) {
	if f == nil {
		f = Free{}
	}
	p, err := json.Marshal(map[string]any(f))
	if err != nil {
		return nil, fmt.Errorf("holds a value that JSON does not have: %w", err)
	}
	return p, nil
}

// freeTables fills in what viper can't read, because it folds the case of keys.
func (f *file) freeTables(c *Config) error {
	var document struct {
		Plugin []struct{ Config Free }
	}
	if err := toml.Unmarshal(f.data, &document); err != nil {
		return err // not after check
	}
	for i := range c.Plugin {
		if free := document.Plugin[i].Config; free != nil {
			c.Plugin[i].Config = free
		}
	}
	return nil
}

// literal is the table in one line, without what is as by default.
func (p Plugin) literal() string {
	return differing(reflect.ValueOf(p), reflect.ValueOf(defaultPlugin()))
}

// literal is the table in one line, likewise.
func (l PluginLimits) literal() string {
	return differing(reflect.ValueOf(l), reflect.ValueOf(defaultPlugin().Limits))
}

// differing is a table with the keys whose values are not the default ones.
func differing(table, defaults reflect.Value) string {
	var fields []string
	for f, value := range table.Fields() {
		if !same(value, defaults.FieldByIndex(f.Index)) {
			fields = append(fields, keyName(f)+" = "+literal(value))
		}
	}
	if fields == nil {
		return "{}"
	}
	return "{ " + strings.Join(fields, ", ") + " }"
}

// capabilities are what a plugin can ask for and be granted.
var capabilities = []string{
	"say.room", "say.user", "users.list", "rooms.list", "history.read", "kv", "filter", "filter.private",
	"events.say", "events.emote", "events.join", "events.leave", "events.rename", "events.topic", "events.redact",
}

func (v *validator) supervision(key string, p Plugins) {
	for _, d := range []struct {
		name        string
		is          time.Duration
		least, most time.Duration
	}{
		{"start", p.Start, 100 * time.Millisecond, 5 * time.Minute},
		{"describe", p.Describe, 100 * time.Millisecond, time.Minute},
		{"configure", p.Configure, 100 * time.Millisecond, time.Minute},
		{"wait", p.Wait, time.Millisecond, time.Minute},
		{"run", p.Run, 100 * time.Millisecond, day},
		{"max_run", p.MaxRun, 100 * time.Millisecond, day},
		{"silence", p.Silence, 100 * time.Millisecond, day},
		{"complete", p.Complete, time.Millisecond, 10 * time.Second},
		{"filter", p.Filter, time.Millisecond, 10 * time.Second},
		{"failure_pause", p.FailurePause, time.Second, day},
		{"health", p.Health, 100 * time.Millisecond, time.Hour},
		{"health_answer", p.HealthAnswer, time.Millisecond, time.Minute},
		{"first_pause", p.FirstPause, 10 * time.Millisecond, time.Hour},
		{"longest_pause", p.LongestPause, 10 * time.Millisecond, day},
		{"well", p.Well, time.Second, day},
		{"crash_window", p.CrashWindow, time.Second, 7 * day},
		{"drain", p.Drain, time.Millisecond, time.Hour},
		{"stop", p.Stop, time.Millisecond, time.Minute},
	} {
		between(v, key+"."+d.name, d.is, d.least, d.most)
	}
	between(v, key+".failures", p.Failures, 1, 1000)
	between(v, key+".missed", p.Missed, 1, 100)
	between(v, key+".good", p.Good, 1, 100)
	between(v, key+".crashes", p.Crashes, 1, 1000)
	if p.MaxRun < p.Run {
		v.add(key+".max_run", "%s is less than plugins.run (%s)", show(p.MaxRun), show(p.Run))
	}
	if p.LongestPause < p.FirstPause {
		v.add(key+".longest_pause", "%s is less than plugins.first_pause (%s)", show(p.LongestPause), show(p.FirstPause))
	}
}

var (
	pluginName  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	pluginEnv   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=[^\x00]*$`)
	pluginSum   = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	commandName = regexp.MustCompile(`^[a-z0-9:?][a-z0-9:?-]{0,64}$`)
)

func (v *validator) plugins(key string, plugins []Plugin) {
	seen := map[string]bool{}
	for i, p := range plugins {
		at := key + "[" + strconv.Itoa(i) + "]"
		if !pluginName.MatchString(p.Name) {
			v.add(at+".name", "%s is no name of a plugin; write 1 to 32 of the characters a-z, 0-9 and -, a letter first", show(p.Name))
		}
		if seen[p.Name] {
			v.add(at+".name", "%s is there twice", show(p.Name))
		}
		seen[p.Name] = true
		v.line(at+".path", p.Path, 1, 4096)
		for n, f := range p.Files {
			v.line(at+".files["+strconv.Itoa(n)+"]", f, 1, 4096)
		}
		for n, kv := range p.Env {
			if !pluginEnv.MatchString(kv.Reveal()) {
				v.add(at+".env["+strconv.Itoa(n)+"]", `is not of the form "NAME=VALUE"`)
			}
		}
		if p.SHA256 != "" && !pluginSum.MatchString(p.SHA256) {
			v.add(at+".sha256", "%s is not 64 hexadecimal digits; chatroom plugin pin %s prints the right ones", show(p.SHA256), p.Name)
		}
		oneOf(v, at+".start", p.Start, StartEager, StartLazy)
		zeroOrDefault(v, at+".timeout", p.Timeout, 100*time.Millisecond, day)
		for n, c := range p.Grant {
			if !slices.Contains(capabilities, c) {
				v.add(at+".grant["+strconv.Itoa(n)+"]", "there is no capability %s%s", show(c), orList(didYouMean(c, capabilities), "; there are "+strings.Join(capabilities, ", ")))
			}
		}
		v.line(at+".user", p.User, 0, 64)
		oneOf(v, at+".filter", p.Filter, FilterOpen, FilterClosed)
		for _, old := range slices.Sorted(maps.Keys(p.Commands)) {
			switch to := p.Commands[old]; {
			case !pluginName.MatchString(old):
				v.add(at+".commands", "%s is no name of a command", show(old))
			case to != "" && !pluginName.MatchString(to):
				v.add(at+".commands."+old, `%s is no name for a command; write 1 to 32 of the characters a-z, 0-9 and -, a letter first, or "" to leave it out`, show(to))
			}
		}
		v.pluginLimits(at+".limits", p.Limits)
		if _, err := p.Config.JSON(); err != nil {
			v.add(at+".config", "%w", err)
		}
	}
}

func (v *validator) pluginLimits(key string, l PluginLimits) {
	between(v, key+".memory", l.Memory, 16*MiB, TiB)
	between(v, key+".files", l.Files, 16, 1_000_000)
	between(v, key+".running", l.Running, 1, 10_000)
	between(v, key+".lines", l.Lines, 1, 1_000_000)
	between(v, key+".output", l.Output, KiB, 64*MiB)
	between(v, key+".store", l.Store, KiB, TiB)
}

// zeroOrDefault wants x to be zero, which means what goes for all, or in a range.
func zeroOrDefault(v *validator, key string, x, least, most time.Duration) {
	if x != 0 {
		between(v, key, x, least, most)
	}
}

// orList is hint, or otherwise if there is none.
func orList(hint, otherwise string) string {
	if hint == "" {
		return otherwise
	}
	return hint
}

// A FreeProblem is what is wrong in the table [plugin.config] of a plugin, which only
// the plugin knows.
type FreeProblem struct {
	Plugin string // the name of the table [[plugin]]
	Path   string // below [plugin.config], "words[1]"; "" is the whole
	Text   string // what is wrong, without the value
}

// FreeErrors is the error that Load would have returned, had it known of these
// problems: with the place of each in the file; nil for none.
func (l *Loaded) FreeErrors(problems []FreeProblem) error {
	if len(problems) == 0 {
		return nil
	}
	f, err := open(l.Path)
	if err != nil {
		return err
	}
	if f != nil {
		if err := join(f.check(reflect.TypeFor[Config]())); err != nil { // it has just changed
			return err
		}
	}
	all := make([]*Error, len(problems))
	for n, p := range problems {
		i := slices.IndexFunc(l.Config.Plugin, func(o Plugin) bool { return o.Name == p.Plugin })
		key := "plugin[" + strconv.Itoa(i) + "].config"
		if p.Path != "" {
			key += "." + p.Path
		}
		all[n] = &Error{Key: key, Err: errors.New(p.Text)}
	}
	l.locate(f, all)
	for _, p := range all {
		p.Key = printable(p.Key)
	}
	return join(all)
}

// PluginOf is the table of that name.
func (c *Config) PluginOf(name string) (Plugin, bool) {
	i := slices.IndexFunc(c.Plugin, func(p Plugin) bool { return p.Name == name })
	if i < 0 {
		return Plugin{}, false
	}
	return c.Plugin[i], true
}
