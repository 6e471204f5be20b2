//go:build !linux

package server

import "fmt"

// chooseDriver finds the driver for a setting of server.io.
func chooseDriver(io string) (name string, newDriver func(*loop) (driver, error), err error) {
	switch io {
	case "", "auto", "stream":
		return "stream", newStreams, nil
	case "uring", "epoll":
		return "", nil, fmt.Errorf("server.io: %s needs Linux; use auto or stream", io)
	}
	return "", nil, fmt.Errorf("server.io: unknown way of I/O %q", io)
}
