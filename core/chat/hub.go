package chat

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Rules are the settings of a hub that may change while it runs.
type Rules struct {
	Start     string        // the room where everyone begins and that nobody leaves
	Keep      time.Duration // how long an empty room is among Rooms; 0: until the next Sweep
	Forget    time.Duration // how long it is remembered, with its door and what was said there; at least Keep
	JoinNoise int           // above so many members joins and leaves are not shown; 0: never shown
	MaxRooms  int           // rooms in all; 0: no limit
	PerUser   int           // rooms a user may be in, the start room not counted; 0: no limit
}

// A Hub knows who is here and which rooms there are. It is safe for concurrent
// use; none of its methods blocks on a member.
type Hub struct {
	log    Log
	fold   func(string) string
	rules  atomic.Pointer[Rules]
	visits visits
	seed   maphash.Seed // of the hashes of names

	filter   atomic.Pointer[Filter]       // nil: messages go on at once
	observer atomic.Pointer[func(*Event)] // nil: nobody looks

	making  sync.Mutex                      // held while a room is made, and by nobody who holds another lock
	telling sync.Mutex                      // held while onRoom is called
	onRoom  atomic.Pointer[func(RoomState)] // nil: nobody is told

	mu       sync.RWMutex
	last     UserID
	online   int // logins
	rooms    map[string]*Room
	accounts map[string]*login // by key

	// names has each login by the hash of its key, and by that of its skeleton if
	// that is another string. It takes half the memory that it would with the
	// strings; should two of them ever have one hash, the later name is refused.
	names map[uint64]*login
}

// NewHub returns a hub whose messages go through log. Fold turns a word into
// the key of the name that it would be.
func NewHub(log Log, fold func(string) string, rules Rules) *Hub {
	h := &Hub{
		log: log, fold: fold, seed: maphash.MakeSeed(),
		names: map[uint64]*login{}, accounts: map[string]*login{}, rooms: map[string]*Room{},
	}
	h.SetRules(rules)
	log.Subscribe(h.Deliver)
	return h
}

// Rules are the present rules.
func (h *Hub) Rules() Rules { return *h.rules.Load() }

// SetRules replaces the rules. Who is in more rooms than they allow stays. A
// room that is the start room now is open to everyone from then on.
func (h *Hub) SetRules(rules Rules) {
	h.rules.Store(&rules)
	if r := h.Room(rules.Start); r != nil {
		defer h.report(r)
		r.unbar()
	}
}

// Login begins a login of m under that name. The user is in no room yet. The
// error has the code Conflict if the name, or one that looks like it, is in use,
// or if somebody is logged in to the account, whom Hub.Account returns: then m is
// attached, or takes over.
func (h *Hub) Login(m Member, who Identity, now time.Time) (*User, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.freeLocked(who, nil); err != nil {
		return nil, err
	}
	h.last++
	u := newLogin(h.last, m, who, now)
	h.online++
	h.takeLocked(u.login)
	h.visits.begin(u.login, now)
	return u, nil
}

// freeLocked reports whether self, or a newcomer if nil, may have the name and
// log in to the account.
func (h *Hub) freeLocked(who Identity, self *login) error {
	name := who.Name
	if l := h.accounts[who.Account]; l != nil && l != self {
		return Errorf(Conflict, "Somebody is logged in to the account %s already; log out there first.", who.Account)
	}
	for _, s := range [...]string{name.Key, name.Skeleton} {
		l := h.names[h.hash(s)]
		if l == nil || l == self {
			continue
		}
		other, _ := l.identityLocked()
		if other.Key == name.Key {
			return Errorf(Conflict, "The name %s is taken; choose another.", name.Display)
		}
		return Errorf(Conflict, "The name %s looks too much like %s, who is here; choose another.", name.Display, other.Display)
	}
	return nil
}

func (h *Hub) hash(s string) uint64 { return maphash.String(h.seed, s) }

// takeLocked enters the name and the account of l, which are free.
func (h *Hub) takeLocked(l *login) {
	name, account := l.identityLocked()
	h.names[h.hash(name.Key)] = l
	h.names[h.hash(name.Skeleton)] = l
	if account != "" {
		h.accounts[account] = l
	}
}

// yieldLocked frees the name and the account of l.
func (h *Hub) yieldLocked(l *login) {
	name, account := l.identityLocked()
	delete(h.names, h.hash(name.Key))
	delete(h.names, h.hash(name.Skeleton))
	if account != "" {
		delete(h.accounts, account)
	}
}

// Logout ends the session u. If it was the user's last it takes the user out of all
// rooms and frees the name; else nobody learns of it. A second call does
// nothing.
func (h *Hub) Logout(u *User, reason string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !u.gone.Load() {
		h.endLocked(u, reason, now)
	}
}

// Rename gives u another name and tells its rooms. Errors are those of Login.
func (h *Hub) Rename(u *User, name Name, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.gone.Load() {
		return errGone()
	}
	_, account := u.identityLocked()
	return h.renameLocked(u.login, Identity{Name: name, Account: account}, now)
}

// renameLocked gives l the name and the account, and tells its rooms.
func (h *Hub) renameLocked(l *login, who Identity, now time.Time) error {
	if err := h.freeLocked(who, l); err != nil {
		return err
	}
	old := l.event(Renamed, "", now)
	old.Text = who.Name.Display
	if old.Text != old.From {
		h.visits.end(l, now)
	}
	h.yieldLocked(l)
	l.mu.Lock()
	l.rename(who.Name, who.Account)
	l.mu.Unlock()
	h.takeLocked(l)
	if old.Text == old.From {
		return nil
	}
	h.visits.begin(l, now)
	old.Text = l.displayLocked() // which is no part of a line
	h.observed(old)
	for _, m := range l.placesLocked() {
		ev := *old
		ev.Room = m.fan.room.name
		m.fan.room.deliver(&ev, nil)
	}
	return nil
}

func errGone() error { return Errorf(Unauthenticated, "You are not logged in any more.") }

// Join takes u into the room with all its sessions, which is made if there is none and then is u's, and
// makes it the current one of this session. Key is the room's key, or "" if u gives none. Upto
// is the sequence number of the room's last message before u came: what follows
// is delivered. Joined is false if u was there already. The error has the code
// Invalid for a bad name, Limited at a bound, and Forbidden if the room's door
// does not let u in: who governs the room or is invited needs no key.
func (h *Hub) Join(u *User, name, key string, now time.Time) (r *Room, upto uint64, joined bool, err error) {
	if err := CheckRoomName(name); err != nil {
		return nil, 0, false, err
	}
	var last uint64
	if h.Room(name) == nil {
		h.making.Lock()
		defer h.making.Unlock()
		last = h.clear(name)
	}
	for {
		var empty *Room
		r, upto, joined, empty, err = h.join(u, name, key, last, now)
		if empty == nil {
			break
		}
		h.forget(empty)
	}
	if err == nil && joined {
		h.report(r) // it may have been made
	}
	return r, upto, joined, err
}

// clear readies the log for a room that is about to be made, and returns the
// sequence number of the last message that it has. What is left of an earlier
// room of that name, whose door nobody remembers, goes. Hub.making is held, so
// that what the new room says doesn't.
func (h *Hub) clear(name string) uint64 {
	switch {
	case h.Room(name) != nil: // made meanwhile
		return 0
	case name == h.Rules().Start: // always there, and open
		return h.lastKept(name)
	}
	h.log.Forget(name)
	return 0
}

// lastKept is the sequence number of the last message that the log has of a room.
func (h *Hub) lastKept(room string) uint64 {
	events, err := h.log.Recent(room, Query{Last: 1})
	if err != nil || len(events) == 0 {
		return 0 // without its past the room is as good as any
	}
	return events[0].Seq
}

// join is Join. Last is that of the log if the room is made. If an empty room
// must be forgotten first it is returned, and nothing else is done.
func (h *Hub) join(u *User, name, key string, last uint64, now time.Time) (r *Room, upto uint64, joined bool, empty *Room, err error) {
	rules := h.Rules()
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.gone.Load() {
		return nil, 0, false, nil, errGone()
	}
	r = h.rooms[name]
	if r != nil && u.isIn(r) {
		h.setCurrent(u, r)
		return r, 0, false, nil, nil
	}
	if n := rules.PerUser; n > 0 && name != rules.Start && len(u.in) > n {
		return nil, 0, false, nil, Errorf(Limited, "You are in %d rooms, which is the most; leave one first.", n)
	}
	if r == nil {
		if n := rules.MaxRooms; n > 0 && len(h.rooms) >= n && name != rules.Start {
			if empty = h.longestEmptyLocked(); empty == nil {
				err = Errorf(Limited, "There are %d rooms, which is the most; join one that exists.", n)
			}
			return nil, 0, false, empty, err
		}
		name = strings.Clone(name) // which is part of a line
		r = &Room{name: name, last: last}
		if name != rules.Start {
			r.door = &door{owner: personOf(u), since: now.UnixNano()}
			r.changed = true
		}
		h.rooms[name] = r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.door.admit(u, name, key); err != nil {
		return nil, 0, false, nil, err
	}
	h.setCurrent(u, r)
	ev := u.event(Joined, name, now)
	h.observed(ev)
	if r.users < rules.JoinNoise {
		r.deliverLocked(ev, nil)
	}
	r.users++
	u.each(func(s *User) {
		m := &membership{user: s}
		if s.Room() == nil {
			h.setCurrent(s, r)
		}
		r.enterLocked(m)
		s.in = append(s.in, m)
		if s != u {
			s.show(ev)
		}
	})
	return r, r.last, true, nil, nil
}

// longestEmptyLocked is the room that nobody has been in for the longest, or nil.
// Looking for it takes as long as there are rooms, and happens only when there
// are as many as may be.
func (h *Hub) longestEmptyLocked() (found *Room) {
	var longest int64
	for name, r := range h.rooms {
		r.mu.Lock()
		free := r.emptyLocked() && name != h.Rules().Start
		since := r.empty
		r.mu.Unlock()
		if free && (found == nil || since < longest) {
			found, longest = r, since
		}
	}
	return found
}

// setCurrent makes r the current room of u, which changes how its other rooms
// are rendered.
func (h *Hub) setCurrent(u *User, r *Room) {
	if u.current.Swap(r) != r {
		u.member.Seat().box().put(item{op: opCurrent, user: u, room: r})
	}
}

// Leave takes u out of a room with all its sessions. Where it was the current one,
// the one joined last among the others takes its place. The start room can't be
// left (Forbidden); a room that u is not in is NotFound.
func (h *Hub) Leave(u *User, name string, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if name == h.Rules().Start {
		return Errorf(Forbidden, "You can't leave %s, where everyone starts; join another room beside it.", name)
	}
	r := h.rooms[name]
	if r == nil || u.gone.Load() || !u.isIn(r) {
		return Errorf(NotFound, "You are not in %s.", name)
	}
	ev := h.part(u.login, h.withdraw(u.login, r), "", now)
	u.each(func(s *User) {
		if s != u {
			s.show(ev)
		}
	})
	return nil
}

// withdraw strikes r, which l is in, off its rooms, and returns the places that its
// sessions have there. Hub.mu is held.
func (h *Hub) withdraw(l *login, r *Room) (places []*membership) {
	l.each(func(u *User) {
		i := slices.IndexFunc(u.in, func(m *membership) bool { return m.fan.room == r })
		places = append(places, u.in[i])
		u.in = slices.Delete(u.in, i, i+1)
		if u.Room() != r {
			return
		}
		var next *Room
		if n := len(u.in); n > 0 {
			next = u.in[n-1].fan.room
		}
		h.setCurrent(u, next)
	})
	return places
}

// part has l, all of whose places in a room these are, leave it.
func (h *Hub) part(l *login, places []*membership, reason string, now time.Time) *Event {
	r := places[0].fan.room
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaveLocked(places, now)
	ev := l.event(Left, r.name, now)
	ev.Text = reason
	h.observed(ev)
	if r.users < h.Rules().JoinNoise {
		r.deliverLocked(ev, nil)
	}
	return ev
}

// Post says (Say) or does (Emote) text, one clean line, in a room. It returns
// as soon as the message has its place, or a [Filter] holds it; nobody is waited
// for. Errors: Forbidden if u is muted, Limited if the room is slow, Unauthenticated
// if the session has ended; and those of the filter and the log.
func (h *Hub) Post(u *User, r *Room, k Kind, text string, now time.Time) error {
	if err := u.maySpeak(now); err != nil {
		return err
	}
	p := r.slow(u)
	if p == nil {
		return h.post(u, r, k, text, now)
	}
	who := whomOf(u)
	if wait := p.take(who, now); wait > 0 {
		return errTooSoon(r, wait)
	}
	err := h.post(u, r, k, text, now)
	if err != nil {
		p.give(who, now)
	}
	return err
}

// post is Post for a message that its sender may send now.
func (h *Hub) post(u *User, r *Room, k Kind, text string, now time.Time) error {
	name, account := u.identity()
	ev := &Event{Kind: k, Time: now, Room: r.name, From: name.Display, FromID: u.id, Author: account, Text: text}
	switch held, err := h.hold(u, nil, ev); {
	case err != nil:
		return err
	case held:
		return nil
	}
	return h.append(ev, name.Key)
}

// Deliver hands an event that the log has put in its place to the members of
// its room. The log alone calls it, for one event of a room at a time.
func (h *Hub) Deliver(ev *Event) {
	h.mu.RLock()
	r := h.rooms[ev.Room]
	var named []*User
	for _, key := range ev.Mentions {
		if u := h.userLocked(key); u != nil {
			u.each(func(s *User) { named = append(named, s) })
		}
	}
	h.mu.RUnlock()
	h.observed(ev)
	if r != nil {
		r.deliver(ev, named)
	}
}

// Tell sends a private message to all sessions of a user, unless a [Filter] holds
// it. A receiver who ignores the sender is not disturbed, and the sender is not told.
// Errors: Forbidden if from is muted, Unauthenticated if its session has ended; and
// that of the filter.
func (h *Hub) Tell(from, to *User, text string, now time.Time) error {
	if err := from.maySpeak(now); err != nil {
		return err
	}
	if to.Ignores(from) {
		return nil
	}
	ev := from.event(Private, "", now)
	ev.Text, ev.To = text, to.Name().Display
	switch held, err := h.hold(from, to, ev); {
	case err != nil:
		return err
	case !held:
		h.tell(from, to, ev)
	}
	return nil
}

// Told shows from, in all its sessions, the text that it tells others in private,
// whose names are joined with commas. It goes before Tell, so that an answer comes
// after it. Errors: as Tell's, but for those of the filter.
func (h *Hub) Told(from *User, names, text string, now time.Time) error {
	if err := from.maySpeak(now); err != nil {
		return err
	}
	ev := from.event(Told, "", now)
	ev.Text, ev.To = text, names
	from.receive(ev)
	return nil
}

// User is who has that key, in the session that typed last, or nil.
func (h *Hub) User(key string) *User {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.userLocked(key)
}

func (h *Hub) userLocked(key string) *User {
	if l := h.names[h.hash(key)]; l != nil && l.keyLocked() == key {
		return l.first.Load()
	}
	return nil
}

// HasUser reports whether somebody has that key.
func (h *Hub) HasUser(key string) bool { return h.User(key) != nil }

// Users are all who are here, each in the session that typed last, in no order.
func (h *Hub) Users() []*User {
	h.mu.RLock()
	defer h.mu.RUnlock()
	users := make([]*User, 0, h.online)
	for hash, l := range h.names {
		if h.hash(l.keyLocked()) == hash {
			users = append(users, l.first.Load())
		}
	}
	return users
}

// UserNames are the display names of all who are here, in no order.
func (h *Hub) UserNames() []string {
	users := h.Users()
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = u.Name().Display
	}
	return names
}

// Room is the room of that name, or nil.
func (h *Hub) Room(name string) *Room {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.rooms[name]
}

// Rooms are the rooms, by name, but for those that have been empty for longer than
// Rules.Keep: they are found by Room and joined like any other.
func (h *Hub) Rooms() []*Room {
	return slices.DeleteFunc(h.allRooms(), (*Room).isAsleep)
}

func (h *Hub) allRooms() []*Room {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.SortedFunc(maps.Values(h.rooms), func(a, b *Room) int { return strings.Compare(a.name, b.name) })
}

// Count is how many users and rooms there are.
func (h *Hub) Count() (users, rooms int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.online, len(h.rooms)
}

// Sweep takes the rooms that have been empty for longer than Rules.Keep from among
// Rooms, and forgets those that have been for longer than Rules.Forget. The start room
// and those of the config stay.
func (h *Hub) Sweep(now time.Time) {
	for _, r := range h.stale(now) {
		h.forget(r)
	}
}

func (h *Hub) stale(now time.Time) (all []*Room) {
	rules := h.Rules()
	h.mu.RLock()
	defer h.mu.RUnlock()
	for name, r := range h.rooms {
		r.mu.Lock()
		if r.emptyLocked() && name != rules.Start {
			if r.empty == 0 { // the config has named it until now
				r.empty = now.UnixNano()
			}
			empty := time.Duration(now.UnixNano() - r.empty)
			r.asleep = empty >= rules.Keep
			if empty >= max(rules.Keep, rules.Forget) {
				all = append(all, r)
			}
		}
		r.forgetGoneLocked()
		r.mu.Unlock()
	}
	return all
}

// forget drops what is kept of an empty room, then the room unless somebody came
// meanwhile: as long as there is something to read its door stands before it.
func (h *Hub) forget(r *Room) {
	h.log.Forget(r.name) // with no lock held: the log delivers under its own
	h.telling.Lock()     // so that nobody is told of the next room of this name before
	defer h.telling.Unlock()
	if f := h.onRoom.Load(); h.drop(r) && f != nil {
		(*f)(RoomState{Name: r.name, Gone: true})
	}
}

// drop forgets an empty room, and reports whether it was one.
func (h *Hub) drop(r *Room) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.rooms[r.name] != r || !r.emptyLocked() {
		return false
	}
	delete(h.rooms, r.name)
	return true
}
