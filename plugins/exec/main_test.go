package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type table = map[string]any

// start starts the plugin with commands; each of its programs is a script for
// sh.
func start(t *testing.T, commands table) *sdktest.Plugin {
	t.Helper()
	for _, c := range commands {
		c := c.(table)
		if script, ok := c["sh"]; ok {
			c["run"] = []any{"sh", "-c", script, "script"}
			delete(c, "sh")
		}
	}
	return sdktest.Setup{Config: table{"commands": commands}}.Start(t, parts()...)
}

func TestArguments(t *testing.T) {
	p := start(t, table{"show": table{
		"sh":   `for a; do echo "<$a>"; done`,
		"args": "service:api|web [count:int=3] [rest...] [-n|--dry] [--lines:int=10] [--to:string]",
	}})
	p.Run("show API").Want("<--lines=10>\n<api>\n<3>\n")
	p.Run(`show web -5 "a b" '$(id)' -n --to=ops`).Want("<--dry>\n<--lines=10>\n<--to=ops>\n<web>\n<-5>\n<a b>\n<$(id)>\n")
	p.Run("show db").WantError(sdk.Invalid, "must be api or web")
	p.Run("show api 3 -- -rf").WantError(sdk.Invalid, "REST must not begin with a dash")
}

func TestText(t *testing.T) {
	p := start(t, table{"shout": table{"run": []any{"echo"}, "args": "text:text"}})
	p.Run("shout don't | stop").Want("don't | stop\n")
	p.Run("shout -n").WantError(sdk.Invalid, "must not begin with a dash")
}

func TestOutcome(t *testing.T) {
	p := start(t, table{
		"status": table{"sh": `echo out; echo err >&2; exit $1`, "args": "code:int"},
		"killed": table{"sh": `kill -9 $$`},
		"left":   table{"sh": `echo done; sleep 60 &`},
	})
	ok := p.Run("status 0").Want("out\n")
	if ok.Err != "err\n" {
		t.Errorf("standard error is %q", ok.Err)
	}
	if r := p.Run("status 3").WantError(sdk.Unavailable, "status failed with status 3."); r.Status != 3 || r.Out != "out\n" {
		t.Errorf("status %d and output %q", r.Status, r.Out)
	}
	if r := p.Run("status 64").WantError(sdk.Invalid, "status 64"); !r.Usage {
		t.Error("EX_USAGE does not show the usage")
	}
	p.Run("status 77").WantError(sdk.Forbidden, "status 77")
	if r := p.Run("killed").WantError(sdk.Unavailable, `ended by the signal "killed"`); r.Status != 137 {
		t.Errorf("status %d", r.Status)
	}
	p.Run("left").Want("done\n") // though its child has the output open
}

// A program that does not want to end is killed.
func TestCancelTheStubborn(t *testing.T) {
	p := start(t, table{"slow": table{"sh": `trap '' TERM; echo ready; sleep 60`}})
	r := p.Begin("slow")
	if line, _ := r.Next(); line != "ready" {
		t.Fatalf("the program writes %q", line)
	}
	r.Cancel()
	r.Wait()
}

func TestInput(t *testing.T) {
	p := start(t, table{
		"upper": table{"run": []any{"tr", "a-z", "A-Z"}, "filter": true, "input": true},
		"first": table{"run": []any{"head", "-n", "1"}, "input": true},
		"none":  table{"run": []any{"cat"}},
	})
	p.Pipe("one\ntwo\n", "upper").Want("ONE\nTWO\n")
	p.Run("none").Want("")
	p.Run("first").Want("")
	r := p.BeginPipe("first")
	r.Input("one\n") // and the pipe stays open
	if line, _ := r.Next(); line != "one" {
		t.Errorf("the first line is %q", line)
	}
	r.Wait().Want("one\n")
	p.Pipe("one\n", "none").WantError(sdk.Invalid, "reads no input")
}

func TestOutputIsCut(t *testing.T) {
	done := filepath.Join(t.TempDir(), "done")
	p := start(t, table{"much": table{"sh": `yes | head -n 5000; touch "$1"`, "args": "file", "output": 100}})
	r := p.Run("much " + done).Want(strings.Repeat("y\n", 50))
	if r.Err != "much wrote 9900 bytes more, which are not shown.\n" {
		t.Errorf("the caller reads %q", r.Err)
	}
	if _, err := os.Stat(done); err != nil {
		t.Error("the program was not let to its end")
	}
}

// Nothing of a cancelled program stays, not what it started either.
func TestCancelEndsTheGroup(t *testing.T) {
	p := start(t, table{"tree": table{"sh": `sleep 60 & echo $!; echo $$; wait`}})
	r := p.Begin("tree")
	var pids []int
	for range 2 {
		line, _ := r.Next()
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatalf("no process in %q", line)
		}
		pids = append(pids, pid)
	}
	r.Cancel()
	r.Wait()
	p.Stop()
	for _, pid := range pids {
		// Who was killed has yet to die.
		for try := 0; alive(pid); try++ {
			if try == 500 {
				t.Fatalf("process %d runs on", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// alive reports whether there is a process that is not about to be buried.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestEnvironment(t *testing.T) {
	t.Setenv("PLUGIN_UNIX_SOCKET_DIR", "/private")
	t.Setenv("CHATROOM_PLUGIN", "cookie")
	p := start(t, table{"env": table{"run": []any{"env"}, "env": table{"GREETING": "hi"}, "dir": "/"}})
	got := p.As(sdk.Caller{Name: "Bob", Role: "operator", Room: "ops"}).Run("env").Out
	for _, want := range []string{"GREETING=hi\n", "CHATROOM_USER=Bob\n", "CHATROOM_ACCOUNT=\n", "CHATROOM_ROLE=operator\n", "CHATROOM_ROOM=ops\n", "PATH="} {
		if !strings.Contains(got, want) {
			t.Errorf("the program does not see %q:\n%s", want, got)
		}
	}
	for _, secret := range []string{"PLUGIN_", "CHATROOM_PLUGIN"} {
		if strings.Contains(got, secret) {
			t.Errorf("the program sees %s", secret)
		}
	}
}

func TestSpec(t *testing.T) {
	p := start(t, table{"disk": table{"run": []any{"df", "-h"}}, "free": table{"run": []any{"free"}, "role": "guest", "summary": "show the memory", "timeout": "5s"}})
	disk, free := p.Manifest.GetCommands()[0], p.Manifest.GetCommands()[1]
	if disk.GetRole() != "operator" || disk.GetSummary() != "run df" || disk.GetTimeoutMs() != 30_000 {
		t.Errorf("the command disk is %v", disk)
	}
	if free.GetRole() != "guest" || free.GetSummary() != "show the memory" || free.GetTimeoutMs() != 5000 {
		t.Errorf("the command free is %v", free)
	}
}

func TestConfig(t *testing.T) {
	for want, c := range map[string]table{
		`commands is missing`:                              {},
		`commands.x.run is missing`:                        {"commands": table{"x": table{}}},
		`commands.x.run must name a program`:               {"commands": table{"x": table{"run": []any{}}}},
		`commands.x.run names "no-such-program"`:           {"commands": table{"x": table{"run": []any{"no-such-program"}}}},
		`commands.x.runs is no key here; did you mean run`: {"commands": table{"x": table{"run": []any{"ls"}, "runs": 1}}},
		`there is no type "number"`:                        {"commands": table{"x": table{"run": []any{"ls"}, "args": "n:number"}}},
		`the name must be 1 to 32`:                         {"commands": table{"X": table{"run": []any{"ls"}}}},
		`there is no role "root"`:                          {"commands": table{"x": table{"run": []any{"ls"}, "role": "root"}}},
		`commands.x.timeout must be a time`:                {"commands": table{"x": table{"run": []any{"ls"}, "timeout": 5}}},
	} {
		if got := (sdktest.Setup{Config: c}).Problems(t, parts()...); !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%v gives %q, want %q", c, got, want)
		}
	}
}
