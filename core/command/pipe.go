package command

import (
	"errors"
	"io"
	"sync"
)

// errUnread is why a stage is ended that writes into a pipe which nobody reads any
// more. It is no failure.
var errUnread = errors.New("nobody reads the output any more")

// errLimit is what the reader of a pipe gets who has taken all that it may while
// there is more.
var errLimit = errors.New("no more may go through the pipe")

// pipeSize is how many bytes may wait in a pipe.
const pipeSize = 32 << 10

// A pipe takes bytes from one stage to the next: in order, at most pipeSize at a
// time, and as soon as they are written, so that what comes slowly is not kept.
// One goroutine writes, one reads, any may end it. init must be called before its
// use.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond // something came, went or ended; at most one side waits
	buf     []byte    // what waits is buf[off:]
	off     int
	left    int64 // how many bytes the reader may still take
	done    bool  // no more is written
	err     error // nothing goes through any more, for this reason
}

// init makes the pipe usable; limit bounds the bytes that go through it.
func (p *pipe) init(limit int64) {
	p.left = limit
	p.changed.L = &p.mu
}

// Write implements io.Writer. It waits while the pipe is full.
func (p *pipe) Write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(b) > 0 {
		for p.waiting() == pipeSize && p.err == nil {
			p.changed.Wait()
		}
		if p.err != nil {
			return n, p.err
		}
		k := min(len(b), pipeSize-p.waiting())
		p.put(b[:k])
		n, b = n+k, b[k:]
		p.changed.Broadcast()
	}
	return n, p.err
}

func (p *pipe) waiting() int { return len(p.buf) - p.off }

// put appends b, for which there is room. The buffer grows with what waits in it:
// most pipes never hold more than a few lines.
func (p *pipe) put(b []byte) {
	const least = 512
	if p.off > 0 && len(p.buf)+len(b) > cap(p.buf) {
		p.buf = p.buf[:copy(p.buf, p.buf[p.off:])]
		p.off = 0
	}
	if p.buf == nil {
		p.buf = make([]byte, 0, max(least, len(b)))
	}
	p.buf = append(p.buf, b...)
}

// Read implements io.Reader. It waits while the pipe is empty.
func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.waiting() == 0 && !p.done && p.err == nil {
		p.changed.Wait()
	}
	switch {
	case p.err != nil:
		return 0, p.err
	case p.waiting() == 0:
		return 0, io.EOF
	case p.left == 0:
		return 0, errLimit
	}
	n := copy(b[:min(int64(len(b)), p.left)], p.buf[p.off:])
	p.left -= int64(n)
	if p.off += n; p.off == len(p.buf) {
		p.buf, p.off = p.buf[:0], 0
	}
	p.changed.Broadcast()
	return n, nil
}

// finish says that no more is written.
func (p *pipe) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	p.changed.Broadcast()
}

// fail ends the pipe at once, for a reason that both sides get from then on. The
// first one counts.
func (p *pipe) fail(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err, p.buf, p.off = reason, nil, 0
	}
	p.changed.Broadcast()
}
