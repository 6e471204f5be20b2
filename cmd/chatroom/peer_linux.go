package main

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/chatroom-shell/chatroom/core/account"
)

// peerOf is who is at the other end of the admin socket. A peer that is neither
// the server's own user nor root is refused.
func peerOf(conn *net.UnixConn) (account.Actor, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return account.Actor{}, err
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return account.Actor{}, err
	}
	if credErr != nil {
		return account.Actor{}, credErr
	}
	if cred.Uid != 0 && int(cred.Uid) != os.Geteuid() {
		return account.Actor{}, fmt.Errorf("user %d may not use the admin socket", cred.Uid)
	}
	return machine(int(cred.Uid)), nil
}
