package session

import (
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A Clock says how times are shown in front of messages.
type Clock uint8

// The clocks.
const (
	ClockOff      Clock = iota
	ClockTime           // [15:04]
	ClockDateTime       // [2006-01-02 15:04]
)

var clockLayouts = [...]string{"", "[15:04] ", "[2006-01-02 15:04] "}

const (
	bell = '\a'
	crlf = "\r\n"
)

// An Encoder renders events for terminals and for programs. It cleans the names and
// texts in them and adds the marks that no user's text can begin a line with.
type Encoder struct {
	zones *Zones
}

var _ chat.Encoder = Encoder{}

// A regard is what an event is to the one who sees it.
type regard uint8

const (
	common  regard = iota // the same as to others
	mention               // it names him
	own                   // it is about him: he was invited, or put out
)

// Encode implements chat.Encoder.
func (e Encoder) Encode(dst []byte, c chat.Class, ev *chat.Event) []byte {
	switch {
	case c&classQuiet != 0 && (ev.Kind == chat.Joined || ev.Kind == chat.Left):
		return dst
	case c&classMachine != 0:
		return appendEvent(dst, ev, common)
	}
	dst = e.line(dst, c, ev, common)
	if c&classBell != 0 && (ev.Kind == chat.Say || ev.Kind == chat.Emote) {
		dst = append(dst, bell)
	}
	return append(dst, crlf...)
}

// line renders ev for a terminal, without CRLF.
func (e Encoder) line(dst []byte, c chat.Class, ev *chat.Event, to regard) []byte {
	ev = cleaned(ev)
	if clock := clockOf(c); clock != ClockOff {
		dst = e.clock(dst, clock, ev.Time, uint16(c>>classZone))
	}
	if c&classReader != 0 {
		switch {
		case ev.Kind == chat.Private:
			dst = append(dst, "[private] "...)
		case to == mention:
			dst = append(dst, "[mention] "...)
		}
	}
	if c&chat.OtherRoom != 0 && ev.Room != "" && to != own {
		dst = append(dst, '[')
		dst = append(dst, ev.Room...)
		dst = append(dst, "] "...)
	}
	th := themeOf(c)
	if c&classColor == 0 {
		th = &plain
	}
	text := ""
	if to == mention {
		text = th.mention
	}
	switch ev.Kind {
	case chat.Say:
		dst = paint(dst, th.person(ev.From), ev.From)
		dst = append(dst, ": "...)
		return paint(dst, text, said(ev))
	case chat.Emote:
		dst = append(dst, "* "...)
		dst = paint(dst, th.person(ev.From), ev.From)
		dst = append(dst, ' ')
		return paint(dst, text, said(ev))
	case chat.Private:
		return whispered(append(dst, th.private...), th, ev.From, ev.Text)
	case chat.Told:
		dst = append(dst, th.private...)
		return whispered(append(dst, "-> "...), th, ev.To, ev.Text)
	}
	dst = append(dst, th.server...)
	dst = append(dst, "-- "...)
	dst = append(dst, ev.From...)
	dst = happened(dst, ev, to)
	return reset(dst, th.server)
}

// cleaned is an event that is safe to show. What happens here is so already; what
// the store holds may be of an import, or of another program on the same store.
func cleaned(ev *chat.Event) *chat.Event {
	from, to, said := text.Clean(ev.From), text.Clean(ev.To), text.Clean(ev.Text)
	if from == ev.From && to == ev.To && said == ev.Text {
		return ev
	}
	clean := *ev
	clean.From, clean.To, clean.Text = from, to, said
	return &clean
}

// plain is the theme of those who see no colours.
var plain theme

// whispered is a private text with the name of the other one.
func whispered(dst []byte, th *theme, name, text string) []byte {
	dst = append(dst, '*')
	dst = append(dst, name...)
	dst = append(dst, "* "...)
	dst = append(dst, text...)
	return reset(dst, th.private)
}

// said is the text of a message.
func said(ev *chat.Event) string {
	if ev.Removed {
		return "(removed)"
	}
	return ev.Text
}

// happened is what the server tells of an event, after the name of who caused it.
func happened(dst []byte, ev *chat.Event, to regard) []byte {
	whom := ev.To
	if to == own {
		whom = "you"
	}
	switch ev.Kind {
	case chat.Joined:
		return append(dst, " has joined"...)
	case chat.Left:
		return reason(append(dst, " has left"...), ev.Text)
	case chat.Renamed:
		dst = append(dst, " is now "...)
		return append(dst, ev.Text...)
	case chat.Topic:
		if ev.Text == "" {
			return append(dst, " cleared the topic"...)
		}
		dst = append(dst, " set the topic: "...)
		return append(dst, ev.Text...)
	case chat.Invited:
		dst = append(dst, " invites "...)
		dst = append(dst, whom...)
		dst = append(dst, " to the room "...)
		dst = append(dst, ev.Room...)
		if to == own {
			dst = append(dst, "; enter it with: join "...)
			dst = append(dst, ev.Room...)
		}
		return dst
	case chat.Expelled:
		dst = append(dst, " put "...)
		dst = append(dst, whom...)
		dst = append(dst, " out"...)
		if to == own {
			dst = append(dst, " of the room "...)
			dst = append(dst, ev.Room...)
		}
		return reason(dst, ev.Text)
	case chat.Redacted:
		dst = append(dst, " removed a message"...)
		if ev.To != "" && ev.To != ev.From {
			dst = append(dst, " of "...)
			dst = append(dst, ev.To...)
		}
		return dst
	}
	return append(dst, ev.Text...)
}

func reason(dst []byte, text string) []byte {
	if text == "" {
		return dst
	}
	dst = append(dst, " ("...)
	dst = append(dst, text...)
	return append(dst, ')')
}

func (e Encoder) clock(dst []byte, clock Clock, at time.Time, zone uint16) []byte {
	return at.In(e.zones.Location(zone)).AppendFormat(dst, clockLayouts[clock])
}

// paint appends s within the colours of sgr; "" is none.
func paint(dst []byte, sgr, s string) []byte {
	dst = append(dst, sgr...)
	dst = append(dst, s...)
	return reset(dst, sgr)
}

// reset ends what sgr began.
func reset(dst []byte, sgr string) []byte {
	if sgr == "" {
		return dst
	}
	return append(dst, sgrReset...)
}
