package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// A Pipeline is a line of commands with checked arguments, ready to run once:
// one command, or several of which each reads what the one before it writes.
//
// Several commands, the stages, run at the same time, a Blocking one on a
// goroutine of its own. A stage that is not Blocking runs on the session's loop
// when all its input is there, and what it writes goes on when it has run. A
// stage that ends ends what feeds it, which is no failure: writing into its pipe
// fails, as does reading what it still waits for, and its context ends. What is
// not Blocking runs nevertheless, but for what it has Block run. A stage
// that fails is like one that is done to the stage after it; but if the line is
// ended as a whole, by its context or a limit, no stage sees the end of its input.
type Pipeline struct {
	stages []invocation
	limits Limits
	one    [1]invocation // the stages, if it is only one
}

// An IO is what a line of commands works on.
type IO struct {
	Out  io.Writer // what the last command writes; nil drops it
	Err  io.Writer // what any command tells the caller; nil drops it
	Loop Loop      // reaches the session from where Run is called; nil: it is the session's loop
}

// Name is how the user knows the line: the name of its first command.
func (p *Pipeline) Name() string { return p.stages[0].call.Spec.Name }

// Blocking reports whether Run may wait for something, so that it needs a
// goroutine of its own. If not, it is done within some 100 µs and must run on
// the session's loop.
func (p *Pipeline) Blocking() bool { return len(p.stages) > 1 || p.stages[0].blocking() }

// Paged reports whether a terminal is to be shown the output a page at a time.
func (p *Pipeline) Paged() bool {
	last := &p.stages[len(p.stages)-1]
	return last.help || last.call.Spec.Paged
}

// Cost is what the run costs in tokens of the rate limit, at least 1.
func (p *Pipeline) Cost() (n int) {
	for i := range p.stages {
		n += p.stages[i].cost()
	}
	return n
}

// Run runs the line until it is done, its deadline passes or ctx ends, and returns
// when no command of it runs any more. Its deadline is the latest of those of its
// Blocking commands, which wait for each other, or that of the limits if it is
// earlier; without a Blocking command there is none. If Rest is true then, the
// command has not ended yet.
//
// The errors are those of the commands that failed, in the order of the line, and
// then the one by which the line was ended before its time, if it was; the last is
// that of the line as a whole. Each is for Explain, once.
func (p *Pipeline) Run(ctx context.Context, o IO) []error {
	ctx, cancel := p.deadline(ctx)
	defer cancel()
	if len(p.stages) > 1 {
		return p.runStages(ctx, o)
	}
	if err := p.stages[0].run(ctx, o.Loop, nil, o.Out, o.Err); err != nil {
		return []error{err}
	}
	return nil
}

// deadline is ctx with the deadline of the line.
func (p *Pipeline) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.Rest() {
		return p.stages[0].allow(ctx)
	}
	var latest time.Duration
	for i := range p.stages {
		latest = max(latest, p.stages[i].timeout())
	}
	switch bound := p.limits.Time; {
	case len(p.stages) > 1 && bound > 0 && (latest == 0 || bound < latest):
		return context.WithTimeoutCause(ctx, bound, p.limits.tooLong())
	case latest > 0:
		return context.WithTimeout(ctx, latest)
	}
	return ctx, func() {}
}

// A flow is a run of several stages.
type flow struct {
	ctx    context.Context // of the line
	cancel context.CancelCauseFunc
	limits *Limits
	stages []flowStage
	loop   Loop
	out    io.Writer
	err    io.Writer

	mu   sync.Mutex
	over error // one stage takes more than it may
}

// A flowStage is one stage of a flow. As an io.Reader it is its own input.
type flowStage struct {
	*invocation
	flow   *flow
	ctx    context.Context         // of what may wait: a Blocking command, and what Block runs
	unread context.CancelCauseFunc // ends ctx because nobody reads its output; nil: it is the last
	in     pipe                    // from the stage before it
	before *flowStage              // nil: it is the first
	after  *flowStage              // nil: it is the last
	inLoop bool                    // it begins on the session's loop
	err    error                   // once it has ended
}

func (p *Pipeline) runStages(ctx context.Context, o IO) []error {
	shared := new(sync.Mutex)
	f := &flow{limits: &p.limits, stages: make([]flowStage, len(p.stages)), loop: o.Loop,
		out: &sharedWriter{shared, o.Out}, err: &sharedWriter{shared, o.Err}}
	f.ctx, f.cancel = context.WithCancelCause(ctx)
	defer f.cancel(nil)
	var own ownLoop
	if f.loop == nil {
		own = make(ownLoop)
		f.loop = own.do
	}
	last := len(f.stages) - 1
	for i := range f.stages {
		st := &f.stages[i]
		st.invocation, st.flow, st.ctx = &p.stages[i], f, f.ctx
		st.inLoop = !st.blocking()
		if i > 0 {
			st.in.init(f.limits.bytes())
			st.before = &f.stages[i-1]
		}
		if i < last {
			st.after = &f.stages[i+1]
			st.ctx, st.unread = context.WithCancelCause(f.ctx)
		}
	}
	defer context.AfterFunc(f.ctx, f.stop)()
	var running sync.WaitGroup
	for i := range f.stages {
		running.Go(f.stages[i].run)
	}
	if own != nil {
		own.serve(&running)
	}
	running.Wait()
	return f.result()
}

// run runs the stage and lets its neighbours know when it is done.
func (st *flowStage) run() {
	f, out := st.flow, st.flow.out
	if st.before != nil {
		defer st.before.ended()
	}
	if st.after != nil {
		out = &st.after.in
		defer st.finish()
	}
	if st.inLoop {
		st.err = st.inline(out)
	} else {
		st.err = st.invocation.run(st.ctx, f.loop, st, out, f.err)
	}
}

// Read implements io.Reader.
func (st *flowStage) Read(p []byte) (int, error) {
	if st.before == nil {
		return 0, io.EOF
	}
	n, err := st.in.Read(p)
	if errors.Is(err, errLimit) {
		err = st.flow.exceed(st.flow.limits.tooManyBytes(st.before.call.Spec.Name, st.call.Spec.Name))
	}
	return n, err
}

// ended ends the stage, since the one after it has ended, and with it what feeds
// it. Its context ends first, so that it knows why writing fails, or reading. A
// stage that must not block has work to do even if nobody reads what it writes, and
// needs its input for that.
func (st *flowStage) ended() {
	st.unread(errUnread)
	st.after.in.fail(errUnread)
	if !st.inLoop && st.before != nil {
		st.before.ended()
	}
}

// finish says that the stage writes no more. If the line is ended, that is not the
// end of the input of the next one, which must not take a part for the whole.
func (st *flowStage) finish() {
	if ctx := st.flow.ctx; ctx.Err() != nil {
		st.after.in.fail(context.Cause(ctx))
		return
	}
	st.after.in.finish()
}

// inline runs a stage that must not block on the session's loop, between reading
// all its input and writing all its output.
func (st *flowStage) inline(out io.Writer) error {
	f := st.flow
	var input, output, messages bytes.Buffer
	if st.call.Piped {
		if _, err := input.ReadFrom(st); err != nil {
			return st.failed(err)
		}
	}
	if f.ctx.Err() != nil {
		return st.failed(context.Cause(f.ctx))
	}
	var err error
	if stopped := f.loop(f.ctx, func() { err = st.invocation.run(f.ctx, nil, &input, &output, &messages) }); stopped != nil {
		return st.failed(stopped)
	}
	_, told := f.err.Write(messages.Bytes())
	_, written := out.Write(output.Bytes())
	switch failed := errors.Join(told, written); {
	case err == nil && failed != nil && !errors.Is(failed, errUnread):
		return st.failed(failed)
	case st.rest != nil:
		ctx, cancel := context.WithTimeout(st.ctx, st.timeout())
		defer cancel()
		return st.invocation.run(ctx, f.loop, &input, out, f.err)
	}
	return err
}

// exceed ends the line because of a limit.
func (f *flow) exceed(limit error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over == nil && f.ctx.Err() == nil {
		f.over = limit
		f.cancel(limit)
	}
	return context.Cause(f.ctx)
}

// stop wakes every stage that waits for another one. The context of the line has
// ended.
func (f *flow) stop() {
	for i := range f.stages[1:] {
		f.stages[i+1].in.fail(context.Cause(f.ctx))
	}
}

// result is the errors of the stages. If the line was ended before its time, most
// of them fail for that one reason, which is told once.
func (f *flow) result() (errs []error) {
	cause := context.Cause(f.ctx)
	var ended error
	if f.over != nil { // whatever the stages made of it
		ended = f.stages[0].failed(f.over)
	}
	for i := range f.stages {
		switch err := f.stages[i].err; {
		case err == nil:
		case cause != nil && errors.Is(err, cause):
			ended = err
		default:
			errs = append(errs, err)
		}
	}
	if ended != nil {
		errs = append(errs, ended)
	}
	return errs
}

// A sharedWriter is a writer for several goroutines. Those with one mutex take
// turns.
type sharedWriter struct {
	mu *sync.Mutex
	w  io.Writer // nil drops all
}

// Write implements io.Writer.
func (s *sharedWriter) Write(p []byte) (int, error) {
	if s.w == nil || len(p) == 0 {
		return len(p), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// An ownLoop makes the goroutine that waits for the stages the session's loop.
type ownLoop chan func()

// do is its Loop.
func (l ownLoop) do(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case l <- func() { defer close(done); f() }:
		<-done
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// serve is the loop until all that runs has ended.
func (l ownLoop) serve(running *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() {
		running.Wait()
		close(ended)
	}()
	for {
		select {
		case f := <-l:
			f()
		case <-ended:
			return
		}
	}
}
