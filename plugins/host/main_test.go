package host

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/plugins/host/badplugin"
)

// copies is where the tests' hosts keep the copies of programs: this one is large.
var copies string

// TestMain runs the tests, or, started by one of them, a plugin.
func TestMain(m *testing.M) {
	badplugin.Main()
	os.Exit(testAll(m))
}

func testAll(m *testing.M) int {
	if dir := os.Getenv("HOST_TEST_SERVER"); dir != "" { // of TestP9, who kills this process
		copies = dir
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "host-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	copies = dir
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}
