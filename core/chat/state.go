package chat

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A RoomState is what lasts of a room beyond a restart, beside what was said there.
// The rights of guests, which end with the login, are no part of it. It holds no
// key of the room, only what proves one.
type RoomState struct {
	Name        string        `json:"name"`
	Gone        bool          `json:"gone,omitempty"`  // the room is forgotten; all else is zero
	Since       time.Time     `json:"since,omitzero"`  // when it was made
	Topic       string        `json:"topic,omitempty"` // "": none
	TopicBy     string        `json:"topic_by,omitempty"`
	TopicAt     time.Time     `json:"topic_at,omitzero"`
	ConfigTopic string        `json:"config_topic,omitempty"` // the topic in the config that took effect last
	Private     bool          `json:"private,omitempty"`
	Key         []byte        `json:"key,omitempty"`  // SHA-256 of the key; none: no key
	Role        Role          `json:"role,omitempty"` // the least that may enter
	Owner       *Holder       `json:"owner,omitempty"`
	Moderators  []Holder      `json:"moderators,omitempty"` // beside those of the config
	Invited     []Holder      `json:"invited,omitempty"`    // oldest first
	Slow        time.Duration `json:"slow,omitempty"`       // nanoseconds; see Hub.SetSlow
}

// A Holder is an account that holds a right in a room.
type Holder struct {
	Account string `json:"account"` // key
	Name    string `json:"name"`    // as it was shown
}

// OnRoomChange has f told the state of each room from now on whenever it has changed,
// and of rooms that are made or forgotten. It is called with no lock of a room held,
// for one change at a time and in their order, on the goroutine of who makes it: f
// must not block, nor change rooms. Nil: nobody is told.
//
// Who keeps the states gives them to Restore at the next start. A room whose state
// was lost is no danger, see Restore; one that is older than what was said there is:
// a change of a door should reach the disk before what is said behind it.
func (h *Hub) OnRoomChange(f func(RoomState)) {
	if f == nil {
		h.onRoom.Store(nil)
		return
	}
	h.onRoom.Store(&f)
}

// report tells of r if it has changed since it was told of. No lock is held but
// Hub.making.
func (h *Hub) report(r *Room) {
	f := h.onRoom.Load()
	if f == nil {
		return
	}
	h.telling.Lock()
	defer h.telling.Unlock()
	if h.Room(r.name) != r { // as it stays while telling is held
		return
	}
	if st, changed := r.news(); changed {
		(*f)(st)
	}
}

// ReportRoom has a change of a room that is being made told at once. When it returns,
// what was changed before a message of the room was appended has been told.
func (h *Hub) ReportRoom(name string) {
	if r := h.Room(name); r != nil {
		h.report(r)
	}
}

func (h *Hub) reportAll() {
	for _, r := range h.allRooms() {
		h.report(r)
	}
}

// news is the state of the room, and whether it has changed since the last call.
func (r *Room) news() (RoomState, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.changed
	r.changed = false
	if !changed {
		return RoomState{}, false
	}
	return r.stateLocked(), true
}

// State is what would be told of the room now.
func (r *Room) State() RoomState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stateLocked()
}

func (r *Room) stateLocked() RoomState {
	st := RoomState{Name: r.name, Slow: r.Slow()}
	if t := r.topic; t != nil {
		st.Topic, st.TopicBy, st.TopicAt = t.Text, t.By, t.At
	}
	d := r.door
	if d == nil {
		return st
	}
	if d.since != 0 {
		st.Since = time.Unix(0, d.since)
	}
	st.ConfigTopic, st.Private, st.Role = d.topic, d.private, d.role
	if d.key != nil {
		st.Key = slices.Clone(d.key[:])
	}
	if d.owner.account != "" {
		st.Owner = &Holder{d.owner.account, d.owner.name}
	}
	st.Moderators, st.Invited = holders(d.mods), holders(d.invited)
	return st
}

// holders are the accounts among all.
func holders(all []person) (held []Holder) {
	for _, p := range all {
		if p.account != "" {
			held = append(held, Holder{p.account, p.name})
		}
	}
	return held
}

// Restore makes the rooms again that the states tell of, with nobody in them: each
// is forgotten as if the last had left it now. It must be called before
// ConfigureRooms and before anybody is here; a room that is there already stays as it
// is. The error names the states that make no sense; the others are restored.
//
// What a room's door protected stays protected without its state too: when a room
// is made, all that the log has of an earlier one of that name is dropped first. So
// what was said in a room can be read after a restart if its state was restored,
// behind the door that the state tells of, and else not at all. The start room and those of the config
// always exist and keep what was said there.
func (h *Hub) Restore(states []RoomState, now time.Time) error {
	var bad []error
	for i := range states {
		st := &states[i]
		if st.Gone {
			continue
		}
		if err := st.check(); err != nil {
			bad = append(bad, fmt.Errorf("state of the room %q: %w", st.Name, err))
			continue
		}
		r := newRoom(st, now)
		r.last = h.lastKept(r.name)
		if r.name == h.Rules().Start {
			r.door.unbar()
		}
		h.mu.Lock()
		if h.rooms[r.name] == nil {
			h.rooms[r.name] = r
		}
		h.mu.Unlock()
	}
	return errors.Join(bad...)
}

// check refuses what no room had.
func (st *RoomState) check() error {
	if err := CheckRoomName(st.Name); err != nil {
		return err
	}
	if n := len(st.Key); n != 0 && n != sha256.Size {
		return fmt.Errorf("the key's proof has %d bytes", n)
	}
	if st.Role > Admin {
		return fmt.Errorf("there is no role %d", st.Role)
	}
	if st.Slow != 0 && (st.Slow < minSlow || st.Slow > maxSlow) {
		return fmt.Errorf("one message in %s", st.Slow)
	}
	if st.Owner != nil && st.Owner.Account == "" || slices.ContainsFunc(slices.Concat(st.Moderators, st.Invited), func(h Holder) bool { return h.Account == "" }) {
		return errors.New("a right belongs to nobody")
	}
	return nil
}

// newRoom is an empty room of that state.
func newRoom(st *RoomState, now time.Time) *Room {
	r := &Room{name: st.Name, empty: now.UnixNano()}
	if st.Topic != "" || st.TopicBy != "" {
		r.topic = &TopicInfo{Text: st.Topic, By: st.TopicBy, At: st.TopicAt}
	}
	r.setSlowLocked(st.Slow)
	d := &door{topic: st.ConfigTopic, private: st.Private, role: st.Role}
	if !st.Since.IsZero() {
		d.since = st.Since.UnixNano()
	}
	if len(st.Key) > 0 {
		sum := [sha256.Size]byte(st.Key)
		d.key = &sum
	}
	if st.Owner != nil {
		d.owner = person{account: st.Owner.Account, name: st.Owner.Name}
	}
	d.mods, d.invited = persons(st.Moderators), persons(st.Invited)
	r.door = d
	return r
}

func persons(held []Holder) (all []person) {
	for _, h := range held {
		all = append(all, person{account: h.Account, name: h.Name})
	}
	return all
}
