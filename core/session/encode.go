package session

import (
	"hash/fnv"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
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

// The bits of a render class above chat.OtherRoom.
const (
	classColor     chat.Class = 1 << 1
	classBell      chat.Class = 1 << 2 // every message rings
	classClock                = 3      // shift: two bits
	classZone                 = 8      // shift: sixteen bits
	classClockMask chat.Class = 3 << classClock
)

func newClass(color, bell bool, clock Clock, zone uint16) chat.Class {
	c := chat.Class(clock)<<classClock | chat.Class(zone)<<classZone
	if color {
		c |= classColor
	}
	if bell {
		c |= classBell
	}
	return c
}

func clockOf(c chat.Class) Clock { return Clock(c & classClockMask >> classClock) }

// The colours are few and plain, so that every terminal with ANSI colours shows
// them: a name has one of six by its spelling, the server is dim.
const (
	sgrReset   = "\x1b[0m"
	sgrDim     = "\x1b[2m"
	sgrMention = "\x1b[1;7m"
	sgrPrivate = "\x1b[1;35m"
)

var sgrNames = [...]string{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[36m"}

func sgrName(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return sgrNames[h.Sum32()%uint32(len(sgrNames))]
}

const (
	bell = '\a'
	crlf = "\r\n"
)

// An Encoder renders events for terminals. Names and texts in events are clean
// already; the encoder adds the marks that no user's text can begin a line with.
type Encoder struct {
	zones *Zones
}

var _ chat.Encoder = Encoder{}

// Encode implements chat.Encoder.
func (e Encoder) Encode(dst []byte, c chat.Class, ev *chat.Event) []byte {
	dst = e.line(dst, c, ev, "")
	if c&classBell != 0 && (ev.Kind == chat.Say || ev.Kind == chat.Emote) {
		dst = append(dst, bell)
	}
	return append(dst, crlf...)
}

// line renders ev without CRLF. Mark is put around its text when there is colour.
func (e Encoder) line(dst []byte, c chat.Class, ev *chat.Event, mark string) []byte {
	if clock := clockOf(c); clock != ClockOff {
		dst = e.clock(dst, clock, ev.Time, uint16(c>>classZone))
	}
	color := c&classColor != 0
	if c&chat.OtherRoom != 0 && ev.Room != "" {
		dst = append(dst, '[')
		dst = append(dst, ev.Room...)
		dst = append(dst, "] "...)
	}
	switch ev.Kind {
	case chat.Say:
		dst = paintName(dst, color, ev.From)
		dst = append(dst, ": "...)
		return paint(dst, color && mark != "", mark, ev.Text)
	case chat.Emote:
		dst = append(dst, "* "...)
		dst = paintName(dst, color, ev.From)
		dst = append(dst, ' ')
		return paint(dst, color && mark != "", mark, ev.Text)
	case chat.Private:
		start := len(dst)
		if color {
			dst = append(dst, sgrPrivate...)
		}
		dst = append(dst, '*')
		dst = append(dst, ev.From...)
		dst = append(dst, "* "...)
		dst = append(dst, ev.Text...)
		if color && len(dst) > start {
			dst = append(dst, sgrReset...)
		}
		return dst
	}
	if color {
		dst = append(dst, sgrDim...)
	}
	dst = append(dst, "-- "...)
	dst = append(dst, ev.From...)
	switch ev.Kind {
	case chat.Joined:
		dst = append(dst, " has joined"...)
	case chat.Left:
		dst = append(dst, " has left"...)
		if ev.Text != "" {
			dst = append(dst, " ("...)
			dst = append(dst, ev.Text...)
			dst = append(dst, ')')
		}
	case chat.Renamed:
		dst = append(dst, " is now "...)
		dst = append(dst, ev.Text...)
	case chat.Topic:
		if ev.Text == "" {
			dst = append(dst, " cleared the topic"...)
		} else {
			dst = append(dst, " set the topic: "...)
			dst = append(dst, ev.Text...)
		}
	case chat.Notice:
		dst = append(dst, ev.Text...)
	}
	if color {
		dst = append(dst, sgrReset...)
	}
	return dst
}

func (e Encoder) clock(dst []byte, clock Clock, at time.Time, zone uint16) []byte {
	return at.In(e.zones.Location(zone)).AppendFormat(dst, clockLayouts[clock])
}

func paintName(dst []byte, on bool, name string) []byte {
	if !on {
		return append(dst, name...)
	}
	return paint(dst, on, sgrName(name), name)
}

func paint(dst []byte, on bool, sgr, s string) []byte {
	if !on {
		return append(dst, s...)
	}
	dst = append(dst, sgr...)
	dst = append(dst, s...)
	return append(dst, sgrReset...)
}
