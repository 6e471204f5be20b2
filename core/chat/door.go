package chat

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"time"
)

// What a door remembers at most.
const (
	maxInvited    = 100 // invitations, the oldest gives way
	maxModerators = 50
	maxKey        = 64 // bytes of a key
)

// A Door says who may enter a room and who governs it. The zero Door is open to
// everyone and governed by the server's moderators.
type Door struct {
	Private    bool          // hidden from others, and entered by invitation or with the key
	Keyed      bool          // entered with a key or by invitation
	Configured bool          // the config names the room: its door is set there, and it always exists
	Owner      string        // display name of who made the room; "": nobody owns it
	Moderators []string      // display names, those of the config first
	Role       Role          // the least that may enter
	Since      time.Time     // when the room was made; zero for a room that is always there
	Slow       time.Duration // see Room.Slow
}

// door is the state behind a Door. Room.mu guards it.
type door struct {
	config  *configured // nil: the config does not name the room
	topic   string      // of the config, when that took effect last
	owner   person
	mods    []person // beside those of the config
	invited []person // oldest first
	key     *[sha256.Size]byte
	since   int64 // unix nanoseconds; 0: the room was always there
	private bool
	role    Role
}

// configured is what a door goes on to need of a RoomSpec.
type configured struct {
	mods []string // keys of accounts
}

// A rank says what somebody is to a room. Who has a higher one may do all to it
// that a lower one may, and nothing may be done to somebody of one's own rank.
type rank uint8

const (
	visitor rank = iota
	moderator
	owner
	serverRank // plus the role, for the server's moderators and above
)

// rank is that of u in the room with this door, which may be nil.
func (d *door) rank(u *User) rank {
	if role := u.Role(); role >= Moderator {
		return serverRank + rank(role)
	}
	switch {
	case d == nil:
		return visitor
	case d.owner.is(u):
		return owner
	case holds(d.mods, u), d.configuredModerator(u):
		return moderator
	}
	return visitor
}

func (d *door) configured() bool { return d != nil && d.config != nil }

func (d *door) configuredModerator(u *User) bool {
	if !d.configured() || len(d.config.mods) == 0 {
		return false
	}
	account := u.Account()
	return account != "" && slices.Contains(d.config.mods, account)
}

func holds(all []person, u *User) bool {
	return slices.ContainsFunc(all, func(p person) bool { return p.is(u) })
}

func without(all []person, u *User) []person {
	return slices.DeleteFunc(all, func(p person) bool { return p.is(u) })
}

// open reports whether everyone may enter.
func (d *door) open() bool { return d == nil || !d.private && d.key == nil && d.role == Guest }

// admit reports why u, who says key, may not enter the room of that name.
func (d *door) admit(u *User, room, key string) error {
	if d.open() || d.rank(u) > visitor {
		return nil
	}
	if !holds(d.invited, u) && !d.unlocks(key) {
		switch {
		case d.private:
			return Errorf(Forbidden, "You can't enter %s without an invitation or its key; ask somebody who is in it.", room)
		case key == "":
			return Errorf(Forbidden, "You need the key to enter %s; give it after the room's name.", room)
		}
		return Errorf(Forbidden, "That is not the key of %s; ask somebody who is in it.", room)
	}
	switch {
	case u.Role() >= d.role:
		return nil
	case d.role == Registered:
		return Errorf(Forbidden, "Only registered people may enter %s; register your name first.", room)
	}
	return Errorf(Forbidden, "Only people with the role %s or a higher one may enter %s; join another room.", d.role, room)
}

// unlocks reports whether who says key, and is not invited, may enter.
func (d *door) unlocks(key string) bool {
	if d.key == nil {
		return !d.private
	}
	sum := sha256.Sum256([]byte(key)) // so that nothing is told by the time this takes, nor by the memory
	return subtle.ConstantTimeCompare(sum[:], d.key[:]) == 1
}

// unbar opens it to everyone.
func (d *door) unbar() { d.private, d.key, d.role = false, nil, Guest }

// lock sets the key, "" for none.
func (d *door) lock(key string) {
	d.key = nil
	if key != "" {
		sum := sha256.Sum256([]byte(key))
		d.key = &sum
	}
}

// invite lets u in from now on.
func (d *door) invite(u *User) {
	d.invited = slices.DeleteFunc(d.invited, func(p person) bool { return p.gone() || p.is(u) })
	if n := len(d.invited) - (maxInvited - 1); n > 0 {
		d.invited = slices.Delete(d.invited, 0, n)
	}
	d.invited = append(d.invited, personOf(u))
}

// forgetGone lets go of logins that have ended.
func (d *door) forgetGone() {
	d.mods = slices.DeleteFunc(d.mods, person.gone)
	d.invited = slices.DeleteFunc(d.invited, person.gone)
	if d.owner.gone() {
		d.owner = person{}
	}
}

// unbar opens the room to everyone.
func (r *Room) unbar() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.door.open() {
		r.door.unbar()
		r.changed = true
	}
}

// forgetGoneLocked lets go of the logins that have ended.
func (r *Room) forgetGoneLocked() {
	if r.door != nil {
		r.door.forgetGone()
	}
}

// doorLocked is the room's door, which is made if there is none.
func (r *Room) doorLocked() *door {
	if r.door == nil {
		r.door = &door{}
	}
	return r.door
}

// Door is who may enter the room and who governs it.
func (r *Room) Door() Door {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.door
	if d == nil {
		return Door{Slow: r.Slow()}
	}
	shown := Door{
		Private: d.private, Keyed: d.key != nil, Configured: d.configured(),
		Owner: d.owner.String(), Role: d.role, Slow: r.Slow(),
	}
	if d.since != 0 {
		shown.Since = time.Unix(0, d.since)
	}
	if d.configured() {
		shown.Moderators = slices.Clone(d.config.mods)
	}
	for _, p := range d.mods {
		if !p.gone() {
			shown.Moderators = append(shown.Moderators, p.String())
		}
	}
	return shown
}

// Visible reports whether u may know that there is such a room. A private one is
// hidden from everyone who is not in it, not invited, and does not govern it.
func (r *Room) Visible(u *User) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.door
	return d == nil || !d.private || d.rank(u) > visitor || holds(d.invited, u) || u.isIn(r)
}

// Governs reports whether u may set the room's door and topic and put people
// out: its owner, its moderators, and the server's moderators and above.
func (r *Room) Governs(u *User) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.door.rank(u) > visitor
}
