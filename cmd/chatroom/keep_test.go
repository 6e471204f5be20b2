package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

const testPassword = "sesame street"

// register connects and registers a name; the client is logged in to it then and
// all is read.
func (s *server) register(name string) *chattest.Client {
	s.t.Helper()
	c := s.dial(name)
	c.Send(fmt.Sprintf("register %s %q", name, testPassword))
	c.Expect("Welcome, " + name)
	skip(c)
	return c
}

// authenticate connects and logs in to an account; all is read then.
func (s *server) authenticate(name string) *chattest.Client {
	s.t.Helper()
	c := s.dial(name)
	c.Send(fmt.Sprintf("login %s %q", name, testPassword))
	c.Expect("Welcome, " + name)
	skip(c)
	return c
}

// runWith is run with something on standard input.
func (s *server) runWith(stdin string, args ...string) (out string, status int) {
	s.t.Helper()
	cmd := exec.Command(program, append(args, "--config", s.config)...)
	cmd.Dir = filepath.Dir(s.config)
	cmd.Env = cleanEnv()
	cmd.Stdin = strings.NewReader(stdin)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// must is run for what has to succeed.
func (s *server) must(args ...string) string {
	s.t.Helper()
	out, status := s.run(args...)
	if status != 0 {
		s.t.Fatalf("chatroom %s: status %d: %s", strings.Join(args, " "), status, out)
	}
	return out
}

func (s *server) data() string { return filepath.Join(filepath.Dir(s.config), "data") }

// What was confirmed is there after a restart and after a crash: accounts, their
// roles and settings, bans, rooms with their doors, and the history.
func TestKept(t *testing.T) {
	for _, end := range []struct {
		name  string
		again func(*server)
	}{{"restart", (*server).restart}, {"crash", (*server).crash}} {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "")
			ann := s.register("ann")
			s.must("admin", "grant", "ann", "operator")
			bob := s.register("bob")
			ann.Send("join den")
			ann.Expect("-- You are in den")
			ann.Send("topic the den of ann")
			ann.Send("room private on")
			skip(ann)
			ann.Send("say in the den")
			ann.Send("join lobby")
			ann.Send("say in the lobby")
			bob.Expect("ann: in the lobby")
			s.login("eve")
			skip(ann)
			ann.Send("ban eve 1h spam")
			ann.Expect("eve is banned")
			ann.Send("alias hi say hello")
			skip(ann)
			if end.name == "crash" {
				time.Sleep(time.Second) // of what was said before nothing may be lost
			}
			end.again(s)

			ann = s.authenticate("ann")
			ann.Send("who")
			ann.Expect("ann ...operator")
			ann.Send("join den")
			skip(ann)
			ann.Send("look")
			ann.Expect("the den of ann")
			ann.Send("history")
			ann.Expect("ann: in the den")
			ann.Send("join lobby")
			skip(ann)
			ann.Send("history")
			ann.Expect("ann: in the lobby")
			if end.name == "restart" { // a crash may take what was set lately
				ann.Send("hi")
				ann.Expect("ann: hello")
			}
			ann.Send("bans")
			ann.Expect("eve ...")
			skip(ann)

			eve := s.dial("eve")
			eve.Send("login eve")
			eve.Expect("spam")

			bob = s.authenticate("bob")
			bob.Send("join den")
			bob.Expect("-- ")
			bob.Send("history")
			skip(bob)
			if strings.Contains(bob.Transcript(), "in the den") {
				t.Error("bob can read the private room")
			}

			wrong := s.dial("wrong")
			wrong.Send("login ann \"another street\"")
			wrong.Expect("wrong")
		})
	}
}

// With store.dir = "" nothing is kept, and the server says so.
func TestMemoryOnly(t *testing.T) {
	s := startServer(t, "[store]\ndir = \"\"\n")
	s.stdout.expect(t, 0, "Nothing is kept", "store.dir")
	s.log.expect(t, 0, "WARN", "nothing is kept")
	s.register("ann")
	s.restart()
	ann := s.dial("ann")
	ann.Send("login ann")
	ann.Expect("-- Welcome, ann.")
	for _, args := range [][]string{{"admin", "list"}, {"store", "check"}, {"store", "export"}} {
		if out, status := s.run(args...); status != 1 || !strings.Contains(out, "store.dir is empty") {
			t.Errorf("%v: status %d: %s", args, status, out)
		}
	}
	if _, err := os.Stat(s.data()); err == nil {
		t.Error("there is a data directory")
	}
}

// A store that has lost something is not served: the exit code is 3, and the
// operator is told what can be done.
func TestDamagedStore(t *testing.T) {
	s := startServer(t, "")
	s.register("ann")
	s.must("store", "backup", "backup.json")
	s.signal(os.Interrupt)
	s.wait()
	if err := os.RemoveAll(filepath.Join(s.data(), "jetstream", "$G", "streams", "KV_chatroom-b-accounts")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"store", "check"}, {"admin", "list"}} {
		out, status := s.run(args...)
		if status != 3 || !strings.Contains(out, "damaged") || !strings.Contains(out, "backup") || !strings.Contains(out, "store check --accept") {
			t.Errorf("%v: status %d: %s", args, status, out)
		}
	}
	// The backup brings ann back.
	s.must("store", "import", "backup.json", "--store.dir", "fresh")
	if err := os.Rename(s.data(), s.data()+".damaged"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(filepath.Dir(s.config), "fresh"), s.data()); err != nil {
		t.Fatal(err)
	}
	s.launch(nil)
	s.ready()
	s.authenticate("ann")
}

// Who knows that nothing is missed takes what is left.
func TestAcceptDamage(t *testing.T) {
	s := startServer(t, "")
	s.register("ann")
	s.signal(os.Interrupt)
	s.wait()
	if err := os.RemoveAll(filepath.Join(s.data(), "jetstream", "$G", "streams", "KV_chatroom-b-accounts")); err != nil {
		t.Fatal(err)
	}
	s.must("store", "check", "--accept")
	s.must("store", "check")
	s.launch(nil)
	s.ready()
	s.register("ann")
}

// What can't be done while a server runs is refused with the exit code 4 and names
// it; the others go through it.
func TestStoreInUse(t *testing.T) {
	s := startServer(t, "")
	s.register("ann")
	export := s.must("store", "export")
	file := filepath.Join(t.TempDir(), "export.json")
	if err := os.WriteFile(file, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"store", "check"}, {"store", "import", file}} {
		out, status := s.run(args...)
		if status != 4 || !strings.Contains(out, strconv.Itoa(s.cmd.Process.Pid)) {
			t.Errorf("%v: status %d: %s", args, status, out)
		}
	}
}

// What is exported and imported into another store is the same there.
func TestExportImport(t *testing.T) {
	s := startServer(t, "")
	ann := s.register("ann")
	s.must("admin", "grant", "ann", "moderator")
	ann.Send("join den")
	ann.Send("room key sesame")
	for i := range 30 {
		ann.Send(fmt.Sprintf("say line %d", i))
	}
	s.login("eve")
	skip(ann)
	ann.Send("ban eve 1h spam")
	ann.Expect("-- eve ")
	skip(ann)
	file := filepath.Join(filepath.Dir(s.config), "backup.json")
	s.must("store", "backup", "backup.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}
	if out, status := s.run("store", "backup", "backup.json"); status != 1 || !strings.Contains(out, "is there already") {
		t.Errorf("over a backup: status %d: %s", status, out)
	}
	export := s.must("store", "export")
	for _, secret := range []string{"argon2id", `"key":"`} {
		for line := range strings.Lines(export) {
			if strings.Contains(line, secret) && (secret == "argon2id" || strings.Contains(line, `"bucket":"rooms"`) && strings.Count(line, secret) > 1) {
				t.Errorf("%s is in the export: %s", secret, line)
			}
		}
	}
	s.signal(os.Interrupt)
	s.wait()

	if out, status := s.run("store", "import", "backup.json"); status != 1 || !strings.Contains(out, "not empty") {
		t.Errorf("into a store that is not empty: status %d: %s", status, out)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.json")
	if err := os.WriteFile(cut, whole[:len(whole)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, status := s.run("store", "import", cut, "--store.dir", "cut"); status != 1 {
		t.Errorf("an export that is cut short: status %d: %s", status, out)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(s.config), "cut")); err == nil {
		t.Error("an export that is cut short was begun")
	}

	s.must("store", "import", "backup.json", "--store.dir", "copy")
	again := s.must("store", "export", "--secrets", "--store.dir", "copy")
	if got, want := contents(t, again), contents(t, string(whole)); got != want {
		t.Errorf("the copy differs:\n%s\nwant\n%s", got, want)
	}
	if out := s.must("store", "check", "--store.dir", "copy"); !strings.Contains(out, "in order") {
		t.Errorf("the copy: %s", out)
	}

	// Without secrets nobody can log in until they have a new password.
	bare := filepath.Join(t.TempDir(), "bare.json")
	if err := os.WriteFile(bare, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := s.must("store", "import", bare, "--store.dir", "data2"); !strings.Contains(out, "1 accounts came without a password") {
		t.Errorf("import said: %s", out)
	}
	s.configure("[store]\ndir = \"data2\"\n")
	s.launch(nil)
	s.ready()
	other := s.dial("ann")
	other.Send(fmt.Sprintf("login ann %q", testPassword))
	other.Expect("wrong")
	if out, status := s.runWith(testPassword+"\n", "account", "passwd", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	s.authenticate("ann")
}

// contents are the lines of an export without what differs from one to the next:
// the head, and when the entries of journals were appended.
func contents(t *testing.T, export string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(export) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch l["type"] {
		case "head":
			continue
		case "entry":
			delete(l, "at")
		}
		p, _ := json.Marshal(l)
		b.Write(append(p, '\n'))
	}
	return b.String()
}

// A locked-out owner gets a new password on the machine, with the server and
// without.
func TestAccountPasswd(t *testing.T) {
	s := startServer(t, "")
	ann := s.register("ann")
	if out, status := s.runWith("open barley\n", "account", "passwd", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	ann.Expect("password")
	ann.ExpectClosed()
	c := s.dial("ann")
	c.Send("login ann \"" + testPassword + "\"")
	c.Expect("wrong")
	c.Send("login ann \"open barley\"")
	c.Expect("-- Welcome, ann.")
	for _, tt := range []struct{ stdin, name, want string }{
		{"open barley\n", "eve", "There is no account eve"},
		{"short\n", "ann", "at least 8"},
		{"", "ann", "no password was given"},
		{strings.Repeat("x", 2000), "ann", "at most 1024"},
	} {
		if out, status := s.runWith(tt.stdin, "account", "passwd", tt.name); status != 1 || !strings.Contains(out, tt.want) {
			t.Errorf("%q for %s: status %d: %s", tt.stdin, tt.name, status, out)
		}
	}
	s.signal(os.Interrupt)
	s.wait()
	if out, status := s.runWith(testPassword+"\r\n", "account", "passwd", "ann"); status != 0 {
		t.Fatalf("without a server: status %d: %s", status, out)
	}
	if out, status := s.runWith("open barley\n", "account", "create", "Bob"); status != 0 {
		t.Fatalf("create: status %d: %s", status, out)
	}
	if out := s.must("account", "list"); !strings.Contains(out, "ann ") || !strings.Contains(out, "Bob ") {
		t.Errorf("list: %s", out)
	}
	if out, status := s.run("account", "delete", "bob"); status != 1 || !strings.Contains(out, "--yes") {
		t.Errorf("delete: status %d: %s", status, out)
	}
	s.must("account", "delete", "bob", "--yes")
	if out := s.must("account", "list"); strings.Contains(out, "Bob") {
		t.Errorf("list: %s", out)
	}
	s.launch(nil)
	s.ready()
	s.authenticate("ann")
}

// Nothing of a password reaches the log or the disk.
func TestPasswordsStayHidden(t *testing.T) {
	s := startServer(t, "[log]\nlevel = \"debug\"\n")
	s.register("ann")
	s.runWith("open barley\n", "account", "passwd", "ann")
	s.signal(os.Interrupt)
	s.wait()
	err := filepath.WalkDir(filepath.Dir(s.config), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		p, err := os.ReadFile(path)
		if strings.Contains(string(p), "barley") || strings.Contains(string(p), testPassword) {
			t.Errorf("a password is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if log := s.log.String(); strings.Contains(log, "barley") || strings.Contains(log, testPassword) {
		t.Error("a password is in the log")
	}
}
