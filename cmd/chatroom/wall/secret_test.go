package wall_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A canary is a secret that is spelt so that it is found wherever it gets to.
const canary = "canary7"

// found checks that no secret is in what somebody could read, in no spelling.
func found(t *testing.T, where, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ToLower(line), canary) {
			t.Errorf("%s holds a secret: %.300q", where, line)
		}
	}
}

// secretConfig is a config with a secret in each place that may have one.
func secretConfig(t *testing.T, n int) string {
	return fmt.Sprintf(`
[log]
level = "debug"
[roles]
admin = ["ops"]
[[room]]
name = "vault"
key = "%[1]s-config-key-%[2]d"
`, canary, n) + programtest.PluginConfig(t, "dice",
		fmt.Sprintf("env = [\"TOKEN=%s-env-%d\"]", canary, n)) +
		programtest.PluginConfig(t, "exec", fmt.Sprintf(`
[plugin.config]
commands.env = { run = ["env"], role = "user" }
commands.parent = { run = ["sh", "-c", "cat /proc/$PPID/environ | tr '\\0' '\\n'; ls -l /proc/$PPID/fd /proc/self/fd; cat /proc/$PPID/cmdline"], role = "user" }
commands.token = { run = ["true"], env = { PASSWORD = "%s-plugin-%d" }, role = "operator" }
`, canary, n))
}

// No password, key or secret of the config is in a log, an audit, an answer, an
// export, a dump of the process, a file of the store, or the environment of a
// plugin that it was not given to.
func TestSecrets(t *testing.T) {
	t.Setenv("SECRET_OF_THE_HOST", canary+"-host")
	s := programtest.Start(t, secretConfig(t, 1))
	s.AwaitPlugin("dice", "ready")
	s.AwaitPlugin("exec", "ready")
	secret := func(what string) string { return canary + " of " + what }

	// Passwords, right and wrong, in whatever way they come, and slips on the way.
	ops, bob := s.Register("ops"), s.Login("bob")
	ann := s.Dial("ann")
	for _, line := range []string{
		fmt.Sprintf("register ann %q", secret("register")),
		fmt.Sprintf("passwd %q %q", secret("register"), secret("passwd")),
		fmt.Sprintf("passwd %q %q", secret("register"), secret("a wrong passwd")),
		fmt.Sprintf("/Login ann %q", secret("another slip")),
		fmt.Sprintf("login ann %q extra", secret("too many words")),
		fmt.Sprintf("/login ann %q | /cut -c 1-40", secret("a pipe")),
		fmt.Sprintf("/login ann \"%s", secret("an open quote")),
		"room key " + canary + "-of-lobby", "join den", "room key " + canary + "-key", "room private on", "room key " + canary + "-key",
	} {
		ann.Send(line)
		if strings.HasPrefix(line, "register") {
			ann.Expect("Welcome, ann")
		}
		drain(ann)
	}
	for _, line := range []string{"passwd", secret("passwd"), secret("a question"), secret("a question")} {
		ann.Send(line)
	}
	ann.Expect("Your password is changed")
	for n := range 3 {
		c := s.Dial("c")
		for _, line := range []string{fmt.Sprintf("regster ann %q", secret("a slip")), secret("no command"), fmt.Sprintf("/msg ops %q", secret("no login"))} {
			c.Send(line)
		}
		c.Send("join den " + canary + "-early")
		for i := range 4 {
			c.Send(fmt.Sprintf("login ann %q", secret(fmt.Sprint("guess ", n, i))))
		}
		c.ExpectClosed()
		found(t, "what one who guesses is told", received(c))
	}
	for _, line := range []string{"join den " + canary + "-wrong", "join den " + canary + "-key", "leave den", "join vault " + canary + "-wrong", "join vault " + canary + "-config-key-1"} {
		bob.Send(line)
		drain(bob)
	}
	if !strings.Contains(received(bob), "You are in vault") || !strings.Contains(received(bob), "You are in den") {
		t.Fatalf("bob came into neither room:\n%s", received(bob))
	}
	again := s.Dial("again")
	again.Send(fmt.Sprintf("login ann %q", secret("a question")))
	again.Expect("Welcome, ann") // all those passwords were in force
	s.RunWith(secret("create")+"\n", "account", "create", "cid")
	s.RunWith(secret("account passwd")+"\n", "account", "passwd", "cid")
	s.RunWith("short\n"+canary+"\n", "account", "passwd", "nobody")

	// What a plugin can see.
	for _, line := range []string{"/env", "/parent"} {
		ops.Send(line)
		ops.Expect("PATH=")
		drain(ops)
	}

	// A change of all secrets, as the log tells it.
	s.Reload(secretConfig(t, 2), "changed plugin")
	s.AwaitPlugin("exec", "ready")

	// All that tells of it.
	for _, line := range []string{
		"audit 1000", "audit 1000 --json", "plugins", "plugin info exec", "plugin info dice", "plugin log exec", "plugin log dice", "room info vault", "room info den", "room info vault --json",
		"rooms --json", "who --json", "account info ann", "account info ann --json", "account sessions ann", "whois ann", "bans", "stats", "history 1000", "jobs", "set", "alias", "mentions",
		"help login", "reload",
	} {
		ops.Send("/" + line)
		drain(ops)
	}
	for _, c := range []*chattest.Client{ann, ops, bob, again} {
		found(t, "the terminal of "+c.Name, received(c))
	}
	for _, args := range [][]string{
		{"config", "print"}, {"config", "check"}, {"admin", "list"}, {"account", "list"}, {"plugin", "list"}, {"plugin", "logs", "exec"}, {"plugin", "logs", "dice"},
		{"plugin", "doctor", programtest.BuildPlugin(t, "dice")}, {"store", "export"},
	} {
		out, _ := s.Run(args...)
		if len(out) == 0 {
			t.Errorf("%v prints nothing", args)
		}
		found(t, "chatroom "+strings.Join(args, " "), out)
	}

	// Its death tells no more: the runtime prints all stacks.
	s.Signal(syscall.SIGQUIT)
	select {
	case <-s.Done:
	case <-time.After(chattest.Timeout):
		t.Fatal("the server goes on after SIGQUIT")
	}
	if !strings.Contains(s.Log.String(), "goroutine ") {
		t.Error("SIGQUIT printed no stacks")
	}
	found(t, "the log", s.Log.String())
	found(t, "standard output", s.Stdout.String())
	err := filepath.WalkDir(filepath.Dir(s.Config), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path == s.Config {
			return err
		}
		p, err := os.ReadFile(path)
		found(t, path, string(p))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	s.Log, s.Stdout = programtest.NewOutput(), programtest.NewOutput() // which hold the trace that was asked for
}

// What is wrong with a config is told without its secrets, wherever they stand and
// however wrong it is.
func TestSecretsOfABadConfig(t *testing.T) {
	url := "nats://user:" + canary + "@127.0.0.1:1"
	for name, config := range map[string]string{
		"an URL that nobody answers":   "[store]\nurl = \"" + url + "\"\n",
		"an URL of another kind":       "[store]\nurl = \"mysql://user:" + canary + "@127.0.0.1/x\"\n",
		"an URL that is none":          "[store]\nurl = \"nats://user:" + canary + "@[::1:x/%zz\"\n",
		"an open quote":                "[store]\nurl = \"" + url + "\n",
		"no quotes":                    "[store]\nurl = " + url + "\n",
		"a list of URLs":               "[store]\nurl = [\"" + url + "\"]\n",
		"a value twice":                "[store]\nurl = \"" + url + "\"\nurl = \"" + url + "\"\n",
		"a misspelt key":               "[store]\nurk = \"" + url + "\"\n",
		"a key of a room with spaces":  "[[room]]\nname = \"vault\"\nkey = \"" + canary + " " + canary + "\"\n",
		"a key of a room that is long": "[[room]]\nname = \"vault\"\nkey = \"" + strings.Repeat(canary, 20) + "\"\n",
		"a key of a room without name": "[[room]]\nkey = \"" + canary + "\"\n",
		"a misspelt key of a room":     "[[room]]\nname = \"vault\"\nkye = \"" + canary + "\"\n",
		"a variable without value":     "[[plugin]]\nname = \"x\"\npath = \"x\"\nenv = [\"" + canary + "\"]\n",
		"variables that are no list":   "[[plugin]]\nname = \"x\"\npath = \"x\"\nenv = \"TOKEN=" + canary + "\"\n",
		"a plugin that is not there":   "[[plugin]]\nname = \"x\"\npath = \"x\"\nenv = [\"TOKEN=" + canary + "\"]\nconfig.token = \"" + canary + "\"\n",
		"a plugin's config cut short":  "[[plugin]]\nname = \"x\"\npath = \"x\"\nconfig = { token = \"" + canary + "\", \n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &programtest.Server{T: t, Config: filepath.Join(t.TempDir(), "chatroom.toml")}
			s.Configure(config)
			for _, args := range [][]string{{"config", "check"}, {"config", "print"}} {
				out, _ := s.Run(args...)
				found(t, strings.Join(args, " "), out)
			}
			if strings.Contains(name, "not there") || strings.Contains(name, "an open") {
				return // it would start, or says the same again
			}
			out, status := s.Run("serve", "--log.level", "debug")
			if status == 0 {
				t.Errorf("it serves: %s", out)
			}
			found(t, "serve", out)
		})
	}
}
