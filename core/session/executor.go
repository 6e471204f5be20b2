package session

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"

	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// start runs a command that may block on a goroutine of its own; the lines
// after it wait until it ends.
func (s *Session) start(p *command.Pipeline) {
	ctx, cancel := context.WithCancel(context.Background())
	w := s.working()
	out := &remoteWriter{ctx: ctx, session: s}
	out.space.L = &out.mu
	w.cancel, w.cancelled, w.name, w.out = cancel, false, p.Name(), out
	stop := context.AfterFunc(ctx, out.wake)
	go func() {
		errs := p.Run(ctx, command.IO{Out: out, Err: out, Loop: s.onLoop})
		out.flush()
		stop()
		s.call(func() { s.finished(w, ctx, errs) })
	}()
}

// onLoop is the command.Loop of what runs on another goroutine.
func (s *Session) onLoop(ctx context.Context, f func()) error {
	var claimed atomic.Bool // by the loop, to run f, or by the end of ctx
	done := make(chan struct{})
	s.call(func() {
		if claimed.CompareAndSwap(false, true) {
			defer close(done)
			f()
		}
	})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	if claimed.CompareAndSwap(false, true) {
		return context.Cause(ctx)
	}
	<-done
	return nil
}

// finished ends the command that runs and goes on with the lines that wait.
func (s *Session) finished(w *work, ctx context.Context, errs []error) {
	cancelled := ctx.Err() != nil
	w.cancel()
	if s.work != w { // the session has ended meanwhile
		return
	}
	w.cancel, w.out = nil, nil
	if !cancelled {
		s.complainAll(errs)
	}
	s.proceed()
}

// A lineWriter turns what a command writes into clean lines that end in CRLF.
type lineWriter struct {
	buf  []byte
	part []byte // of the last line, which has not ended
}

// Write implements io.Writer. It never fails.
func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			w.part = append(w.part, p...)
			return n, nil
		}
		w.end(p[:i])
		p = p[i+1:]
	}
}

func (w *lineWriter) end(p []byte) {
	if len(w.part) > 0 {
		p = append(w.part, p...)
		w.part = w.part[:0]
	}
	w.buf = text.AppendClean(w.buf, string(p))
	w.buf = append(w.buf, crlf...)
}

// frame takes all that was written, a last line without LF included.
func (w *lineWriter) frame() []byte {
	if len(w.part) > 0 {
		w.end(nil)
	}
	frame := w.buf
	w.buf = nil
	return frame
}

// maxFlight is how many bytes of a command's output may be on their way to the
// peer; a command that writes more waits. maxFrame is how many go at a time.
const (
	maxFlight = 32 << 10
	maxFrame  = 8 << 10
)

// A remoteWriter is the output of a command that runs on another goroutine.
type remoteWriter struct {
	ctx     context.Context
	session *Session

	mu     sync.Mutex
	lines  lineWriter
	space  sync.Cond
	flight int // bytes on their way to the loop
	owed   int // bytes in the session's outbox, when it was last known
}

// Write implements io.Writer. It blocks while too much is on its way, and fails
// once the command is cancelled.
func (w *remoteWriter) Write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(p) > 0 {
		for w.flight+w.owed > maxFlight && w.ctx.Err() == nil {
			w.space.Wait()
		}
		if err := w.ctx.Err(); err != nil {
			return n, err
		}
		k, _ := w.lines.Write(p[:min(len(p), maxFrame)])
		n, p = n+k, p[k:]
		w.sendLocked(w.lines.buf)
		w.lines.buf = nil
	}
	return n, nil
}

func (w *remoteWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sendLocked(w.lines.frame())
}

func (w *remoteWriter) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.space.Broadcast()
}

func (w *remoteWriter) sendLocked(frame []byte) {
	if len(frame) == 0 {
		return
	}
	w.flight += len(frame)
	s := w.session
	s.call(func() {
		if !s.closing && w.ctx.Err() == nil {
			s.seat.Settle()
			s.queue(frame)
		}
		w.arrived(len(frame), int(s.out.size))
	})
}

// arrived notes, on the loop, that n bytes came to the outbox, which owes so
// many now.
func (w *remoteWriter) arrived(n, owed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flight -= n
	w.owed = owed
	w.space.Broadcast()
}
