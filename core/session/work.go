package session

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// An entry is a line whose turn has to come, or one that was refused as it came:
// then it is the answer whose turn has to come.
type entry struct {
	ref
	line    string
	refusal string // a sentence; "": the line is fine
	end     bool   // Ctrl-D: log out
}

// size is about what the entry takes in memory.
func (e *entry) size() int { return len(e.line) + 56 }

// work is what a session that is not idle has to do: the lines that wait, and
// the command that runs.
type work struct {
	lines     []entry
	bytes     int                // that lines take
	wait      moment             // the rate allows no line before; 0: nothing waits for it
	cancel    context.CancelFunc // ends the command that runs; nil: none does
	cancelled bool               // it was told to end
	ref       ref                // of that command
	name      string             // of that command
	flow      *flow              // of that command
	ask       *ask               // what it asks; nil: the next line is no answer
	answers   []ref              // the lines that answered it, of a program: they get their results after it
	held      bool               // no line runs, and the one that runs does not end, before the profile is there
	end       func()             // ends the line that has run; nil: it runs, or has ended
	resumes   bool               // the lines go on in the next batch
}

// cancelLine is the line that is never queued: it ends the running command.
const cancelLine = "/cancel"

// typed takes a line of the peer.
func (s *Session) typed(e entry) {
	if m := s.machine(); m != nil && !e.end {
		e.id = m.number()
	}
	s.entered()
	switch {
	case e.line == cancelLine:
		did := s.interrupt()
		if !did && s.machine() == nil {
			s.say("-- Nothing is running.")
		}
		s.ended(e.ref, "cancel", nil)
	case s.answers(e):
	case s.turnsPage(e):
	default:
		s.take(e)
	}
}

// take runs a line, or queues it behind those that wait.
func (s *Session) take(e entry) {
	if s.work == nil && !s.crowded() && !s.owesMuch() && !s.delayed() {
		s.run(e)
		return
	}
	w := s.working()
	w.lines = append(w.lines, e)
	w.bytes += e.size()
}

// delayed reports whether the rate makes the next line wait, and until when.
func (s *Session) delayed() bool {
	now := s.loop.moment()
	d := s.budget.delay(s.rate(), now)
	if d == 0 {
		return false
	}
	s.working().wait = now.add(d)
	s.hurry = true
	s.attend()
	return true
}

// crowded reports whether the batch is full, so that the next line must wait
// for the next one. What one read brings can be rendered to many times its size,
// and a batch alone must cut nobody.
func (s *Session) crowded() bool {
	if !s.loop.Fanout.Full() {
		return false
	}
	if w := s.working(); !w.resumes {
		w.resumes = true
		s.call(func() {
			if s.work != nil {
				s.work.resumes = false
				s.proceed()
			}
		})
	}
	return true
}

// strangerOwed is how many bytes one who is not logged in may leave unread before
// their lines wait: enough for the longest answer that strangers get.
const strangerOwed = 8 << 10

// owesMuch reports whether the session owes so much that its next line should
// wait until the peer has taken some of it.
func (s *Session) owesMuch() bool {
	bound := s.loop.Env.Settings().Outbox / 2
	if s.user == nil && (bound == 0 || bound > strangerOwed) {
		bound = strangerOwed
	}
	return bound > 0 && int(s.out.size) > bound
}

func (s *Session) working() *work {
	if s.work == nil {
		s.work = &work{}
	}
	return s.work
}

// proceed runs the lines that wait until one must wait on.
func (s *Session) proceed() {
	for !s.closing && s.work != nil && s.work.cancel == nil && !s.work.held {
		s.work.wait = 0
		if len(s.work.lines) == 0 {
			s.work = nil
			break
		}
		if s.crowded() || s.owesMuch() || s.delayed() {
			return
		}
		e := s.work.lines[0]
		s.work.lines = s.work.lines[1:]
		s.work.bytes -= e.size()
		s.run(e)
	}
	if s.eof && s.work == nil && !s.closing {
		s.close(patience)
	}
	s.promptSoon()
	s.attend()
}

// interrupt cancels the running command and forgets the lines that wait. It
// reports whether there were any.
func (s *Session) interrupt() (did bool) {
	w := s.work
	running := w != nil && w.cancel != nil && !w.cancelled
	paged := s.endPager()
	if s.extra != nil {
		s.extra.tooLate = false
	}
	if w == nil {
		return paged
	}
	dropped := w.lines
	w.lines, w.bytes = nil, 0
	s.Charge(len(dropped)) // or who interrupts would send as many as they like
	if running {
		w.cancelled = true
		s.endAsk()
		s.hideInput(false)
		w.cancel()
	}
	switch {
	case s.machine() != nil:
		if running {
			s.sendResult(w.ref, result{codeCancelled, w.name + " is cancelled.", w.name})
			s.answered(w)
		}
		for _, e := range dropped {
			if e.ref != (ref{}) {
				s.sendResult(e.ref, result{code: codeCancelled, text: "The line waited and was not run."})
			}
		}
	case running:
		s.say("-- " + w.name + " is cancelled.")
	case len(dropped) > 0 && s.oncePerSecond(&s.extras().notified):
		s.say(fmt.Sprintf("-- %s cancelled.", plural(len(dropped), "line that waited is", "lines that waited are")))
	}
	s.attend()
	return paged || running || len(dropped) > 0
}

// oncePerSecond reports whether what was answered last at that second may be answered
// again, and notes that it is.
func (s *Session) oncePerSecond(last *int32) bool {
	now := int32(s.loop.moment() / moment(time.Second))
	again := now != *last
	*last = now
	return again
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// dropWork cancels what runs and forgets what waits.
func (s *Session) dropWork() {
	s.endAsk()
	if s.work != nil && s.work.cancel != nil {
		s.work.cancel()
	}
	s.work = nil
	if s.extra != nil {
		s.extra.pager = nil
	}
}
