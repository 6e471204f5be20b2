package chat

import (
	"strings"
	"sync"
	"time"
)

// A Room is where people talk. Its methods are safe for concurrent use.
type Room struct {
	name string

	mu      sync.Mutex
	members []*membership
	outlets []outlet // the loops with members
	topic   TopicInfo
	last    uint64    // sequence number of the last message that was delivered
	empty   time.Time // since when nobody is in it; zero: somebody is
	posts   uint64
}

// TopicInfo is a room's topic.
type TopicInfo struct {
	Text string // "": none
	By   string // display name of who set it
	At   time.Time
}

// An outlet is a loop that has members of the room.
type outlet struct {
	fan     *fan
	box     *Mailbox
	members int
}

// RoomStats counts what happened in a room.
type RoomStats struct {
	Members int
	Posts   uint64 // messages delivered since the room was made
}

// Name is the room's name without '#'.
func (r *Room) Name() string { return r.name }

// Topic is what the room is about.
func (r *Room) Topic() TopicInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.topic
}

// Len is how many are in the room.
func (r *Room) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.members)
}

// Stats is what happened so far.
func (r *Room) Stats() RoomStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return RoomStats{Members: len(r.members), Posts: r.posts}
}

// Members are the users in the room, in no order.
func (r *Room) Members() []*User {
	r.mu.Lock()
	defer r.mu.Unlock()
	users := make([]*User, len(r.members))
	for i, m := range r.members {
		users[i] = m.user
	}
	return users
}

// deliver puts ev into the mailbox of each loop that has members.
func (r *Room) deliver(ev *Event, named []*User) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deliverLocked(ev, named)
}

func (r *Room) deliverLocked(ev *Event, named []*User) {
	if ev.Seq > 0 {
		r.last = ev.Seq
		r.posts++
	}
	for i := range r.outlets {
		r.outlets[i].box.put(item{op: opEvent, fan: r.outlets[i].fan, ev: ev, named: named})
	}
}

func (r *Room) enterLocked(m *membership) {
	m.slot = int32(len(r.members))
	r.members = append(r.members, m)
	r.empty = time.Time{}
	f := m.user.member.Seat().fanout
	o := r.outlet(f)
	if o == nil {
		r.outlets = append(r.outlets, outlet{fan: &fan{room: r}, box: f.box})
		o = &r.outlets[len(r.outlets)-1]
	}
	o.members++
	m.fan = o.fan
	o.box.put(item{op: opEnter, place: m})
}

func (r *Room) exitLocked(m *membership, now time.Time) {
	last := len(r.members) - 1
	r.members[m.slot] = r.members[last]
	r.members[m.slot].slot = m.slot
	r.members[last] = nil
	r.members = r.members[:last]
	if last == 0 {
		r.empty = now
	}
	o := r.outlet(m.user.member.Seat().fanout)
	o.box.put(item{op: opExit, place: m})
	if o.members--; o.members == 0 {
		*o = r.outlets[len(r.outlets)-1]
		r.outlets[len(r.outlets)-1] = outlet{}
		r.outlets = r.outlets[:len(r.outlets)-1]
	}
}

func (r *Room) outlet(f *Fanout) *outlet {
	for i := range r.outlets {
		if r.outlets[i].box == f.box {
			return &r.outlets[i]
		}
	}
	return nil
}

// maxRoomName is the longest name of a room, in bytes.
const maxRoomName = 32

// CheckRoomName reports whether name, without '#', can be a room's: 1 to 32 of
// a-z, 0-9, '_' and '-'. Its error has the code Invalid.
func CheckRoomName(name string) error {
	if name == "" || len(name) > maxRoomName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return Errorf(Invalid, "A room's name is 1 to %d of a-z, 0-9, _ and -.", maxRoomName)
	}
	return nil
}
