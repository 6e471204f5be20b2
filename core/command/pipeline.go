package command

import (
	"context"
	"io"
)

// A Pipeline is a line of commands with checked arguments, ready to run once:
// one command, or several of which each reads what the one before it writes.
type Pipeline struct {
	stages []*Invocation
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
func (p *Pipeline) Blocking() bool { return len(p.stages) > 1 || p.stages[0].Blocking() }

// Paged reports whether a terminal is to be shown the output a page at a time.
func (p *Pipeline) Paged() bool {
	last := p.stages[len(p.stages)-1]
	return last.help || last.call.Spec.Paged
}

// Cost is what the run costs in tokens of the rate limit, at least 1.
func (p *Pipeline) Cost() (n int) {
	for _, inv := range p.stages {
		n += inv.Cost()
	}
	return n
}

// Run runs the line until it is done or ctx ends. The errors are those of the
// commands that failed, in the order of the line; the last is that of the line as
// a whole. Each is for Explain, once.
func (p *Pipeline) Run(ctx context.Context, o IO) (errs []error) {
	if err := p.stages[0].Run(ctx, o.Loop, nil, o.Out, o.Err); err != nil {
		errs = append(errs, err)
	}
	return errs
}
