package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// TestPluginCommandLine runs the scripts in testdata/plugin: what the program says
// and does about plugins in a shell.
func TestPluginCommandLine(t *testing.T) {
	dice, poll := programtest.BuildPlugin(t, "dice"), programtest.BuildPlugin(t, "poll")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/plugin",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(programtest.Program)+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("DICE", dice)
			env.Setenv("POLL", poll)
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, strings.Repeat("long-", 20))) // and the path of a socket has some 100 bytes
			if err := os.Mkdir(env.Getenv("TMPDIR"), 0o700); err != nil {
				return err
			}
			env.Setenv("GOCACHE", filepath.Join(env.WorkDir, ".cache"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// What `plugin new` writes builds and passes its own test, outside the checkout and
// without a network, and then holds against the contract.
func TestPluginNewGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "weather here")
	shell(t, ".", programtest.Program, "plugin", "new", "weather", "--dir", dir)
	shell(t, dir, "go", "vet", "./...")
	shell(t, dir, "go", "test", "./...")
	shell(t, dir, "go", "build", ".")
	out := shell(t, dir, programtest.Program, "plugin", "test", "./weather", "--line", "weather bob 2")
	if !strings.Contains(out, "Hello, bob!\n") {
		t.Errorf("it says\n%s", out)
	}
	if unformatted := shell(t, dir, "gofmt", "-l", "."); unformatted != "" {
		t.Errorf("gofmt would change %s", unformatted)
	}
}

func TestPluginNewPython(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import grpc, google.protobuf").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s has no grpc; install python3-grpcio", python)
		}
		t.Skipf("%s has no grpc; install python3-grpcio to run this test", python)
	}
	dir := t.TempDir()
	shell(t, ".", programtest.Program, "plugin", "new", "sky-cal", "--lang", "python", "--dir", dir)
	shell(t, dir, "./test_sky_cal.py")
	out := shell(t, dir, programtest.Program, "plugin", "test", "./sky_cal.py", "--no-mtls", "--file", "plugin_pb2.py", "--line", "sky-cal bob 2")
	if !strings.Contains(out, "Hello, bob!\n") {
		t.Errorf("it says\n%s", out)
	}
}

// shell runs a program that must succeed, without a network, and returns what it
// prints.
func shell(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(programtest.CleanEnv(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
