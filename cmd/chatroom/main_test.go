// These tests run the real program and see of it what its users see: what it
// prints, what comes over the wire, and how it ends.
package main_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// program is the path of the chatroom binary under test.
var program string

// ioFlag is how the servers under test do their I/O; "" is what they choose.
var ioFlag = flag.String("io", "", "server.io of the servers under test")

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chatroom-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "chatroom")
	args := []string{"build", "-o", program}
	if underRace() {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, ".")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %v\n%s", build, err, out)
		return 1
	}
	return m.Run()
}

// underRace reports whether the tests were built with the race detector. The
// program is then too.
func underRace() bool {
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

// needTool skips the test on a machine that lacks a program. In CI, where all
// of them are installed, the test fails instead.
func needTool(t *testing.T, name string) string {
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
