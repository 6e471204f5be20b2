package chat

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Room is where people talk. Its methods are safe for concurrent use.
type Room struct {
	name string
	pace atomic.Pointer[pace] // nil: the room is not slow; set with mu held

	mu      sync.Mutex
	members []*membership // one of each session
	users   int           // one of each login
	outlets []outlet      // the loops with members
	topic   *TopicInfo    // nil: there was none yet
	door    *door         // nil: open to everyone, and nobody's
	last    uint64        // sequence number of the last message that was delivered
	empty   int64         // since when nobody is in it, unix nanoseconds; 0: somebody is, or nobody ever was
	asleep  bool          // it has been empty for long, and is not among Hub.Rooms
	posts   uint64
	changed bool // what RoomState tells is not what was told
}

// TopicInfo is a room's topic.
type TopicInfo struct {
	Text string // "": none
	By   string // display name of who set it; "": the config
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
	if r.topic == nil {
		return TopicInfo{}
	}
	return *r.topic
}

// Len is how many are in the room, whatever their sessions.
func (r *Room) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.users
}

// Stats is what happened so far.
func (r *Room) Stats() RoomStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return RoomStats{Members: r.users, Posts: r.posts}
}

// Members are the users in the room, each in the session that typed last, in no
// order.
func (r *Room) Members() []*User {
	r.mu.Lock()
	defer r.mu.Unlock()
	users := make([]*User, 0, r.users)
	var seen map[*login]bool // nil if each user has one session
	if len(r.members) > r.users {
		seen = make(map[*login]bool, r.users)
	}
	for _, m := range r.members {
		l := m.user.login
		if seen[l] {
			continue
		}
		if seen != nil {
			seen[l] = true
		}
		users = append(users, l.firstOr(m.user))
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
	if ev.Seq > 0 && ev.Kind != Redacted {
		r.last = ev.Seq
		r.posts++
	}
	for i := range r.outlets {
		r.outlets[i].box.put(item{op: opEvent, fan: r.outlets[i].fan, ev: ev, named: named})
	}
}

// noticeLocked has the server say text to the members.
func (r *Room) noticeLocked(text string, now time.Time) *Event {
	ev := &Event{Kind: Notice, Time: now, Room: r.name, Text: text}
	r.deliverLocked(ev, nil)
	return ev
}

func (r *Room) setTopicLocked(t TopicInfo) { r.topic = &t }

// emptyLocked reports whether nobody is in the room and nothing keeps it.
func (r *Room) emptyLocked() bool { return len(r.members) == 0 && !r.door.configured() }

func (r *Room) isAsleep() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asleep
}

func (r *Room) enterLocked(m *membership) {
	m.slot = int32(len(r.members))
	r.members = append(r.members, m)
	r.empty, r.asleep = 0, false
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

// leaveLocked has a login leave, all of whose places these are.
func (r *Room) leaveLocked(places []*membership, now time.Time) {
	for _, m := range places {
		r.exitLocked(m, now)
	}
	r.users--
}

func (r *Room) exitLocked(m *membership, now time.Time) {
	last := len(r.members) - 1
	r.members[m.slot] = r.members[last]
	r.members[m.slot].slot = m.slot
	r.members[last] = nil
	r.members = r.members[:last]
	if last == 0 {
		r.empty = now.UnixNano()
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
