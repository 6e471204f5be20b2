package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

// grace is how long a program has after it was told to end, and how long its
// output may stay open after it has ended. It is less than the second that the
// sdk leaves to what runs when the plugin is to end.
const grace = 500 * time.Millisecond

// run runs the program for one call.
func run(call *sdk.Call, path string, p program, c sdk.Command) error {
	argv, err := arguments(call, p, c)
	if err != nil {
		return err
	}
	ctx := call.Context() // which has the deadline
	left := &budget{left: p.Output}
	cmd := osexec.CommandContext(ctx, path, argv...)
	cmd.Args[0] = p.Run[0]
	cmd.Dir = p.Dir
	cmd.Env = environment(call, p)
	cmd.Stdout, cmd.Stderr = &capped{call.Out, left}, &capped{call.Err, left}
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	if call.Piped && p.Input {
		if err := feed(cmd, call.In); err != nil {
			return err
		}
	}
	err = wait(cmd)
	if cut := left.over(); cut > 0 {
		fmt.Fprintf(call.Err, "%s wrote %d bytes more, which are not shown.\n", call.Name, cut)
	}
	return outcome(ctx, call.Name, err)
}

// wait starts the program and waits for its end, and then for that of its group.
// On Linux a program is told when the thread that started it is gone, so this
// goroutine keeps its thread.
func wait(cmd *osexec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // those that it left behind
	return err
}

// feed connects the pipe to the program. It does not make the program wait for
// the pipe: cmd.Stdin would, though nobody reads it any more. What still copies
// when the program is done ends with the run.
func feed(cmd *osexec.Cmd, in io.Reader) error {
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	go func() {
		io.Copy(pipe, in)
		pipe.Close()
	}()
	return nil
}

// outcome is what becomes of the run.
func outcome(ctx context.Context, name string, err error) error {
	exit, exited := errors.AsType[*osexec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil, errors.Is(err, osexec.ErrWaitDelay): // it is done, and what it left behind had the output open
		return nil
	case exited && exit.ExitCode() >= 0:
		return failed(name, exit.ExitCode())
	case exited:
		signal := exit.Sys().(syscall.WaitStatus).Signal()
		return &sdk.Error{Code: sdk.Unavailable, Text: fmt.Sprintf("%s was ended by the signal %q.", name, signal), Status: 128 + int(signal)} // as a shell has it
	}
	return err
}

// environment is what the program sees: the plugin's variables, which are few,
// the operator's, and who runs it.
func environment(call *sdk.Call, p program) []string {
	var env []string
	for _, kv := range os.Environ() {
		// What the server and go-plugin tell the plugin is not for others.
		if !strings.HasPrefix(kv, "PLUGIN_") && !strings.HasPrefix(kv, "CHATROOM_") {
			env = append(env, kv)
		}
	}
	for k, v := range p.Env {
		env = append(env, k+"="+v)
	}
	return append(env,
		"CHATROOM_USER="+call.Caller.Name,
		"CHATROOM_ACCOUNT="+call.Caller.Account,
		"CHATROOM_ROLE="+call.Caller.Role,
		"CHATROOM_ROOM="+call.Caller.Room)
}

// A budget is how many bytes may still be shown of one run.
type budget struct {
	mu   sync.Mutex
	left int // negative: so many were too many
}

func (b *budget) over() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, -b.left)
}

// A capped writer passes on what the budget allows and swallows the rest, so
// that the program does its work to the end.
type capped struct {
	to io.Writer
	*budget
}

func (w *capped) Write(p []byte) (int, error) {
	w.mu.Lock()
	fits := max(0, min(len(p), w.left))
	w.left -= len(p)
	w.mu.Unlock()
	if fits > 0 {
		if _, err := w.to.Write(p[:fits]); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
