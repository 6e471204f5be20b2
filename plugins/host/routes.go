package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/command"
)

// publish hands the commands of all plugins to the server, if they changed.
func (h *Host) publish() {
	h.publishing.Lock()
	defer h.publishing.Unlock()
	r := &router{taken: map[string]string{}, builtin: h.options.Taken, settings: h.settings()}
	h.mu.Lock()
	order, closed := slices.Clone(h.order), h.closed
	h.mu.Unlock()
	if closed {
		return
	}
	for _, p := range order {
		r.add(p)
	}
	h.listen(order)
	signature := strings.Join(r.signature, "\n")
	if h.published && signature == h.signature {
		return
	}
	h.published, h.signature = true, signature
	if h.options.Routes != nil {
		h.options.Routes(r.commands)
	}
}

// A router gives names to the commands of the plugins, in the order of the config.
type router struct {
	builtin   func(string) bool
	settings  *Settings
	taken     map[string]string // the plugin that has the name
	commands  []command.Command
	signature []string
}

// add gives names to the commands of one plugin.
func (r *router) add(p *plugin) {
	s := p.supervisor()
	m := s.known()
	if m == nil {
		p.named(nil, nil)
		return
	}
	var names, clashes []string
	for i := range m.commands {
		d := &m.commands[i]
		name, renamed := p.renamed(d.spec.Name)
		switch {
		case !renamed:
			name = d.spec.Name
		case name == "":
			continue // left out
		}
		spec := d.limited(s.table, r.settings)
		var told []string
		spec.Name, spec.Aliases, told = r.name(p.name, name, d.spec.Name, d.spec.Aliases)
		clashes = append(clashes, told...)
		if spec.Name == "" {
			continue
		}
		if s.State().off() {
			spec.Summary += " (switched off)"
		}
		if err := spec.Validate(); err != nil { // the operator's name for it
			clashes = append(clashes, err.Error())
			continue
		}
		names = append(names, spec.Name)
		r.commands = append(r.commands, &pluginCommand{plugin: p, spec: spec, name: d.spec.Name, identity: d.identity})
		r.signature = append(r.signature, fmt.Sprintf("%s %s %v %v %s %v", p.name, spec.Name, spec.Aliases, spec.Timeout, spec.Summary, d.identity))
		for i := range spec.Subs {
			r.signature = append(r.signature, spec.Subs[i].Timeout.String())
		}
	}
	p.named(names, clashes)
}

// name takes names for a command: the wanted one if it is free, else one that
// begins with the plugin's; the aliases that are free; and in any case
// plugin:command. Told is what the operator should know.
func (r *router) name(plugin, wanted, inManifest string, aliases []string) (name string, also, told []string) {
	qualified := plugin + ":" + inManifest
	name = wanted
	if owner, taken := r.owner(name); taken {
		name = r.longName(plugin + "-" + wanted)
		told = append(told, fmt.Sprintf("the name %s belongs to %s; its command is %s and %s", wanted, owner, name, qualified))
	}
	r.taken[name] = "plugin " + plugin
	for _, a := range append(slices.Clone(aliases), qualified) {
		if owner, taken := r.owner(a); taken {
			if owner != "plugin "+plugin || a != name {
				told = append(told, fmt.Sprintf("the name %s belongs to %s", a, owner))
			}
			continue
		}
		r.taken[a] = "plugin " + plugin
		also = append(also, a)
	}
	return name, also, told
}

// longName is a free name that is like the wanted one.
func (r *router) longName(wanted string) string {
	name := wanted[:min(len(wanted), maxName)]
	for n := 2; ; n++ {
		if _, taken := r.owner(name); !taken {
			return name
		}
		suffix := fmt.Sprintf("-%d", n)
		name = wanted[:min(len(wanted), maxName-len(suffix))] + suffix
	}
}

// owner says whose a name is.
func (r *router) owner(name string) (string, bool) {
	if r.builtin != nil && r.builtin(name) {
		return "the server", true
	}
	owner, taken := r.taken[name]
	return owner, taken
}

// named notes under which names a plugin's commands can be typed, and tells what is
// new about clashes.
func (p *plugin) named(names, clashes []string) {
	p.mu.Lock()
	old := p.clashes
	p.names, p.clashes = names, clashes
	p.mu.Unlock()
	for _, c := range clashes {
		if !slices.Contains(old, c) {
			p.journal.note("%s", c)
			p.log.Warn("plugin's command has another name", "why", c)
		}
	}
}
