package session

import (
	"bytes"
	"time"
)

// An outbox is what a session owes its peer: immutable frames in order. The
// zero value is empty and holds no memory.
type outbox struct {
	first []byte // the head, cut as it is sent
	rest  [][]byte
	size  int  // bytes in all
	mid   bool // the head has begun to be sent

	// While owing: the bytes that were owed when the clock was started must be
	// sent by then, however much is added behind them.
	mark  int
	limit time.Time
}

func (o *outbox) push(frame []byte) {
	if o.size == 0 {
		o.first = frame
	} else {
		o.rest = append(o.rest, frame)
	}
	o.size += len(frame)
}

// unshift puts frame before all that has not begun to be sent.
func (o *outbox) unshift(frame []byte) {
	switch {
	case o.size == 0:
		o.first = frame
	case o.mid:
		o.rest = append([][]byte{frame}, o.rest...)
	default:
		o.rest = append([][]byte{o.first}, o.rest...)
		o.first = frame
	}
	o.size += len(frame)
}

// buffers appends the frames to dst.
func (o *outbox) buffers(dst [][]byte) [][]byte {
	if o.size == 0 {
		return dst
	}
	return append(append(dst, o.first), o.rest...)
}

// sent takes n bytes off the front.
func (o *outbox) sent(n int) {
	o.size -= n
	o.mark -= n
	if o.size == 0 {
		o.first, o.rest, o.mid, o.limit = nil, nil, false, time.Time{}
		return
	}
	o.mid = o.mid || n > 0
	for n >= len(o.first) {
		n -= len(o.first)
		o.first, o.rest = o.rest[0], o.rest[1:]
		o.mid = n > 0
	}
	o.first = o.first[n:]
}

// owing starts the clock for what is owed now, unless it runs already for
// bytes that are still owed. It reports whether it did.
func (o *outbox) owing(now time.Time, stall time.Duration) bool {
	if !o.limit.IsZero() && o.mark > 0 {
		return false
	}
	o.mark, o.limit = o.size, now.Add(stall)
	return true
}

// truncate drops all but the rest of the line that has begun to be sent.
func (o *outbox) truncate() {
	head := o.first
	if !o.mid {
		head = nil
	} else if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i+1]
	}
	o.first, o.rest, o.size = head, nil, len(head)
}
