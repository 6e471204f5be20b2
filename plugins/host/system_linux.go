package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolate gives the process a group of its own, so that all that it starts can be
// ended with it, and has the kernel end it with us.
func isolate(cmd *exec.Cmd, as *credential) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: as.syscall()}
}

// awaitEnd waits until the process has ended, without reaping it: until that
// is done no other process can have its number.
func awaitEnd(cmd *exec.Cmd) {
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

// nice is how much the server goes before its plugins when both want to run.
const nice = 5

// restrict sets the limits of a process that has just started.
func restrict(pid int, l *Limits) error {
	_ = unix.Setpriority(unix.PRIO_PGRP, pid, nice) // a favour, no limit
	for _, limit := range []struct {
		what  int
		value uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, uint64(l.Files)},
		{unix.RLIMIT_DATA, uint64(l.Memory)},
	} {
		err := unix.Prlimit(pid, limit.what, &unix.Rlimit{Cur: limit.value, Max: limit.value}, nil)
		if err != nil && !errors.Is(err, unix.ESRCH) { // it may have ended by now
			return err
		}
	}
	return nil
}

// runnable reports why nothing can be run from dir.
func runnable(dir string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return err
	}
	if st.Flags&unix.ST_NOEXEC != 0 {
		return fmt.Errorf("%s is on a file system that is mounted noexec; put the data folder on another", dir)
	}
	return nil
}

// killStrays ends the processes that left the group of their plugin, but have the
// folder of its sockets, or one below it, in their environment.
func killStrays(folder string) {
	if folder == "" {
		return
	}
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return
	}
	want := []byte("\x00PLUGIN_UNIX_SOCKET_DIR=" + folder)
	self := os.Getpid()
	for _, path := range all {
		env, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended, or belongs to somebody else
		}
		_, after, found := bytes.Cut(append([]byte{0}, env...), want)
		if !found || len(after) > 0 && after[0] != 0 && after[0] != '/' {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && pid != self {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// memory is how much memory a process has that is in no file, in bytes; 0: unknown.
func memory(pid int) int64 {
	p, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(p)
	if len(fields) < 3 {
		return 0
	}
	resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	shared, _ := strconv.ParseInt(string(fields[2]), 10, 64)
	return (resident - shared) * int64(os.Getpagesize())
}
