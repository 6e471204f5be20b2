package server

import "fmt"

// chooseDriver finds the driver for a setting of server.io.
func chooseDriver(io string) (name string, newDriver func(*loop) (driver, error), err error) {
	switch io {
	case "", "auto", "uring", "epoll":
		return "epoll", func(l *loop) (driver, error) { return newEpoll(l, writes{}) }, nil
	case "stream":
		return "stream", newStreams, nil
	}
	return "", nil, fmt.Errorf("server.io: unknown way of I/O %q", io)
}
