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

// choices are the ways of I/O for a setting of server.io, best first. Whether
// the kernel lets this process have a ring shows when the loops start.
func choices(io string) ([]choice, error) {
	uring := choice{"uring", epollWith(func() (sender, error) {
		r, err := newURing()
		if err != nil {
			return nil, err
		}
		return r, nil
	})}
	epoll := choice{"epoll", epollWith(func() (sender, error) { return writes{}, nil })}
	switch io {
	case "", "auto":
		return []choice{uring, epoll}, nil
	case "uring":
		return []choice{uring}, nil
	case "epoll":
		return []choice{epoll}, nil
	case "stream":
		return []choice{{"stream", newStreams}}, nil
	}
	return nil, fmt.Errorf("server.io: unknown way of I/O %q", io)
}

func epollWith(newSender func() (sender, error)) func(*loop) (driver, error) {
	return func(l *loop) (driver, error) { return newEpoll(l, newSender) }
}

// tuneStream does for a stream what other connections have from their listener
// and from being accepted.
func tuneStream(nc *net.TCPConn) {
	if raw, err := nc.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			tune(int(fd))
			boundSilence(int(fd))
		})
	}
}
