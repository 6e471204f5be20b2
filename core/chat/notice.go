package chat

import "time"

// Announce has the server say text, one clean line, to everyone who is here. It
// looks at all of them.
func (h *Hub) Announce(text string, now time.Time) {
	ev := &Event{Kind: Notice, Time: now, Text: text}
	for _, u := range h.Users() {
		u.Notify(ev)
	}
}

// Notify shows ev, which is of no room, to all sessions of the user: a Notice, or
// a Private event that was kept. It must not be changed any more.
func (u *User) Notify(ev *Event) { u.receive(ev) }

// MaySpeak returns nil if the user may say something now, for what does not go
// through the hub. Errors: Forbidden for who is muted; Unauthenticated for a session
// that has ended.
func (u *User) MaySpeak(now time.Time) error { return u.maySpeak(now) }
