package session

import (
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

var _ command.Session = (*Session)(nil)

// User implements command.Session.
func (s *Session) User() *chat.User { return s.user }

// LoggedIn implements command.Caller.
func (s *Session) LoggedIn() bool { return s.user != nil }

// Role implements command.Caller.
func (s *Session) Role() chat.Role {
	if s.user == nil {
		return chat.Guest
	}
	return s.user.Role()
}

// Login implements command.Session.
func (s *Session) Login(name chat.Name) error {
	env, now := s.loop.Env, s.loop.Now
	if s.user != nil {
		return chat.Errorf(chat.Conflict, "You are logged in as %s; use nick NAME for another name, or logout.", s.user.Name().Display)
	}
	u, err := env.Hub.Login(s, name, s.roleOf(name.Key), now)
	if err != nil {
		return err
	}
	s.user = u
	s.hurry = true // an idle guest's deadline may be sooner than the grace's
	s.telnet.ResetOptionCount()
	env.Log.Info("login", "conn", s.id, "user", name.Display, "role", u.Role().String())
	s.say(fmt.Sprintf("-- Welcome, %s.", name.Display))
	if _, _, err := s.Join(env.Hub.Rules().Start, ""); err != nil {
		s.logout("")
		return err
	}
	return nil
}

// Rename implements command.Session.
func (s *Session) Rename(name chat.Name) error {
	old := s.user.Name().Display
	if err := s.loop.Env.Hub.Rename(s.user, name, s.loop.Now); err != nil {
		return err
	}
	s.user.SetRole(s.roleOf(name.Key))
	s.Wake()
	s.loop.Env.Log.Info("renamed", "conn", s.id, "user", name.Display, "from", old, "role", s.user.Role().String())
	return nil
}

// roleOf is what a name may do in this session. Names are not authenticated, so
// only a peer on this machine has more than a guest's role.
func (s *Session) roleOf(key string) chat.Role {
	if !s.local() {
		return chat.Guest
	}
	return s.loop.Env.Roles(key)
}

// RolesChanged has every session look up its role again. Any goroutine may
// call it.
func (e *Env) RolesChanged() {
	for _, u := range e.Hub.Users() {
		if s, ok := u.Member().(*Session); ok {
			s.call(func() {
				if s.user == nil {
					return
				}
				old, role := s.user.Role(), s.roleOf(s.user.Name().Key)
				s.user.SetRole(role)
				if role != old {
					s.say(fmt.Sprintf("-- Your role is %s now; help lists what you may do.", role))
				}
				s.Wake()
			})
		}
	}
}

// loginGuest gives the newcomer a guest name.
func (s *Session) loginGuest() {
	for n := range uint64(1000) {
		name, err := s.loop.Env.Name("guest" + strconv.FormatUint(s.ID()+n, 10))
		if err != nil {
			break
		}
		if s.Login(name) == nil {
			return
		}
	}
	s.say("-- No guest name is free. Log in with: login NAME")
}

// Logout implements command.Session.
func (s *Session) Logout() { s.logout("") }

func (s *Session) logout(reason string) {
	if s.user == nil {
		return
	}
	env := s.loop.Env
	env.Hub.Logout(s.user, reason, s.loop.Now)
	env.Log.Info("logout", "conn", s.id, "user", s.user.Name().Display)
	s.user = nil
	s.grace = s.loop.moment()
	if !s.closing {
		s.Wake()
	}
}

// Join implements command.Session.
func (s *Session) Join(room, key string) (*chat.Room, bool, error) {
	env := s.loop.Env
	s.seat.Settle()
	r, upto, joined, err := env.Hub.Join(s.user, room, s.loop.Now) // TODO key
	if err != nil || !joined {
		return r, false, err
	}
	// What is queued from here to the end is not preceded by a Settle: the room's
	// next messages come after its last ones.
	frame := fmt.Appendf(nil, "-- You are in %s with %s.%s", room, plural(r.Len()-1, "other", "others"), crlf)
	if t := r.Topic(); t.Text != "" {
		frame = fmt.Appendf(frame, "-- The topic is: %s%s", t.Text, crlf)
	}
	s.queue(s.replay(frame, r, upto))
	return r, true, nil
}

// replay appends the last messages of the room up to that one.
func (s *Session) replay(frame []byte, r *chat.Room, upto uint64) []byte {
	n := s.loop.Env.Settings().Replay
	if n <= 0 || upto == 0 {
		return frame
	}
	events, err := s.loop.Env.Hub.History(r, chat.Query{Last: n, Upto: upto})
	if err != nil {
		s.loop.Env.Log.Error("replay", "conn", s.id, "room", r.Name(), "err", err)
		return frame
	}
	c := s.class()
	if clockOf(c) == ClockOff {
		c |= chat.Class(ClockTime) << classClock
	}
	c &^= classBell
	for _, ev := range events {
		if !s.user.Ignores(ev.FromID) {
			frame = append(s.loop.encoder().line(frame, c, ev, ""), crlf...)
		}
	}
	return frame
}

// Info implements command.Session.
func (s *Session) Info() command.Info {
	t := s.telnet.Terminal()
	return command.Info{ID: s.ID(), Addr: s.peer.String(), Terminal: t.Name}
}

// LogValue implements slog.LogValuer.
func (s *Session) LogValue() slog.Value {
	if s.user == nil {
		return slog.GroupValue(slog.Uint64("conn", s.ID()))
	}
	return slog.GroupValue(slog.Uint64("conn", s.ID()), slog.String("user", s.user.Name().Display))
}

// Now implements command.Session.
func (s *Session) Now() time.Time { return s.loop.Now }

// Clear implements command.Session.
func (s *Session) Clear() {
	if s.colored() {
		s.seat.Settle()
		s.queue([]byte("\x1b[H\x1b[2J"))
	}
}

// ID is the number of the connection, as in logs.
func (s *Session) ID() uint64 { return uint64(s.id) }
