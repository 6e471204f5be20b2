package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

// Plugins are the plugins of the server. The methods are called from many
// goroutines; none but Reload blocks for long. Errors are *chat.Error: NotFound if
// there is no plugin of that name.
type Plugins interface {
	// All are the plugins in the order of the config.
	All() []Plugin
	// Start has one run that is stopped or waits after a crash. Conflict: it runs;
	// Forbidden: it is disabled.
	Start(name string) error
	// Stop ends its process until Start or a restart of the server. Conflict: it
	// does not run.
	Stop(name string) error
	// Enable takes back Disable, and has one try again that is quarantined.
	// Conflict: it runs; Forbidden: the config disables it.
	Enable(name string) error
	// Disable stops it for good. Conflict: it is disabled.
	Disable(name string) error
	// Reload starts it anew with its program as it is now, and returns when that
	// serves or has failed; then the old one goes on. Unavailable: it failed.
	Reload(ctx context.Context, name string) error
	// Logs are the last n lines that it wrote or that tell what happened to it.
	Logs(name string, n int) ([]string, error)
}

// A Plugin is what is known of a plugin at one moment.
type Plugin struct {
	Name     string
	Version  string // as it says; "": not known
	Summary  string // likewise
	State    string // stopped, starting, ready, degraded, backoff, quarantined or draining
	Since    time.Time
	Next     time.Time // of its next start, in backoff
	Disabled bool      // by an operator or by the config
	Problem  string    // one line: why it is not well, or why a newer program or table is not used; "": nothing
	Commands []string  // as they can be typed
	Clashes  []string  // sentences about names that belong to others
	Granted  []string  // capabilities
	PID      int       // 0: there is no process
	Memory   int64     // bytes of its process; 0: unknown
	SHA256   string    // of what runs; "": unknown
	Pinned   bool      // the config has that
	Restarts int
	Running  int // commands at the moment
	Calls    uint64
	Failures uint64        // of the calls
	P50, P99 time.Duration // of the last calls
	Dropped  uint64        // events that it was too slow for
	Paused   bool          // its filter is left alone for a while
}

func (d *Deps) plugins() command.Command {
	return command.New(command.Spec{
		Name: "plugins", Group: groupServer, Role: d.least(account.CanManagePlugins), Blocking: true, Records: true, Cost: costPage,
		Summary: "list the plugins and how they do",
		Help: `
Lists the plugins in the order of the config: the state of each, its version
and commands, how often it was started again after a crash, its calls and how
long half and all but a hundredth of the last ones took, whether the config
pins its program by sha256, and what is wrong with it. plugin info NAME tells
all about one, plugin logs NAME what it wrote.
`,
		Examples: []string{"plugins", "plugins --json"},
	}, func(ctx context.Context, c *command.Call) error {
		if _, err := d.authorized(ctx, c, account.CanManagePlugins, ""); err != nil {
			return err
		}
		all := d.Plugins.All()
		if c.JSON {
			for i := range all {
				if err := c.Object(newPluginObject(&all[i])); err != nil {
					return err
				}
			}
			return nil
		}
		if len(all) == 0 {
			return tell(c, "There are no plugins; a table [[plugin]] in the config adds one.")
		}
		return WritePlugins(c.Out, all, c.Now, c.View().Width)
	})
}

// WritePlugins writes the table of the command plugins, a line each that ends in \n,
// in one Write. The last column is shortened so that lines fit into width columns; 0
// leaves it whole.
func WritePlugins(w io.Writer, all []Plugin, now time.Time, width int) error {
	var t table
	t.row("NAME", "STATE", "VERSION", "COMMANDS", "RESTARTS", "CALLS", "P50", "P99", "PINNED", "PROBLEM")
	for i := range all {
		p := &all[i]
		t.row(p.Name, p.state(now), or(p.Version, "-"), p.commands(), strconv.Itoa(p.Restarts), p.calls(),
			took(p.P50), took(p.P99), yesNo(p.Pinned), p.problem())
	}
	return t.write(w, width)
}

// state is the state with what matters about it.
func (p *Plugin) state(now time.Time) string {
	switch {
	case p.Disabled && p.State == "stopped":
		return "disabled"
	case !p.Next.IsZero():
		return p.State + " " + span(p.Next.Sub(now))
	}
	return p.State
}

// shownCommands is how many commands of a plugin the table names.
const shownCommands = 3

func (p *Plugin) commands() string {
	switch n := len(p.Commands); {
	case n == 0:
		return "-"
	case n > shownCommands:
		return fmt.Sprintf("%s+%d", strings.Join(p.Commands[:shownCommands], ","), n-shownCommands)
	}
	return strings.Join(p.Commands, ",")
}

func (p *Plugin) calls() string {
	if p.Failures == 0 {
		return strconv.FormatUint(p.Calls, 10)
	}
	return fmt.Sprintf("%d (%d failed)", p.Calls, p.Failures)
}

// problem is what an operator should look at; "" is nothing.
func (p *Plugin) problem() string {
	switch {
	case p.Problem != "":
		return p.Problem
	case p.Paused:
		return "its filter is left alone for a while"
	case len(p.Clashes) > 0:
		return p.Clashes[0]
	}
	return ""
}

// took is a duration as people compare it: 0.3ms, 12ms, 1.5s; none is "-".
func took(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// pluginObject is a plugin: plugins, plugin info. It is documented as those in
// objects.go are.
type pluginObject struct {
	Type     string    `json:"type"` // plugin
	Name     string    `json:"name"`
	State    string    `json:"state"` // stopped, starting, ready, degraded, backoff, quarantined or draining
	Since    time.Time `json:"since,omitzero"`
	Next     time.Time `json:"next,omitzero"`      // of the next start, in backoff
	Disabled bool      `json:"disabled,omitempty"` // by an operator or the config
	Problem  string    `json:"problem,omitempty"`
	Version  string    `json:"version,omitempty"`
	Summary  string    `json:"summary,omitempty"`
	Commands []string  `json:"commands,omitempty"` // as they can be typed
	Clashes  []string  `json:"clashes,omitempty"`  // about names that belong to others
	Granted  []string  `json:"granted,omitempty"`  // capabilities
	PID      int       `json:"pid,omitempty"`
	Memory   int64     `json:"memory,omitempty"` // bytes
	SHA256   string    `json:"sha256,omitempty"`
	Pinned   bool      `json:"pinned,omitempty"`
	Restarts int       `json:"restarts"`
	Running  int       `json:"running"` // calls at the moment
	Calls    uint64    `json:"calls"`
	Failures uint64    `json:"failures"`
	P50      float64   `json:"p50_seconds,omitempty"` // of the last calls
	P99      float64   `json:"p99_seconds,omitempty"`
	Dropped  uint64    `json:"events_dropped,omitempty"`
	Paused   bool      `json:"filter_paused,omitempty"`
}

func newPluginObject(p *Plugin) pluginObject {
	return pluginObject{
		Type: "plugin", Name: p.Name, State: p.State, Since: stamp(p.Since), Next: stamp(p.Next), Disabled: p.Disabled, Problem: p.Problem,
		Version: p.Version, Summary: p.Summary, Commands: p.Commands, Clashes: p.Clashes, Granted: p.Granted,
		PID: p.PID, Memory: p.Memory, SHA256: p.SHA256, Pinned: p.Pinned, Restarts: p.Restarts, Running: p.Running,
		Calls: p.Calls, Failures: p.Failures, P50: p.P50.Seconds(), P99: p.P99.Seconds(), Dropped: p.Dropped, Paused: p.Paused,
	}
}

// pluginNamed is the plugin that the argument name names.
func (d *Deps) pluginNamed(c *command.Call) (Plugin, error) {
	name := c.String("name")
	all := d.Plugins.All()
	i := slices.IndexFunc(all, func(p Plugin) bool { return p.Name == name })
	if i < 0 {
		among := each(all, func(p Plugin) string { return p.Name })
		return Plugin{}, orSay(c, missing("There is no plugin "+name, name, among, "plugins lists them"))
	}
	return all[i], nil
}

// manage does something to the plugin that the call names, if the caller may, and
// has it noted.
func (d *Deps) manage(ctx context.Context, c *command.Call, did string, do func(name string) error) (Plugin, error) {
	by, err := d.authorized(ctx, c, account.CanManagePlugins, "")
	if err != nil {
		return Plugin{}, err
	}
	p, err := d.pluginNamed(c)
	if err != nil {
		return p, err
	}
	err = do(p.Name)
	d.Accounts.Audit.Record(ctx, by, account.PluginChange{Plugin: p.Name, Action: did, Sum: p.SHA256}, err)
	if err == nil {
		d.tellStaff(c, account.CanManagePlugins, fmt.Sprintf("%s %s the plugin %s", by.Name, did, p.Name))
	}
	return p, err
}
