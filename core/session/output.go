package session

import (
	"bytes"
	"encoding/json"

	"github.com/chatroom-shell/chatroom/core/text"
)

// A channel is where the lines that a command writes belong.
type channel uint8

const (
	plainOut channel = iota // what the caller asked for
	jsonOut                 // the same, as a JSON object a line
	errOut                  // what the caller is told
	channels
)

// A block is clean lines of one channel, each with CRLF.
type block struct {
	channel channel
	lines   []byte
}

// A collector turns what a line of commands writes into blocks. The channels
// keep their order among each other by whole lines.
type collector struct {
	blocks []block
	part   [channels][]byte // the last line of each, which has not ended
}

func (c *collector) write(ch channel, p []byte) {
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			c.part[ch] = append(c.part[ch], p...)
			return
		}
		c.end(ch, p[:i])
		p = p[i+1:]
	}
}

// end adds the line of which p is the last part.
func (c *collector) end(ch channel, p []byte) {
	if part := c.part[ch]; len(part) > 0 {
		p = append(part, p...)
		c.part[ch] = part[:0]
	}
	n := len(c.blocks)
	if n == 0 || c.blocks[n-1].channel != ch {
		c.blocks = append(c.blocks, block{channel: ch})
		n++
	}
	b := &c.blocks[n-1]
	b.lines = text.AppendClean(b.lines, string(p))
	b.lines = append(b.lines, crlf...)
}

// finish ends the lines that have no end.
func (c *collector) finish() {
	for ch, part := range c.part {
		if len(part) > 0 {
			c.end(channel(ch), nil)
		}
	}
}

// take takes the blocks.
func (c *collector) take() []block {
	b := c.blocks
	c.blocks = nil
	return b
}

// An inlineWriter is a channel of a command that runs on the loop.
type inlineWriter struct {
	to      *collector
	channel channel
}

// Write implements io.Writer. It never fails.
func (w inlineWriter) Write(p []byte) (int, error) {
	w.to.write(w.channel, p)
	return len(p), nil
}

// show queues what the line ref wrote: for a terminal as it is, a page at a time
// if there is a pager for it, for a program as objects.
func (s *Session) show(r ref, blocks []block) {
	for _, b := range blocks {
		switch {
		case len(b.lines) == 0:
		case s.machine() != nil:
			s.seat.Settle()
			s.queue(objects(r, b))
		case s.paging():
			s.extra.pager.add(s, b.lines)
		default:
			s.seat.Settle()
			s.queue(b.lines)
		}
	}
}

// objects are the objects of the lines of b, which the line r wrote.
func objects(r ref, b block) []byte {
	var dst []byte
	for l := range bytes.SplitSeq(bytes.TrimSuffix(b.lines, []byte(crlf)), []byte(crlf)) {
		switch {
		case b.channel == errOut:
			dst = appendNotice(dst, r, string(l))
		case b.channel == jsonOut && json.Valid(l):
			dst = r.field(begin(dst, "data")).raw("data", l).end()
		default:
			dst = r.field(begin(dst, "output")).text("text", string(l)).end()
		}
	}
	return dst
}
