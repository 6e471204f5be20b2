package session

import (
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// Jobs implements command.Session.
func (s *Session) Jobs() []command.Job { return nil }

// Schedule implements command.Session.
func (s *Session) Schedule(in time.Duration, again bool, line string) (command.Job, error) {
	return command.Job{}, chat.Errorf(chat.Unavailable, "TODO")
}

// CancelJob implements command.Session.
func (s *Session) CancelJob(id int) error { return chat.Errorf(chat.Unavailable, "TODO") }
