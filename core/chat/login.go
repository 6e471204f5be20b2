package chat

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A UserID names one login, from its beginning to its end. No two logins of a
// server's life share one; 0 is none.
type UserID uint64

// A login is what all sessions of one user share. It begins with the first of
// them and ends with the last.
type login struct {
	id     UserID
	since  int64                  // unix nanoseconds
	active atomic.Int64           // unix nanoseconds of the last line
	extras atomic.Pointer[extras] // copy on write; nil: all zero
	first  atomic.Pointer[User]   // of the sessions, who typed last; nil: ended, which is decided with Hub.mu held too

	mu    sync.Mutex // also for the order of the sessions, and for who replaces extras
	words string     // the display name, its key, its skeleton and the account, joined: most of what a guest takes
	ends  [3]uint16  // where the first three of them end
	role  Role
}

// extras is what most users never need, in one immutable piece.
type extras struct {
	away    string          // the reason; "" when here
	reply   *User           // who last sent a private message
	ignored map[whom]string // nil: nobody
	mute    *mute           // nil: may speak
}

// newLogin is a login with its first session.
func newLogin(id UserID, m Member, who Identity, now time.Time) *User {
	both := &struct {
		login
		User
	}{} // in one allocation: most have one session
	l, u := &both.login, &both.User
	l.id, l.since, l.role = id, now.UnixNano(), who.Role
	l.active.Store(l.since)
	l.rename(who.Name, who.Account)
	u.login, u.member = l, m
	l.first.Store(u)
	return u
}

// rename sets the name and the account. L.mu and Hub.mu are held, or nobody else
// knows l.
func (l *login) rename(n Name, account string) {
	l.words = strings.Join([]string{n.Display, n.Key, n.Skeleton, account}, "") // a copy: a name is part of a line
	end := len(n.Display)
	l.ends[0] = uint16(end)
	end += len(n.Key)
	l.ends[1] = uint16(end)
	end += len(n.Skeleton)
	l.ends[2] = uint16(end)
}

// identityLocked is the present name and account. L.mu or Hub.mu is held.
func (l *login) identityLocked() (Name, string) {
	e := l.ends
	return Name{Display: l.words[:e[0]], Key: l.words[e[0]:e[1]], Skeleton: l.words[e[1]:e[2]]}, l.words[e[2]:]
}

func (l *login) identity() (Name, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.identityLocked()
}

// keyLocked is the key of the name. L.mu or Hub.mu is held.
func (l *login) keyLocked() string { return l.words[l.ends[0]:l.ends[1]] }

// displayLocked is the display name. L.mu or Hub.mu is held.
func (l *login) displayLocked() string { return l.words[:l.ends[0]] }

// event is one that the user causes now.
func (l *login) event(k Kind, room string, now time.Time) *Event {
	name, account := l.identity()
	return &Event{Kind: k, Time: now, Room: room, From: name.Display, FromID: l.id, Author: account}
}

// firstOr is the session that typed last, or u if none is left.
func (l *login) firstOr(u *User) *User {
	if first := l.first.Load(); first != nil {
		return first
	}
	return u
}

// ended reports whether no session is left.
func (l *login) ended() bool { return l.first.Load() == nil }

// add makes u the session that typed last. L.mu is held.
func (l *login) addLocked(u *User) {
	u.next = l.first.Load()
	l.first.Store(u)
}

// removeLocked takes u off the sessions, if it is one. L.mu is held.
func (l *login) removeLocked(u *User) (was bool) {
	if l.first.Load() == u {
		l.first.Store(u.next)
		u.next = nil
		return true
	}
	for s := l.first.Load(); s != nil; s = s.next {
		if s.next == u {
			s.next, u.next = u.next, nil
			return true
		}
	}
	return false
}

// placesLocked are the places of a session in the user's rooms. L.mu or Hub.mu is held.
func (l *login) placesLocked() []*membership {
	if u := l.first.Load(); u != nil {
		return u.in
	}
	return nil
}

// isIn reports whether the user is in r.
func (l *login) isIn(r *Room) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.placesLocked(), func(m *membership) bool { return m.fan.room == r })
}

// sessions are the present ones, who typed last first.
func (l *login) sessions() []*User {
	var all []*User
	l.each(func(u *User) { all = append(all, u) })
	return all
}

// each calls f, which must not lock l, for the sessions.
func (l *login) each(f func(*User)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for u := l.first.Load(); u != nil; u = u.next {
		f(u)
	}
}

// receive hands ev to all sessions of the user.
func (l *login) receive(ev *Event) { l.each(func(u *User) { u.show(ev) }) }

// extra is a copy of the extras.
func (l *login) extra() extras {
	if e := l.extras.Load(); e != nil {
		return *e
	}
	return extras{}
}

// change replaces the extras. They belong to f until it returns, but for the
// map.
func (l *login) change(f func(*extras)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.extra()
	f(&e)
	if e.away == "" && e.reply == nil && e.ignored == nil && e.mute == nil {
		l.extras.Store(nil)
		return
	}
	l.extras.Store(&e)
}
