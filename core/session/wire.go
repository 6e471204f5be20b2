package session

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/telnet"
)

// wire is a session as its telnet decoder sees it.
type wire Session

var _ telnet.Handler = (*wire)(nil)

// Line implements telnet.Handler.
func (w *wire) Line(p []byte) {
	s := (*Session)(w)
	if s.closing {
		return
	}
	if !s.spoken {
		s.spoken = true
		if foreignLine(p) {
			s.cut("This is a chat server; it speaks plain lines of text.")
			return
		}
	}
	if !utf8.Valid(p) {
		s.say("-- That line is not valid UTF-8 and was not taken; set your terminal to UTF-8.")
		return
	}
	s.telnet.ResetOptionCount()
	s.take(string(p))
}

// Signal implements telnet.Handler.
func (w *wire) Signal(sig telnet.Signal) {
	s := (*Session)(w)
	if s.closing {
		return
	}
	switch sig {
	case telnet.Interrupt:
		s.interrupt()
	case telnet.AreYouThere:
		if now := s.loop.moment(); s.answered == 0 || now.sub(s.answered) >= time.Second {
			s.answered = now
			s.say("-- Yes, the server is here.")
		}
	case telnet.EOF:
		if s.user == nil {
			s.End("-- Goodbye.")
			return
		}
		s.Logout()
		s.say("-- You are logged out. Log in with: login NAME")
	case telnet.LineTooLong:
		s.say("-- That line is too long and was not taken; a line has at most " + strconv.Itoa(s.loop.Env.Settings().MaxLine) + " bytes.")
	case telnet.TerminalChanged:
		s.seat.SetClass(s.class())
	case telnet.LineOverflow:
		s.cut("That line has no end; the connection is closed.")
	case telnet.SubnegotiationOverflow, telnet.OptionOverflow:
		s.cut("That is no telnet client; the connection is closed.")
	}
}

// Reply implements telnet.Handler: the answer stands before all that is not
// half sent, since a client that asked with DO TM shows nothing until it comes
// (RFC 860).
func (w *wire) Reply(p []byte) {
	s := (*Session)(w)
	s.out.unshift(bytes.Clone(p))
	s.attend()
}

// opening is a session as its decoder sees it at the very start, when the
// greeting comes first, clean of telnet bytes.
type opening struct{ *wire }

// Reply implements telnet.Handler.
func (o opening) Reply(p []byte) { (*Session)(o.wire).queue(bytes.Clone(p)) }

// foreignBytes reports whether the first bytes of a connection are those of
// TLS (a hello record), or of version 2 of the PROXY protocol.
func foreignBytes(p []byte) bool {
	return len(p) >= 2 && p[0] == 0x16 && p[1] == 0x03 ||
		bytes.HasPrefix(p, []byte("\r\n\r\n\x00\r\nQUIT\n"))
}

// foreignLine reports whether the first line of a connection is an HTTP
// request, an SSH banner or a PROXY header, so that no web page can make its
// visitor run commands here.
func foreignLine(p []byte) bool {
	if bytes.HasPrefix(p, []byte("SSH-")) || bytes.HasPrefix(p, []byte("PROXY ")) {
		return true
	}
	method, rest, ok := bytes.Cut(p, []byte{' '})
	if !ok || len(method) == 0 || len(method) > 16 {
		return false
	}
	for _, c := range method {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	_, version, ok := bytes.Cut(rest, []byte{' '})
	return ok && bytes.HasPrefix(version, []byte("HTTP/"))
}

// class is how events are rendered for the session, apart from the room.
func (s *Session) class() chat.Class {
	return newClass(s.colored(), s.prefs.bell == bellAll, s.prefs.clock, s.prefs.zone)
}
