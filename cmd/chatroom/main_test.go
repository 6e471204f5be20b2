// These tests run the real program and see of it what its users see: what it
// prints, what comes over the wire, and how it ends.
package main_test

import (
	"os"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

func TestMain(m *testing.M) { os.Exit(programtest.Main(m)) }
