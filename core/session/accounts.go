package session

import (
	"context"
	"net/netip"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Accounts know whom an account belongs to, what holds for people, and what
// follows an account from session to session. Load, Save, Arrived and Shown may block
// until their context ends and are called on goroutines of their own; the others are
// called on event loops and must not. All are safe for concurrent use.
type Accounts interface {
	// Guest returns nil if a guest from that address may come in under the name.
	// The error is shown; Unauthenticated means that the name is an account's.
	Guest(name chat.Name, from netip.Addr, now time.Time) error
	// Attach notes that s is logged in to the account of that key, until Detach.
	// The error is shown, and keeps s out.
	Attach(key string, s *Session, now time.Time) error
	// Detach ends Attach.
	Detach(key string, s *Session, now time.Time)
	// Standing is what holds at the moment for who comes from that address:
	// the owner of an account, or if it is "" a guest with a name of that key.
	Standing(account, name string, from netip.Addr, now time.Time) Standing
	// Overstayed notes that somebody from that address was cut for not having
	// logged in.
	Overstayed(from netip.Addr, now time.Time)

	// Load is what was saved last for the account of that key, the zero value if
	// nothing was.
	Load(ctx context.Context, key string) (Carried, error)
	// Save keeps mine in the place of base, from which it was made. What others
	// changed since base stays changed.
	Save(ctx context.Context, key string, base, mine Carried) error
	// Arrived are the messages that came for the account while its owner was
	// not here and that were not shown yet, oldest first; upto is for Shown.
	Arrived(ctx context.Context, key string) (mail []*chat.Event, upto uint64, err error)
	// Shown notes that the messages up to that number of Arrived are on their way
	// to the owner. Until then they arrive again, rather than be lost in a crash.
	Shown(ctx context.Context, key string, upto uint64) error
}

// A Standing is what holds for somebody. The zero value is that of any guest.
type Standing struct {
	Role   chat.Role
	Banned string    // why, as a sentence: the session ends; "": no
	Muted  bool      // may not speak
	Until  time.Time // of the mute; zero: for ever
	Why    string    // of the mute, as chat.User.Mute takes it
}

// standing is what holds for u in this session.
func (s *Session) standing(u *chat.User) Standing {
	a := s.loop.Env.Accounts
	if a == nil {
		return Standing{}
	}
	return a.Standing(u.Account(), u.Name().Key, s.Peer(), s.loop.Now)
}

// mayBe returns nil if the session may have the name without a password.
func (s *Session) mayBe(name chat.Name) error {
	if a := s.loop.Env.Accounts; a != nil {
		return a.Guest(name, s.Peer(), s.loop.Now)
	}
	return nil
}

// Recheck looks again at the role and the sanctions of everybody who is logged in
// and whom covers takes in, by their address and the key of their account, or of
// their name for a guest. Nil takes in all. Any goroutine may call it, and does not
// wait for the sessions.
func (e *Env) Recheck(covers func(from netip.Addr, key string) bool) {
	for _, u := range e.Hub.Users() {
		key := u.Account()
		if key == "" {
			key = u.Name().Key
		}
		for _, m := range u.Sessions() {
			if s, ok := m.(*Session); ok && (covers == nil || covers(s.Peer(), key)) {
				s.call(s.recheck)
			}
		}
	}
}

// recheck puts into force what holds for the session now.
func (s *Session) recheck() {
	if s.user == nil || s.closing {
		return
	}
	st := s.standing(s.user)
	if st.Banned != "" {
		s.cut(st.Banned)
		return
	}
	s.enforce(s.user, st)
}

// enforce gives the user the role and the mute. Who is muted in one session is in
// all of them.
func (s *Session) enforce(u *chat.User, st Standing) {
	s.mute(u, st)
	if old := u.Role(); old != st.Role {
		u.SetRole(st.Role)
		for _, m := range u.Sessions() {
			if s, ok := m.(*Session); ok {
				s.call(s.tellRole)
			}
		}
	}
}

func (s *Session) mute(u *chat.User, st Standing) {
	a := s.loop.Env.Accounts
	if a == nil {
		return
	}
	if !st.Muted {
		for _, m := range u.Sessions() {
			if other, ok := m.(*Session); ok && other != s && !st.Muted {
				st = a.Standing(u.Account(), u.Name().Key, other.Peer(), s.loop.Now)
			}
		}
	}
	until, why, on := u.Muted(s.loop.Now)
	switch {
	case st.Muted && !(on && until.Equal(st.Until) && why == st.Why):
		u.Mute(st.Until, st.Why)
	case !st.Muted && on:
		u.Unmute()
	}
}

// tellRole tells which role the user has now.
func (s *Session) tellRole() {
	if s.user == nil || s.closing {
		return
	}
	role := s.user.Role().String()
	if s.machine() != nil {
		s.tell("role", func(o object) object { return o.text("role", role) })
	} else {
		s.say("-- Your role is " + role + " now; help lists what you may do.")
	}
	s.Wake()
}
