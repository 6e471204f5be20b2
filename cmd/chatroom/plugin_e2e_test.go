package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// Commands of plugins are commands like any other: in help, in a pipeline, renamed;
// what they say is theirs; and what they keep is kept.
func TestPluginCommands(t *testing.T) {
	config := programtest.PluginConfig(t, "dice", `commands = { roll = "throw" }`) + programtest.PluginConfig(t, "poll", `grant = ["kv", "say.room"]`)
	s := programtest.Start(t, config)
	s.AwaitPlugin("dice", "ready", "throw")
	s.AwaitPlugin("poll", "ready")
	ann, bob := s.Register("ann"), s.Login("bob")
	programtest.Skip(ann)
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
	programtest.Skip(ann)

	s.Signal(syscall.SIGTERM)
	if status := s.Wait(); status != 0 {
		t.Fatalf("status %d", status)
	}
	again := exec.Command(programtest.Program, "serve", "--config", s.Config)
	again.Dir, again.Env = filepath.Dir(s.Config), programtest.CleanEnv()
	out := programtest.NewOutput()
	again.Stdout, again.Stderr = out, programtest.NewOutput()
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		again.Process.Signal(syscall.SIGTERM)
		again.Wait()
	}()
	var addr string
	out.Wait(t, "a listener", func(text string) bool {
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
	s := programtest.Start(t, programtest.PluginConfig(t, "dice"))
	s.AwaitPlugin("dice", "ready")
	for _, name := range []string{"dice", "roll"} {
		c := s.Dial(name)
		c.Send("login " + name)
		c.Expect("-- ")
		c.Expect("reserved")
	}
}

// Rules hold at once when the config is read again, for built-in commands and those
// of plugins.
func TestRulesOfTheConfig(t *testing.T) {
	config := programtest.PluginConfig(t, "dice")
	s := programtest.Start(t, config)
	s.AwaitPlugin("dice", "ready")
	ann, bob := s.Register("ann"), s.Login("bob")
	programtest.Skip(ann)
	s.Reload(config+`
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
	if out := s.Must("admin", "grant", "ann"); !strings.Contains(out, "ann is admin") {
		t.Errorf("admin grant: %s", out)
	}
	ann.Expect("admin")
	ann.Send("/topic tea")
	ann.Expect("ann set the topic: tea")
}

// The operator of the machine looks after plugins without an account, whatever the
// rules say.
func TestPluginsFromTheMachine(t *testing.T) {
	s := programtest.Start(t, programtest.PluginConfig(t, "dice")+"[[rule]]\ncommand = \"plugin\"\nroles = [\"admin\"]\n")
	s.AwaitPlugin("dice", "ready", "1.0.0", "roll")
	for _, c := range []struct{ op, out, state string }{
		{"stop", "dice is stopped", "stopped"},
		{"start", "dice is started", "ready"},
		{"reload", "dice is reloaded", "ready"},
		{"disable", "dice is disabled", "disabled"},
		{"enable", "dice is enabled", "ready"},
	} {
		if out := s.Must("plugin", c.op, "dice"); !strings.Contains(out, c.out) {
			t.Errorf("plugin %s: %s", c.op, out)
		}
		s.AwaitPlugin("dice", c.state)
	}
	if out := s.Must("plugin", "logs", "dice"); !strings.Contains(out, "server: ") {
		t.Errorf("logs: %s", out)
	}
	if out, status := s.Run("plugin", "stop", "dcie"); status != 1 || !strings.Contains(out, `There is no plugin "dcie"`) {
		t.Errorf("plugin stop dcie: status %d: %s", status, out)
	}
}

// In chat it takes the right plugin.manage.
func TestPluginsInChat(t *testing.T) {
	s := programtest.Start(t, programtest.PluginConfig(t, "dice")+"[roles]\noperator = [\"ann\"]\n")
	s.AwaitPlugin("dice", "ready")
	ann := s.Register("ann")
	ann.Send("/plugins")
	ann.Expect("dice  ready  1.0.0")
	ann.Send("/plugin stop dice")
	ann.Expect("-- dice ends")
	s.AwaitPlugin("dice", "stopped")
	ann.Send("/roll")
	ann.Expect("-- dice is switched off")
	ann.Send("/plugin start dice")
	ann.Expect("-- dice is starting")
	s.AwaitPlugin("dice", "ready")
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
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	ann.Send("/roll")
	ann.Expect("-- There is no command \"roll\"")
	config := programtest.PluginConfig(t, "dice")
	s.Reload(config, "changed plugin: [] -> ")
	ann.Send("/roll")
	ann.Expect("ann rolls ")
	bad := filepath.Join(t.TempDir(), "dice")
	if err := os.WriteFile(bad, []byte("#!/bin/sh\necho no luck >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.Reload(fmt.Sprintf("[[plugin]]\nname = \"dice\"\npath = %q\n", bad), "plugin dice: the one before it goes on serving")
	ann.Send("/roll")
	ann.Expect("ann rolls ")
	s.Reload("# no plugin any more", "-> []")
	ann.Send("/roll")
	ann.Expect("-- There is no command \"roll\"")
}

// A program that has run once has said how its config must be; config check knows that
// without running it.
func TestPluginConfigCheck(t *testing.T) {
	config := func(rest string) string { return programtest.PluginConfig(t, "exec", "[plugin.config."+rest) }
	good := config("commands.disk]\nrun = [\"df\"]\n")
	s := programtest.Start(t, "")
	s.Configure(good)
	if out := s.Must("config", "check"); !strings.Contains(out, "the config of the plugin exec is not checked: the server has not run this program yet") {
		t.Errorf("before it ran: %s", out)
	}
	s.Reload(good, "changed plugin: ")
	s.AwaitPlugin("exec", "ready")
	if out := s.Must("config", "check"); strings.Contains(out, "not checked") || !strings.Contains(out, "is valid") {
		t.Errorf("after it ran: %s", out)
	}
	s.Configure(config("commands.disk]\nrun = \"df\"\ntimeout = \"hunter2\"\nsumary = \"x\"\n[plugin.config.commands.free]\n"))
	out, status := s.Run("config", "check")
	for _, want := range []string{
		"chatroom.toml:5: plugin[0].config.commands.disk.run: must be a list\n",
		"chatroom.toml:7: plugin[0].config.commands.disk.sumary: is no key of it; did you mean summary?\n",
		"chatroom.toml:6: plugin[0].config.commands.disk.timeout: must be written as in \"1h30m\"\n",
		"chatroom.toml:8: plugin[0].config.commands.free.run: is missing\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	if status != 2 || strings.Contains(out, "hunter2") {
		t.Errorf("status %d: %s", status, out)
	}
}

// On a machine where nobody has built the plugins of the shipped config the server
// starts, and says what is to be done.
func TestShippedPluginsAreNotThere(t *testing.T) {
	shipped, err := os.ReadFile("../../chatroom.toml")
	if err != nil {
		t.Fatal(err)
	}
	s := programtest.Start(t, strings.Replace(string(shipped), "127.0.0.1:5267", "127.0.0.1:0", 1))
	for _, name := range []string{"dice", "poll"} {
		s.AwaitPlugin(name, "quarantined", "is not there", "go build -o ", "./plugins/"+name)
	}
	if !strings.Contains(s.Log.String(), "a plugin is not there") {
		t.Errorf("the log:\n%s", s.Log)
	}
	ann := s.Login("ann")
	ann.Send("roll")
	ann.Expect("ann: roll")

	// Once they are, it takes one line.
	path := filepath.Join(filepath.Dir(s.Config), "bin", "dice")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(programtest.BuildPlugin(t, "dice"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	s.Must("plugin", "enable", "dice")
	s.AwaitPlugin("dice", "ready")
	ann.Send("roll")
	ann.Expect("ann rolls ")
}
