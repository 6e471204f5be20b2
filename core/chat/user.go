package chat

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// maxIgnores bounds how many others one user may ignore.
const maxIgnores = 200

// A UserID names one login, from its beginning to its end. No two logins of a
// server's life share one; 0 is none.
type UserID uint64

// A User is someone who is logged in. Its methods are safe for concurrent use.
type User struct {
	id      UserID
	member  Member
	since   int64                             // unix nanoseconds
	active  atomic.Int64                      // unix nanoseconds of the last line
	current atomic.Pointer[Room]              // where a chat line goes
	ignored atomic.Pointer[map[UserID]string] // copy on write; nil: nobody
	gone    atomic.Bool                       // logged out; set with Hub.mu held

	mu    sync.Mutex
	name  Name
	role  Role
	away  string        // the reason; "" when here
	reply *User         // who last sent a private message
	in    []*membership // the rooms, in order of joining
}

// ID names this login.
func (u *User) ID() UserID { return u.id }

// Name is the user's present name.
func (u *User) Name() Name {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.name
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
func (u *User) Away() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.away
}

// SetAway marks the user as away for that reason; "" means back.
func (u *User) SetAway(reason string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.away = reason
}

// ReplyTo is who last sent a private message, or nil if nobody did. That user
// may have logged out since.
func (u *User) ReplyTo() *User {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.reply
}

func (u *User) setReply(to *User) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.reply = to
}

// Gone reports whether the user has logged out.
func (u *User) Gone() bool { return u.gone.Load() }

// Since is when the user logged in.
func (u *User) Since() time.Time { return time.Unix(0, u.since) }

// Touch notes that the user typed a line at that time.
func (u *User) Touch(now time.Time) { u.active.Store(now.UnixNano()) }

// Active is when the user last typed a line.
func (u *User) Active() time.Time { return time.Unix(0, u.active.Load()) }

// Room is the current room, where a chat line goes; nil only while the user
// logs in or out.
func (u *User) Room() *Room { return u.current.Load() }

// Rooms are the rooms the user is in, in order of joining.
func (u *User) Rooms() []*Room {
	u.mu.Lock()
	defer u.mu.Unlock()
	rooms := make([]*Room, len(u.in))
	for i, m := range u.in {
		rooms[i] = m.fan.room
	}
	return rooms
}

// membershipIn is the user's place in r, or nil.
func (u *User) membershipIn(r *Room) *membership {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, m := range u.in {
		if m.fan.room == r {
			return m
		}
	}
	return nil
}

// Ignores reports whether the user wants to see nothing of other.
func (u *User) Ignores(other UserID) bool {
	m := u.ignored.Load()
	if m == nil {
		return false
	}
	_, ok := (*m)[other]
	return ok
}

// Ignored are the names of the users that are ignored, as they were when the
// ignoring began.
func (u *User) Ignored() []string {
	m := u.ignored.Load()
	if m == nil {
		return nil
	}
	names := make([]string, 0, len(*m))
	for _, n := range *m {
		names = append(names, n)
	}
	return names
}

// Ignore hides all that other says from now on. It is a Limited error to
// ignore more than 200 users, and an Invalid one to ignore oneself.
func (u *User) Ignore(other *User) error {
	if other == u {
		return Errorf(Invalid, "You can't ignore yourself.")
	}
	name := other.Name().Display
	u.mu.Lock()
	defer u.mu.Unlock()
	next := map[UserID]string{}
	if m := u.ignored.Load(); m != nil {
		next = maps.Clone(*m)
	}
	if len(next) >= maxIgnores {
		return Errorf(Limited, "You ignore %d people already; unignore somebody first.", maxIgnores)
	}
	next[other.id] = name
	u.setIgnoredLocked(&next)
	return nil
}

// Unignore ends the ignoring of everyone who satisfies match, which is given
// the login and the name that it had when the ignoring began, and must not use
// u. It reports how many that were.
func (u *User) Unignore(match func(id UserID, name string) bool) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	m := u.ignored.Load()
	if m == nil {
		return 0
	}
	next := maps.Clone(*m)
	maps.DeleteFunc(next, match)
	n := len(*m) - len(next)
	if len(next) == 0 {
		u.setIgnoredLocked(nil)
	} else if n > 0 {
		u.setIgnoredLocked(&next)
	}
	return n
}

func (u *User) setIgnoredLocked(m *map[UserID]string) {
	u.ignored.Store(m)
	u.member.Seat().box().put(item{op: opRefresh, user: u})
}

// Member is the session of the user.
func (u *User) Member() Member { return u.member }
