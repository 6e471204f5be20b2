package command

import (
	"context"
	"time"
)

// Block has the rest of a command that is not Blocking run where it may wait: for
// a command that is quick for most who use it and has to wait for some. The
// command returns what Block returns, and f runs soon after it on a goroutine of
// its own, with what was written so far shown:
//
//	return c.Block(func(ctx context.Context) error { ... })
//
// From then on the call is like that of a Blocking command: Session is nil, Do
// reaches the session, and ctx ends after the spec's time, DefaultTimeout. The time
// that the caller takes to answer Ask does not count.
func (c *Call) Block(f func(ctx context.Context) error) error { return &blocked{f} }

// blocked is what Block returns: no failure but the rest of a command.
type blocked struct {
	rest func(ctx context.Context) error
}

// Error implements error. It is seen only if a command does not return what Block
// returned.
func (*blocked) Error() string { return "the rest of the command has not run" }

// Rest reports whether Run has run only the first part of a command, which has
// blocked. Run must then be called once more, from where it may wait; Blocking
// is true from then on.
func (p *Pipeline) Rest() bool { return len(p.stages) == 1 && p.stages[0].rest != nil }

// suspend notes what is left of the command, while the session can be asked.
func (inv *invocation) suspend(b *blocked) {
	c := &inv.call
	v := c.View()
	c.view, c.Session = &v, nil
	inv.rest = b.rest
}

// main runs the command, or what is left of it.
func (inv *invocation) main(ctx context.Context) error {
	f := inv.rest
	if f == nil {
		f = func(ctx context.Context) error { return inv.cmd.Run(ctx, &inv.call) }
	}
	inv.rest = nil
	for {
		err := f(ctx)
		b, ok := err.(*blocked)
		if !ok || inv.call.Session != nil {
			return err
		}
		f = b.rest // it may wait already
	}
}

// An allowance is the time that a command has. It does not run while the caller is
// asked for something.
type allowance struct {
	timer *time.Timer
	time  time.Duration
}

// allow is ctx with the time that what is left of the command has.
func (inv *invocation) allow(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	a := &allowance{time: inv.timeout()}
	a.timer = time.AfterFunc(a.time, func() { cancel(context.DeadlineExceeded) })
	inv.call.allowance = a
	return ctx, func() {
		a.timer.Stop()
		cancel(nil)
	}
}

// pause stops the time until what it returns is called; then it begins anew. A nil
// allowance does nothing.
func (a *allowance) pause() (resume func()) {
	if a == nil || !a.timer.Stop() {
		return func() {}
	}
	return func() { a.timer.Reset(a.time) }
}
