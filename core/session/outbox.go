package session

import (
	"bytes"
	"slices"
	"time"
)

// An outbox is what a session owes its peer: immutable frames in order. The
// zero value is empty and holds no memory.
type outbox struct {
	first []byte   // the head, cut as it is sent
	late  *backlog // nil: nothing is owed beyond the head, and no clock runs
	size  int32    // bytes in all
	mid   bool     // the head has begun to be sent
}

// A backlog is what only a session has that owes more than one frame, or that
// owes something after a flush.
type backlog struct {
	rest [][]byte // the frames after the head

	// The bytes that were owed when the clock was started must be sent by
	// limit, however much is added behind them.
	mark  int
	limit moment
}

func (o *outbox) backlog() *backlog {
	if o.late == nil {
		o.late = &backlog{}
	}
	return o.late
}

func (o *outbox) push(frame []byte) {
	if o.size == 0 {
		o.first = frame
	} else {
		b := o.backlog()
		b.rest = append(b.rest, frame)
	}
	o.size += int32(len(frame))
}

// interject puts a telnet reply before all that has not begun to be sent, but
// behind the replies that were put there before. No other frame begins with
// IAC, for they hold UTF-8.
func (o *outbox) interject(reply []byte) {
	o.size += int32(len(reply))
	switch {
	case o.size == int32(len(reply)):
		o.first = bytes.Clone(reply)
	case !o.mid && o.first[0] == iac:
		o.first = append(o.first, reply...)
	case !o.mid:
		b := o.backlog()
		b.rest = slices.Insert(b.rest, 0, o.first)
		o.first = bytes.Clone(reply)
	default:
		b := o.backlog()
		if len(b.rest) > 0 && b.rest[0][0] == iac {
			b.rest[0] = append(b.rest[0], reply...)
		} else {
			b.rest = slices.Insert(b.rest, 0, bytes.Clone(reply))
		}
	}
}

const iac = 255 // RFC 854

// buffers appends the frames to dst.
func (o *outbox) buffers(dst [][]byte) [][]byte {
	if o.size == 0 {
		return dst
	}
	dst = append(dst, o.first)
	if o.late != nil {
		dst = append(dst, o.late.rest...)
	}
	return dst
}

// sent takes n bytes off the front.
func (o *outbox) sent(n int) {
	o.size -= int32(n)
	if o.size == 0 {
		*o = outbox{}
		return
	}
	if o.late != nil {
		o.late.mark -= n
	}
	for n >= len(o.first) {
		n -= len(o.first)
		o.first, o.late.rest = o.late.rest[0], o.late.rest[1:]
		o.mid = false
	}
	o.mid = o.mid || n > 0
	o.first = o.first[n:]
}

// owing starts the clock for what is owed now, unless it runs already for
// bytes that are still owed. It reports whether it did.
func (o *outbox) owing(now moment, stall time.Duration) bool {
	b := o.backlog()
	if b.limit != 0 && b.mark > 0 {
		return false
	}
	b.mark, b.limit = int(o.size), now.add(stall)
	return true
}

// limit is by when what was owed first must be sent; 0: no clock runs.
func (o *outbox) limit() moment {
	if o.late == nil {
		return 0
	}
	return o.late.limit
}

// truncate drops all but the rest of the line that has begun to be sent.
func (o *outbox) truncate() {
	head := o.first
	if !o.mid {
		head = nil
	} else if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i+1]
	}
	*o = outbox{first: head, size: int32(len(head)), mid: o.mid}
}
