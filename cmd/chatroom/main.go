// Command chatroom is a chat server that people reach with telnet: each line is
// a chat message or a shell-like command.
//
// Exit codes: 0 clean, 2 bad usage or config, 3 the store refuses, 4 already
// running or address in use, 1 anything else.
package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	_ "time/tzdata" // zones for `set timezone`, also where the system has none

	"github.com/chatroom-shell/chatroom/core/config"
)

func main() {
	root := newRoot()
	err := root.Execute()
	if err != nil {
		fmt.Fprintf(os.Stderr, "chatroom: %v\n", err)
	}
	os.Exit(exitCode(err))
}

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
	exitStore   = 3
	exitRunning = 4
)

// exitCode is what the process exits with after err. An error that no command
// returned is cobra's own, about how the program was called.
func exitCode(err error) int {
	var failed *runError
	switch {
	case err == nil:
		return exitOK
	case !errors.As(err, &failed):
		return exitUsage
	case isConfigError(err):
		return exitUsage
	case errors.Is(err, errRunning), errors.Is(err, syscall.EADDRINUSE):
		return exitRunning
	case errors.Is(err, errStore):
		return exitStore
	}
	return exitFailure
}

func isConfigError(err error) bool {
	_, ok := errors.AsType[*config.Error](err)
	return ok
}

// A runError is an error of a command that was called well.
type runError struct{ err error }

func (e *runError) Error() string { return e.err.Error() }
func (e *runError) Unwrap() error { return e.err }
