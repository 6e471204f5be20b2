//go:build !linux

package server

import (
	"fmt"
	"net"
)

// A choice is a way of I/O.
type choice struct {
	name      string
	newDriver func(*loop) (driver, error)
}

// choices are the ways of I/O for a setting of server.io, best first.
func choices(io string) ([]choice, error) {
	switch io {
	case "", "auto", "stream":
		return []choice{{"stream", newStreams}}, nil
	case "uring", "epoll":
		return nil, fmt.Errorf("server.io: %s needs Linux; use auto or stream", io)
	}
	return nil, fmt.Errorf("server.io: unknown way of I/O %q", io)
}

// tuneStream bounds the send buffer of a connection, and has the kernel find out
// when its peer has vanished. Each is an improvement, none a need.
func tuneStream(nc *net.TCPConn) {
	_ = nc.SetWriteBuffer(sendBuffer)
	_ = nc.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount})
}
