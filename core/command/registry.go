package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A Command is one command. Many goroutines may call its methods at once.
type Command interface {
	// Spec is always the same spec, which nobody changes.
	Spec() *Spec
	// Run does what the command is for. It returns when it is done, and soon
	// after ctx ends; unless the spec says that it blocks, within some 100 µs.
	// The Call is valid until it returns. The error is for Dispatcher.Explain:
	// a *chat.Error if the user should read its text, else our own fault.
	Run(ctx context.Context, c *Call) error
}

// New is the Command with this spec and this function as its Run.
func New(spec Spec, run func(ctx context.Context, c *Call) error) Command {
	return &function{spec: spec, run: run}
}

type function struct {
	spec Spec
	run  func(ctx context.Context, c *Call) error
}

func (f *function) Spec() *Spec                            { return &f.spec }
func (f *function) Run(ctx context.Context, c *Call) error { return f.run(ctx, c) }

// A Registry is a set of commands. It never changes, so any goroutine may use
// it. The specs that it gives away are shared: read only. The zero value is an
// empty registry.
type Registry struct {
	entries map[string]*entry // by name and by alias
	sorted  []*entry          // each once, by name
	groups  []string          // in the order in which the commands were given
}

// An entry is a command, or a sub-command, with what is asked of its spec on
// every line.
type entry struct {
	cmd    Command
	spec   *Spec
	shape  line.Shape
	subs   map[string]*entry // by name; their shapes are those of the words after it
	secret bool              // a line with it may hold a secret
}

func newEntry(c Command, spec *Spec) *entry {
	e := &entry{cmd: c, spec: spec, shape: spec.Shape(), secret: spec.hasSecret()}
	for i := range spec.Subs {
		if e.subs == nil {
			e.subs = make(map[string]*entry, len(spec.Subs))
		}
		name := spec.Subs[i].Name
		sub, _ := spec.Sub(name)
		e.subs[name] = newEntry(c, sub)
	}
	return e
}

// permits reports whether the caller may use the command.
func (e *entry) permits(c Caller) bool { return e.spec.permits(c.Role(), c.LoggedIn()) }

// NewRegistry returns the registry of the given commands. It fails if a spec is
// not valid or if two commands share a name or an alias; the error, for
// operators, holds every such problem.
func NewRegistry(cmds ...Command) (*Registry, error) {
	r := &Registry{entries: make(map[string]*entry, 2*len(cmds))}
	var problems []error
	for _, c := range cmds {
		spec := c.Spec()
		if err := spec.Validate(); err != nil {
			problems = append(problems, err)
			continue
		}
		e := newEntry(c, spec)
		r.sorted = append(r.sorted, e)
		for _, name := range spec.names() {
			if other, taken := r.entries[name]; taken {
				problems = append(problems, fmt.Errorf("command %q: the name %q belongs to command %q", spec.Name, name, other.spec.Name))
				continue
			}
			r.entries[name] = e
		}
		if !slices.Contains(r.groups, spec.Group) {
			r.groups = append(r.groups, spec.Group)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	slices.SortFunc(r.sorted, func(a, b *entry) int { return cmp.Compare(a.spec.Name, b.spec.Name) })
	return r, nil
}

// names is the name of the command and its aliases.
func (s *Spec) names() []string { return append([]string{s.Name}, s.Aliases...) }

// Lookup finds a command by its name or an alias, exactly as written.
func (r *Registry) Lookup(name string) (Command, bool) {
	if e, ok := r.entries[name]; ok {
		return e.cmd, true
	}
	return nil, false
}

// All returns the specs of all commands, hidden ones too, sorted by name.
func (r *Registry) All() []*Spec {
	specs := make([]*Spec, len(r.sorted))
	for i, e := range r.sorted {
		specs[i] = e.spec
	}
	return specs
}

// Visible returns the specs of the commands that somebody with this role may use
// and that are not hidden, sorted by name.
func (r *Registry) Visible(role chat.Role, loggedIn bool) []*Spec {
	var specs []*Spec
	for _, e := range r.sorted {
		if !e.spec.Hidden && e.spec.permits(role, loggedIn) {
			specs = append(specs, e.spec)
		}
	}
	return specs
}

// Nearest returns up to three names and aliases, the nearest first, of visible
// commands, and of the caller's own if it is a Session, that the caller may have
// meant by name.
func (r *Registry) Nearest(name string, c Caller) []string {
	var among []string
	for _, s := range r.Visible(c.Role(), c.LoggedIn()) {
		among = append(among, s.names()...)
	}
	among = append(among, ownNames(c)...)
	return text.Nearest(name, slices.Values(among), 3)
}

// completions are the visible commands whose names begin with prefix, by name.
func (r *Registry) completions(prefix string, role chat.Role, loggedIn bool) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		from, _ := slices.BinarySearchFunc(r.sorted, prefix, func(e *entry, prefix string) int { return cmp.Compare(e.spec.Name, prefix) })
		for _, e := range r.sorted[from:] {
			if !strings.HasPrefix(e.spec.Name, prefix) {
				return
			}
			if !e.spec.Hidden && e.spec.permits(role, loggedIn) && !yield(e) {
				return
			}
		}
	}
}

// beginning is the names of the visible commands, and of the caller's own, that
// begin with prefix, the first ten of them. Commands that can't stand there, as
// first is whether it opens the line, are among them only if there are no others.
func (r *Registry) beginning(prefix string, c Caller, first bool) (names []string) {
	const most = 10
	var others []string
	for e := range r.completions(prefix, c.Role(), c.LoggedIn()) {
		if first && e.spec.Filter || !first && !e.shape.Input {
			others = append(others, e.spec.Name)
		} else {
			names = append(names, e.spec.Name)
		}
	}
	for _, name := range ownNames(c) {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = others
	}
	slices.Sort(names)
	return names[:min(len(names), most)]
}

// ownNames are the names of the caller's own commands.
func ownNames(c Caller) (names []string) {
	if s, ok := c.(interface{ Aliases() []Alias }); ok {
		for _, a := range s.Aliases() {
			names = append(names, a.Name)
		}
	}
	return names
}
