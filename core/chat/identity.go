package chat

import (
	"slices"
	"time"
)

// An Identity is who somebody is who logs in.
type Identity struct {
	Name    Name
	Role    Role
	Account string // the account's key; "" for a guest
}

// A person is who holds a right in a room: an account, or a guest for as long
// as the login lasts. The zero person is nobody.
type person struct {
	account string // "": a guest
	name    string // of the account, as it was shown
	guest   *login
}

func personOf(u *User) person {
	name, account := u.identity()
	if account == "" {
		return person{guest: u.login}
	}
	return person{account: account, name: name.Display}
}

// is reports whether u has the person's rights.
func (p person) is(u *User) bool {
	if p.account != "" {
		return p.account == u.Account()
	}
	return p.guest == u.login && !u.Gone()
}

// gone reports whether nobody can be this person any more.
func (p person) gone() bool { return p.account == "" && (p.guest == nil || p.guest.ended()) }

// String is the person's name, "" if there is none.
func (p person) String() string {
	switch {
	case p.gone():
		return ""
	case p.account != "":
		return p.name
	}
	name, _ := p.guest.identity()
	return name.Display
}

// Identify makes a user, a guest until now, the owner of an account, who stays in
// all rooms and sessions: with the name, the role and the account that who says.
// What the login has in rooms, as their owner, moderator or by invitation, passes
// to the account. If the name is another one the rooms are told. Errors are those
// of Login; Conflict also if the user is logged in to another account; Invalid if
// who has none; Unauthenticated if the session has ended.
func (h *Hub) Identify(u *User, who Identity, now time.Time) error {
	if who.Account == "" {
		return Errorf(Invalid, "No account is named; log in to one.")
	}
	defer h.reportAll()
	h.mu.Lock()
	defer h.mu.Unlock()
	if u.gone.Load() {
		return errGone()
	}
	if _, account := u.identityLocked(); account != "" && account != who.Account {
		return Errorf(Conflict, "You are logged in to the account %s; logout first.", account)
	}
	if err := h.renameLocked(u.login, who, now); err != nil {
		return err
	}
	u.SetRole(who.Role)
	h.eachDoorLocked(func(d *door) bool { return d.adopt(u) })
	return nil
}

// Disown ends all that an account has in rooms, for one that is deleted: whoever
// gets its name some day is somebody else.
func (h *Hub) Disown(account string) {
	if account == "" {
		return
	}
	defer h.reportAll()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.eachDoorLocked(func(d *door) bool { return d.disown(account) })
}

// eachDoorLocked calls f, which reports whether it changes what lasts, for the
// doors of all rooms. Hub.mu is held.
func (h *Hub) eachDoorLocked(f func(*door) bool) {
	for _, r := range h.rooms {
		r.mu.Lock()
		if r.door != nil && f(r.door) {
			r.changed = true
		}
		r.mu.Unlock()
	}
}

// adopt has the account of u hold what its login does.
func (d *door) adopt(u *User) (did bool) {
	heir := personOf(u)
	if d.owner.guest == u.login {
		d.owner, did = heir, true
	}
	for _, all := range [...]*[]person{&d.mods, &d.invited} {
		if slices.ContainsFunc(*all, func(p person) bool { return p.guest == u.login }) {
			*all, did = append(without(*all, u), heir), true
		}
	}
	return did
}

// disown takes away what the account holds.
func (d *door) disown(account string) (did bool) {
	if d.owner.account == account {
		d.owner, did = person{}, true
	}
	for _, all := range [...]*[]person{&d.mods, &d.invited} {
		n := len(*all)
		*all = slices.DeleteFunc(*all, func(p person) bool { return p.account == account })
		did = did || len(*all) < n
	}
	return did
}
