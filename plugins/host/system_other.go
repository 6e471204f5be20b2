//go:build !unix

package host

import (
	"errors"
	"io/fs"
	"os/exec"
	"syscall"
)

// unsupported is why there can be no plugins on this system.
var unsupported = errors.New("plugins need Linux or another Unix")

func isolate(*exec.Cmd, *credential)  {}
func awaitEnd(cmd *exec.Cmd)          { _ = cmd.Wait() }
func restrict(int, *Limits) error     { return nil }
func runnable(string) error           { return unsupported }
func killStrays(string)               {}
func memory(int) int64                { return 0 }
func ownerOf(fs.FileInfo) int         { return 0 }
func signalGroup(int, syscall.Signal) {}
func keepFiles()                      {}
