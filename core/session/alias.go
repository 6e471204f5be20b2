package session

import (
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// Aliases implements command.Session.
func (s *Session) Aliases() []command.Alias { return nil }

// SetAlias implements command.Session.
func (s *Session) SetAlias(name, line string) error {
	return chat.Errorf(chat.Unavailable, "TODO")
}

// DropAlias implements command.Session.
func (s *Session) DropAlias(name string) error { return chat.Errorf(chat.Unavailable, "TODO") }
