package wall_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
	"github.com/chatroom-shell/chatroom/plugins/host/badplugin"
)

// allGrants lets a plugin do all that it asks for.
const allGrants = `grant = ["say.room", "say.user", "users.list", "rooms.list", "history.read", "kv", "filter", "events.say"]`

// badPlugin is the table of a plugin of the test program's own, see package
// badplugin. A program with the race detector needs more than the usual limits.
func badPlugin(t testing.TB, name string, more ...string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	more = append(more, allGrants)
	if programtest.UnderRace() {
		more = append(more, "limits.files = 256", `limits.memory = "1TiB"`)
	}
	return pluginTable(name, exe, append(more, "args = "+tomlList(badplugin.Args(name)))...)
}

func pluginTable(name, path string, more ...string) string {
	return fmt.Sprintf("[[plugin]]\nname = %q\npath = %q\n%s\n", name, path, strings.Join(more, "\n"))
}

func tomlList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// A ward is a server with bad plugins, and three people who are there all the time:
// ops looks after it, ann uses the plugins, and ben talks.
type ward struct {
	*programtest.Server
	t             *testing.T
	config        string
	ops, ann, ben *chattest.Client
	before        map[string]float64 // the figures of the server without plugins
	said          int
	slowest       time.Duration // of what ben said, until ops heard it
}

// newWard starts the server with the plugins. It has run without them, to tell what
// is left of them in the end.
func newWard(t *testing.T, settings string, plugins ...string) *ward {
	t.Helper()
	w := &ward{t: t, config: withOperator + settings}
	w.Server = programtest.Start(t, w.config)
	w.enter(w.Register("ops"))
	w.chats() // so that the store has open what it will have
	w.until("what was said is kept", func() bool {
		w.before = figures(t, w.ops)
		return w.before["history kept"] > 0
	})
	w.Configure(w.config + strings.Join(plugins, ""))
	w.Restart()
	w.enter(w.Authenticate("ops"))
	return w
}

// enter has the others log in too.
func (w *ward) enter(ops *chattest.Client) {
	w.t.Helper()
	w.ops = ops
	w.ann, w.ben = w.Login("ann"), w.Login("ben")
	for _, c := range []*chattest.Client{w.ops, w.ann} {
		programtest.Skip(c)
	}
}

// A patient is a plugin as `plugins` shows it.
type patient struct {
	Type, Name, State, Problem string
	Commands                   []string
	PID, Restarts, Running     int
	Calls, Failures            uint64
	SHA256                     string
}

// look is what ops sees of a plugin.
func (w *ward) look(name string) (p patient) {
	w.t.Helper()
	for _, line := range w.run(w.ops, "/plugins --json") {
		var one patient
		if json.Unmarshal([]byte(line), &one) == nil && one.Type == "plugin" && one.Name == name {
			return one
		}
	}
	w.t.Fatalf("there is no plugin %s", name)
	return p
}

// await waits until a plugin is in one of the states.
func (w *ward) await(name string, states ...string) (p patient) {
	w.t.Helper()
	w.until(fmt.Sprintf("%s is %s", name, strings.Join(states, " or ")), func() bool {
		p = w.look(name)
		return slices.Contains(states, p.State)
	})
	return p
}

// wants checks what is wrong with a plugin that is in the state.
func (w *ward) wants(name, state string, problem ...string) {
	w.t.Helper()
	p := w.await(name, state)
	for _, part := range problem {
		if !strings.Contains(p.Problem, part) {
			w.t.Errorf("%s is %s because %q, which lacks %q", name, state, p.Problem, part)
		}
	}
}

// until waits for a condition that nothing tells of.
func (w *ward) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(2 * chattest.Timeout); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("it never came that %s", what)
		}
	}
}

// run has a client type a line, and returns all that it is shown until that is done,
// but for what ben says in chats.
func (w *ward) run(c *chattest.Client, line string) (shown []string) {
	w.t.Helper()
	mark := "done-" + strconv.Itoa(w.mark())
	c.Send(line)
	c.Send("/echo " + mark)
	for {
		l := c.Next()
		switch {
		case l == mark:
			return shown
		case !strings.HasPrefix(l, "ben: it is "):
			shown = append(shown, l)
		}
	}
}

func (w *ward) mark() int { w.said++; return w.said }

// wantsOf checks that one line of what a client is shown has the parts.
func (w *ward) wantsOf(c *chattest.Client, line, want string) {
	w.t.Helper()
	if shown := w.run(c, line); !slices.ContainsFunc(shown, func(l string) bool { return chattest.Match("..."+want+"...", l) }) {
		w.t.Errorf("%s: %s is shown %q, want %q", line, c.Name, shown, want)
	}
}

// restarted waits until another process of the plugin than pid serves, and checks what
// ann is told meanwhile when she uses it: at once that it comes again.
func (w *ward) restarted(name string, pid int) {
	w.t.Helper()
	w.until("another process of "+name+" serves", func() bool {
		shown := w.run(w.ann, "/"+name+":pid")
		if len(shown) != 1 {
			w.t.Fatalf("one answer, not %q", shown)
		}
		if strings.HasPrefix(shown[0], "-- "+name+" stopped unexpectedly") || strings.Contains(shown[0], "is starting; try again") {
			return false
		}
		if _, err := strconv.Atoi(shown[0]); err != nil {
			w.t.Fatalf("ann is told %q", shown[0])
		}
		return shown[0] != strconv.Itoa(pid)
	})
}

// chats checks that people talk to each other: ops and all of the others hear ben.
func (w *ward) chats(others ...*chattest.Client) {
	w.t.Helper()
	line := "it is " + strconv.Itoa(w.mark())
	began := time.Now()
	w.ben.Send("say " + line)
	w.ops.Expect("ben: " + line)
	w.slowest = max(w.slowest, time.Since(began))
	for _, c := range others {
		c.Expect("ben: " + line)
	}
}

// figure puts a measured time into the test's log.
func (w *ward) figure(what string, began time.Time) {
	w.t.Helper()
	w.t.Logf("figure: %s %.2f s", what, time.Since(began).Seconds())
}

// processes are those of a plugin and of what it started, also when they left its
// process group; "" is any plugin of this server. They have its data folder as their home.
func (w *ward) processes(name string) (pids []int) {
	w.t.Helper()
	home := "\x00HOME=" + filepath.Join(w.Data(), "plugins", "data") + "/"
	if name != "" {
		home += name + "\x00"
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, dir := range all {
		pid, err1 := strconv.Atoi(filepath.Base(dir))
		env, err2 := os.ReadFile(dir + "/environ") // or it has ended
		if err1 == nil && err2 == nil && strings.Contains("\x00"+string(env), home) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// zombies are the processes that the server has started and not taken leave of.
func (w *ward) zombies() (pids []int) {
	w.t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // the state, the parent, ...
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && fields[0] == "Z" && fields[1] == strconv.Itoa(w.Cmd.Process.Pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// sockets are the folders of the plugins' sockets.
func (w *ward) sockets() []string {
	w.t.Helper()
	all, err := filepath.Glob(filepath.Join(w.Data(), "plugins", "run", "*"))
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// gone waits until no process of a plugin is there.
func (w *ward) gone(name string) {
	w.t.Helper()
	w.until("no process of "+name+" is there", func() bool { return len(w.processes(name)) == 0 && len(w.zombies()) == 0 })
}

// slack is how many goroutines more than before may be there in the end: the host of
// the plugins has one of its own once any of them wants events.
const slack = 1

// close takes all plugins out of the config and checks that nothing is left of
// them: no process, no socket, no goroutine and no descriptor.
func (w *ward) close() {
	w.t.Helper()
	w.chats()
	w.Reload(w.config, "-> []")
	w.gone("")
	w.until("the sockets are gone", func() bool { return len(w.sockets()) == 0 })
	var now map[string]float64
	for end := time.Now().Add(chattest.Timeout); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		now = figures(w.t, w.ops)
		if now["goroutines"] <= w.before["goroutines"]+slack && now["descriptors"] <= w.before["descriptors"] {
			w.t.Logf("figure: chat at worst %.3f s; %v goroutines, %v before", w.slowest.Seconds(), now["goroutines"], w.before["goroutines"])
			return
		}
	}
	w.t.Errorf("with plugins gone there are %v goroutines and %v descriptors; before them there were %v and %v",
		now["goroutines"], now["descriptors"], w.before["goroutines"], w.before["descriptors"])
}

// executable writes a file that can be run.
func executable(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
