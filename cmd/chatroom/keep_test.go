package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// What was confirmed is there after a restart and after a crash: accounts, their
// roles and settings, bans, rooms with their doors, and the history.
func TestKept(t *testing.T) {
	for _, end := range []struct {
		name  string
		again func(*programtest.Server)
	}{{"restart", (*programtest.Server).Restart}, {"crash", (*programtest.Server).Crash}} {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			s := programtest.Start(t, "")
			ann := s.Register("ann")
			s.Must("admin", "grant", "ann", "operator")
			bob := s.Register("bob")
			ann.Send("join den")
			ann.Expect("-- You are in den")
			ann.Send("topic the den of ann")
			ann.Send("room private on")
			programtest.Skip(ann)
			ann.Send("say in the den")
			ann.Send("join lobby")
			ann.Send("say in the lobby")
			bob.Expect("ann: in the lobby")
			s.Login("eve")
			programtest.Skip(ann)
			ann.Send("ban eve 1h spam")
			ann.Expect("eve is banned")
			ann.Send("alias hi say hello")
			programtest.Skip(ann)
			if end.name == "crash" {
				time.Sleep(time.Second) // of what was said before nothing may be lost
			}
			end.again(s)

			ann = s.Authenticate("ann")
			ann.Send("who")
			ann.Expect("ann ...operator")
			ann.Send("join den")
			programtest.Skip(ann)
			ann.Send("look")
			ann.Expect("the den of ann")
			ann.Send("history")
			ann.Expect("ann: in the den")
			ann.Send("join lobby")
			programtest.Skip(ann)
			ann.Send("history")
			ann.Expect("ann: in the lobby")
			if end.name == "restart" { // a crash may take what was set lately
				ann.Send("hi")
				ann.Expect("ann: hello")
			}
			ann.Send("bans")
			ann.Expect("eve ...")
			programtest.Skip(ann)

			eve := s.Dial("eve")
			eve.Send("login eve")
			eve.Expect("spam")

			bob = s.Authenticate("bob")
			bob.Send("join den")
			bob.Expect("-- ")
			bob.Send("history")
			programtest.Skip(bob)
			if strings.Contains(bob.Transcript(), "in the den") {
				t.Error("bob can read the private room")
			}

			wrong := s.Dial("wrong")
			wrong.Send("login ann \"another street\"")
			wrong.Expect("wrong")
		})
	}
}

// With store.dir = "" nothing is kept, and the server says so.
func TestMemoryOnly(t *testing.T) {
	s := programtest.Start(t, "[store]\ndir = \"\"\n")
	s.Stdout.Expect(t, 0, "Nothing is kept", "store.dir")
	s.Log.Expect(t, 0, "WARN", "nothing is kept")
	s.Register("ann")
	s.Restart()
	ann := s.Dial("ann")
	ann.Send("login ann")
	ann.Expect("-- Welcome, ann.")
	for _, args := range [][]string{{"admin", "list"}, {"store", "check"}, {"store", "export"}} {
		if out, status := s.Run(args...); status != 1 || !strings.Contains(out, "store.dir is empty") {
			t.Errorf("%v: status %d: %s", args, status, out)
		}
	}
	if _, err := os.Stat(s.Data()); err == nil {
		t.Error("there is a data directory")
	}
}

// A store that has lost something is not served: the exit code is 3, and the
// operator is told what can be done.
func TestDamagedStore(t *testing.T) {
	s := programtest.Start(t, "")
	s.Register("ann")
	s.Must("store", "backup", "backup.json")
	s.Signal(os.Interrupt)
	s.Wait()
	if err := os.RemoveAll(filepath.Join(s.Data(), "jetstream", "$G", "streams", "KV_chatroom-b-accounts")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"store", "check"}, {"admin", "list"}} {
		out, status := s.Run(args...)
		if status != 3 || !strings.Contains(out, "damaged") || !strings.Contains(out, "backup") || !strings.Contains(out, "store check --accept") {
			t.Errorf("%v: status %d: %s", args, status, out)
		}
	}
	// The backup brings ann back.
	s.Must("store", "import", "backup.json", "--store.dir", "fresh")
	if err := os.Rename(s.Data(), s.Data()+".damaged"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(filepath.Dir(s.Config), "fresh"), s.Data()); err != nil {
		t.Fatal(err)
	}
	s.Launch(nil)
	s.Ready()
	s.Authenticate("ann")
}

// Who knows that nothing is missed takes what is left.
func TestAcceptDamage(t *testing.T) {
	s := programtest.Start(t, "")
	s.Register("ann")
	s.Signal(os.Interrupt)
	s.Wait()
	if err := os.RemoveAll(filepath.Join(s.Data(), "jetstream", "$G", "streams", "KV_chatroom-b-accounts")); err != nil {
		t.Fatal(err)
	}
	s.Must("store", "check", "--accept")
	s.Must("store", "check")
	s.Launch(nil)
	s.Ready()
	s.Register("ann")
}

// What can't be done while a server runs is refused with the exit code 4 and names
// it; the others go through it.
func TestStoreInUse(t *testing.T) {
	s := programtest.Start(t, "")
	s.Register("ann")
	export := s.Must("store", "export")
	file := filepath.Join(t.TempDir(), "export.json")
	if err := os.WriteFile(file, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"store", "check"}, {"store", "import", file}} {
		out, status := s.Run(args...)
		if status != 4 || !strings.Contains(out, strconv.Itoa(s.Cmd.Process.Pid)) {
			t.Errorf("%v: status %d: %s", args, status, out)
		}
	}
}

// What is exported and imported into another store is the same there.
func TestExportImport(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Register("ann")
	s.Must("admin", "grant", "ann", "moderator")
	ann.Send("join den")
	ann.Send("room key sesame")
	for i := range 30 {
		ann.Send(fmt.Sprintf("say line %d", i))
	}
	s.Login("eve")
	programtest.Skip(ann)
	ann.Send("ban eve 1h spam")
	ann.Expect("-- eve ")
	programtest.Skip(ann)
	file := filepath.Join(filepath.Dir(s.Config), "backup.json")
	s.Must("store", "backup", "backup.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}
	if out, status := s.Run("store", "backup", "backup.json"); status != 1 || !strings.Contains(out, "is there already") {
		t.Errorf("over a backup: status %d: %s", status, out)
	}
	export := s.Must("store", "export")
	for _, secret := range []string{"argon2id", `"key":"`} {
		for line := range strings.Lines(export) {
			if strings.Contains(line, secret) && (secret == "argon2id" || strings.Contains(line, `"bucket":"rooms"`) && strings.Count(line, secret) > 1) {
				t.Errorf("%s is in the export: %s", secret, line)
			}
		}
	}
	s.Signal(os.Interrupt)
	s.Wait()

	if out, status := s.Run("store", "import", "backup.json"); status != 1 || !strings.Contains(out, "not empty") {
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
	if out, status := s.Run("store", "import", cut, "--store.dir", "cut"); status != 1 {
		t.Errorf("an export that is cut short: status %d: %s", status, out)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(s.Config), "cut")); err == nil {
		t.Error("an export that is cut short was begun")
	}

	s.Must("store", "import", "backup.json", "--store.dir", "copy")
	again := s.Must("store", "export", "--secrets", "--store.dir", "copy")
	if got, want := contents(t, again), contents(t, string(whole)); got != want {
		t.Errorf("the copy differs:\n%s\nwant\n%s", got, want)
	}
	if out := s.Must("store", "check", "--store.dir", "copy"); !strings.Contains(out, "in order") {
		t.Errorf("the copy: %s", out)
	}

	// Without secrets nobody can log in until they have a new password.
	bare := filepath.Join(t.TempDir(), "bare.json")
	if err := os.WriteFile(bare, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := s.Must("store", "import", bare, "--store.dir", "data2"); !strings.Contains(out, "1 accounts came without a password") {
		t.Errorf("import said: %s", out)
	}
	s.Configure("[store]\ndir = \"data2\"\n")
	s.Launch(nil)
	s.Ready()
	other := s.Dial("ann")
	other.Send(fmt.Sprintf("login ann %q", programtest.Password))
	other.Expect("wrong")
	if out, status := s.RunWith(programtest.Password+"\n", "account", "passwd", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	s.Authenticate("ann")
}

// contents are the lines of an export without what differs from one to the next:
// the head, when the entries of journals were appended, and when records end.
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
		case "record":
			delete(l, "until") // whole seconds from when it was written
		}
		p, _ := json.Marshal(l)
		b.Write(append(p, '\n'))
	}
	return b.String()
}

// A locked-out owner gets a new password on the machine, with the server and
// without.
func TestAccountPasswd(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Register("ann")
	if out, status := s.RunWith("open barley\n", "account", "passwd", "ann"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	ann.Expect("password")
	ann.ExpectClosed()
	c := s.Dial("ann")
	c.Send("login ann \"" + programtest.Password + "\"")
	c.Expect("wrong")
	c.Send("login ann \"open barley\"")
	c.Expect("-- Welcome, ann.")
	for _, tt := range []struct{ stdin, name, want string }{
		{"open barley\n", "eve", "There is no account eve"},
		{"short\n", "ann", "at least 8"},
		{"", "ann", "no password was given"},
		{strings.Repeat("x", 2000), "ann", "at most 1024"},
	} {
		if out, status := s.RunWith(tt.stdin, "account", "passwd", tt.name); status != 1 || !strings.Contains(out, tt.want) {
			t.Errorf("%q for %s: status %d: %s", tt.stdin, tt.name, status, out)
		}
	}
	s.Signal(os.Interrupt)
	s.Wait()
	if out, status := s.RunWith(programtest.Password+"\r\n", "account", "passwd", "ann"); status != 0 {
		t.Fatalf("without a server: status %d: %s", status, out)
	}
	if out, status := s.RunWith("open barley\n", "account", "create", "Bob"); status != 0 {
		t.Fatalf("create: status %d: %s", status, out)
	}
	if out := s.Must("account", "list"); !strings.Contains(out, "ann ") || !strings.Contains(out, "Bob ") {
		t.Errorf("list: %s", out)
	}
	if out, status := s.Run("account", "delete", "bob"); status != 1 || !strings.Contains(out, "--yes") {
		t.Errorf("delete: status %d: %s", status, out)
	}
	s.Must("account", "delete", "bob", "--yes")
	if out := s.Must("account", "list"); strings.Contains(out, "Bob") {
		t.Errorf("list: %s", out)
	}
	s.Launch(nil)
	s.Ready()
	s.Authenticate("ann")
}

// Nothing of a password reaches the log or the disk.
func TestPasswordsStayHidden(t *testing.T) {
	s := programtest.Start(t, "[log]\nlevel = \"debug\"\n")
	s.Register("ann")
	s.RunWith("open barley\n", "account", "passwd", "ann")
	s.Signal(os.Interrupt)
	s.Wait()
	err := filepath.WalkDir(filepath.Dir(s.Config), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		p, err := os.ReadFile(path)
		if strings.Contains(string(p), "barley") || strings.Contains(string(p), programtest.Password) {
			t.Errorf("a password is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if log := s.Log.String(); strings.Contains(log, "barley") || strings.Contains(log, programtest.Password) {
		t.Error("a password is in the log")
	}
}
