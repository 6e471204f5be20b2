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

// An Invocation is a command with checked arguments, ready to run once. It is
// for one goroutine at a time.
type Invocation struct {
	cmd     Command
	call    Call
	help    bool // show the spec's help instead
	log     *slog.Logger
	session slog.Attr // who runs it, for the log; the zero value for nobody
}

// Spec is the spec of the command, which is shared: read only.
func (inv *Invocation) Spec() *Spec { return inv.call.Spec }

// Blocking reports whether Run may wait for something. If not, it is done
// within some 100 µs.
func (inv *Invocation) Blocking() bool { return inv.call.Spec.Blocking && !inv.help }

// Cost is what the run costs in tokens of the rate limit, at least 1.
func (inv *Invocation) Cost() int {
	if inv.help {
		return 1
	}
	return max(1, inv.call.Spec.Cost)
}

// Run runs the command until it is done, its deadline passes or ctx ends; the
// last two only as soon as the command heeds its context. Only a Blocking
// command has a deadline: any other gets ctx as it is. Nil for in is no input,
// nil for out or errw drops the output; loop as in [IO]. A panic of the command is an error like
// any other.
//
// The error has the *chat.Error that the user will read in its chain and is for
// Explain, which logs what the operator should see of it.
func (inv *Invocation) Run(ctx context.Context, loop Loop, in io.Reader, out, errw io.Writer) error {
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
	err := inv.run(ctx)
	if inv.log.Enabled(ctx, slog.LevelDebug) {
		code := "ok"
		if err != nil {
			code = string(shown(err).Code)
		}
		inv.log.LogAttrs(ctx, slog.LevelDebug, "command done",
			append(inv.attrs(), slog.String("code", code), slog.Duration("duration", time.Since(start)))...)
	}
	if err != nil {
		return &failure{attrs: inv.attrs(), err: err}
	}
	return nil
}

// run is Run without the log.
func (inv *Invocation) run(ctx context.Context) (err error) {
	if inv.help {
		return WriteHelp(inv.call.Out, inv.call.Spec)
	}
	if spec := inv.call.Spec; spec.Blocking {
		timeout := spec.Timeout
		if timeout == 0 {
			timeout = DefaultTimeout
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	err = inv.cmd.Run(ctx, &inv.call)
	if _, coded := errors.AsType[*chat.Error](err); err == nil || coded {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		// It failed because it was stopped, in the words of whatever it waited
		// for. Why it was stopped is what the user wants to know.
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// attrs says in the log whose command it is. Arguments are in no log.
func (inv *Invocation) attrs() []slog.Attr {
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

// noInput is a reader at its end.
type noInput struct{}

func (noInput) Read([]byte) (int, error) { return 0, io.EOF }
