package commands

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

// reloadTime is how long a new process of a plugin has to serve.
const reloadTime = 30 * time.Second

func (d *Deps) plugin() command.Command {
	name := []command.Arg{{Name: "name", Type: command.String, Help: "which, as plugins lists it"}}
	act := func(spec command.Spec, did, told, undo string, do func(name string) error) command.Command {
		spec.Blocking, spec.Args = true, name
		return command.New(spec, func(ctx context.Context, c *command.Call) error {
			p, err := d.manage(ctx, c, did, do)
			if err != nil {
				return err
			}
			return tell(c, "%s %s%s", p.Name, told, undoable(c, undo+" "+p.Name))
		})
	}
	return withSubs(command.Spec{
		Name: "plugin", Group: groupServer, Role: d.least(account.CanManagePlugins),
		Summary: "start, stop, exchange and look into a plugin",
		Help: `
Plugins are programs of their own that the server starts as its config says;
plugins lists them. stop ends one until it is started or the server is; disable
lasts until enable. enable also has one try again that was switched off after
crashes. reload puts a changed program in the place of the one that runs, and
nobody notices: commands that run finish with the old one, and if the new one
does not start the old one stays. reload without plugin does that for all whose
program or table changed.
`,
		Examples: []string{"plugin info dice", "plugin reload dice"},
	},
		act(command.Spec{
			Name: "start", Summary: "start one that is stopped", Examples: []string{"plugin start poll"},
			Help: `
Starts a plugin that was stopped, that waits after a crash or that is started by
its first call only. It does not wait for it: plugins shows how it goes.
`,
		}, "started", "is starting; plugins shows how it goes", "plugin stop", func(name string) error { return d.Plugins.Start(name) }),
		act(command.Spec{
			Name: "stop", Summary: "end one until it is started again", Examples: []string{"plugin stop dice"},
			Help: `
Lets what runs finish, for some seconds at most, and ends the plugin's process.
Whoever types one of its commands is told that it is switched off.
`,
		}, "stopped", "ends", "plugin start", func(name string) error { return d.Plugins.Stop(name) }),
		d.pluginReload(name),
		act(command.Spec{
			Name: "enable", Summary: "take disable back, or let one try again after crashes", Examples: []string{"plugin enable poll"},
			Help: `
Starts a plugin that was disabled here, or that the server switched off because
it crashed too often or can't be started. What the config disables stays off.
`,
		}, "enabled", "is enabled and starts; plugins shows how it goes", "plugin disable", func(name string) error { return d.Plugins.Enable(name) }),
		act(command.Spec{
			Name: "disable", Summary: "end one for good", Examples: []string{"plugin disable dice"},
			Help: `
As stop, but it stays off when the server starts again, until somebody enables
it.
`,
		}, "disabled", "is disabled, also when the server starts again", "plugin enable", func(name string) error { return d.Plugins.Disable(name) }),
		d.pluginLogs(name), d.pluginInfo(name),
	)
}

func (d *Deps) pluginReload(name []command.Arg) command.Command {
	return command.New(command.Spec{
		Name: "reload", Blocking: true, Timeout: reloadTime, Cost: costPage, Summary: "run its program as it is now", Args: name,
		Help: `
Starts the plugin's program as it is now and, once that serves, hands over to
it; commands that run finish with the old one. If the new one does not serve you
are told why, and the old one goes on.
`,
		Examples: []string{"plugin reload dice"},
	}, func(ctx context.Context, c *command.Call) error {
		p, err := d.manage(ctx, c, "reloaded", func(name string) error { return d.Plugins.Reload(ctx, name) })
		if err != nil {
			return err
		}
		version := ""
		if now, err := d.pluginNamed(c); err == nil && now.Version != "" {
			version = ", version " + now.Version
		}
		return tell(c, "%s runs its program as it is now%s", p.Name, version)
	})
}

func (d *Deps) pluginLogs(name []command.Arg) command.Command {
	return command.New(command.Spec{
		Name: "logs", Blocking: true, Paged: true, Cost: costList, Summary: "show what it wrote and what happened to it",
		Args: append(name[:1:1], command.Arg{Name: "n", Type: command.Int, Optional: true, Default: "50", Min: 1, Max: 200, Help: "how many lines, the last ones"}),
		Help: `
Shows the last lines that the plugin wrote to its standard output and error, and
what the server has to say of it, with the time of each. 200 are kept.
`,
		Examples: []string{"plugin logs dice", "plugin logs dice 200 | grep -i error"},
	}, func(ctx context.Context, c *command.Call) error {
		if _, err := d.authorized(ctx, c, account.CanManagePlugins, ""); err != nil {
			return err
		}
		p, err := d.pluginNamed(c)
		if err != nil {
			return err
		}
		lines, err := d.Plugins.Logs(p.Name, c.Int("n"))
		switch {
		case err != nil:
			return err
		case len(lines) == 0:
			return tell(c, "%s wrote nothing, and nothing happened to it.", p.Name)
		}
		return c.Printf("%s", strings.Join(lines, "\n"))
	})
}

func (d *Deps) pluginInfo(name []command.Arg) command.Command {
	return command.New(command.Spec{
		Name: "info", Blocking: true, Records: true, Cost: costPage, Summary: "tell all about one", Args: name,
		Help: `
Tells all that is known of a plugin: what it may do, its process, the sha256 of
what runs, names that it could not have, its calls, and what is wrong.
`,
		Examples: []string{"plugin info dice", "plugin info dice --json"},
	}, func(ctx context.Context, c *command.Call) error {
		if _, err := d.authorized(ctx, c, account.CanManagePlugins, ""); err != nil {
			return err
		}
		p, err := d.pluginNamed(c)
		if err != nil {
			return err
		}
		if c.JSON {
			return c.Object(newPluginObject(&p))
		}
		var t table
		for _, r := range []struct{ name, value string }{
			{"name", p.Name},
			{"summary", p.Summary},
			{"version", p.Version},
			{"state", p.state(c.Now) + lasting(c.Now, p.Since)},
			{"problem", p.Problem},
			{"commands", strings.Join(p.Commands, ", ")},
			{"clashes", strings.Join(p.Clashes, "; ")},
			{"granted", strings.Join(p.Granted, ", ")},
			{"process", number(p.PID)},
			{"memory", bytesOf(p.Memory)},
			{"sha256", p.SHA256},
			{"pinned", yesNo(p.Pinned)},
			{"restarts", strconv.Itoa(p.Restarts)},
			{"running", strconv.Itoa(p.Running)},
			{"calls", p.calls()},
			{"p50, p99", took(p.P50) + ", " + took(p.P99)},
			{"events dropped", number(int(p.Dropped))},
			{"filter", paused(p.Paused)},
		} {
			if r.value != "" {
				t.row(r.name, r.value)
			}
		}
		return t.write(c.Out, 0)
	})
}

// lasting is for how long, "" if that is unknown.
func lasting(now, then time.Time) string {
	if then.IsZero() {
		return ""
	}
	return " for " + span(now.Sub(then))
}

// number is n, "" for none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func bytesOf(n int64) string {
	if n <= 0 {
		return ""
	}
	return size(uint64(n))
}

func paused(is bool) string {
	if is {
		return "left alone for a while, because it failed"
	}
	return ""
}
