package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

// A pluginShelf is the plugins as the commands see them.
type pluginShelf struct {
	*host.Host
	path func(name string) string // of a plugin's program
}

var _ commands.Plugins = pluginShelf{}

func (a *App) shelf() pluginShelf {
	return pluginShelf{a.plugins, func(name string) string {
		l := a.loaded.Load()
		p, _ := l.Config.PluginOf(name)
		return beside(l.Path, p.Path)
	}}
}

// All implements commands.Plugins.
func (s pluginShelf) All() []commands.Plugin {
	states := s.Status()
	all := make([]commands.Plugin, len(states))
	for i := range states {
		st := &states[i]
		all[i] = commands.Plugin{
			Name: st.Name, Version: st.Version, Summary: st.Summary, State: st.State.String(), Since: st.Since, Next: st.Next,
			Disabled: st.Disabled, Problem: st.Problem, Commands: st.Commands, Clashes: st.Clashes, Granted: st.Granted,
			PID: st.PID, Memory: st.Memory, SHA256: st.SHA256, Pinned: st.Pinned, Restarts: st.Restarts, Running: st.Running,
			Calls: st.Calls, Failures: st.Failures, P50: st.P50, P99: st.P99, Dropped: st.Dropped, Paused: st.Paused,
		}
		if st.State == host.Quarantined {
			if missing := missingProgram(st.Name, s.path(st.Name)); missing != "" {
				all[i].Problem = missing
			}
		}
	}
	return all
}

// pluginStats are the figures of the plugins.
func (a *App) pluginStats() []commands.Stat {
	var serving, calls, failures, memory uint64
	all := a.plugins.Status()
	for i := range all {
		if s := all[i].State; s == host.Ready || s == host.Degraded {
			serving++
		}
		calls += all[i].Calls
		failures += all[i].Failures
		memory += uint64(all[i].Memory)
	}
	return []commands.Stat{
		{Name: "plugins", Value: fmt.Sprintf("%d of %d run, in %d MiB", serving, len(all), memory>>20)},
		{Name: "plugin calls", Value: fmt.Sprintf("%d, %d failed", calls, failures)},
	}
}

// warnMissing tells of programs that are not there, and how to build them.
func (a *App) warnMissing(c *config.Config) {
	for i := range c.Plugin {
		p := &c.Plugin[i]
		if hint := missingProgram(p.Name, beside(a.loaded.Load().Path, p.Path)); hint != "" && p.Enabled {
			a.log.Warn("a plugin is not there", "plugin", p.Name, "why", hint)
		}
	}
}

// shippedPlugins are those whose sources come with the server's.
var shippedPlugins = []string{"cal", "dice", "exec", "greet", "poll", "remind", "top", "wordfilter"}

// missingProgram says that a plugin's program does not exist and what to do about it;
// "" if it does.
func missingProgram(name, path string) string {
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		return ""
	}
	if name != "cal" && slices.Contains(shippedPlugins, name) && filepath.Base(path) == name {
		return fmt.Sprintf("its program %s is not there; in the folder of the sources `go build -o %s/ ./plugins/%s` builds it, then `plugin enable %s` starts it", path, filepath.Dir(path), name, name)
	}
	return fmt.Sprintf("its program %s is not there; put it there, then `plugin enable %s` starts it", path, name)
}
