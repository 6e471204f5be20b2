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
func (s *Session) Login(who chat.Identity) error {
	env := s.loop.Env
	if s.user != nil {
		return chat.Errorf(chat.Conflict, "You are logged in as %s; use nick NAME for another name, or logout.", s.user.Name().Display)
	}
	if who.Account == "" {
		if err := s.mayBe(who.Name); err != nil {
			return err
		}
	} else if err := env.Accounts.Attach(who.Account, s, s.loop.Now); err != nil {
		return err
	}
	u, upto, err := s.begin(who)
	if err != nil {
		s.detach(who.Account)
		return err
	}
	s.user = u
	s.entry.Store(uint32(s.loop.Now.Unix()))
	// Only now: a sanction that comes later finds the session among those of the
	// hub, and one that came before is found here.
	st := s.standing(u)
	if st.Banned != "" {
		s.logout("")
		return chat.Errorf(chat.Forbidden, "%s", st.Banned)
	}
	u.SetRole(st.Role)
	s.mute(u, st)
	s.stamp()
	s.hurry = true // an idle guest's deadline may be sooner than the grace's
	s.telnet.ResetOptionCount()
	env.Log.Info("login", "conn", s.id, "user", u.Name().Display, "account", who.Account, "role", u.Role().String())
	s.welcome()
	if who.Account != "" {
		s.comeHome(who.Account, upto)
		return nil
	}
	if _, _, err := s.Join(env.Hub.Rules().Start, ""); err != nil {
		s.logout("")
		return err
	}
	return nil
}

// welcome tells who has logged in, and how often.
func (s *Session) welcome() {
	u := s.user
	name, n := u.Name().Display, len(u.Sessions())
	if s.machine() != nil {
		s.tell("login", func(o object) object {
			if o = o.text("user", name).text("role", u.Role().String()); n > 1 {
				o = o.count("sessions", uint64(n))
			}
			return o
		})
		return
	}
	s.say(fmt.Sprintf("-- Welcome, %s.", name))
	if n > 1 {
		s.say(fmt.Sprintf("-- You are logged in %d times now.", n))
	}
}

// begin makes the session a login of its own, or one of those of the account's
// owner who is here already; then upto is the number of the last message of the
// current room.
func (s *Session) begin(who chat.Identity) (u *chat.User, upto uint64, err error) {
	hub, now := s.loop.Env.Hub, s.loop.Now
	for evicted := false; ; {
		if who.Account != "" {
			if other := hub.Account(who.Account); other != nil {
				u, upto, err = s.share(other)
				if chat.ErrorCode(err) == chat.NotFound { // gone meanwhile
					continue
				}
				return u, upto, err
			}
		}
		u, err = hub.Login(s, who, now)
		switch {
		case err == nil || who.Account == "":
			return u, 0, err
		case hub.Account(who.Account) != nil: // here meanwhile
		case evicted || !s.evict(who.Name):
			return nil, 0, err
		default:
			evicted = true
		}
	}
}

// share makes the session one of other's, or its only one if the settings say so or
// it has as many as may be: those that are dead keep nobody out.
func (s *Session) share(other *chat.User) (u *chat.User, upto uint64, err error) {
	hub, now := s.loop.Env.Hub, s.loop.Now
	if !s.loop.Env.Settings().Takeover {
		u, upto, err = hub.Attach(s, other, now)
		if chat.ErrorCode(err) != chat.Limited {
			return u, upto, err
		}
	}
	u, upto, old, err := hub.Takeover(s, other, now)
	for _, m := range old {
		if o, ok := m.(*Session); ok {
			o.cutFrom(u, "You have logged in from elsewhere, which ends this session.")
		}
	}
	return u, upto, err
}

// evict gives a guest, who has the name of an account whose owner comes, another
// one. It reports whether there was such a guest.
func (s *Session) evict(name chat.Name) bool {
	env := s.loop.Env
	guest := env.Hub.User(name.Key)
	if guest == nil || guest.Account() != "" {
		return false
	}
	for n := range guestNames {
		other, err := env.Name("guest" + strconv.FormatUint(uint64(guest.ID())+n, 10))
		if err != nil {
			return false
		}
		if env.Hub.Rename(guest, other, s.loop.Now) == nil {
			guest.Notify(&chat.Event{Kind: chat.Notice, Time: s.loop.Now, Text: fmt.Sprintf(
				"The name %s is that of an account whose owner is here now, so you are %s; nick NAME gives you another name.", name.Display, other.Display)})
			return true
		}
	}
	return false
}

// Identify implements command.Session.
func (s *Session) Identify(who chat.Identity) error {
	env, u := s.loop.Env, s.user
	switch {
	case u == nil:
		return chat.Errorf(chat.Unauthenticated, "You are not logged in any more; log in with: login NAME")
	case u.Account() != "":
		return chat.Errorf(chat.Conflict, "You are logged in to the account %s already.", u.Account())
	}
	if err := env.Accounts.Attach(who.Account, s, s.loop.Now); err != nil {
		return err
	}
	if err := env.Hub.Identify(u, who, s.loop.Now); err != nil {
		s.detach(who.Account)
		return err
	}
	env.adopt(s, who.Account)
	env.Log.Info("registered", "conn", s.id, "user", u.Name().Display, "account", who.Account)
	s.enforce(u, s.standing(u))
	s.tellRole()
	s.keepSoon()
	s.Wake()
	return nil
}

// detach ends the session's hold on an account; "" is none.
func (s *Session) detach(account string) {
	if account != "" {
		s.loop.Env.Accounts.Detach(account, s, s.loop.Now)
	}
}

// Rename implements command.Session.
func (s *Session) Rename(name chat.Name) error {
	u, env := s.user, s.loop.Env
	if _, _, muted := u.Muted(s.loop.Now); muted && u.Account() == "" {
		return chat.Errorf(chat.Forbidden, "You are muted, so you can't change your name.")
	}
	if u.Account() != name.Key {
		switch err := s.mayBe(name); {
		case chat.ErrorCode(err) == chat.Unauthenticated:
			return chat.Errorf(chat.Conflict, "The name %s is registered; choose another, or logout and log in with its password.", name.Display)
		case err != nil:
			return err
		}
	}
	old := u.Name().Display
	if err := env.Hub.Rename(u, name, s.loop.Now); err != nil {
		return err
	}
	s.enforce(u, s.standing(u))
	s.Wake()
	env.Log.Info("renamed", "conn", s.id, "user", name.Display, "from", old, "role", u.Role().String())
	return nil
}

// guestNames is how many names are tried for a guest.
const guestNames = uint64(1000)

// loginGuest gives the newcomer a guest name.
func (s *Session) loginGuest() {
	for n := range guestNames {
		name, err := s.loop.Env.Name("guest" + strconv.FormatUint(s.ID()+n, 10))
		if err != nil {
			break
		}
		switch err := s.Login(chat.Identity{Name: name}); chat.ErrorCode(err) {
		case "":
			return
		case chat.Forbidden: // whatever the name
			s.say("-- " + s.explain(err))
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
	env, account := s.loop.Env, s.user.Account()
	s.keepProfile(true)
	env.Hub.Logout(s.user, reason, s.loop.Now)
	env.Log.Info("logout", "conn", s.id, "user", s.user.Name().Display)
	s.detach(account)
	if p := s.own(); p != nil && p.key != "" {
		env.leave(s, p)
	}
	s.user = nil
	s.entry.Store(0)
	s.forget()
	s.stamp()
	if s.closing {
		return
	}
	if account != "" {
		s.unchoose()
	}
	if s.machine() != nil {
		s.tell("logout", func(o object) object { return o })
	}
	s.Wake()
}

// Join implements command.Session.
func (s *Session) Join(room, key string) (*chat.Room, bool, error) {
	env := s.loop.Env
	s.seat.Settle()
	r, upto, joined, err := env.Hub.Join(s.user, room, key, s.loop.Now)
	if err != nil || !joined {
		return r, false, err
	}
	s.showRoom(r, upto)
	return r, true, nil
}

// showRoom shows the room that the session is in now, and its last messages up to
// that one.
func (s *Session) showRoom(r *chat.Room, upto uint64) {
	if s.machine() != nil {
		s.queue(s.arrival(r, upto))
		return
	}
	// What is queued from here to the end is not preceded by a Settle: the room's
	// next messages come after its last ones.
	frame := fmt.Appendf(nil, "-- You are in %s with %s.%s", r.Name(), plural(r.Len()-1, "other", "others"), crlf)
	if t := r.Topic(); t.Text != "" {
		frame = fmt.Appendf(frame, "-- The topic is: %s%s", t.Text, crlf)
	}
	s.queue(s.replay(frame, r, upto))
}

// arrival is the object that tells a program which room it is in now, and the
// number of the last message before it came.
func (s *Session) arrival(r *chat.Room, upto uint64) []byte {
	o := s.machine().now.field(begin(nil, "entered")).text("room", r.Name()).num("seq", upto)
	return o.count("members", uint64(r.Len())).str("topic", r.Topic().Text).end()
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
		if !s.user.Hides(ev) {
			frame = append(s.loop.Encoder().line(frame, c, ev, common), crlf...)
		}
	}
	return frame
}

// Info implements command.Session.
func (s *Session) Info() command.Info {
	t := s.telnet.Terminal()
	return command.Info{ID: s.ID(), Addr: s.peer.addrPort().String(), Terminal: t.Name}
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
	if s.ansi() && s.machine() == nil && !s.readAloud() {
		s.seat.Settle()
		s.queue([]byte("\x1b[H\x1b[2J"))
	}
}

// ID is the number of the connection, as in logs.
func (s *Session) ID() uint64 { return uint64(s.id) }
