package chat

import "time"

// maxSessions is how many sessions one user may have.
const maxSessions = 16

// Attach makes m a further session of a user: in the same rooms, the current one
// being that of the session which typed last, and told what the others are told.
// Nobody else learns of it. Upto is the sequence number of the current room's
// last message before: what follows is delivered. U.Room() is nil if the user is
// in no room yet, as between Login and Join. The error has the code NotFound if
// to has logged out meanwhile, and Limited if it has 16 sessions.
func (h *Hub) Attach(m Member, to *User, now time.Time) (u *User, upto uint64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(to.sessions()); n >= maxSessions {
		return nil, 0, Errorf(Limited, "You are logged in %d times, which is the most; end another session first.", n)
	}
	return h.attachLocked(m, to, now)
}

// Takeover is Attach, but that u is the user's only session then. The members of
// the others, which hear of nothing any more and whose users can do nothing, are
// returned for the caller to end; for none of them is waited.
func (h *Hub) Takeover(m Member, of *User, now time.Time) (u *User, upto uint64, old []Member, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := of.sessions()
	u, upto, err = h.attachLocked(m, of, now)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, s := range before {
		old = append(old, s.member)
		h.endLocked(s, "", now)
	}
	return u, upto, old, nil
}

func (h *Hub) attachLocked(m Member, to *User, now time.Time) (u *User, upto uint64, err error) {
	first := to.first.Load()
	if first == nil {
		return nil, 0, Errorf(NotFound, "%s is not here any more; log in again.", to.Name().Display)
	}
	u = &User{login: to.login, member: m}
	current := first.Room()
	h.setCurrent(u, current)
	var in []*membership
	for _, place := range first.in {
		r := place.fan.room
		mine := &membership{user: u}
		r.mu.Lock()
		r.enterLocked(mine)
		if r == current {
			upto = r.last
		}
		r.mu.Unlock()
		in = append(in, mine)
	}
	u.active.Store(now.UnixNano())
	u.mu.Lock()
	defer u.mu.Unlock()
	u.in = in
	u.addLocked(u)
	return u, upto, nil
}

// endLocked ends the session u, and the login if it is the last; then its rooms
// are told the reason. Hub.mu is held.
func (h *Hub) endLocked(u *User, reason string, now time.Time) {
	u.gone.Store(true)
	u.mu.Lock()
	in := u.in
	u.in = nil
	u.removeLocked(u)
	u.mu.Unlock()
	u.current.Store(nil)
	last := u.ended()
	if last {
		h.online--
		h.visits.end(u.login, now)
		h.yieldLocked(u.login)
		u.change(func(e *extras) { e.reply = nil }) // so that those who are gone don't hold each other in memory
	}
	for _, m := range in {
		if last {
			h.part(u.login, []*membership{m}, reason, now)
			continue
		}
		r := m.fan.room
		r.mu.Lock()
		r.exitLocked(m, now)
		r.mu.Unlock()
	}
}

// Account is who is logged in to the account of that key, under whatever name, or
// nil.
func (h *Hub) Account(key string) *User {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if l := h.accounts[key]; l != nil {
		return l.first.Load()
	}
	return nil
}
