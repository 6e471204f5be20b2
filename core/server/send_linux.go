package server

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A send is what one connection is sent in a flush.
type send struct {
	c   *conn
	p   []byte
	n   int // bytes that the kernel took
	err error
}

// A sender carries out sends without blocking and fills in what came of each. An
// error of its own is the end of the loop.
type sender interface {
	send(out []send) error
	close()
}

// receive and transmit are recvfrom(2) and sendto(2) without an address, on a
// socket that does not block: too short to tell the scheduler about, and closer
// to the socket than read(2) and write(2).
func receive(fd int32, p []byte) (int, unix.Errno) { return transfer(unix.SYS_RECVFROM, fd, p) }

func transmit(fd int32, p []byte) (int, unix.Errno) { return transfer(unix.SYS_SENDTO, fd, p) }

func transfer(trap uintptr, fd int32, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	runtime.KeepAlive(p)
	return int(n), errno
}

// writes is the sender that makes one system call a connection.
type writes struct{}

func (writes) send(out []send) error {
	for i := range out {
		s := &out[i]
		n, errno := transmit(s.c.fd, s.p)
		switch {
		case errno == 0:
			s.n = n
		case errno != unix.EAGAIN && errno != unix.EINTR:
			s.err = errno
		}
	}
	return nil
}

func (writes) close() {}
