package chat

import (
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
	Keep      time.Duration // how long an empty room is remembered; 0: not at all
	JoinNoise int           // above so many members joins and leaves are not shown; 0: never shown
	MaxRooms  int           // rooms in all; 0: no limit
	PerUser   int           // rooms a user may be in, the start room not counted; 0: no limit
}

// A Hub knows who is here and which rooms there are. It is safe for concurrent
// use; none of its methods blocks on a member.
type Hub struct {
	log   Log
	fold  func(string) string
	rules atomic.Pointer[Rules]

	mu    sync.RWMutex
	last  UserID
	users map[string]*User // by key
	looks map[string]*User // by skeleton
	rooms map[string]*Room
}

// NewHub returns a hub whose messages go through log. Fold turns a word into
// the key of the name that it would be.
func NewHub(log Log, fold func(string) string, rules Rules) *Hub {
	h := &Hub{log: log, fold: fold, users: map[string]*User{}, looks: map[string]*User{}, rooms: map[string]*Room{}}
	h.SetRules(rules)
	log.Subscribe(h.Deliver)
	return h
}

// Rules are the present rules.
func (h *Hub) Rules() Rules { return *h.rules.Load() }

// SetRules replaces the rules. Who is in more rooms than they allow stays.
func (h *Hub) SetRules(r Rules) { h.rules.Store(&r) }

// Login gives m the name. The user is in no room yet. The error has the code
// Conflict if the name, or one that looks like it, is in use.
func (h *Hub) Login(m Member, name Name, role Role, now time.Time) (*User, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.freeLocked(name, nil); err != nil {
		return nil, err
	}
	h.last++
	u := &User{id: h.last, member: m, since: now.UnixNano(), name: name, role: role}
	u.Touch(now)
	h.users[name.Key] = u
	h.looks[name.Skeleton] = u
	return u, nil
}

// freeLocked reports whether self, or a newcomer if nil, may take the name.
func (h *Hub) freeLocked(name Name, self *User) error {
	if u := h.users[name.Key]; u != nil && u != self {
		return Errorf(Conflict, "The name %s is taken; choose another.", name.Display)
	}
	if u := h.looks[name.Skeleton]; u != nil && u != self {
		return Errorf(Conflict, "The name %s looks too much like %s, who is here; choose another.", name.Display, u.Name().Display)
	}
	return nil
}

// Logout takes u out of all its rooms and frees the name. A second call does
// nothing.
func (h *Hub) Logout(u *User, reason string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.gone.Swap(true) {
		return
	}
	name := u.Name()
	delete(h.users, name.Key)
	delete(h.looks, name.Skeleton)
	u.mu.Lock()
	in := u.in
	u.in = nil
	u.mu.Unlock()
	u.current.Store(nil)
	u.setReply(nil) // so that those who are gone don't hold each other in memory
	for _, m := range in {
		h.partLocked(m, reason, now)
	}
}

// Rename gives u another name and tells its rooms. Errors are those of Login.
func (h *Hub) Rename(u *User, name Name, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.gone.Load() {
		return errGone()
	}
	if err := h.freeLocked(name, u); err != nil {
		return err
	}
	old := u.Name()
	delete(h.users, old.Key)
	delete(h.looks, old.Skeleton)
	h.users[name.Key] = u
	h.looks[name.Skeleton] = u
	u.mu.Lock()
	u.name = name
	in := slices.Clone(u.in)
	u.mu.Unlock()
	for _, m := range in {
		m.fan.room.deliver(&Event{Kind: Renamed, Time: now, Room: m.fan.room.name, From: old.Display, FromID: u.id, Text: name.Display}, nil)
	}
	return nil
}

func errGone() error { return Errorf(Unauthenticated, "You are not logged in any more.") }

// Join takes u into the room, which is made if there is none, and makes it the
// current one. Upto is the sequence number of the room's last message before
// u came: what follows is delivered. Joined is false if u was there already.
// The error has the code Invalid for a bad name and Limited at a bound.
func (h *Hub) Join(u *User, name string, now time.Time) (r *Room, upto uint64, joined bool, err error) {
	if err := CheckRoomName(name); err != nil {
		return nil, 0, false, err
	}
	r, upto, joined, forgotten, err := h.join(u, name, now)
	if forgotten != "" {
		h.log.Forget(forgotten) // with no lock held: the log delivers under its own
	}
	return r, upto, joined, err
}

// join is Join. Forgotten is the room, if any, that gave its place to this one.
func (h *Hub) join(u *User, name string, now time.Time) (r *Room, upto uint64, joined bool, forgotten string, err error) {
	rules := h.Rules()
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.gone.Load() {
		return nil, 0, false, "", errGone()
	}
	r = h.rooms[name]
	if r != nil && u.membershipIn(r) != nil {
		h.setCurrent(u, r)
		return r, 0, false, "", nil
	}
	if n := rules.PerUser; n > 0 && name != rules.Start && len(u.Rooms()) > n {
		return nil, 0, false, "", Errorf(Limited, "You are in %d rooms, which is the most; leave one first.", n)
	}
	if r == nil {
		if n := rules.MaxRooms; n > 0 && len(h.rooms) >= n && name != rules.Start {
			if forgotten = h.longestEmptyLocked(); forgotten == "" {
				return nil, 0, false, "", Errorf(Limited, "There are %d rooms, which is the most; join one that exists.", n)
			}
			delete(h.rooms, forgotten)
		}
		r = &Room{name: name}
		h.rooms[name] = r
	}
	m := &membership{user: u}
	h.setCurrent(u, r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) < rules.JoinNoise {
		r.deliverLocked(&Event{Kind: Joined, Time: now, Room: name, From: u.Name().Display, FromID: u.id}, nil)
	}
	r.enterLocked(m)
	u.mu.Lock()
	u.in = append(u.in, m)
	u.mu.Unlock()
	return r, r.last, true, forgotten, nil
}

// longestEmptyLocked is the room that nobody has been in for the longest, or "".
// Looking for it takes as long as there are rooms, and happens only when there
// are as many as may be.
func (h *Hub) longestEmptyLocked() string {
	var found *Room
	for name, r := range h.rooms {
		r.mu.Lock()
		if len(r.members) == 0 && name != h.Rules().Start && (found == nil || r.empty.Before(found.empty)) {
			found = r
		}
		r.mu.Unlock()
	}
	if found == nil {
		return ""
	}
	return found.name
}

// setCurrent makes r the current room of u, which changes how its other rooms
// are rendered.
func (h *Hub) setCurrent(u *User, r *Room) {
	if u.current.Swap(r) != r {
		u.member.Seat().box().put(item{op: opCurrent, user: u, room: r})
	}
}

// Leave takes u out of a room. If it was the current one, the one joined last
// among the others takes its place. The start room can't be left (Forbidden); a room
// that u is not in is NotFound.
func (h *Hub) Leave(u *User, name string, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if name == h.Rules().Start {
		return Errorf(Forbidden, "You can't leave %s, where everyone starts; join another room beside it.", name)
	}
	r := h.rooms[name]
	u.mu.Lock()
	i := slices.IndexFunc(u.in, func(m *membership) bool { return m.fan.room == r })
	if r == nil || i < 0 {
		u.mu.Unlock()
		return Errorf(NotFound, "You are not in %s.", name)
	}
	m := u.in[i]
	u.in = slices.Delete(u.in, i, i+1)
	var next *Room
	if len(u.in) > 0 {
		next = u.in[len(u.in)-1].fan.room
	}
	u.mu.Unlock()
	if u.Room() == r {
		h.setCurrent(u, next)
	}
	h.partLocked(m, "", now)
	return nil
}

func (h *Hub) partLocked(m *membership, reason string, now time.Time) {
	r := m.fan.room
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exitLocked(m, now)
	if len(r.members) < h.Rules().JoinNoise {
		r.deliverLocked(&Event{Kind: Left, Time: now, Room: r.name, From: m.user.Name().Display, FromID: m.user.id, Text: reason}, nil)
	}
}

// Post says (Say) or does (Emote) text, one clean line, in a room. It returns
// as soon as the message has its place; nobody is waited for.
func (h *Hub) Post(u *User, r *Room, k Kind, text string, now time.Time) error {
	name := u.Name()
	return h.log.Append(&Event{
		Kind: k, Time: now, Room: r.name, From: name.Display, FromID: u.id,
		Text: text, Mentions: h.mentions(text, name.Key),
	})
}

// Deliver hands an event that the log has put in its place to the members of
// its room. The log alone calls it, for one event of a room at a time.
func (h *Hub) Deliver(ev *Event) {
	h.mu.RLock()
	r := h.rooms[ev.Room]
	var named []*User
	for _, key := range ev.Mentions {
		if u := h.users[key]; u != nil {
			named = append(named, u)
		}
	}
	h.mu.RUnlock()
	if r != nil {
		r.deliver(ev, named)
	}
}

// Tell sends a private message. A receiver who ignores the sender is not
// disturbed, and the sender is not told.
func (h *Hub) Tell(from, to *User, text string, now time.Time) {
	if to.Ignores(from.id) {
		return
	}
	name := from.Name()
	to.setReply(from)
	to.member.Seat().box().put(item{op: opPrivate, user: to, ev: &Event{
		Kind: Private, Time: now, From: name.Display, FromID: from.id, To: to.Name().Display, Text: text,
	}})
}

// SetTopic changes what the room is about and tells its members; "" clears it.
func (h *Hub) SetTopic(u *User, r *Room, text string, now time.Time) {
	name := u.Name().Display
	r.mu.Lock()
	defer r.mu.Unlock()
	r.topic = TopicInfo{Text: text, By: name, At: now}
	r.deliverLocked(&Event{Kind: Topic, Time: now, Room: r.name, From: name, FromID: u.id, Text: text}, nil)
}

// History are the last messages of a room, oldest first.
func (h *Hub) History(r *Room, q Query) ([]*Event, error) { return h.log.Recent(r.name, q) }

// User is who has that key, or nil.
func (h *Hub) User(key string) *User {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.users[key]
}

// HasUser reports whether somebody has that key.
func (h *Hub) HasUser(key string) bool { return h.User(key) != nil }

// Users are all who are here, in no order.
func (h *Hub) Users() []*User {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.AppendSeq(make([]*User, 0, len(h.users)), maps.Values(h.users))
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

// Rooms are all rooms, by name.
func (h *Hub) Rooms() []*Room {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.SortedFunc(maps.Values(h.rooms), func(a, b *Room) int { return strings.Compare(a.name, b.name) })
}

// Count is how many users and rooms there are.
func (h *Hub) Count() (users, rooms int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.users), len(h.rooms)
}

// Sweep forgets the rooms that have been empty for longer than Rules.Keep. The
// start room stays.
func (h *Hub) Sweep(now time.Time) {
	for _, name := range h.dropEmpty(now) {
		h.log.Forget(name) // with no lock held: the log delivers under its own
	}
}

func (h *Hub) dropEmpty(now time.Time) (dropped []string) {
	rules := h.Rules()
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, r := range h.rooms {
		r.mu.Lock()
		old := len(r.members) == 0 && name != rules.Start && now.Sub(r.empty) >= rules.Keep
		r.mu.Unlock()
		if old {
			delete(h.rooms, name)
			dropped = append(dropped, name)
		}
	}
	return dropped
}
