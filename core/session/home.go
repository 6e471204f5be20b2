package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// comeHome gives the owner of an account, who has logged in, what follows the
// account, as soon as it is there; the lines that come meanwhile wait. Last is the
// last message of the current room, if the user is in one already.
func (s *Session) comeHome(account string, last uint64) {
	u := s.user
	s.working().held = true
	r := ref{}
	if m := s.machine(); m != nil {
		r = m.now
	}
	s.extras().profile = s.loop.Env.enter(s, account, func() {
		s.call(func() {
			if s.user == nil || s.user != u || s.closing {
				return
			}
			defer s.onBehalf(r)()
			s.home(last)
			if w := s.work; w != nil {
				w.held = false
				s.release(w)
			}
		})
	})
}

// home puts into force what follows the account.
func (s *Session) home(last uint64) {
	p, u, start := s.own(), s.user, s.loop.Env.Hub.Rules().Start
	p.mu.Lock()
	came, mail, upto, failed := p.came, p.mail, p.upto, p.failed
	p.came, p.mail, p.failed = nil, nil, false
	if came != nil {
		p.settings, p.aliases = came.Settings, nil
	}
	settings := p.settings
	p.mu.Unlock()
	if came != nil {
		s.restoreAliases(p, came.Aliases)
	}
	s.choose(settings)
	s.seat.SetClass(s.class())
	if failed {
		s.say("-- What the server keeps for you can't be read at the moment: your settings, aliases and rooms are missing.")
	}
	if came != nil {
		for _, i := range came.Ignores {
			_ = u.IgnoreAccount(i.Account, i.Name) // one too many, perhaps, since the bound is lower now
		}
	}
	switch r := u.Room(); {
	case r != nil:
		s.showRoom(r, last)
	case came != nil:
		s.rejoin(came, start)
	default:
		_, _, _ = s.Join(start, "")
	}
	if u.Room() == nil { // the start room does not let anybody in
		s.logout("")
		return
	}
	if len(mail) > 0 {
		s.deliver(mail)
		s.loop.Env.noteShown(p, upto)
	}
	if came != nil {
		s.resume(came.Jobs)
	}
}

// rejoin takes the user into the rooms of last time, the current one last. Only
// that one is shown, beside the others' names.
func (s *Session) rejoin(c *Carried, start string) {
	hub, now := s.loop.Env.Hub, s.loop.Now
	current := c.Current
	if !slices.ContainsFunc(c.Rooms, func(r JoinedRoom) bool { return r.Name == current }) {
		current = start
	}
	var back []string
	rooms := append([]JoinedRoom{{Name: start}}, c.Rooms...)
	for i, r := range rooms {
		if r.Name == current || i > 0 && r.Name == start {
			continue
		}
		room, upto, joined, err := hub.Join(s.user, r.Name, "", now)
		switch {
		case err != nil:
			s.say(fmt.Sprintf("-- You are no longer in %s: %s", r.Name, s.explain(err)))
		case joined && s.machine() != nil:
			s.queue(s.arrival(room, upto))
		case joined:
			back = append(back, r.Name)
		}
	}
	if len(back) > 0 {
		s.say("-- You are in " + strings.Join(back, ", ") + " as before.")
	}
	if _, _, err := s.Join(current, ""); err != nil && current != start {
		s.say(fmt.Sprintf("-- You are no longer in %s: %s", current, s.explain(err)))
		_, _, _ = s.Join(start, "")
		if r := s.user.Room(); r != nil && r.Name() == start {
			s.showRoom(r, s.lastIn(r))
		}
	}
}

// deliver shows the messages that came while the user was not here.
func (s *Session) deliver(mail []*chat.Event) {
	s.seat.Settle()
	if s.machine() != nil {
		var frame []byte
		for _, ev := range mail {
			frame = appendEvent(frame, ev, s.regard(ev))
		}
		s.queue(frame)
		return
	}
	c := s.class()
	if clockOf(c) == ClockOff {
		c |= chat.Class(ClockDateTime) << classClock
	}
	frame := fmt.Appendf(nil, "-- %s while you were not here:%s", plural(len(mail), "message came", "messages came"), crlf)
	for _, ev := range mail {
		frame = append(s.loop.Encoder().line(frame, c, ev, s.regard(ev)), crlf...)
	}
	s.queue(frame)
}

// oldestJob is how long ago a job may have been due that still runs at the login.
const oldestJob = 24 * time.Hour

// resume schedules the jobs of last time in this session. Of those that were due
// meanwhile, one that runs once runs now if that is not too long ago, and one that
// runs again and again waits for its next time.
func (s *Session) resume(jobs []Job) {
	p, now := s.own(), s.loop.Now
	p.mu.Lock()
	p.jobs = nil
	var late, dropped []string
	for _, c := range jobs {
		j := job{id: int32(c.ID), line: c.Line, next: c.Next, every: c.Every, owner: s}
		p.lastJob = max(p.lastJob, j.id)
		switch ago := now.Sub(j.next); {
		case ago < 0:
		case j.every > 0:
			j.next = j.next.Add(ago.Truncate(j.every) + j.every)
		case ago > oldestJob:
			dropped = append(dropped, j.line)
			continue
		default:
			late = append(late, j.line)
		}
		p.jobs = append(p.jobs, j)
	}
	p.mu.Unlock()
	if n := len(late); n > 0 {
		s.say(fmt.Sprintf("-- While you were not here %s now.", plural(n, "job came due, which runs", "jobs came due, which run")))
	}
	for _, l := range dropped {
		s.say(fmt.Sprintf("-- A job was due more than %s ago and is dropped: %s", chat.Spell(oldestJob), text.Clean(l)))
	}
	s.keepSoon()
	s.Wake()
}

// LastHere implements command.Session.
func (s *Session) LastHere() (at time.Time, read map[string]uint64) {
	p := s.own()
	if p == nil {
		return time.Time{}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen, p.reads
}

// keepSoon has what the line that was run may have changed saved a little later.
func (s *Session) keepSoon() {
	if x := s.extra; x != nil && x.keep == 0 && x.profile != nil && x.profile.key != "" && s.user != nil && !s.closing {
		x.keep = s.loop.moment().add(saveDelay)
		s.hurry = true
		s.attend()
	}
}

// keepAt is when to save what has changed; 0: nothing has.
func (s *Session) keepAt() moment {
	if s.extra == nil || s.user == nil {
		return 0
	}
	return s.extra.keep
}
