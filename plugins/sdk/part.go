package sdk

import (
	"context"
	"errors"
	"slices"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Part is something that a plugin has: a [Command], or what [Config],
// [OnEvent], [Filter], [Background], [Needs] or [Summary] returns.
type Part interface {
	join(p *parts)
}

// parts is all that a plugin has.
type parts struct {
	summary    string
	commands   []Command
	configs    []configured
	filters    []filter
	events     []subscription
	background []func(context.Context, *Host) error
	needs      []string
}

type partFunc func(p *parts)

func (f partFunc) join(p *parts) { f(p) }

// Summary says in one line what the plugin is for.
func Summary(text string) Part {
	return partFunc(func(p *parts) { p.summary = text })
}

// The capabilities that a plugin can ask for by [Needs]. The operator grants
// each in the config: grant = ["say.room", "kv"].
const (
	SayRoom        = pluginpb.CapSayRoom       // Call.Say, Host.SendRoom
	SayUser        = pluginpb.CapSayUser       // Host.SendUser
	ListUsers      = pluginpb.CapUsers         // Host.Users
	ListRooms      = pluginpb.CapRooms         // Host.Rooms
	ReadHistory    = pluginpb.CapHistory       // Host.History
	UseKV          = pluginpb.CapKV            // Host.KV, Map
	FilterPrivates = pluginpb.CapFilterPrivate // private messages pass Filter too
)

// Needs asks for capabilities. What [Filter] and [OnEvent] need is asked for by
// them.
func Needs(capabilities ...string) Part {
	return partFunc(func(p *parts) {
		for _, c := range capabilities {
			p.need(c)
		}
	})
}

// Background runs f from the plugin's start to its end, beside everything else:
// for timers, queues, connections. Its ctx ends when the server stops the
// plugin, and f must then return soon. If f returns an error, or panics, before
// that, the plugin ends with it in the log, and the server starts it again.
func Background(f func(ctx context.Context, h *Host) error) Part {
	return partFunc(func(p *parts) { p.background = append(p.background, f) })
}

func (p *parts) need(capability string) {
	if !slices.Contains(p.needs, capability) {
		p.needs = append(p.needs, capability)
	}
}

// collect joins the parts, with those that come of the config. The error is what
// is wrong with the config, for the operator; the rest of the parts are there
// all the same.
func collect(config []byte, from []Part) (*parts, error) {
	p := &parts{}
	for _, part := range from {
		part.join(p)
	}
	var problems []error
	for i := 0; i < len(p.configs); i++ { // parts of a config may have a config
		more, err := p.configs[i].parts(config)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for _, part := range more {
			part.join(p)
		}
	}
	return p, errors.Join(problems...)
}

// command is the command of that name, or nil.
func (p *parts) command(name string) *Command {
	for i := range p.commands {
		if p.commands[i].Name == name {
			return &p.commands[i]
		}
	}
	return nil
}

// manifest is what the plugin says of itself.
func (p *parts) manifest(name, version string) *pluginpb.Manifest {
	m := &pluginpb.Manifest{
		Name: name, Version: version, Summary: p.summary, ApiMinor: pluginpb.Minor, Capabilities: p.needs, ConfigSchema: schema(p.configs),
	}
	for i := range p.commands {
		m.Commands = append(m.Commands, p.commands[i].proto())
	}
	for i := range p.filters {
		m.Filters = append(m.Filters, p.filters[i].proto())
	}
	for i := range p.events {
		m.Events = append(m.Events, p.events[i].proto())
	}
	return m
}
