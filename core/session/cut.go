package session

import (
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// Cut ends the session with a line that holds the reason, a sentence, if it is
// logged in to an account. Any goroutine may call it, and does not wait.
func (s *Session) Cut(reason string) {
	s.call(func() {
		if s.user != nil && s.user.Account() != "" {
			s.cut(text.Clean(reason))
		}
	})
}

// CutUser ends all sessions of a login with a line that holds the reason, a
// sentence. Any goroutine may call it, and does not wait.
func (e *Env) CutUser(u *chat.User, reason string) {
	for _, m := range u.Sessions() {
		if s, ok := m.(*Session); ok {
			s.cutFrom(u, reason)
		}
	}
}

// cutFrom ends the session if it is still of that login.
func (s *Session) cutFrom(u *chat.User, reason string) {
	s.call(func() {
		if s.user != nil && s.user.Is(u) {
			s.cut(text.Clean(reason))
		}
	})
}

// Displace ends the session to make room for another if it is not logged in, and
// reports whether it did.
func (s *Session) Displace() bool {
	defer s.rescue()
	if s.user != nil || s.closing {
		return false
	}
	s.cut("So many are connecting that there is no room for those who take long to log in; the connection is closed. Try again.")
	return true
}

// Since is when the session logged in, to the second; the zero time if it is not.
// Any goroutine may call it.
func (s *Session) Since() time.Time {
	if at := s.entry.Load(); at != 0 {
		return time.Unix(int64(at), 0)
	}
	return time.Time{}
}

// maxWrong is how many wrong passwords one connection may send.
const maxWrong = 3

// Wrong implements command.Session.
func (s *Session) Wrong() { s.extras().wrong++ }

// cutWrong ends a session that has guessed often enough.
func (s *Session) cutWrong() {
	if x := s.extra; x != nil && x.wrong >= maxWrong {
		s.cut("That were three wrong passwords; the connection is closed.")
	}
}
