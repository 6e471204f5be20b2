package programtest

import (
	"fmt"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// Password is that of every account of the tests that is not about passwords.
const Password = "sesame street"

// Register connects and registers a name; the client is logged in to it then and
// all is read.
func (s *Server) Register(name string) *chattest.Client {
	s.T.Helper()
	return s.enter("register", name)
}

// Authenticate connects and logs in to an account; all is read then.
func (s *Server) Authenticate(name string) *chattest.Client {
	s.T.Helper()
	return s.enter("login", name)
}

func (s *Server) enter(command, name string) *chattest.Client {
	s.T.Helper()
	c := s.Dial(name)
	c.Send(fmt.Sprintf("%s %s %q", command, name, Password))
	c.Expect("Welcome, " + name)
	Skip(c)
	return c
}
