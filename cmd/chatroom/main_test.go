// These tests run the real program and see of it what its users see: what it
// prints, what comes over the wire, and how it ends.
package main_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// TestMain also holds the tests to ending what they start.
func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

// tests are those of this package, with the program built for them.
type tests struct{ *testing.M }

func (t tests) Run() int { return programtest.Main(t.M) }
