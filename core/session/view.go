package session

import (
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// View implements command.Session.
func (s *Session) View() command.View {
	t := s.telnet.Terminal()
	enc, clock, zone := s.loop.Encoder(), s.prefs.clock, s.prefs.zone
	v := command.View{Width: t.Width, Height: t.Height, Machine: s.machine() != nil, Zone: s.loop.Env.Zones.Location(zone)}
	v.Render = func(ev *chat.Event, always bool) string {
		c := clock
		if always && c == ClockOff {
			c = ClockTime
		}
		return string(enc.line(nil, chat.Class(c)<<classClock|chat.Class(zone)<<classZone, ev, common))
	}
	if v.Machine || s.readAloud() {
		v.Height = 0
	}
	if s.prefs.width > 0 {
		v.Width = int(s.prefs.width)
	}
	if v.Width == 0 {
		v.Width = 80
	}
	return v
}
