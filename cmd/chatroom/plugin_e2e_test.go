package main_test

import (
	"fmt"
	"os"
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

// buildPlugin is the path of a plugin that ships with the server, built for the
// tests.
func buildPlugin(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(program), "plugins", name)
	once, _ := builtPlugins.LoadOrStore(name, sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-o", path, "../../plugins/"+name).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}))
	if err := once.(func() error)(); err != nil {
		t.Fatalf("build %s: %v", name, err)
	}
	return path
}

// pluginConfig is a table for a plugin that ships.
func pluginConfig(t testing.TB, name string, more ...string) string {
	return fmt.Sprintf("[[plugin]]\nname = %q\npath = %q\n%s\n", name, buildPlugin(t, name), strings.Join(more, "\n"))
}

// awaitPlugin waits until the list of the plugins has a line with all that.
func (s *server) awaitPlugin(want ...string) {
	s.t.Helper()
	var out string
	for end := time.Now().Add(chattest.Timeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		out = s.must("plugin", "list")
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
	s.t.Fatalf("no plugin is %q:\n%s", want, out)
}

// reload has the server read a new config.
func (s *server) reload(config, want string) {
	s.t.Helper()
	s.configure(config)
	s.signal(syscall.SIGHUP)
	s.stdout.wait(s.t, want, func(text string) bool { return strings.Contains(text, want) })
}

// Commands of plugins are commands like any other: in help, in a pipeline, renamed;
// what they say is theirs; and what they keep is kept.
func TestPluginCommands(t *testing.T) {
	config := pluginConfig(t, "dice", `commands = { roll = "throw" }`) + pluginConfig(t, "poll", `grant = ["kv", "say.room"]`)
	s := startServer(t, config)
	s.awaitPlugin("dice", "ready", "throw")
	s.awaitPlugin("poll", "ready")
	ann, bob := s.register("ann"), s.login("bob")
	skip(ann)
	ann.Send("throw 1")
	ann.Expect("-- SIDES must be a whole number from 2 to 1000000")
	ann.Send("/throw 2")
	ann.Expect("ann rolls ")
	ann.Send("dice:roll 2 | say")
	bob.Expect("ann: ann rolls ")
	ann.Send("help")
	ann.Expect("  throw  roll a die")
	ann.Send("roll the dice") // no command of that name
	bob.Expect("ann: roll the dice")
	ann.Send("poll new Lunch? now later")
	bob.Expect("poll: ann asks: Lunch?")
	ann.Send("poll vote 2")
	skip(ann)

	s.signal(syscall.SIGTERM)
	if status := s.wait(); status != 0 {
		t.Fatalf("status %d", status)
	}
	again := exec.Command(program, "serve", "--config", s.config)
	again.Dir, again.Env = filepath.Dir(s.config), cleanEnv()
	out := newOutput()
	again.Stdout, again.Stderr = out, newOutput()
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		again.Process.Signal(syscall.SIGTERM)
		again.Wait()
	}()
	var addr string
	out.wait(t, "a listener", func(text string) bool {
		_, rest, ok := strings.Cut(text, "listens on ")
		addr, _, _ = strings.Cut(rest, " ")
		return ok && strings.Contains(rest, " ")
	})
	cyd := chattest.Dial(t, addr)
	cyd.Send("login cyd")
	cyd.Expect("Welcome, cyd")
	cyd.Send("/poll show") // known from the last time, if it has not started yet
	cyd.Expect("1 vote")
}

// Names of plugins and of their commands are nobody's nickname.
func TestPluginNamesAreReserved(t *testing.T) {
	s := startServer(t, pluginConfig(t, "dice"))
	s.awaitPlugin("dice", "ready")
	for _, name := range []string{"dice", "roll"} {
		c := s.dial(name)
		c.Send("login " + name)
		c.Expect("-- ")
		c.Expect("reserved")
	}
}

// Rules hold at once when the config is read again, for built-in commands and those
// of plugins.
func TestRulesOfTheConfig(t *testing.T) {
	config := pluginConfig(t, "dice")
	s := startServer(t, config)
	s.awaitPlugin("dice", "ready")
	ann, bob := s.register("ann"), s.login("bob")
	skip(ann)
	s.reload(config+`
[[rule]]
command = "roll"
roles = ["user"]
[[rule]]
command = "roll"
rooms = ["casino"]
args = ["100"]
[[rule]]
command = "topic"
roles = ["admin"]
[[rule]]
command = "rol"
roles = ["admin"]
`, `rule: there is no command "rol"`)
	bob.Send("/roll")
	bob.Expect("-- roll needs the role user, and yours is guest")
	ann.Send("/roll 6")
	ann.Expect("ann rolls ")
	ann.Send("roll 100")
	ann.Expect("-- roll 100 works only in the room casino; go there first: join casino.")
	ann.Send("join casino")
	ann.Expect("You are in casino")
	ann.Send("/roll 100")
	ann.Expect("ann rolls ")
	ann.Send("/topic tea")
	ann.Expect("-- topic needs the role admin, and yours is user")

	// Nobody has the role, but who runs the machine gives it.
	if out := s.must("admin", "grant", "ann"); !strings.Contains(out, "ann is admin") {
		t.Errorf("admin grant: %s", out)
	}
	ann.Expect("admin")
	ann.Send("/topic tea")
	ann.Expect("ann set the topic: tea")
}

// The operator of the machine looks after plugins without an account, whatever the
// rules say.
func TestPluginsFromTheMachine(t *testing.T) {
	s := startServer(t, pluginConfig(t, "dice")+"[[rule]]\ncommand = \"plugin\"\nroles = [\"admin\"]\n")
	s.awaitPlugin("dice", "ready", "1.0.0", "roll")
	for _, c := range []struct{ op, out, state string }{
		{"stop", "dice is stopped", "stopped"},
		{"start", "dice is started", "ready"},
		{"reload", "dice is reloaded", "ready"},
		{"disable", "dice is disabled", "disabled"},
		{"enable", "dice is enabled", "ready"},
	} {
		if out := s.must("plugin", c.op, "dice"); !strings.Contains(out, c.out) {
			t.Errorf("plugin %s: %s", c.op, out)
		}
		s.awaitPlugin("dice", c.state)
	}
	if out := s.must("plugin", "logs", "dice"); !strings.Contains(out, "server: ") {
		t.Errorf("logs: %s", out)
	}
	if out, status := s.run("plugin", "stop", "dcie"); status != 1 || !strings.Contains(out, `There is no plugin "dcie"`) {
		t.Errorf("plugin stop dcie: status %d: %s", status, out)
	}
}

// In chat it takes the right plugin.manage.
func TestPluginsInChat(t *testing.T) {
	s := startServer(t, pluginConfig(t, "dice")+"[roles]\noperator = [\"ann\"]\n")
	s.awaitPlugin("dice", "ready")
	ann := s.register("ann")
	ann.Send("/plugins")
	ann.Expect("dice  ready  1.0.0")
	ann.Send("/plugin stop dice")
	ann.Expect("-- dice ends")
	s.awaitPlugin("dice", "stopped")
	ann.Send("/roll")
	ann.Expect("-- dice is switched off")
	ann.Send("/plugin start dice")
	ann.Expect("-- dice is starting")
	s.awaitPlugin("dice", "ready")
	ann.Send("/roll")
	ann.Expect("ann rolls ")
	ann.Send("/stats | grep plugin")
	ann.Expect("plugins ")
	ann.Expect("plugin calls ")
	ann.Send("/audit 100 | grep plugin")
	ann.Expect("stopped")
}

// A plugin comes, changes and goes by a reload; a new program that is bad leaves the
// old one serving.
func TestPluginReload(t *testing.T) {
	s := startServer(t, "")
	ann := s.login("ann")
	ann.Send("/roll")
	ann.Expect("-- There is no command \"roll\"")
	config := pluginConfig(t, "dice")
	s.reload(config, "changed plugin: [] -> ")
	ann.Send("/roll")
	ann.Expect("ann rolls ")
	bad := filepath.Join(t.TempDir(), "dice")
	if err := os.WriteFile(bad, []byte("#!/bin/sh\necho no luck >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.reload(fmt.Sprintf("[[plugin]]\nname = \"dice\"\npath = %q\n", bad), "plugin dice: the one before it goes on serving")
	ann.Send("/roll")
	ann.Expect("ann rolls ")
	s.reload("# no plugin any more", "-> []")
	ann.Send("/roll")
	ann.Expect("-- There is no command \"roll\"")
}

// On a machine where nobody has built the plugins of the shipped config the server
// starts, and says what is to be done.
func TestShippedPluginsAreNotThere(t *testing.T) {
	shipped, err := os.ReadFile("../../chatroom.toml")
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, strings.Replace(string(shipped), "127.0.0.1:5267", "127.0.0.1:0", 1))
	for _, name := range []string{"dice", "poll"} {
		s.awaitPlugin(name, "quarantined", "is not there", "go build -o ", "./plugins/"+name)
	}
	if !strings.Contains(s.log.String(), "a plugin is not there") {
		t.Errorf("the log:\n%s", s.log)
	}
	ann := s.login("ann")
	ann.Send("roll")
	ann.Expect("ann: roll")

	// Once they are, it takes one line.
	path := filepath.Join(filepath.Dir(s.config), "bin", "dice")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(buildPlugin(t, "dice"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	s.must("plugin", "enable", "dice")
	s.awaitPlugin("dice", "ready")
	ann.Send("roll")
	ann.Expect("ann rolls ")
}
