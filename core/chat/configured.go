package chat

import "slices"

// A RoomSpec is a room that the config names.
type RoomSpec struct {
	Name       string // see CheckRoomName
	Topic      string // "": as it is
	Private    bool
	Key        string   // see CheckKey; "": none
	Role       Role     // the least that may enter
	Moderators []string // keys of accounts
}

// ConfigureRooms sets the rooms that always exist, whether somebody is in them or
// not; nobody owns them. Who is in one stays, whatever its door is now. A topic
// takes effect when it is new, so that one set since then stays. Private, Key and
// Role of the start room are passed over. A room that is no longer named becomes
// an ordinary one without an owner, with the door that it had.
func (h *Hub) ConfigureRooms(rooms []RoomSpec) {
	last, named := make([]uint64, len(rooms)), map[string]bool{}
	for i := range rooms {
		last[i] = h.lastKept(rooms[i].Name)
		named[rooms[i].Name] = true
	}
	defer h.reportAll()
	h.mu.Lock()
	defer h.mu.Unlock()
	start := h.Rules().Start
	for i := range rooms {
		r := h.rooms[rooms[i].Name]
		if r == nil {
			r = &Room{name: rooms[i].Name, last: last[i]}
			h.rooms[r.name] = r
		}
		r.configure(&rooms[i], r.name == start)
	}
	for name, r := range h.rooms {
		if !named[name] {
			r.release()
		}
	}
}

// configure makes spec the config of the room.
func (r *Room) configure(spec *RoomSpec, start bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.doorLocked()
	if spec.Topic != "" && d.topic != spec.Topic {
		r.setTopicLocked(TopicInfo{Text: spec.Topic})
	}
	d.topic = spec.Topic
	d.config = &configured{slices.Clone(spec.Moderators)}
	d.owner = person{}
	d.private, d.role = spec.Private, spec.Role
	d.lock(spec.Key)
	if start {
		d.unbar()
	}
	r.asleep, r.changed = false, true
}

// release makes the room an ordinary one.
func (r *Room) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.door; d.configured() {
		d.config, d.topic = nil, ""
		r.changed = true
	}
}
