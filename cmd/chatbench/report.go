package main

import (
	"bytes"
	"fmt"
	"io"
	"math/bits"
	"os"
	"strconv"
	"time"
)

// A report is what a run came to.
type report struct {
	o                options
	seconds          float64
	sent, deliveries int64
	lost, wrong      int64
	closed           int // sessions that the server ended
	lag              histogram
	cpu              time.Duration
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "sessions    %d in %d rooms, %d senders a room\n", r.o.sessions, r.o.rooms, r.o.senders)
	fmt.Fprintf(w, "messages    %.0f/s of %d bytes\n", float64(r.sent)/r.seconds, r.o.size)
	fmt.Fprintf(w, "deliveries  %.0f/s\n", float64(r.deliveries)/r.seconds)
	fmt.Fprintf(w, "latency     p50 %s  p99 %s  p99.9 %s  max %s\n", r.lag.quantile(0.5), r.lag.quantile(0.99), r.lag.quantile(0.999), r.lag.max)
	fmt.Fprintf(w, "lost        %d\n", r.lost)
	fmt.Fprintf(w, "reordered   %d\n", r.wrong)
	fmt.Fprintf(w, "closed      %d\n", r.closed)
	if r.cpu > 0 {
		fmt.Fprintf(w, "server cpu  %.1f %% of one CPU, %.0f deliveries a CPU second\n", 100*r.cpu.Seconds()/r.seconds, float64(r.deliveries)/r.cpu.Seconds())
	}
}

// A histogram counts durations in buckets that are an eighth of a power of two
// wide. The zero value is empty. It is not safe for concurrent use.
type histogram struct {
	buckets [64 * 8]int64
	n       int64
	max     time.Duration
}

func (h *histogram) note(d time.Duration) {
	h.buckets[bucket(max(d, 1))]++
	h.n++
	h.max = max(h.max, d)
}

func bucket(d time.Duration) int {
	exp := bits.Len64(uint64(d)) - 1
	if exp < 3 {
		return int(d)
	}
	return exp*8 + int(uint64(d)>>(exp-3)&7)
}

// upper is the greatest duration of a bucket.
func upper(b int) time.Duration {
	if b < 24 {
		return time.Duration(b)
	}
	return time.Duration(uint64(b%8+9)<<(b/8-3) - 1)
}

func (h *histogram) add(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.n += other.n
	h.max = max(h.max, other.max)
}

// quantile is the duration that the share q of all does not exceed, to within an
// eighth, in round figures.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(q * float64(h.n))
	for b, n := range h.buckets {
		if rank -= n; rank < 0 {
			return min(upper(b), h.max).Round(time.Microsecond)
		}
	}
	return h.max
}

// clockTick is the unit of CPU times under /proc.
const clockTick = 10 * time.Millisecond

// cpuTime is the CPU time that the process has used, 0 if it can't be known.
func cpuTime(pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	p, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(p[bytes.LastIndexByte(p, ')')+1:]) // the name may hold spaces
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * clockTick
}
