package chat

import (
	"sync/atomic"
	"time"
)

// A User is someone who is logged in, as one of their sessions. The sessions of
// one login share all that others see of the user, and what the user decided:
// the name, the role, the rooms, being away, who is ignored. Each has its own
// current room. What the hub returns is the session that typed last; [User.Is]
// compares. Methods are safe for concurrent use.
type User struct {
	*login
	member  Member
	next    *User                // of the login's sessions; guarded by login.mu
	current atomic.Pointer[Room] // where a chat line goes
	gone    atomic.Bool          // the session has ended; set with Hub.mu held
	in      []*membership        // the rooms, in order of joining, the same for all sessions; changes with Hub.mu and login.mu held
}

// ID names this login.
func (u *User) ID() UserID { return u.id }

// Is reports whether both are sessions of the same login.
func (u *User) Is(other *User) bool { return u.login == other.login }

// Member is the session.
func (u *User) Member() Member { return u.member }

// Sessions are all sessions of the login, the one that typed last first; none
// once it has ended.
func (u *User) Sessions() []Member {
	var all []Member
	u.each(func(s *User) { all = append(all, s.member) })
	return all
}

// Name is the user's present name.
func (u *User) Name() Name {
	name, _ := u.identity()
	return name
}

// Account is the key of the user's account, or "" for a guest.
func (u *User) Account() string {
	_, account := u.identity()
	return account
}

// Role is what the user may do.
func (u *User) Role() Role {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.role
}

// SetRole changes the role at once, also for commands that wait their turn.
func (u *User) SetRole(r Role) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.role = r
}

// Away is the reason given for being away, or "" for a user who is here.
func (u *User) Away() string { return u.extra().away }

// SetAway marks the user as away for that reason; "" means back.
func (u *User) SetAway(reason string) {
	u.change(func(e *extras) { e.away = reason })
}

// ReplyTo is who last sent a private message, or nil if nobody did. That user
// may have logged out since.
func (u *User) ReplyTo() *User {
	if to := u.extra().reply; to != nil {
		return to.firstOr(to)
	}
	return nil
}

func (u *User) setReply(to *User) {
	if old := u.extra().reply; old == nil || !old.Is(to) {
		u.change(func(e *extras) { e.reply = to })
	}
}

// Gone reports whether the user has logged out in all sessions.
func (u *User) Gone() bool { return u.ended() }

// Since is when the user logged in: the first session that is or was of this
// login.
func (u *User) Since() time.Time { return time.Unix(0, u.since) }

// Touch notes that the user typed a line in this session at that time.
func (u *User) Touch(now time.Time) {
	u.active.Store(now.UnixNano())
	if u.first.Load() == u {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.removeLocked(u) {
		u.addLocked(u)
	}
}

// Active is when the user last typed a line, in any session.
func (u *User) Active() time.Time { return time.Unix(0, u.active.Load()) }

// Room is the session's current room, where a chat line goes; nil only while it
// logs in or out.
func (u *User) Room() *Room { return u.current.Load() }

// Rooms are the rooms the user is in, in order of joining.
func (u *User) Rooms() []*Room {
	u.mu.Lock()
	defer u.mu.Unlock()
	in := u.placesLocked()
	rooms := make([]*Room, len(in))
	for i, m := range in {
		rooms[i] = m.fan.room
	}
	return rooms
}

// show hands ev to this session alone.
func (u *User) show(ev *Event) {
	u.member.Seat().box().put(item{op: opPrivate, user: u, ev: ev})
}
