package natsstore

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A block is a stretch of a room's messages in one message of the stream.
type block struct {
	prev  uint64        // place of the room's block before it in the stream; 0: it is the first
	lost  int           // messages missing before it; unknown: some may be
	lines []*chat.Event // at least one, in order
}

// unknown is how many messages a crash has taken.
const unknown = -1

func (b *block) first() uint64 { return b.lines[0].Seq }
func (b *block) last() uint64  { return b.lines[len(b.lines)-1].Seq }

// blockVersion is the first byte of a block. What follows are numbers as package
// encoding/binary writes them of variable length, and strings behind their length:
// prev, lost; the first line's number and its time in microseconds of Unix time; the
// number of lines; and for each its kind, the differences of its number and time to
// those of the line before, From, Author, Text, and the Mentions behind their number. A
// version that is not known is not read.
const blockVersion = 1

// removed is added to the kind of a message that was redacted before it came into
// its block.
const removed = 0x80

// append appends b, encoded, to dst.
func (b *block) append(dst []byte) []byte {
	seq, at := b.first(), b.lines[0].Time.UnixMicro()
	dst = append(dst, blockVersion)
	dst = binary.AppendUvarint(dst, b.prev)
	dst = binary.AppendVarint(dst, int64(b.lost))
	dst = binary.AppendUvarint(dst, seq)
	dst = binary.AppendVarint(dst, at)
	dst = binary.AppendUvarint(dst, uint64(len(b.lines)))
	for _, ev := range b.lines {
		now := ev.Time.UnixMicro()
		kind := byte(ev.Kind)
		if ev.Removed {
			kind |= removed
		}
		dst = append(dst, kind)
		dst = binary.AppendUvarint(dst, ev.Seq-seq)
		dst = binary.AppendVarint(dst, now-at)
		seq, at = ev.Seq, now
		dst = appendString(dst, ev.From)
		dst = appendString(dst, ev.Author)
		dst = appendString(dst, ev.Text)
		dst = binary.AppendUvarint(dst, uint64(len(ev.Mentions)))
		for _, m := range ev.Mentions {
			dst = appendString(dst, m)
		}
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// lineSize is about what a line takes in a block, in bytes.
func lineSize(ev *chat.Event) int { return 12 + len(ev.From) + len(ev.Author) + len(ev.Text) }

var errBlock = errors.New("not a block of messages")

// parseBlock decodes a block of a room.
func parseBlock(room string, data []byte) (*block, error) {
	if len(data) == 0 || data[0] != blockVersion {
		return nil, errBlock
	}
	d := decoder{data: data[1:]}
	b := &block{prev: d.uvarint(), lost: int(d.varint())}
	seq, at, n := d.uvarint(), d.varint(), d.uvarint()
	if d.bad || n == 0 || n > uint64(len(d.data)) { // a line has some bytes
		return nil, errBlock
	}
	b.lines = make([]*chat.Event, 0, n)
	for range n {
		kind := d.byte()
		ev := &chat.Event{Room: room, Kind: chat.Kind(kind &^ removed), Removed: kind&removed != 0}
		seq += d.uvarint()
		at += d.varint()
		ev.Seq, ev.Time = seq, time.UnixMicro(at)
		ev.From, ev.Author, ev.Text = d.string(), d.string(), d.string()
		for m := d.uvarint(); m > 0 && !d.bad; m-- {
			ev.Mentions = append(ev.Mentions, d.string())
		}
		if d.bad || len(b.lines) > 0 && seq <= b.last() {
			return nil, errBlock
		}
		b.lines = append(b.lines, ev)
	}
	if len(d.data) > 0 {
		return nil, errBlock
	}
	return b, nil
}

// A decoder takes values off data. Once one is not there it is bad, and gives
// zeros.
type decoder struct {
	data []byte
	bad  bool
}

func (d *decoder) fail() { d.data, d.bad = nil, true }

func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		d.fail()
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) string() string {
	n := d.uvarint()
	if n > uint64(len(d.data)) {
		d.fail()
		return ""
	}
	s := string(d.data[:n])
	d.data = d.data[n:]
	return s
}
