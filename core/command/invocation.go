package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// An invocation is a command with checked arguments, ready to run once: one
// stage of a Pipeline.
type invocation struct {
	cmd     Command
	call    Call
	help    bool                            // show the spec's help instead
	rest    func(ctx context.Context) error // what Call.Block has left to be run; nil: nothing
	log     *slog.Logger
	session slog.Attr // who runs it, for the log; the zero value for nobody
}

// blocking reports whether run may wait for something. If not, it is done
// within some 100 µs and must run on the session's loop.
func (inv *invocation) blocking() bool {
	return (inv.call.Spec.Blocking || inv.rest != nil) && !inv.help
}

// cost is what the run costs in tokens of the rate limit, at least 1.
func (inv *invocation) cost() int {
	if inv.help {
		return 1
	}
	return max(1, inv.call.Spec.Cost)
}

// timeout is how long the command may take; 0 if it has no deadline.
func (inv *invocation) timeout() time.Duration {
	switch spec := inv.call.Spec; {
	case !inv.blocking():
		return 0
	case spec.Timeout == 0:
		return DefaultTimeout
	default:
		return spec.Timeout
	}
}

// run runs the command until it is done or ctx ends; that only as soon as the
// command heeds it. Nil for in is no input, nil for out or errw drops the
// output; loop as in IO. A panic of the command is an error like any other.
//
// The error has the *chat.Error that the user will read in its chain and is for
// Explain, which logs what the operator should see of it. There is none if the
// command was ended because nobody reads its output any more, nor if it has
// blocked: then run runs the rest when it is called again.
func (inv *invocation) run(ctx context.Context, loop Loop, in io.Reader, out, errw io.Writer) error {
	start := time.Now()
	c := &inv.call
	c.loop = loop
	if c.In = in; in == nil {
		c.In = noInput{}
	}
	if c.Out = out; out == nil {
		c.Out = io.Discard
	}
	if c.Err = errw; errw == nil {
		c.Err = io.Discard
	}
	err := inv.guarded(ctx)
	if b, ok := err.(*blocked); ok {
		inv.suspend(b)
		return nil
	}
	if inv.log.Enabled(ctx, slog.LevelDebug) {
		code := "ok"
		if err != nil {
			code = string(shown(err).Code)
		}
		inv.log.LogAttrs(ctx, slog.LevelDebug, "command done",
			append(inv.attrs(), slog.String("code", code), slog.Duration("duration", time.Since(start)))...)
	}
	if err != nil {
		return inv.failed(err)
	}
	return nil
}

// guarded is run without the log. It says why the command was stopped, if it was.
func (inv *invocation) guarded(ctx context.Context) error {
	if inv.help {
		return WriteHelp(inv.call.Out, inv.call.Spec)
	}
	err := inv.recovered(ctx)
	if errors.Is(err, errUnread) {
		return nil
	}
	if err == nil || ctx.Err() == nil {
		return err
	}
	if _, panicked := errors.AsType[*panicError](err); panicked {
		return err
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, errUnread) {
		return nil
	}
	if _, coded := errors.AsType[*chat.Error](err); !coded && !errors.Is(err, cause) {
		// It failed because it was stopped, in the words of whatever it waited
		// for. Why it was stopped is what the user wants to know.
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

func (inv *invocation) recovered(ctx context.Context) (err error) {
	defer caught(&err)
	return inv.main(ctx)
}

// failed is err with what the log says of the command.
func (inv *invocation) failed(err error) error { return &failure{attrs: inv.attrs(), err: err} }

// attrs says in the log whose command it is. Arguments are in no log.
func (inv *invocation) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 4)
	if inv.session.Key != "" {
		attrs = append(attrs, inv.session)
	}
	return append(attrs, slog.String("command", inv.call.Spec.Name))
}

// sessionAttr is what the log says of s: the zero value if s says nothing of
// itself or if log drops even errors. It is made once, when the line is
// prepared, because the log value belongs to the session's loop and a Blocking
// command runs elsewhere.
func sessionAttr(s Session, log *slog.Logger) slog.Attr {
	v, ok := s.(slog.LogValuer)
	if !ok || !log.Enabled(context.Background(), slog.LevelError) {
		return slog.Attr{}
	}
	return slog.Attr{Key: "session", Value: v.LogValue().Resolve()}
}

// A failure is the error of a run with the attributes of its log line.
type failure struct {
	attrs []slog.Attr
	err   error
}

func (f *failure) Error() string { return f.err.Error() }

// Unwrap makes chat.ErrorCode see the code under which the error is shown.
func (f *failure) Unwrap() []error { return []error{shown(f.err), f.err} }

// A panicError is a panic of a command.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// caught makes an error of a panic. It is for defer.
func caught(err *error) {
	if v := recover(); v != nil {
		*err = &panicError{value: v, stack: debug.Stack()}
	}
}

// noInput is a reader at its end.
type noInput struct{}

func (noInput) Read([]byte) (int, error) { return 0, io.EOF }
