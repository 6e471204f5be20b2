package command

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// Options is what a Dispatcher may be given. The zero value works.
type Options struct {
	Names Names        // nil: User arguments are not checked
	Log   *slog.Logger // nil: nothing is logged
}

// A Dispatcher takes lines to commands. Any goroutine may use it.
type Dispatcher struct {
	registry atomic.Pointer[Registry]
	names    Names
	log      *slog.Logger
	grammars [2][chat.Admin + 1]grammar // by logged in or not, and by role
}

// NewDispatcher returns a Dispatcher that starts with r.
func NewDispatcher(r *Registry, o Options) *Dispatcher {
	d := &Dispatcher{names: o.Names, log: o.Log}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	for in := range d.grammars {
		for role := range d.grammars[in] {
			d.grammars[in][role] = grammar{&d.registry, chat.Role(role), in == 1}
		}
	}
	d.Swap(r)
	return d
}

// Registry is the registry of the moment.
func (d *Dispatcher) Registry() *Registry { return d.registry.Load() }

// Swap puts r in the place of the registry. Lines already prepared run as they
// were prepared.
func (d *Dispatcher) Swap(r *Registry) { d.registry.Store(r) }

// Grammar says how the commands that c may use are written. It allocates
// nothing and follows Swap, but not c: ask for it again for every line, since
// the caller may have logged in or got another role.
func (d *Dispatcher) Grammar(c Caller) line.Grammar {
	in := 0
	if c.LoggedIn() {
		in = 1
	}
	return &d.grammars[in][min(c.Role(), chat.Admin)]
}

// A grammar is the line.Grammar of all callers with one role.
type grammar struct {
	registry *atomic.Pointer[Registry]
	role     chat.Role
	loggedIn bool
}

// Command implements line.Grammar.
func (g *grammar) Command(name string) (line.Shape, bool) {
	e, ok := g.registry.Load().entries[name]
	if !ok || !e.spec.permits(g.role, g.loggedIn) {
		return line.Shape{}, false
	}
	return e.shape, true
}

// Complete implements line.Grammar.
func (g *grammar) Complete(prefix string) (string, bool) {
	var found string
	for _, e := range g.registry.Load().sorted {
		if strings.HasPrefix(e.spec.Name, prefix) && !e.spec.Hidden && e.spec.permits(g.role, g.loggedIn) {
			if found != "" {
				return "", false
			}
			found = e.spec.Name
		}
	}
	return found, found != ""
}

// Prepare finds the command of a line of kind line.Command that was parsed with
// the Grammar of s, and checks that s may use it and that the arguments fit.
// Nothing has run yet. It is called on the loop of s. Errors by code:
//
//	NotFound         no such command, or an argument names nobody
//	Unauthenticated  s must log in first
//	Forbidden        s needs a higher role
//	Invalid          the arguments do not fit
//	Unavailable      the commands changed since the line was parsed
//	Internal         the line is no command: a bug of the caller
//
// If the arguments do not fit, the text has several lines: what is wrong, the
// usage, and for a bare line how to say it instead.
func (d *Dispatcher) Prepare(s Session, l line.Line) (*Pipeline, error) {
	if len(l.Stages) == 0 {
		return nil, fmt.Errorf("prepare a line of kind %d, which is no command", l.Kind)
	}
	r, stage := d.Registry(), l.Stages[0]
	e, err := r.find(stage.Name, s)
	if err != nil {
		return nil, err
	}
	said := ""
	if stage.Bare {
		said = l.Text
	}
	switch {
	case stage.HasRaw != e.shape.Raw || stage.Raw != "" && len(stage.Words) != e.shape.Words:
		return nil, chat.Errorf(chat.Unavailable, "The commands have just changed; send the line again.")
	case len(l.Stages) > 1:
		return nil, r.correct(chat.Errorf(chat.Invalid, "Pipelines are not there yet; give one command at a time."), e.spec, said)
	}
	inv := &Invocation{cmd: e.cmd, log: d.log, session: sessionAttr(s, d.log), call: Call{
		Spec: e.spec, Name: stage.Name, Line: l.Text, Bare: stage.Bare, User: s.User(), Now: s.Now(), session: s,
	}}
	if e.spec.Blocking {
		view := s.View()
		inv.call.view = &view
	} else {
		inv.call.Session = s
	}
	b := binder{spec: e.spec, stage: stage, registry: r, names: d.names, caller: s}
	p := &Pipeline{stages: []*Invocation{inv}}
	if inv.help = b.wantsHelp(); inv.help {
		return p, nil
	}
	if err := b.bind(); err != nil {
		return nil, r.correct(err, e.spec, said)
	}
	inv.call.values = b.values
	return p, nil
}

// find looks a command up for a caller, who learns nothing of the hidden
// commands that are not for him.
func (r *Registry) find(name string, c Caller) (*entry, error) {
	e, ok := r.entries[name]
	role := c.Role()
	switch {
	case ok && e.spec.permits(role, c.LoggedIn()):
		return e, nil
	case ok && !c.LoggedIn() && !e.spec.Hidden:
		return nil, chat.Errorf(chat.Unauthenticated, loginFirst)
	case ok && !e.spec.Hidden:
		return nil, chat.Errorf(chat.Forbidden, "%s needs the role %v, and yours is %v; ask somebody who has it.", name, e.spec.Role, role)
	}
	near := r.Nearest(name, c)
	if len(near) == 0 && !c.LoggedIn() {
		return nil, chat.Errorf(chat.Unauthenticated, loginFirst)
	}
	return nil, missing(name, "command", near, "type help to see them all")
}

const loginFirst = "Log in first: login NAME."
