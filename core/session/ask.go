package session

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// An ask is a question of the command that runs, whose answer is the next line.
type ask struct {
	prompt
	secret bool
	warned bool // that what is typed can be seen
	answer func(line string, err error)
}

// asked is the question that waits for its answer, or nil.
func (s *Session) asked() *ask {
	if s.work == nil {
		return nil
	}
	return s.work.ask
}

// Secret implements command.Session.
func (s *Session) Secret() error {
	if s.local() || s.loop.Env.Settings().Plaintext {
		return nil
	}
	return chat.Errorf(chat.Forbidden, "A password would cross the network for everybody to read, which the setting login.plaintext_passwords does not allow; log in from the server's own machine, by ssh for instance.")
}

// Ask implements command.Session.
func (s *Session) Ask(ctx context.Context, q command.Question, answer func(line string, err error)) error {
	w := s.work
	switch {
	case w == nil || w.cancel == nil || w.ask != nil:
		return chat.Errorf(chat.Internal, "The server asked at the wrong time; try again.")
	case w.ref.job != 0:
		return chat.Errorf(chat.Invalid, "%s has something to ask you, so it can't run at a set time; type it yourself.", w.name)
	}
	if q.Secret {
		if err := s.Secret(); err != nil {
			return err
		}
	}
	a := &ask{secret: q.Secret, answer: answer}
	a.format, a.due = strings.ReplaceAll(text.Clean(q.Prompt), "%", "%%"), true
	w.ask = a
	if e, ok := w.first(); ok { // what was typed ahead is the answer, whenever it came
		s.answers(e)
		return nil
	}
	if s.eof {
		w.ask = nil
		return chat.Errorf(chat.Unavailable, "%s has something to ask you, and nothing more comes from you.", w.name)
	}
	context.AfterFunc(ctx, func() {
		s.call(func() {
			if s.asked() == a {
				s.expireAsk()
			}
		})
	})
	if m := s.machine(); m != nil {
		s.tell("ask", func(o object) object { return o.text("prompt", q.Prompt).flag("secret", q.Secret) })
		return nil
	}
	if s.hideInput(a.secret); a.secret {
		if !s.telnet.Terminal().Negotiated {
			s.warnVisible()
		}
	}
	s.promptSoon()
	return nil
}

// first takes off the first line of the peer that waits.
func (w *work) first() (e entry, ok bool) {
	for i := range w.lines {
		if e := w.lines[i]; e.job == 0 {
			w.lines = append(w.lines[:i:i], w.lines[i+1:]...)
			w.bytes -= e.size()
			return e, true
		}
	}
	return entry{}, false
}

// warnVisible warns the user, who is about to type a secret, that it will be seen.
func (s *Session) warnVisible() {
	if a := s.asked(); a != nil && a.secret && !a.warned && s.machine() == nil {
		a.warned = true
		s.say("-- Your client can't hide what you type: it will stay on your screen.")
	}
}

// answers takes a line if it is the answer to a question, or if it might be one that
// came too late.
func (s *Session) answers(e entry) bool {
	a := s.asked()
	late := s.extra != nil && s.extra.tooLate
	switch {
	case a == nil && !late:
		return false
	case e.end:
		s.extras().tooLate = false
		s.interrupt()
		return true
	case a == nil:
		s.extra.tooLate = false
		e.line, e.refusal = "", "That line came after the question had ended, so it was not taken."
		s.take(e)
		return true
	}
	s.Charge(1)
	s.alive()
	if s.machine() != nil {
		s.work.answers = append(s.work.answers, e.ref)
	}
	s.endAsk()
	if e.refusal != "" {
		a.answer("", chat.Errorf(chat.Invalid, "%s", e.refusal))
		return true
	}
	a.answer(e.line, nil)
	return true
}

// answered sends a program the results of the lines that answered the command of w,
// whose own result is sent.
func (s *Session) answered(w *work) {
	for _, r := range w.answers {
		if s.machine() != nil {
			s.sendResult(r, result{code: codeOK})
		}
	}
	w.answers = nil
}

// expireAsk ends the question, if there is one, for which nobody waits any more.
func (s *Session) expireAsk() {
	if a := s.asked(); a != nil {
		s.extras().tooLate = a.secret
		s.endAsk()
	}
}

// endAsk ends the question, if there is one. What is typed stays hidden until the
// command ends: it may ask again, and some clients agree to hide only once.
func (s *Session) endAsk() {
	a := s.asked()
	if a == nil {
		return
	}
	s.work.ask = nil
	if a.secret && !s.closing && s.telnet.Hidden() { // and so was the end of the line
		s.out.push(newLine)
		s.attend()
	}
}

// hideInput has the peer hide what its user types, or show it again.
func (s *Session) hideInput(on bool) {
	if s.extra == nil && !on {
		return
	}
	if x := s.extras(); x.hides != on {
		x.hides = on
		s.telnet.HideInput(s.options(s.loop.Env.Settings()), on, (*wire)(s))
	}
}
