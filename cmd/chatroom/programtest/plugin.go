package programtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

var builtPlugins sync.Map // by name: a function that builds it once

// BuildPlugin is the path of a plugin that ships with the server, built for the
// tests.
func BuildPlugin(t testing.TB, name string) string {
	t.Helper()
	file := filepath.Join(filepath.Dir(Program), "plugins", name)
	once, _ := builtPlugins.LoadOrStore(name, sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-o", file, path+"plugins/"+name).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}))
	if err := once.(func() error)(); err != nil {
		t.Fatalf("build %s: %v", name, err)
	}
	return file
}

// PluginConfig is a table for a plugin that ships.
func PluginConfig(t testing.TB, name string, more ...string) string {
	return fmt.Sprintf("[[plugin]]\nname = %q\npath = %q\n%s\n", name, BuildPlugin(t, name), strings.Join(more, "\n"))
}

// AwaitPlugin waits until the list of the plugins has a line with all that.
func (s *Server) AwaitPlugin(want ...string) {
	s.T.Helper()
	var out string
	for end := time.Now().Add(chattest.Timeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		out = s.Must("plugin", "list")
		for l := range strings.Lines(out) {
			has := true
			for _, w := range want {
				has = has && strings.Contains(l, w)
			}
			if has {
				return
			}
		}
	}
	s.T.Fatalf("no plugin is %q:\n%s", want, out)
}

// Reload has the server read a new config.
func (s *Server) Reload(config, want string) {
	s.T.Helper()
	s.Configure(config)
	s.Signal(syscall.SIGHUP)
	s.Stdout.Wait(s.T, want, func(text string) bool { return strings.Contains(text, want) })
}
