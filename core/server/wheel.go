package server

import (
	"math/bits"
	"time"
)

// The wheel's ticks and its reach, beyond which a deadline is looked at early
// and put in again.
const (
	wheelTick  = 100 * time.Millisecond
	wheelSlots = 512
)

// A wheel wakes connections at about their deadlines: never before, and at most
// two ticks after. It is lazy: a deadline that moves away is found to have moved
// when the old one comes. A connection stands in at most one slot.
type wheel struct {
	start time.Time
	tick  int64 // the last one that was handled
	slots [wheelSlots][]*conn
	used  [wheelSlots / 64]uint64 // which slots hold something
}

func newWheel(now time.Time) *wheel { return &wheel{start: now} }

// schedule wakes c at the deadline. If c is to be woken earlier already that is
// enough.
func (w *wheel) schedule(c *conn, at time.Time) {
	t := int64(at.Sub(w.start)/wheelTick) + 1
	t = min(max(t, w.tick+1), w.tick+wheelSlots-1)
	if c.due != 0 && int64(c.due) <= t {
		return
	}
	w.remove(c)
	i := t % wheelSlots
	c.due, c.slot = int32(t), int32(len(w.slots[i]))
	w.slots[i] = append(w.slots[i], c)
	w.used[i/64] |= 1 << (i % 64)
}

// remove forgets c.
func (w *wheel) remove(c *conn) {
	if c.due == 0 {
		return
	}
	i := int64(c.due) % wheelSlots
	slot := w.slots[i]
	last := len(slot) - 1
	slot[c.slot] = slot[last]
	slot[c.slot].slot = c.slot
	slot[last] = nil
	w.slots[i] = slot[:last]
	if last == 0 {
		w.slots[i] = nil
		w.used[i/64] &^= 1 << (i % 64)
	}
	c.due = 0
}

// advance calls wake for each connection whose time has come.
func (w *wheel) advance(now time.Time, wake func(*conn)) {
	for t := int64(now.Sub(w.start) / wheelTick); w.tick < t; {
		w.tick++
		i := w.tick % wheelSlots
		for len(w.slots[i]) > 0 {
			c := w.slots[i][len(w.slots[i])-1]
			w.remove(c)
			wake(c)
		}
	}
}

// next is how long until the next slot that holds something; negative: none does.
func (w *wheel) next(now time.Time) time.Duration {
	for d := int64(1); d <= wheelSlots; {
		i := (w.tick + d) % wheelSlots
		if rest := w.used[i/64] >> (i % 64); rest != 0 {
			d += int64(bits.TrailingZeros64(rest))
			return max(0, w.start.Add(time.Duration(w.tick+d)*wheelTick).Sub(now))
		}
		d += 64 - i%64
	}
	return -1
}
