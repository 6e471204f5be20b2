package wall_test

import (
	"flag"
	"os"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
	"github.com/chatroom-shell/chatroom/plugins/host/badplugin"
)

// full selects the long forms of the tests, which take minutes and more memory.
var full = flag.Bool("full", false, "run the long forms of the tests")

func TestMain(m *testing.M) {
	badplugin.Main()
	chattest.Watch = watch
	os.Exit(programtest.Main(m))
}
