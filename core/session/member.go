package session

import "github.com/chatroom-shell/chatroom/core/chat"

// Seat implements chat.Member.
func (s *Session) Seat() *chat.Seat { return &s.seat }

// Queue implements chat.Member.
func (s *Session) Queue(frame []byte) {
	if !s.closing {
		s.queue(frame)
	}
}

// Receive implements chat.Member: it shows a private message, a message that
// mentions the user, which stands out and may ring, or one of his own, which does
// not.
func (s *Session) Receive(ev *chat.Event) {
	defer s.rescue()
	if s.closing {
		return
	}
	s.seat.Settle()
	if s.machine() != nil {
		s.queue(appendEvent(nil, ev, s.regard(ev)))
		return
	}
	c := s.class()
	if ev.Room != "" && (s.user == nil || s.user.Room() == nil || s.user.Room().Name() != ev.Room) {
		c |= chat.OtherRoom
	}
	frame := s.loop.Encoder().line(nil, c, ev, s.regard(ev))
	if s.rings(ev) {
		frame = append(frame, bell)
	}
	s.queue(append(frame, crlf...))
}

// regard is what an event is to the session that receives it.
func (s *Session) regard(ev *chat.Event) regard {
	switch ev.Kind {
	case chat.Say, chat.Emote:
		if s.user == nil || ev.FromID != s.user.ID() {
			return mention
		}
	case chat.Invited, chat.Expelled:
		return own
	}
	return common
}

// rings reports whether ev, which is for this user alone or mentions it, rings
// the terminal's bell.
func (s *Session) rings(ev *chat.Event) bool {
	private := ev.Kind == chat.Private || ev.Kind == chat.Invited
	switch s.prefs.bell {
	case bellAll, bellMention:
		return (private || s.regard(ev) == mention) && (s.prefs.bellSet || s.telnet.Terminal().Name != "")
	case bellPrivate:
		return private
	}
	return false
}

// Owed is how many bytes wait to be sent.
func (s *Session) Owed() int { return int(s.out.size) }

// Buffers appends to dst the frames that wait to be sent, in order. They must
// not be changed, and not be kept after Sent.
func (s *Session) Buffers(dst [][]byte) [][]byte { return s.out.buffers(dst) }

// Sent takes off the n bytes that the peer's kernel took. What is left is owed:
// beyond the bound in bytes or time the session is cut.
func (s *Session) Sent(n int) {
	s.out.sent(n)
	if w := s.work; w != nil {
		switch {
		case w.flow != nil:
			w.flow.arrived(0, s.owes())
		case w.wait == 0 && !s.owesMuch(): // lines have waited for that
			w.wait = s.loop.moment()
			s.hurry = true
		}
	}
	if s.out.size == 0 {
		return
	}
	set := s.loop.Env.Settings()
	if set.Outbox > 0 && int(s.out.size) > set.Outbox && !s.closing {
		s.cutSlow()
		return
	}
	if set.Stall > 0 {
		s.hurry = s.out.owing(s.loop.moment(), set.Stall) || s.hurry
	}
}
