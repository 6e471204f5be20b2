package command

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// Options is what a Dispatcher may be given. The zero value works.
type Options struct {
	Names  Names         // nil: User arguments are not checked
	Log    *slog.Logger  // nil: nothing is logged
	Limits func() Limits // of a line of several commands, asked for each; nil: none
	// Visible reports whether somebody may know of a room, for the errors of rules; nil: they
	// may.
	Visible func(u *chat.User, room string) bool
	// Denied is told of each command that a session was refused with the code Forbidden, on
	// the session's loop. It must not block. Nil: nobody is.
	Denied func(s Session, name string)
}

// A Dispatcher takes lines to commands. Any goroutine may use it.
type Dispatcher struct {
	registry atomic.Pointer[Registry]
	names    Names
	log      *slog.Logger
	limits   func() Limits
	visible  func(*chat.User, string) bool
	denied   func(Session, string)
	grammars [2][chat.Admin + 1]grammar // by logged in or not, and by role
}

// NewDispatcher returns a Dispatcher that starts with r.
func NewDispatcher(r *Registry, o Options) *Dispatcher {
	d := &Dispatcher{names: o.Names, log: o.Log, limits: o.Limits, visible: o.Visible, denied: o.Denied}
	if d.denied == nil {
		d.denied = func(Session, string) {}
	}
	if d.visible == nil {
		d.visible = func(*chat.User, string) bool { return true }
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.limits == nil {
		d.limits = func() Limits { return Limits{} }
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

// Completions implements line.Grammar.
func (g *grammar) Completions(prefix string) (names []string) {
	for e := range g.registry.Load().completions(prefix, g.role, g.loggedIn) {
		names = append(names, e.spec.Name)
	}
	return names
}

// Prepare finds the commands of a line of kind line.Command that was parsed with
// the Grammar of s, and checks for each that s may use it, that it can stand where
// it stands, and that the arguments fit. Nothing has run yet. It is called on the
// loop of s. Errors by code:
//
//	NotFound         no such command, or an argument names nobody
//	Unauthenticated  s must log in first
//	Forbidden        s needs a higher role
//	Invalid          the arguments do not fit, or the order of the commands
//	Limited          too many commands
//	Unavailable      the commands changed since the line was parsed
//	Internal         the line is no command: a bug of the caller
//
// If the arguments do not fit, the text has several lines: what is wrong, the
// usage, and for a bare line how to say it instead.
func (d *Dispatcher) Prepare(s Session, l line.Line) (*Pipeline, error) {
	n := len(l.Stages)
	if n == 0 {
		return nil, fmt.Errorf("prepare a line of kind %d, which is no command", l.Kind)
	}
	p := &Pipeline{}
	if p.stages = p.one[:]; n > 1 {
		p.stages, p.limits = make([]invocation, n), d.limits()
	}
	pr := preparation{dispatcher: d, registry: d.Registry(), session: s, line: l, attr: sessionAttr(s, d.log)}
	if most := p.limits.Stages; n > most && most > 0 {
		return nil, pr.refuse(p.limits.tooManyStages(n), nil)
	}
	for i := range p.stages {
		if err := pr.stage(&p.stages[i], i); err != nil {
			if chat.ErrorCode(err) == chat.Forbidden {
				d.denied(s, l.Stages[i].Name)
			}
			return nil, err
		}
	}
	return p, nil
}

// A preparation is the making of one Pipeline.
type preparation struct {
	dispatcher *Dispatcher
	registry   *Registry
	session    Session
	line       line.Line
	attr       slog.Attr // of the session, for the log
	view       *View     // of the session; nil until it is asked for
}

// stage makes stage i of the line; inv is empty.
func (pr *preparation) stage(inv *invocation, i int) error {
	b := binder{stage: pr.line.Stages[i], registry: pr.registry, names: pr.dispatcher.names, caller: pr.session, piped: i > 0}
	stage, c := &b.stage, &inv.call
	e, err := pr.registry.find(stage.Name, pr.session, i == 0)
	if err != nil {
		return pr.refuse(err, nil)
	}
	if e.subs != nil && len(stage.Words) > 0 && (stage.HasRaw || !isFlag(stage.Words[0])) {
		c.Sub = stage.Words[0]
		if e, err = e.sub(stage.Name, c.Sub, pr.session); err != nil {
			return pr.refuse(err, e.spec)
		}
		stage.Words = stage.Words[1:]
	}
	if stage.HasRaw != e.shape.Raw || stage.Raw != "" && len(stage.Words) != e.shape.Words {
		return pr.outdated(stage)
	}
	b.spec = e.spec
	inv.cmd, inv.log, inv.session = e.cmd, pr.dispatcher.log, pr.attr
	c.Spec, c.Name, c.Line, c.Bare = e.spec, stage.Name, pr.line.Text, pr.line.Stages[0].Bare
	c.User, c.Now, c.session = pr.session.User(), pr.session.Now(), pr.session
	if inv.help = b.wantsHelp(); inv.help {
		return nil
	}
	if err := pr.place(e, &b, i); err != nil {
		return pr.refuse(err, e.spec)
	}
	if err := b.bind(); err != nil {
		return pr.refuse(err, e.spec)
	}
	last := i == len(pr.line.Stages)-1
	c.values, c.Piped, c.feeds = b.values, b.piped, !last
	if r, ok := e.cmd.(*ruled); ok {
		if err := r.check(c, pr.session, pr.dispatcher.visible); err != nil {
			return pr.refuse(err, nil)
		}
	}
	if e.spec.Blocking {
		c.view = pr.asked()
	} else {
		c.Session = pr.session
	}
	c.JSON = b.json || e.spec.Records && last && pr.asked().Machine
	return nil
}

// isFlag reports whether a word can't be the name of a sub-command because it is
// written as a flag.
func isFlag(word string) bool { return strings.HasPrefix(word, "-") }

// place checks that the command can be stage i.
func (pr *preparation) place(e *entry, b *binder, i int) *chat.Error {
	switch {
	case e.subs != nil:
		return chat.Errorf(chat.Invalid, "%s needs one of its sub-commands: %s.", b.name(), listOr(e.subNames(pr.session)))
	case i == 0 && e.spec.Filter:
		return chat.Errorf(chat.Invalid, "%s works on what another command writes and can't come first; put it after one, as in %s.", b.name(), strconv.Quote(e.spec.pipedExample()))
	case i > 0 && !e.spec.ReadsInput:
		return chat.Errorf(chat.Invalid, "%s reads no input; it can only come first.", b.name())
	}
	return nil
}

// asked is how the session shows things.
func (pr *preparation) asked() *View {
	if pr.view == nil {
		v := pr.session.View()
		pr.view = &v
	}
	return pr.view
}

// outdated is the error for a stage that was parsed as another command takes its
// arguments.
func (pr *preparation) outdated(stage *line.Stage) error {
	if stage.Alias != "" {
		return pr.refuse(chat.Errorf(chat.Unavailable, "%s takes its arguments otherwise since the alias %s was made; make it again.", stage.Name, stage.Alias), nil)
	}
	return chat.Errorf(chat.Unavailable, "The commands have just changed; send the line again.")
}

// refuse adds to an error what helps; s is the command that it is about, nil for
// none.
func (pr *preparation) refuse(err *chat.Error, s *Spec) *chat.Error {
	if !pr.line.Stages[0].Bare {
		return correct(err, s, "", false)
	}
	secret := pr.registry.mayHoldSecret(pr.line.Text)
	for i := range pr.line.Stages {
		e, ok := pr.registry.entries[pr.line.Stages[i].Name]
		secret = secret || ok && e.secret
	}
	return correct(err, s, pr.line.Text, secret)
}

// find looks a command up for a caller, who learns nothing of the hidden
// commands that are not for him. First is whether it opens the line.
func (r *Registry) find(name string, c Caller, first bool) (*entry, *chat.Error) {
	e, ok := r.entries[name]
	switch {
	case ok && e.permits(c):
		return e, nil
	case ok && !e.spec.Hidden:
		return nil, e.denied(name, c)
	}
	begin := r.beginning(name, c, first)
	if len(begin) > 1 {
		return nil, chat.Errorf(chat.NotFound, "%s can stand for %s; type more of the name.", quote(name), listOr(begin))
	}
	near := begin
	if len(near) == 0 {
		near = r.Nearest(name, c)
	}
	if len(near) == 0 && !c.LoggedIn() {
		return nil, chat.Errorf(chat.Unauthenticated, loginFirst)
	}
	return nil, missing(name, "command", near, "type help to see them all")
}

// denied is the error for a command that the caller may not use.
func (e *entry) denied(name string, c Caller) *chat.Error {
	if !c.LoggedIn() && !e.spec.BeforeLogin {
		return chat.Errorf(chat.Unauthenticated, loginFirst)
	}
	return chat.Errorf(chat.Forbidden, "%s needs the role %v, and yours is %v; ask somebody who has it.", name, e.spec.Role, c.Role())
}

// sub looks a sub-command of e up, which was typed as name. If there is none, or
// none for the caller, the entry is e.
func (e *entry) sub(name, sub string, c Caller) (*entry, *chat.Error) {
	s, ok := e.subs[sub]
	switch {
	case ok && s.permits(c):
		return s, nil
	case ok && !s.spec.Hidden:
		return e, s.denied(name+" "+sub, c)
	}
	names := e.subNames(c)
	near := text.Nearest(sub, slices.Values(names), 3)
	if len(near) == 0 {
		return e, chat.Errorf(chat.Invalid, "%s has no sub-command %s; it has %s.", name, quote(sub), listAnd(names))
	}
	return e, chat.Errorf(chat.Invalid, "%s has no sub-command %s; did you mean %s?", name, quote(sub), listOr(near))
}

// subNames are the names of the sub-commands that the caller is to know of, in
// the order of the spec.
func (e *entry) subNames(c Caller) (names []string) {
	for i := range e.spec.Subs {
		if s := e.subs[e.spec.Subs[i].Name]; !s.spec.Hidden && s.permits(c) {
			names = append(names, e.spec.Subs[i].Name)
		}
	}
	return names
}

const loginFirst = "Log in first: login NAME."
