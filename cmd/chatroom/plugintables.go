package main

import (
	"path/filepath"

	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

// tablesOf converts what Load has checked. Paths are from the folder of the config
// file.
func tablesOf(c *config.Config, file string) []host.Table {
	tables := make([]host.Table, len(c.Plugin))
	for i := range c.Plugin {
		tables[i] = tableOf(&c.Plugin[i], file)
	}
	return tables
}

func tableOf(p *config.Plugin, file string) host.Table {
	t := host.Table{
		Name: p.Name, Path: beside(file, p.Path), Args: p.Args, SHA256: p.SHA256,
		Disabled: !p.Enabled, Lazy: p.Start == config.StartLazy, Timeout: p.Timeout, Grant: p.Grant, NoMTLS: !p.MTLS, User: p.User,
		Closed: p.Filter == config.FilterClosed, Commands: p.Commands,
		Limits: host.Limits{
			Memory: int64(p.Limits.Memory), Files: p.Limits.Files, Running: p.Limits.Running,
			Lines: p.Limits.Lines, Output: int(p.Limits.Output), Store: int64(p.Limits.Store),
		},
	}
	t.Config, _ = p.Config.JSON() // Load has tried it
	for _, kv := range p.Env {
		t.Env = append(t.Env, kv.Reveal())
	}
	for _, f := range p.Files {
		t.Files = append(t.Files, beside(file, f))
	}
	return t
}

// beside is a path from the folder of the config file, as an absolute one.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	joined := filepath.Join(filepath.Dir(file), path)
	abs, err := filepath.Abs(joined)
	if err != nil {
		return joined // the host refuses it
	}
	return abs
}

func hostSettings(p *config.Plugins) host.Settings {
	return host.Settings{
		RequireChecksum: p.RequireChecksum,
		Start:           p.Start, Describe: p.Describe, Configure: p.Configure, Wait: p.Wait,
		Run: p.Run, MaxRun: p.MaxRun, Silence: p.Silence, Complete: p.Complete,
		Filter: p.Filter, Failures: p.Failures, FailurePause: p.FailurePause,
		Health: p.Health, HealthAnswer: p.HealthAnswer, Missed: p.Missed, Good: p.Good,
		FirstPause: p.FirstPause, LongestPause: p.LongestPause, Well: p.Well, Crashes: p.Crashes, CrashWindow: p.CrashWindow,
		Drain: p.Drain, Stop: p.Stop,
	}
}
