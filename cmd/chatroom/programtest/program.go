// Package programtest runs the real chatroom program for tests: it builds it once,
// starts it with a config in a directory of its own, and speaks to it as its users
// do, over TCP, by signals and with its other commands. Its tests are those of the
// folders around it.
//
// No wait is open-ended: each fails its test after [chattest.Timeout].
package programtest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// Program is the path of the chatroom binary under test; Main sets it.
var Program string

// ioFlag is how the servers under test do their I/O; "" is what they choose.
var ioFlag = flag.String("io", "", "server.io of the servers under test")

const path = "github.com/chatroom-shell/chatroom/"

// Main builds the program, runs the tests and returns the exit status. It is the
// whole of a TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(programtest.Main(m)) }
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chatroom-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	Program = filepath.Join(dir, "chatroom")
	args := []string{"build", "-o", Program}
	if UnderRace() {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, path+"cmd/chatroom")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %v\n%s", build, err, out)
		return 1
	}
	return m.Run()
}

// UnderRace reports whether the tests were built with the race detector. The
// program is then too.
func UnderRace() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// NeedTool skips the test on a machine that lacks a program. In CI, where all
// of them are installed, the test fails instead.
func NeedTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("%s must be installed in CI: %v", name, err)
	default:
		t.Skipf("%s is not installed", name)
	}
	return path
}
