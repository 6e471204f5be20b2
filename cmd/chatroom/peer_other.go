//go:build !linux

package main

import "net"

// checkPeer relies on the mode of the socket, which lets only the server's own
// user connect.
func checkPeer(*net.UnixConn) error { return nil }
