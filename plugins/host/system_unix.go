//go:build unix

package host

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// unsupported is why there can be no plugins on this system.
var unsupported error

func (c *credential) syscall() *syscall.Credential {
	if c == nil {
		return nil
	}
	return &syscall.Credential{Uid: c.uid, Gid: c.gid}
}

// ownerOf is the number of the user whom a file belongs to.
func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// signalGroup signals the group of a process that leads one.
func signalGroup(pid int, s syscall.Signal) { _ = syscall.Kill(-pid, s) }

// keepFiles keeps what is open from the programs that are started: what we opened
// is kept anyway, but not what we were started with.
func keepFiles() {
	open, _ := os.ReadDir("/dev/fd") // an error: it is not known what is open
	for _, e := range open {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}
