package session

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/chatroom-shell/chatroom/core/command"
)

// start runs a line that may block on a goroutine of its own; the lines after
// it wait until it ends.
func (s *Session) start(p *command.Pipeline, out channel, r ref) {
	ctx, cancel := context.WithCancel(context.Background())
	w := s.working()
	f := &flow{ctx: ctx, session: s, work: w}
	f.space.L = &f.mu
	w.cancel, w.cancelled, w.name, w.ref, w.flow = cancel, false, p.Name(), r, f
	stop := context.AfterFunc(ctx, f.wake)
	go func() {
		errs := p.Run(ctx, command.IO{Out: remoteWriter{f, out}, Err: remoteWriter{f, errOut}, Loop: s.onLoop(w)})
		f.finish()
		stop()
		s.call(func() { s.finished(w, ctx, errs) })
	}()
}

// onLoop is the command.Loop of what runs for w on another goroutine. After the
// session has ended nothing runs for it any more.
func (s *Session) onLoop(w *work) command.Loop {
	return func(ctx context.Context, f func()) error {
		var claimed atomic.Bool // by the loop, to run f, or by the end of ctx
		done := make(chan struct{})
		s.call(func() {
			if ctx.Err() != nil || !claimed.CompareAndSwap(false, true) {
				return
			}
			defer close(done)
			defer s.onBehalf(w.ref)()
			f()
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
}

// finished ends the command that runs and goes on with the lines that wait.
func (s *Session) finished(w *work, ctx context.Context, errs []error) {
	cancelled := ctx.Err() != nil
	w.cancel()
	if s.work != w { // the session has ended meanwhile
		return
	}
	w.cancel, w.flow = nil, nil
	if m := s.machine(); m != nil {
		m.now = ref{}
	}
	s.expireAsk()
	s.hideInput(false)
	s.keepSoon()
	w.end = func() {
		if !cancelled {
			s.ended(w.ref, w.name, errs)
			s.answered(w)
			s.cutWrong()
		}
	}
	s.release(w)
}

// release ends the line that has run and goes on with those that wait, unless they
// are held: then what it did is not complete.
func (s *Session) release(w *work) {
	if end := w.end; end != nil && !w.held {
		w.end = nil
		end()
	}
	s.proceed()
}

// maxFlight is how many bytes of a command's output may be on their way to the
// peer; a command that writes more waits. maxFrame is how many go at a time.
const (
	maxFlight = 32 << 10
	maxFrame  = 8 << 10
)

// A flow is the output of a line that runs on other goroutines. What its
// commands write reaches the session in order and in bounded amounts.
type flow struct {
	ctx     context.Context
	session *Session
	work    *work

	mu     sync.Mutex
	lines  collector
	space  sync.Cond
	flight int // bytes on their way to the loop
	owed   int // bytes in the session's outbox and pager, when that was last known
}

// A remoteWriter is a channel of a flow.
type remoteWriter struct {
	to      *flow
	channel channel
}

// Write implements io.Writer. It blocks while too much is on its way, and fails
// once the line is cancelled.
func (w remoteWriter) Write(p []byte) (n int, err error) {
	f := w.to
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(p) > 0 {
		for f.flight+f.owed > maxFlight && f.ctx.Err() == nil {
			f.space.Wait()
		}
		if err := f.ctx.Err(); err != nil {
			return n, err
		}
		k := min(len(p), maxFrame)
		f.lines.write(w.channel, p[:k])
		n, p = n+k, p[k:]
		f.sendLocked()
	}
	return n, nil
}

// finish sends the lines that have no end.
func (f *flow) finish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines.finish()
	f.sendLocked()
}

func (f *flow) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.space.Broadcast()
}

func (f *flow) sendLocked() {
	blocks, size := f.lines.take(), 0
	for _, b := range blocks {
		size += len(b.lines)
	}
	if size == 0 {
		return
	}
	f.flight += size
	s := f.session
	s.call(func() {
		if !s.closing && f.ctx.Err() == nil {
			s.show(f.work.ref, blocks)
		}
		f.arrived(size, s.owes())
	})
}

// arrived notes, on the loop, that n bytes came to the session, which owes so
// many now.
func (f *flow) arrived(n, owed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flight -= n
	f.owed = owed
	f.space.Broadcast()
}

// owes is what of a line's output is held for the peer, in bytes.
func (s *Session) owes() int {
	n := int(s.out.size)
	if s.paging() {
		n += len(s.extra.pager.rest)
	}
	return n
}
