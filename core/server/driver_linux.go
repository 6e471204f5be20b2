package server

import "fmt"

// chooseDriver finds the driver for a setting of server.io. Auto is uring where
// the kernel lets us have it, else epoll.
func chooseDriver(io string) (name string, newDriver func(*loop) (driver, error), err error) {
	switch io {
	case "stream":
		return io, newStreams, nil
	case "epoll":
		return io, epollWith(newWrites), nil
	case "", "auto", "uring":
		err := probeURing()
		if err == nil {
			return "uring", epollWith(func() (sender, error) { return newURing() }), nil
		}
		if io == "uring" {
			return "", nil, fmt.Errorf("server.io: uring does not work here, use auto: %w", err)
		}
		return "epoll", epollWith(newWrites), nil
	}
	return "", nil, fmt.Errorf("server.io: unknown way of I/O %q", io)
}

func epollWith(newSender func() (sender, error)) func(*loop) (driver, error) {
	return func(l *loop) (driver, error) { return newEpoll(l, newSender) }
}

func newWrites() (sender, error) { return writes{}, nil }

// probeURing reports whether the kernel lets this process have a ring.
func probeURing() error {
	r, err := newURing()
	if err == nil {
		r.close()
	}
	return err
}
