package session

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// An object is a JSON object in the making (RFC 8259), which will be a line of
// its own. It appends to what it was begun with; begin and end delimit it, and
// its fields stand in the order in which they are given.
type object []byte

func begin(dst []byte, typ string) object {
	return object(append(dst, `{"type":`...)).quote(typ)
}

func (o object) end() []byte { return append(o, "}\r\n"...) }

// str appends a field that is left out if v is "".
func (o object) str(key, v string) object {
	if v == "" {
		return o
	}
	return o.text(key, v)
}

// text appends a field that may be "".
func (o object) text(key, v string) object { return o.key(key).quote(v) }

// num appends a field that is left out if n is 0.
func (o object) num(key string, n uint64) object {
	if n == 0 {
		return o
	}
	return o.count(key, n)
}

// count appends a field that may be 0.
func (o object) count(key string, n uint64) object {
	return strconv.AppendUint(o.key(key), n, 10)
}

// flag appends a field that is left out if it is false.
func (o object) flag(key string, v bool) object {
	if !v {
		return o
	}
	return append(o.key(key), "true"...)
}

// raw appends a field whose value is JSON already.
func (o object) raw(key string, v []byte) object { return append(o.key(key), v...) }

// time appends a time as RFC 3339 has it, in UTC and to the microsecond.
func (o object) time(key string, t time.Time) object {
	o = append(o.key(key), '"')
	return append(t.UTC().AppendFormat(o, "2006-01-02T15:04:05.000000Z"), '"')
}

func (o object) key(key string) object {
	o = append(o, ',', '"')
	o = append(o, key...)
	return append(o, '"', ':')
}

// quote appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func (o object) quote(s string) object {
	const hex = "0123456789abcdef"
	o = append(o, '"')
	for len(s) > 0 {
		n := 0
		for n < len(s) && 0x20 <= s[n] && s[n] < utf8.RuneSelf && s[n] != '"' && s[n] != '\\' && s[n] != 0x7f {
			n++
		}
		o = append(o, s[:n]...)
		if s = s[n:]; s == "" {
			break
		}
		switch c := s[0]; {
		case c == '"' || c == '\\':
			o = append(o, '\\', c)
		case c == '\n':
			o = append(o, '\\', 'n')
		case c < utf8.RuneSelf:
			o = append(o, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			r, size := utf8.DecodeRuneInString(s)
			o = utf8.AppendRune(o, r)
			s = s[size:]
			continue
		}
		s = s[1:]
	}
	return append(o, '"')
}

// eventTypes are the types of the objects of events.
var eventTypes = [...]string{
	chat.Say: "say", chat.Emote: "emote", chat.Private: "private", chat.Told: "private",
	chat.Joined: "joined", chat.Left: "left", chat.Renamed: "renamed", chat.Topic: "topic",
	chat.Invited: "invited", chat.Expelled: "expelled", chat.Redacted: "redacted",
	chat.Notice: "notice",
}

// appendEvent appends the object of an event.
func appendEvent(dst []byte, ev *chat.Event, to regard) []byte {
	ev = cleaned(ev)
	o := begin(dst, eventTypes[ev.Kind]).str("room", ev.Room).num("seq", ev.Seq).time("time", ev.Time).str("from", ev.From)
	switch ev.Kind {
	case chat.Renamed:
		return o.text("to", ev.Text).end()
	case chat.Private, chat.Told, chat.Invited, chat.Expelled, chat.Redacted:
		o = o.str("to", ev.To)
	}
	switch ev.Kind {
	case chat.Say, chat.Emote, chat.Private, chat.Told, chat.Topic, chat.Notice:
		o = o.text("text", ev.Text)
	default:
		o = o.str("text", ev.Text)
	}
	return o.flag("mention", to == mention).end()
}
