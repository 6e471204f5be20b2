//go:build !linux

package server

import "fmt"

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
