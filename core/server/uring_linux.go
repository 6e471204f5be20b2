package server

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The part of the kernel's interface that is used here: io_uring_setup(2) and
// io_uring_enter(2).
const (
	ringEntries = 1024 // sends in one system call

	setupSingleIssuer = 1 << 12 // IORING_SETUP_SINGLE_ISSUER
	setupDeferTaskrun = 1 << 13 // IORING_SETUP_DEFER_TASKRUN
	featSingleMmap    = 1 << 0  // IORING_FEAT_SINGLE_MMAP
	enterGetEvents    = 1 << 0  // IORING_ENTER_GETEVENTS
	opSend            = 26      // IORING_OP_SEND
	offSQRing         = 0       // IORING_OFF_SQ_RING
	offSQEs           = 0x10000000
)

// fewSends is up to how many connections a flush is cheaper with one system
// call for each.
const fewSends = 4

// A submission is struct io_uring_sqe.
type submission struct {
	opcode   uint8
	flags    uint8
	ioprio   uint16
	fd       int32
	off      uint64
	addr     uint64
	len      uint32
	msgFlags uint32
	userData uint64
	_        [3]uint64
}

// A completion is struct io_uring_cqe.
type completion struct {
	userData uint64
	res      int32
	flags    uint32
}

// ringParams is struct io_uring_params.
type ringParams struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wqFD uint32
	_                                                      [3]uint32
	sq                                                     ringOffsets // io_sqring_offsets
	cq                                                     ringOffsets // io_cqring_offsets
}

// ringOffsets are the offsets of a ring's fields; the last four differ in
// meaning between the two rings.
type ringOffsets struct {
	head, tail, mask, entries uint32
	flags                     uint32 // of the completion ring: overflow
	dropped                   uint32 // of the completion ring: the completions
	array                     uint32 // of the completion ring: flags
	_                         uint32
	userAddr                  uint64
}

// uring is the sender that submits hundreds of sends in one system call. It
// belongs to the thread that made it (the kernel checks that), so the loop stays
// on its thread.
//
// Every completion is reaped before send returns, so the kernel never holds a
// frame afterwards: frames may be used again at once. The sends do not wait
// (MSG_DONTWAIT): what does not fit comes back as a short count or EAGAIN.
type uring struct {
	writes

	fd          int
	mem, sqeMem []byte
	sqTail      *uint32
	cqHead      *uint32
	cqTail      *uint32
	sqMask      uint32
	cqMask      uint32
	sqes        []submission
	cqes        []completion
}

func newURing() (*uring, error) {
	p := ringParams{flags: setupSingleIssuer | setupDeferTaskrun}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, ringEntries, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w", errno)
	}
	r := &uring{fd: int(fd)}
	if err := r.mmap(&p); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *uring) mmap(p *ringParams) (err error) {
	if p.features&featSingleMmap == 0 {
		return fmt.Errorf("io_uring: the kernel is too old: %w", unix.ENOSYS)
	}
	size := max(p.sq.array+p.sqEntries*4, p.cq.dropped+p.cqEntries*uint32(unsafe.Sizeof(completion{})))
	if r.mem, err = unix.Mmap(r.fd, offSQRing, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return fmt.Errorf("map the rings: %w", err)
	}
	size = p.sqEntries * uint32(unsafe.Sizeof(submission{}))
	if r.sqeMem, err = unix.Mmap(r.fd, offSQEs, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return fmt.Errorf("map the submissions: %w", err)
	}
	at := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.mem[off])) }
	r.sqTail, r.cqHead, r.cqTail = at(p.sq.tail), at(p.cq.head), at(p.cq.tail)
	r.sqMask, r.cqMask = *at(p.sq.mask), *at(p.cq.mask)
	r.sqes = unsafe.Slice((*submission)(unsafe.Pointer(&r.sqeMem[0])), p.sqEntries)
	r.cqes = unsafe.Slice((*completion)(unsafe.Pointer(&r.mem[p.cq.dropped])), p.cqEntries)
	for i := range p.sqEntries { // a submission always stands in the slot of its own number
		*at(p.sq.array + 4*i) = i
	}
	return nil
}

// send implements sender.
func (r *uring) send(out []send) error {
	for len(out) > 0 {
		n := min(len(out), len(r.sqes))
		part := out[:n]
		out = out[n:]
		if n <= fewSends {
			_ = r.writes.send(part)
			continue
		}
		if err := r.submit(part); err != nil {
			return err
		}
	}
	return nil
}

// submit sends part, at most a ring full, in as few system calls as the kernel
// allows: one, unless a signal comes in between.
func (r *uring) submit(part []send) error {
	tail := *r.sqTail
	for i := range part {
		s := &part[i]
		r.sqes[tail&r.sqMask] = submission{
			opcode: opSend, fd: s.c.fd, addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(s.p)))), len: uint32(len(s.p)),
			msgFlags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL, userData: uint64(i),
		}
		tail++
	}
	atomic.StoreUint32(r.sqTail, tail)
	for unsent, unreaped := len(part), len(part); unreaped > 0; {
		// Hundreds of sends take milliseconds, so the scheduler is told: else a
		// collection would wait for them with everybody stopped.
		n, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(unsent), uintptr(unreaped), enterGetEvents, 0, 0)
		switch errno {
		case 0:
			unsent -= int(n)
		case unix.EINTR, unix.EAGAIN, unix.EBUSY: // reap what there is and go on
		default:
			return fmt.Errorf("io_uring_enter: %w", errno)
		}
		unreaped -= r.reap(part)
	}
	runtime.KeepAlive(part)
	return nil
}

// reap takes the completions that are there.
func (r *uring) reap(part []send) (n int) {
	head, tail := *r.cqHead, atomic.LoadUint32(r.cqTail)
	for ; head != tail; head++ {
		c := &r.cqes[head&r.cqMask]
		s := &part[c.userData]
		switch {
		case c.res >= 0:
			s.n = int(c.res)
		case unix.Errno(-c.res) != unix.EAGAIN && unix.Errno(-c.res) != unix.EINTR:
			s.err = unix.Errno(-c.res)
		}
		n++
	}
	atomic.StoreUint32(r.cqHead, head)
	return n
}

func (r *uring) close() {
	if r.sqeMem != nil {
		_ = unix.Munmap(r.sqeMem)
	}
	if r.mem != nil {
		_ = unix.Munmap(r.mem)
	}
	_ = unix.Close(r.fd)
}
