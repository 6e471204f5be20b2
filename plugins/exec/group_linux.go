package main

import "syscall"

// ownGroup puts the program into a process group of its own, and has it killed
// if this process is.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
