package wall_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// A carriage return inside a text is a space to everyone, so that nobody can have
// the next words overwrite their name.
func TestW2CarriageReturnInside(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	for _, tt := range []struct{ raw, want string }{
		{"say hi\r-- bob has left\r\n", "ann: hi -- bob has left"},
		{"hi\r\r\rbob: yes\r\n", "ann: hi|ann:  bob: yes"}, // the first CR is an end of a line
		{"me waves\r* bob waves\n", "* ann waves * bob waves"},
		{"say hi\r\r\n", "ann: hi"},
	} {
		ann.SendRaw([]byte(tt.raw))
		for want := range strings.SplitSeq(tt.want, "|") {
			ann.ExpectExact(want)
			bob.ExpectExact(want)
		}
	}
	ann.SendRaw([]byte("msg bob hi\r*eve* yes\r\ntopic tea\r-- bob has left\r\naway lunch\r-- ann has left\r\nback\r\n"))
	bob.ExpectExact("*ann* hi *eve* yes")
	bob.ExpectExact("-- ann set the topic: tea -- bob has left")
	bob.Quiet("-- ann has left...")
}

// LF CR is the end of a line and a CR in front of the next, which is a space: no
// line comes twice, none is lost, and commands are commands.
func TestW2LineFeedFirst(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	ann.SendRaw([]byte("say one\n\rsay two\n\rthree\n\r"))
	for _, c := range []interface{ ExpectExact(string) }{ann, bob} {
		c.ExpectExact("ann: one")
		c.ExpectExact("ann: two")
		c.ExpectExact("ann:  three")
	}
	ann.SendRaw([]byte("say four\r\n"))
	ann.ExpectExact("ann: four")
	bob.ExpectExact("ann: four")
	bob.Quiet("ann: ...")
}
