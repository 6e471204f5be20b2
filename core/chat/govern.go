package chat

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// errNotGoverning names those who govern the room, which is locked.
func errNotGoverning(r *Room) error {
	d := r.door
	if d == nil || d.owner.gone() && !slices.ContainsFunc(d.mods, func(p person) bool { return !p.gone() }) && (d.config == nil || len(d.config.mods) == 0) {
		return Errorf(Forbidden, "Only the moderators of the server may do that in %s; ask one of them.", r.name)
	}
	return Errorf(Forbidden, "Only the owner and the moderators of %s may do that; ask one of them.", r.name)
}

// SetPrivate makes a room private or ends that, and tells its members. Who is in
// it stays. Errors: Forbidden if u does not govern the room or its door is
// fixed, being the start room's or the config's; Conflict if it is so already.
func (h *Hub) SetPrivate(u *User, r *Room, on bool, now time.Time) error {
	defer h.report(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := h.mayChangeDoorLocked(u, r); err != nil {
		return err
	}
	d := r.doorLocked()
	if d.private == on {
		return Errorf(Conflict, "%s is %s already.", r.name, privacy(on))
	}
	d.private = on
	r.changed = true
	r.noticeLocked(u.Name().Display+" made "+r.name+" "+privacy(on)+".", now)
	return nil
}

func privacy(on bool) string {
	if on {
		return "private"
	}
	return "public"
}

// SetKey has people who are not invited enter with that key, or without one if
// it is "", and tells the members that, but not which. A key is 1 to 64 bytes
// without white space. Errors: Invalid for another key; else those of SetPrivate.
func (h *Hub) SetKey(u *User, r *Room, key string, now time.Time) error {
	if err := CheckKey(key); err != nil && key != "" {
		return err
	}
	defer h.report(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := h.mayChangeDoorLocked(u, r); err != nil {
		return err
	}
	d := r.doorLocked()
	did := " set a key for "
	switch {
	case key == "" && d.key == nil:
		return Errorf(Conflict, "%s has no key.", r.name)
	case key == "":
		did = " took the key off "
	case d.key != nil:
		did = " changed the key of "
	}
	d.lock(key)
	r.changed = true
	r.noticeLocked(u.Name().Display+did+r.name+".", now)
	return nil
}

// CheckKey reports whether key can be a room's: 1 to 64 bytes without white
// space. Its error has the code Invalid and does not show the key.
func CheckKey(key string) error {
	if key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }) {
		return Errorf(Invalid, "A room's key is one word of 1 to %d bytes; choose another.", maxKey)
	}
	return nil
}

// mayGovernLocked reports why u may not govern the room.
func (r *Room) mayGovernLocked(u *User) error {
	switch {
	case u.gone.Load():
		return errGone()
	case r.door.rank(u) == visitor:
		return errNotGoverning(r)
	}
	return nil
}

func (h *Hub) mayChangeDoorLocked(u *User, r *Room) error {
	if err := r.mayGovernLocked(u); err != nil {
		return err
	}
	switch {
	case r.name == h.Rules().Start:
		return Errorf(Forbidden, "Everyone starts in %s, so it stays open; do that in another room.", r.name)
	case r.door.configured():
		return Errorf(Forbidden, "The config of the server says who may enter %s; change it there.", r.name)
	}
	return nil
}

// Invite tells to that u invites it into the room, and lets it in. Into an open
// room every member may invite, into another one only who governs it. An
// invitation holds until its receiver is put out or, if a guest, logs out; of
// more than 100 the oldest ends. Somebody who ignores u is neither told nor let in,
// and u does not learn that. Errors: Forbidden, also if u is muted; Conflict if to
// is in the room; NotFound if it has logged out.
func (h *Hub) Invite(u *User, r *Room, to *User, now time.Time) error {
	if err := u.maySpeak(now); err != nil {
		return err
	}
	name := to.Name().Display
	defer h.report(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.door.rank(u) == visitor && !(r.door.open() && u.isIn(r)):
		return errNotGoverning(r)
	case to.Gone():
		return Errorf(NotFound, "%s is not here any more.", name)
	case to.isIn(r):
		return Errorf(Conflict, "%s is in %s already.", name, r.name)
	case to.Ignores(u):
		return nil
	}
	if !r.door.open() {
		r.door.invite(to)
		r.changed = true
	}
	ev := u.event(Invited, r.name, now)
	ev.To = name
	to.receive(ev)
	return nil
}

// Expel puts target out of the room, and out of its moderators and invitations.
// The members and target are told, the reason included, which may be empty.
// Errors: Forbidden if u does not govern the room, if target governs it as much or
// more, and in the start room; Invalid if target is u; NotFound if it is not in
// the room.
func (h *Hub) Expel(u *User, r *Room, target *User, reason string, now time.Time) error {
	name := target.Name().Display
	defer h.report(r)
	h.mu.Lock()
	defer h.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.mayGovernLocked(u); err != nil {
		return err
	}
	mine := r.door.rank(u)
	switch {
	case r.name == h.Rules().Start:
		return Errorf(Forbidden, "Nobody can be put out of %s, where everyone starts.", r.name)
	case target.Is(u):
		return Errorf(Invalid, "You can't put yourself out of %s; leave it.", r.name)
	case !target.isIn(r):
		return Errorf(NotFound, "%s is not in %s.", name, r.name)
	case r.door.rank(target) >= mine:
		return Errorf(Forbidden, "%s governs %s as much as you do; ask somebody above.", name, r.name)
	}
	if d := r.door; d != nil {
		d.mods, d.invited = without(d.mods, target), without(d.invited, target)
		r.changed = true
	}
	r.leaveLocked(h.withdraw(target.login, r), now)
	ev := u.event(Expelled, r.name, now)
	ev.Text, ev.To = reason, name
	target.receive(ev)
	h.observed(ev)
	r.deliverLocked(ev, nil)
	return nil
}

// SetModerator makes target a moderator of the room or ends that, and tells the
// members and target. A guest is one until it logs out. Errors: Forbidden if u
// does not govern the room, and to end it if target governs it as much or more
// and is not u, or is a moderator by the config; Conflict if it is so already;
// Limited at 50; NotFound if target has logged out.
func (h *Hub) SetModerator(u *User, r *Room, target *User, on bool, now time.Time) error {
	name := target.Name().Display
	defer h.report(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.mayGovernLocked(u); err != nil {
		return err
	}
	mine, theirs := r.door.rank(u), r.door.rank(target)
	d := r.doorLocked()
	d.forgetGone()
	is := holds(d.mods, target)
	did := " made " + name + " a moderator of "
	switch {
	case target.Gone():
		return Errorf(NotFound, "%s is not here any more.", name)
	case on && theirs > visitor:
		return Errorf(Conflict, "%s governs %s already.", name, r.name)
	case on && len(d.mods) >= maxModerators:
		return Errorf(Limited, "%s has %d moderators, which is the most; take one off first.", r.name, maxModerators)
	case on:
		d.mods = append(d.mods, personOf(target))
	case d.configuredModerator(target):
		return Errorf(Forbidden, "%s is a moderator of %s by the config of the server; change it there.", name, r.name)
	case !is:
		return Errorf(Conflict, "%s is no moderator of %s.", name, r.name)
	case theirs >= mine && !target.Is(u):
		return Errorf(Forbidden, "%s governs %s as much as you do; ask somebody above.", name, r.name)
	default:
		d.mods = without(d.mods, target)
		did = " took " + name + " off the moderators of "
	}
	r.changed = true
	ev := r.noticeLocked(u.Name().Display+did+r.name+".", now)
	if !target.isIn(r) {
		target.receive(ev)
	}
	return nil
}

// SetTopic changes what the room is about and tells its members; "" clears it.
// The error is Forbidden if u is muted, and if it does not govern a room that is
// configured or not open to everyone.
func (h *Hub) SetTopic(u *User, r *Room, text string, now time.Time) error {
	if err := u.maySpeak(now); err != nil {
		return err
	}
	defer h.report(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.door; (d.configured() || !d.open()) && d.rank(u) == visitor {
		return errNotGoverning(r)
	}
	ev := u.event(Topic, r.name, now)
	ev.Text = text
	r.setTopicLocked(TopicInfo{Text: text, By: ev.From, At: now})
	r.changed = true
	h.observed(ev)
	r.deliverLocked(ev, nil)
	return nil
}
