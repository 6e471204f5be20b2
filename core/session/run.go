package session

import (
	"context"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// run takes one line whose turn it is.
func (s *Session) run(e entry) {
	if m := s.machine(); m != nil {
		m.now = e.ref
	}
	name, errs, running := s.perform(e)
	s.keepSoon()
	if m := s.machine(); m != nil {
		e.ref = m.now // the line that made it a machine was not numbered before
		defer func() { m.now = ref{} }()
	}
	if !running {
		s.ended(e.ref, name, errs)
	}
}

// ended tells how the line r ended. Only the last of the errors counts for the
// line as a whole.
func (s *Session) ended(r ref, name string, errs []error) {
	if s.machine() == nil || r == (ref{}) {
		if !s.closing {
			for _, err := range errs {
				s.show(r, []block{{errOut, s.complaint(err)}})
			}
		}
		s.pagerComplete()
		return
	}
	res := result{code: codeOK, name: name}
	for i, err := range errs {
		if i == len(errs)-1 {
			res.code, res.text = codeOf(err), s.explain(err)
		} else {
			s.show(r, []block{{errOut, s.complaint(err)}})
		}
	}
	s.sendResult(r, res)
}

// explain is an error as the user reads it, in clean lines that are separated by
// LF.
func (s *Session) explain(err error) string {
	lines := strings.Split(s.loop.Env.Commands.Explain(err), "\n")
	for i, l := range lines {
		lines[i] = text.Clean(l)
	}
	return strings.Join(lines, "\n")
}

// complaint is an error as lines for the user.
func (s *Session) complaint(err error) []byte {
	var b []byte
	for l := range strings.SplitSeq(s.explain(err), "\n") {
		b = append(append(append(b, "-- "...), l...), crlf...)
	}
	return b
}

// perform runs a line. Either it is still running, or it has ended with errors
// or without; name is that of its command, "" if it is none.
func (s *Session) perform(e entry) (name string, errs []error, running bool) {
	if e.job == 0 {
		s.endPager()
	}
	if e.refusal != "" {
		s.Charge(1)
		return "", []error{chat.Errorf(chat.Invalid, "%s", e.refusal)}, false
	}
	if e.end {
		s.endOfFile()
		return "", nil, false
	}
	if s.user == nil && e.line != "" && foreignLine(e.line) {
		s.cutForeign()
		return "", nil, true
	}
	typed, mode := e.line, s.mode()
	if e.job != 0 {
		s.announce(e)
		mode = line.ModeCommand
	} else if again, ok, err := s.repeated(typed); err != nil {
		s.Charge(1)
		return "", []error{err}, false
	} else if ok {
		typed, mode = again, line.ModeCommand
	}
	parsed, err := s.parse(typed, mode)
	if err != nil {
		s.Charge(1)
		return "", []error{err}, false
	}
	if parsed.Kind == line.Empty {
		s.Charge(1)
		return "", nil, false
	}
	if e.job == 0 {
		s.alive()
	}
	if parsed.Kind == line.Chat {
		s.Charge(1)
		if err := s.chat(parsed.Text); err != nil {
			errs = []error{err}
		}
		return "", errs, false
	}
	return s.command(e, typed, parsed)
}

// command runs a line of kind line.Command.
func (s *Session) command(e entry, typed string, parsed line.Line) (name string, errs []error, running bool) {
	name = parsed.Stages[0].Name
	p, err := s.loop.Env.Commands.Prepare(s, parsed)
	if err != nil {
		s.Charge(1)
		return name, []error{err}, false
	}
	s.Charge(p.Cost())
	if e.job == 0 {
		s.keep(typed, parsed)
		if p.Paged() {
			s.openPager()
		}
	}
	out := plainOut
	if s.writesJSON(parsed) {
		out = jsonOut
	}
	if p.Blocking() {
		s.start(p, out, e.ref)
		return p.Name(), nil, true
	}
	errs = s.runInline(p, out)
	if p.Rest() && !s.closing {
		s.start(p, out, e.ref)
		return p.Name(), nil, true
	}
	return p.Name(), errs, false
}

// alive notes that a person has typed a line.
func (s *Session) alive() {
	if s.user != nil {
		s.stamp()
		s.user.Touch(s.loop.Now)
	}
}

func (s *Session) chat(said string) error {
	said = text.Clean(said)
	if said == "" {
		return nil // nothing of it can be seen
	}
	return s.loop.Env.Hub.Post(s.user, s.user.Room(), chat.Say, said, s.loop.Now)
}

// runInline runs a quick command here and now; it must not block.
func (s *Session) runInline(p *command.Pipeline, out channel) []error {
	c := &collector{}
	errs := p.Run(context.Background(), command.IO{Out: inlineWriter{c, out}, Err: inlineWriter{c, errOut}})
	c.finish()
	r := ref{}
	if m := s.machine(); m != nil {
		r = m.now
	}
	if !s.closing || r != (ref{}) {
		s.show(r, c.take())
	}
	return errs
}

// writesJSON reports whether the output of a line is JSON, an object a line: its
// last command has records to write, and a program reads.
func (s *Session) writesJSON(l line.Line) bool {
	if s.machine() == nil {
		return false
	}
	spec := s.spec(&l.Stages[len(l.Stages)-1])
	return spec != nil && spec.Records
}

// spec is the spec that goes for a stage: that of its command, or of the
// sub-command that it names; nil if there is none.
func (s *Session) spec(st *line.Stage) *command.Spec {
	cmd, ok := s.loop.Env.Commands.Registry().Lookup(st.Name)
	if !ok {
		return nil
	}
	spec := cmd.Spec()
	if len(st.Words) > 0 {
		for i := range spec.Subs {
			if sub := &spec.Subs[i]; sub.Name == st.Words[0] || slices.Contains(sub.Aliases, st.Words[0]) {
				return sub
			}
		}
	}
	return spec
}
