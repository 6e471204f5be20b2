//go:build unix && !linux

package host

import (
	"os/exec"
	"syscall"
)

// isolate gives the process a group of its own, so that all that it starts can be
// ended with it.
func isolate(cmd *exec.Cmd, as *credential) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as.syscall()}
}

// awaitEnd waits until the process has ended. Here that reaps it; its group keeps
// the number as long as somebody is left in it.
func awaitEnd(cmd *exec.Cmd) { _ = cmd.Wait() }

// restrict does nothing: limits of another process can't be set here.
func restrict(int, *Limits) error { return nil }

// runnable has nothing to say.
func runnable(string) error { return nil }

// killStrays does nothing: nobody can be found by his environment here.
func killStrays(string) {}

// memory is unknown.
func memory(int) int64 { return 0 }
