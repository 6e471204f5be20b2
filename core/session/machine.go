package session

import (
	"errors"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// machineVersion is the version of the objects that a program reads. It rises
// when a program that goes by MACHINE.md could misread them.
const machineVersion = 1

// A machine is what a session has whose peer is a program: it is sent JSON
// objects, as MACHINE.md describes them.
type machine struct {
	last   uint32 // the number of the line that came last
	now    ref    // the line that runs on the loop at the moment
	ending bool   // back to text after the line that runs
}

// A ref says what an object belongs to: a line of the peer, a job's line, or
// nothing.
type ref struct {
	id  uint32 // of the peer's line, from 1; only for machines
	job int32  // of the scheduled line, from 1
}

// field adds to an object what it belongs to.
func (r ref) field(o object) object {
	if r.job != 0 {
		return o.num("job", uint64(r.job))
	}
	return o.num("id", uint64(r.id))
}

// machine is nil if the peer is a person.
func (s *Session) machine() *machine {
	if s.extra == nil {
		return nil
	}
	return s.extra.machine
}

// setOutput makes the session a machine's, at once, or a person's, after the line
// that runs has got its result.
func (s *Session) setOutput(json bool) {
	m := s.machine()
	switch {
	case m != nil:
		m.ending = !json
		return
	case !json:
		return
	}
	x := s.extras()
	m = &machine{last: 1, now: ref{id: 1}} // the line that asks for it is the first
	x.machine, x.pager = m, nil
	x.kept = ""
	if w := s.work; w != nil {
		if w.cancel != nil {
			w.ref = m.now
		}
		for i := range w.lines {
			if e := &w.lines[i]; e.job == 0 && !e.end {
				e.id = m.number()
			}
		}
	}
	s.seat.SetClass(s.class())
	set := s.loop.Env.Settings()
	o := begin(nil, "hello").count("version", machineVersion).str("server", set.Name).time("time", s.loop.Now)
	if s.user != nil {
		o = o.str("user", s.user.Name().Display).str("role", s.user.Role().String())
		if r := s.user.Room(); r != nil {
			o = o.str("room", r.Name())
		}
	}
	s.seat.Settle()
	s.queue(o.end())
}

// number is the number of the next line.
func (m *machine) number() uint32 {
	m.last++
	return m.last
}

// onBehalf notes that what is said until the function that it returns is called
// belongs to r.
func (s *Session) onBehalf(r ref) (over func()) {
	m := s.machine()
	if m == nil {
		return func() {}
	}
	before := m.now
	m.now = r
	return func() { m.now = before }
}

// tell queues an object of the server's own, with what it belongs to. It must be
// called for a machine only.
func (s *Session) tell(typ string, fill func(o object) object) {
	s.seat.Settle()
	s.queue(fill(s.machine().now.field(begin(nil, typ))).end())
}

// appendNotice appends the object of one line that the server says.
func appendNotice(dst []byte, r ref, said string) []byte {
	return r.field(begin(dst, "notice")).text("text", strings.TrimPrefix(said, "-- ")).end()
}

// A result is how a line ended.
type result struct {
	code string
	text string // what a person would be told; "" if it went well
	name string // of the command; "" for chat
}

const (
	codeOK        = "ok"
	codeCancelled = "cancelled"
)

func (s *Session) sendResult(r ref, res result) {
	s.seat.Settle()
	o := r.field(begin(nil, "result")).text("code", res.code).str("command", res.name)
	s.queue(o.str("text", res.text).end())
	if m := s.machine(); m.ending {
		s.extra.machine = nil
		s.seat.SetClass(s.class())
	}
}

// codeOf is the code of the error of a line.
func codeOf(err error) string {
	if _, ok := errors.AsType[*line.Error](err); ok {
		return string(chat.Invalid)
	}
	return string(chat.ErrorCode(err))
}
