package main

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// maxLogQueue bounds the log that waits to be written, in bytes.
const maxLogQueue = 1 << 20

// A logWriter writes a log on a goroutine of its own, so that nobody who logs
// ever waits: not for a terminal on Ctrl-S, not for a pipe that nobody reads.
// What waits is bounded by maxLogQueue; a record beyond it is dropped whole,
// and how many were is logged as soon as the log flows again.
//
// Any goroutine may call Write, once a record.
type logWriter struct {
	to     io.Writer
	direct atomic.Pointer[slog.Logger] // to to, for the goroutine alone
	wake   chan struct{}               // holds a value if there is something to do
	done   chan struct{}               // closed when the goroutine has ended

	mu      sync.Mutex
	queue   []byte
	writing int // bytes that are taken off the queue and not written yet
	dropped int // records
	closed  bool
}

// newLogWriter starts a logWriter, which ends with close.
func newLogWriter(to io.Writer) *logWriter {
	w := &logWriter{to: to, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// Write implements io.Writer for one record. It neither blocks nor fails. What
// comes after close is dropped.
func (w *logWriter) Write(record []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
	case w.writing+len(w.queue)+len(record) > maxLogQueue:
		w.dropped++
	default:
		w.queue = append(w.queue, record...)
		w.notify()
	}
	return len(record), nil
}

func (w *logWriter) notify() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// keptLogQueue is up to which size, in bytes, the memory of a batch is used again.
const keptLogQueue = 16 << 10

func (w *logWriter) run() {
	defer close(w.done)
	var batch []byte
	for {
		var dropped int
		var closed bool
		batch, dropped, closed = w.take(batch)
		if len(batch) > 0 {
			_, _ = w.to.Write(batch) // there is no other place to tell of an error
		}
		if dropped > 0 {
			// An error, which every level shows: there may have been errors among
			// them.
			w.direct.Load().Error("log records were dropped because nothing took them", "count", dropped)
		}
		switch {
		case len(batch) > 0:
		case closed:
			return
		default:
			<-w.wake
		}
	}
}

// take is what there is to write, and how many records were dropped after the
// start of it. The memory of the batch before, which is written, is for the next.
func (w *logWriter) take(written []byte) (batch []byte, dropped int, closed bool) {
	if cap(written) > keptLogQueue {
		written = nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	batch, dropped, closed = w.queue, w.dropped, w.closed
	w.queue, w.dropped, w.writing = written[:0], 0, len(batch)
	return batch, dropped, closed
}

// close writes what waits, for at most so long, and ends the goroutine; if a
// write is stuck even then, the goroutine ends when that write does. It may be
// called again.
func (w *logWriter) close(timeout time.Duration) {
	w.mu.Lock()
	w.closed = true
	w.notify()
	w.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
	}
}
