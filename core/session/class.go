package session

import "github.com/chatroom-shell/chatroom/core/chat"

// The bits of a render class besides chat.OtherRoom.
const (
	classBell               = chat.OwnApart // every message rings, but one's own
	classColor   chat.Class = 1 << 2
	classMachine chat.Class = 1 << 5 // JSON objects; besides it only classQuiet counts
	classQuiet   chat.Class = 1 << 6 // joins and leaves are not shown
	classReader  chat.Class = 1 << 7 // read aloud: words in place of colour

	classClock = 3  // shift: two bits
	classZone  = 8  // shift: sixteen bits
	classTheme = 24 // shift: four bits

	classClockMask chat.Class = 3 << classClock
)

func clockOf(c chat.Class) Clock { return Clock(c & classClockMask >> classClock) }

func themeOf(c chat.Class) *theme { return &themes[c>>classTheme&0xf] }

// class is how events are rendered for the session, apart from the room.
func (s *Session) class() chat.Class {
	p := &s.prefs
	var c chat.Class
	if p.quiet {
		c |= classQuiet
	}
	if s.machine() != nil {
		return c | classMachine
	}
	c |= chat.Class(p.clock)<<classClock | chat.Class(p.zone)<<classZone
	if s.colored() {
		c |= classColor | chat.Class(p.theme)<<classTheme
	}
	if p.bell == bellAll {
		c |= classBell
	}
	if s.readAloud() {
		c |= classReader
	}
	return c
}
