package main_test

import (
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// One who is registered finds the aliases, the settings and the jobs of the last
// time.
func TestShellIsKept(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Register("ann")
	for _, line := range []string{
		"alias one who",
		"alias two one",
		"alias hi say hi, $1",
		"set timestamps time",
		"set timezone Asia/Tokyo",
		"at 1h say tea",
		"every 2h who | say",
	} {
		ann.Send(line)
		ann.Expect("-- ")
	}
	ann.Send("quit")
	ann.ExpectClosed()

	ann = s.Authenticate("ann")
	ann.Send("hi bob")
	ann.Expect("ann: hi, bob")
	ann.Send("two | grep -c ann")
	ann.Expect("1")
	ann.Send("set timezone")
	ann.Expect("timezone is Asia/Tokyo")
	ann.Send("jobs | wc -l")
	ann.Expect("3")
}
