package session

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A budget is a token bucket: a line takes one token, a costly command more. An
// overdrawn one delays the next line; it never drops any.
type budget struct {
	tokens float32
	at     moment
}

func newBudget(set *Settings, now moment) budget {
	return budget{tokens: float32(set.LinesBurst), at: now}
}

// delay is how long the next line must wait; 0: it may run.
func (b *budget) delay(set *Settings, now moment) time.Duration {
	if !set.limited() {
		return 0
	}
	tokens := min(float64(set.LinesBurst), float64(b.tokens)+now.sub(b.at).Seconds()*set.LinesPerSec)
	b.tokens, b.at = float32(tokens), now
	if tokens >= 1 {
		return 0
	}
	return time.Duration(math.Ceil((1 - tokens) / set.LinesPerSec * float64(time.Second)))
}

func (b *budget) charge(n int) { b.tokens -= float32(n) }

// An entry is a line whose turn has to come, or one that was refused as it came:
// then it is the answer whose turn has to come.
type entry struct {
	line    string
	refusal string // a sentence; "": the line is fine
	end     bool   // Ctrl-D: log out
}

// size is about what the entry takes in memory.
func (e *entry) size() int { return len(e.line) + 48 }

// work is what a session that is not idle has to do: the lines that wait, and
// the command that runs.
type work struct {
	lines     []entry
	bytes     int                // that lines take
	wait      moment             // the rate allows no line before; 0: nothing waits for it
	cancel    context.CancelFunc // ends the command that runs; nil: none does
	cancelled bool               // it was told to end
	name      string             // of that command
	out       *remoteWriter      // of that command
	resumes   bool               // the lines go on in the next batch
}

// cancelLine is the line that is never queued: it ends the running command.
const cancelLine = "/cancel"

// take runs a line, or queues it behind those that wait.
func (s *Session) take(e entry) {
	if e.line == cancelLine {
		s.interrupt()
		return
	}
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
	d := s.budget.delay(s.loop.Env.Settings(), now)
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

// owesMuch reports whether the session owes so much that its next line should
// wait until the peer has taken some of it.
func (s *Session) owesMuch() bool {
	bound := s.loop.Env.Settings().Outbox
	return bound > 0 && int(s.out.size) > bound/2
}

func (s *Session) working() *work {
	if s.work == nil {
		s.work = &work{}
	}
	return s.work
}

// proceed runs the lines that wait until one must wait on.
func (s *Session) proceed() {
	for !s.closing && s.work != nil && s.work.cancel == nil {
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
	s.attend()
}

// interrupt cancels the running command and forgets the lines that wait.
func (s *Session) interrupt() {
	if s.work == nil {
		return
	}
	w := s.work
	dropped := len(w.lines)
	w.lines, w.bytes = nil, 0
	switch {
	case w.cancel != nil && !w.cancelled:
		w.cancelled = true
		w.cancel()
		s.say("-- " + w.name + " is cancelled.")
	case dropped > 0:
		s.say(fmt.Sprintf("-- %s cancelled.", plural(dropped, "line that waited is", "lines that waited are")))
	}
	s.attend()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// dropWork cancels what runs and forgets what waits.
func (s *Session) dropWork() {
	if s.work != nil && s.work.cancel != nil {
		s.work.cancel()
	}
	s.work = nil
}

// run takes one line whose turn it is.
func (s *Session) run(e entry) {
	if e.refusal != "" {
		s.budget.charge(1)
		s.say("-- " + e.refusal)
		return
	}
	if e.end {
		s.endOfFile()
		return
	}
	if s.user == nil && e.line != "" && foreignLine(e.line) {
		s.cutForeign()
		return
	}
	env := s.loop.Env
	parsed, err := line.Parse(e.line, s.mode(), env.Commands.Grammar(s))
	if err != nil {
		s.budget.charge(1)
		s.complain(err)
		return
	}
	if parsed.Kind == line.Empty {
		s.budget.charge(1)
		return
	}
	s.heard = s.loop.moment()
	if s.user != nil {
		s.user.Touch(s.loop.Now)
	}
	switch parsed.Kind {
	case line.Chat:
		s.budget.charge(1)
		s.chat(parsed.Text)
	case line.Command:
		inv, err := env.Commands.Prepare(s, parsed)
		if err != nil {
			s.budget.charge(1)
			s.complain(err)
			return
		}
		s.budget.charge(inv.Cost())
		if inv.Blocking() {
			s.start(inv)
		} else {
			s.runInline(inv)
		}
	}
}

func (s *Session) chat(said string) {
	said = text.Clean(said)
	if said == "" {
		return // nothing of it can be seen
	}
	if err := s.loop.Env.Hub.Post(s.user, s.user.Room(), chat.Say, said, s.loop.Now); err != nil {
		s.complain(err)
	}
}

// complain shows an error to the user.
func (s *Session) complain(err error) {
	var b strings.Builder
	for l := range strings.SplitSeq(s.loop.Env.Commands.Explain(err), "\n") {
		b.WriteString("-- " + text.Clean(l) + "\n")
	}
	s.say(b.String())
}

// runInline runs a quick command here and now; it must not block.
func (s *Session) runInline(p *command.Pipeline) {
	out := &lineWriter{}
	errs := p.Run(context.Background(), command.IO{Out: out, Err: out})
	if frame := out.frame(); len(frame) > 0 && !s.closing {
		s.seat.Settle()
		s.queue(frame)
	}
	s.complainAll(errs)
}

// complainAll shows the errors of a line of commands.
func (s *Session) complainAll(errs []error) {
	for _, err := range errs {
		if !s.closing {
			s.complain(err)
		}
	}
}
