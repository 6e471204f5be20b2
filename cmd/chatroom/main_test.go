// These tests run the real program and see of it what its users see: what it
// prints, what comes over the wire, and how it ends.
package main_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// TestMain also holds the tests to ending what they start.
func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

// tests are those of this package, with the program built for them; fuzzing does
// without it.
type tests struct{ *testing.M }

func (t tests) Run() int {
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		return t.M.Run()
	}
	return programtest.Main(t.M)
}
