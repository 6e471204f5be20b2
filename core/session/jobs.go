package session

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// The bounds of when a job may run.
const (
	soonestJob  = time.Second
	latestJob   = 30 * 24 * time.Hour
	oftenestJob = 10 * time.Second
)

// A job is a line that is to run later.
type job struct {
	id    int32
	line  string
	next  time.Time
	every time.Duration // 0: once
	owner *Session      // in which it runs: who scheduled it, as long as that is logged in
}

// Jobs implements command.Session.
func (s *Session) Jobs() []command.Job {
	p := s.own()
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	jobs := make([]command.Job, len(p.jobs))
	for i := range p.jobs {
		jobs[i] = p.jobs[i].tell()
	}
	slices.SortStableFunc(jobs, func(a, b command.Job) int { return cmp.Compare(a.Next.UnixNano(), b.Next.UnixNano()) })
	return jobs
}

func (j *job) tell() command.Job {
	return command.Job{ID: int(j.id), Line: j.line, Next: j.next, Every: j.every}
}

// Schedule implements command.Session.
func (s *Session) Schedule(in time.Duration, again bool, typed string) (command.Job, error) {
	soonest := soonestJob
	if again {
		soonest = oftenestJob
	}
	if in < soonest || in > latestJob {
		return command.Job{}, chat.Errorf(chat.Invalid, "The time must be %s to %s, not %s.", chat.Spell(soonest), chat.Spell(latestJob), chat.Spell(in))
	}
	typed = strings.TrimSpace(typed)
	if err := s.checkJob(typed); err != nil {
		return command.Job{}, err
	}
	p := s.profile()
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := s.loop.Env.Settings().Jobs; n > 0 && len(p.jobs) >= n {
		return command.Job{}, chat.Errorf(chat.Limited, "You have %s, which is the most; cancel one first.", plural(n, "job", "jobs"))
	}
	p.lastJob++
	j := job{id: p.lastJob, line: typed, next: s.loop.Now.Add(in), owner: s}
	if again {
		j.every = in
	}
	p.jobs = append(p.jobs, j)
	s.Wake()
	return j.tell(), nil
}

// checkJob reports whether a line can be scheduled: it is a command that the
// caller may use now, and what can be told of its arguments before it runs fits.
func (s *Session) checkJob(typed string) error {
	parsed, err := s.parse(typed, line.ModeCommand)
	switch {
	case err != nil:
		return invalid(err)
	case parsed.Kind != line.Command:
		return chat.Errorf(chat.Invalid, "Only a command can be scheduled; to say something later, give say TEXT.")
	case s.secret(parsed):
		return chat.Errorf(chat.Invalid, "A command with a secret can't be scheduled; type it when it is time.")
	}
	_, err = s.loop.Env.Commands.Prepare(s, parsed)
	if chat.ErrorCode(err) == chat.NotFound && s.knows(parsed) {
		return nil // whom or what it names may be there in time
	}
	return err
}

// knows reports whether every command of a line is one that the caller may use.
func (s *Session) knows(l line.Line) bool {
	g := s.loop.Env.Commands.Grammar(s)
	return !slices.ContainsFunc(l.Stages, func(st line.Stage) bool {
		_, ok := g.Command(st.Name)
		return !ok
	})
}

// CancelJob implements command.Session.
func (s *Session) CancelJob(id int) error {
	if p := s.own(); p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if i := slices.IndexFunc(p.jobs, func(j job) bool { return int(j.id) == id }); i >= 0 {
			p.jobs = slices.Delete(p.jobs, i, i+1)
			return nil
		}
	}
	return chat.Errorf(chat.NotFound, "You have no job %d; jobs lists them.", id)
}

// nextJob is when the session's next job is due; 0: none is scheduled.
func (s *Session) nextJob() (at moment) {
	p := s.own()
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.jobs {
		if j := &p.jobs[i]; j.owner == s {
			if next := s.loop.at(j.next); at == 0 || next < at {
				at = next
			}
		}
	}
	return at
}

// runJobs gives the lines whose time has come their place among those that wait.
// A job that still waits from the last time is not added again.
func (s *Session) runJobs() {
	if at := s.nextJob(); at == 0 || at > s.loop.moment() {
		return
	}
	for _, e := range s.dueJobs() {
		if s.user == nil || s.closing { // an earlier one has ended what they belong to
			return
		}
		s.take(e)
	}
}

// dueJobs are the lines whose time has come. Those that run once are forgotten.
func (s *Session) dueJobs() (due []entry) {
	p, now := s.own(), s.loop.Now
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs = slices.DeleteFunc(p.jobs, func(j job) bool {
		if j.owner != s || j.next.After(now) {
			return false
		}
		if !s.waits(j.id) {
			due = append(due, entry{ref: ref{job: j.id}, line: j.line})
		}
		return j.every == 0
	})
	for i := range p.jobs {
		if j := &p.jobs[i]; j.owner == s && !j.next.After(now) {
			if j.next = j.next.Add(j.every); !j.next.After(now) {
				j.next = now.Add(1)
			}
		}
	}
	return due
}

// waits reports whether a line of that job waits for its turn.
func (s *Session) waits(id int32) bool {
	return s.work != nil && slices.ContainsFunc(s.work.lines, func(e entry) bool { return e.job == id })
}

// announce shows which job's line is about to run.
func (s *Session) announce(e entry) {
	l := text.Clean(e.line)
	if s.machine() != nil {
		s.tell("job", func(o object) object { return o.text("line", l) })
		return
	}
	s.say(fmt.Sprintf("-- job %d: %s", e.job, l))
}
