package session

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

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
	if len(p) > 0 && s.speech != spoken {
		s.speech = spoken
		if foreignLine(string(p)) {
			s.cutForeign()
			return
		}
	}
	if !utf8.Valid(p) {
		s.typed(entry{refusal: "That line is not valid UTF-8 and was not taken; set your terminal to UTF-8."})
		return
	}
	if s.user != nil && len(p) > 0 { // a person, so the count was none of a flood
		s.telnet.ResetOptionCount()
	}
	s.typed(entry{line: string(p)})
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
		s.clearPrompt() // and what was typed behind it, which is dropped
	case telnet.AreYouThere:
		if s.oncePerSecond(&s.extras().notified) {
			s.say("-- Yes, the server is here.")
		}
	case telnet.EOF:
		s.typed(entry{end: true})
	case telnet.LineTooLong:
		if s.speech != spoken { // no person begins like that, but a browser may
			s.cutForeign()
			return
		}
		s.typed(entry{refusal: fmt.Sprintf("That line is too long and was not taken; a line has at most %d bytes.", s.loop.Env.Settings().MaxLine)})
	case telnet.TerminalChanged:
		s.seat.SetClass(s.class())
	case telnet.EchoRefused:
		s.warnVisible()
	case telnet.LineOverflow:
		s.cut("That line has no end; the connection is closed.")
	case telnet.SubnegotiationOverflow, telnet.OptionOverflow:
		s.cut("That is no telnet client; the connection is closed.")
	}
}

// endOfFile logs the user out, or ends a session that has no user.
func (s *Session) endOfFile() {
	if s.user == nil {
		s.End("-- Goodbye.")
		return
	}
	s.Logout()
	s.say("-- You are logged out. Log in with: login NAME")
}

// Reply implements telnet.Handler: the answer stands before all that is not
// half sent, since a client that asked with DO TM shows nothing until it comes
// (RFC 860).
func (w *wire) Reply(p []byte) {
	s := (*Session)(w)
	s.out.interject(p)
	s.attend()
}

// opening is a session as its decoder sees it at the very start, when the
// greeting comes first, clean of telnet bytes.
type opening struct{ *wire }

// Reply implements telnet.Handler.
func (o opening) Reply(p []byte) { (*Session)(o.wire).queue(bytes.Clone(p)) }

// cutForeign ends a session that does not speak as a person does.
func (s *Session) cutForeign() { s.cut("This is a chat server; it speaks plain lines of text.") }

// A speech says how far a peer has come in showing what it speaks.
type speech uint8

const (
	silent  speech = iota
	suspect        // the first byte is that of a TLS record
	heard          // the first bytes are no TLS hello
	spoken         // a line has come that is not empty
)

// hello looks at the first two bytes of a connection, however they come, and
// reports whether they are those of a TLS hello (RFC 8446, section 5.1).
func (s *Session) hello(p []byte) bool {
	const handshake, major = 0x16, 0x03
	if s.speech == silent && len(p) > 0 {
		if p[0] != handshake {
			s.speech = heard
			return false
		}
		s.speech = suspect
		p = p[1:]
	}
	if s.speech != suspect || len(p) == 0 {
		return false
	}
	s.speech = heard
	return p[0] == major
}

// foreignLine reports whether a line, which is not empty and the first or from
// before a login, is an HTTP request, an SSH banner or a PROXY header of
// version 1 or 2, so that no web page can make its visitor run commands here.
func foreignLine(l string) bool {
	for _, begin := range [...]string{"SSH-", "PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN", "\x00"} {
		if strings.HasPrefix(l, begin) {
			return true
		}
	}
	method, rest, ok := strings.Cut(l, " ")
	if !ok || len(method) == 0 || len(method) > 16 {
		return false
	}
	for _, c := range method {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	_, version, ok := strings.Cut(rest, " ")
	return ok && strings.HasPrefix(version, "HTTP/")
}
