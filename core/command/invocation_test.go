package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// prepare is a line that must be right, ready to run.
func prepare(tb testing.TB, d *Dispatcher, s Session, in string) *Pipeline {
	tb.Helper()
	l, err := line.Parse(in, line.ModeAuto, d.Grammar(s))
	if err != nil {
		tb.Fatal(err)
	}
	p, err := d.Prepare(s, l)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// run runs a line of one command that must be right.
func run(ctx context.Context, t *testing.T, d *Dispatcher, s Session, in string) error {
	t.Helper()
	return only(prepare(t, d, s, in).Run(ctx, IO{}))
}

// only is the error, if there is one, of a line of one command.
func only(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}

func TestInvocation(t *testing.T) {
	d, _ := testDispatcher(t)
	inv := prepare(t, d, guest, "history 5")
	if !inv.Blocking() || inv.Cost() != 3 || inv.Name() != "history" {
		t.Errorf("history: %t, %d, %s", inv.Blocking(), inv.Cost(), inv.Name())
	}
	inv = prepare(t, d, guest, "who")
	if inv.Blocking() || inv.Cost() != 1 {
		t.Errorf("who: %t, %d", inv.Blocking(), inv.Cost())
	}
}

func TestRunStreams(t *testing.T) {
	d, _ := testDispatcher(t)
	var out, errw strings.Builder
	if errs := prepare(t, d, guest, "cat").Run(t.Context(), IO{Out: &out, Err: &errw}); errs != nil || out.String() != "" || errw.String() != "done\n" {
		t.Errorf("%q, %q, %v", out.String(), errw.String(), errs)
	}
	if err := run(t.Context(), t, d, guest, "cat"); err != nil {
		t.Error(err)
	}
	broken, w := io.Pipe()
	broken.Close()
	if errs := prepare(t, d, guest, "who --help").Run(t.Context(), IO{Out: w}); len(errs) != 1 || !errors.Is(errs[0], io.ErrClosedPipe) {
		t.Errorf("help to a closed pipe: %v", errs)
	}
}

// Every kind of error that a command can end with: what the user reads, its
// code, and what the log has.
func TestRunErrors(t *testing.T) {
	disk := errors.New("disk on fire")
	goingDown := chat.Errorf(chat.Unavailable, "The server is going down.")
	for _, tt := range []struct {
		name string
		run  func(ctx context.Context, c *Call) error
		ctx  func() (context.Context, context.CancelFunc)
		text string
		code chat.Code
		log  string // after the debug line; "" for nothing
	}{
		{name: "coded", run: func(context.Context, *Call) error {
			return fmt.Errorf("join: %w", &chat.Error{Code: chat.NotFound, Text: "There is no such room.", Err: disk})
		}, text: "There is no such room.", code: chat.NotFound},
		{name: "unavailable", run: func(context.Context, *Call) error {
			return chat.Errorf(chat.Unavailable, "Not now.")
		}, text: "Not now.", code: chat.Unavailable},
		{name: "unavailable for a cause", run: func(context.Context, *Call) error {
			return &chat.Error{Code: chat.Unavailable, Text: "Not saved.", Err: disk}
		}, text: "Not saved.", code: chat.Unavailable, log: `level=WARN msg="command failed" session=8 command=fail told="Not saved." error="disk on fire"`},
		{name: "internal", run: func(context.Context, *Call) error {
			return chat.Errorf(chat.Internal, "We lost it.")
		}, text: "We lost it.", code: chat.Internal, log: `level=ERROR msg="command failed" session=8 command=fail told="We lost it."`},
		{name: "unknown", run: func(context.Context, *Call) error {
			return fmt.Errorf("save /var/lib/x: %w", disk)
		}, text: wentWrong, code: chat.Internal,
			log: `level=ERROR msg="command failed" session=8 command=fail told="` + wentWrong + `" error="save /var/lib/x: disk on fire"`},
		{name: "panic", run: func(context.Context, *Call) error { panic("oh \x1b[31m no") }, text: wentWrong, code: chat.Internal,
			log: `level=ERROR msg="command failed" session=8 command=fail told="` + wentWrong + `" error="panic: oh \x1b[31m no" stack="goroutine `},
		{name: "deadline", run: wait, text: tookTooLong, code: chat.Unavailable,
			log: `level=WARN msg="command failed" session=8 command=fail told="` + tookTooLong + `" error="context deadline exceeded"`},
		{name: "deadline in other words", run: func(ctx context.Context, c *Call) error { <-ctx.Done(); return disk }, text: tookTooLong, code: chat.Unavailable,
			log: `level=WARN msg="command failed" session=8 command=fail told="` + tookTooLong + `" error="context deadline exceeded: disk on fire"`},
		{name: "deadline with its own text", run: func(ctx context.Context, c *Call) error {
			<-ctx.Done()
			return chat.Errorf(chat.Limited, "Too many.")
		}, text: "Too many.", code: chat.Limited},
		{name: "cancelled", run: wait, ctx: func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, text: cancelled, code: chat.Unavailable},
		{name: "cancelled for a reason", run: wait, ctx: func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(context.Background())
			time.AfterFunc(time.Second, func() { cancel(goingDown) })
			return ctx, func() { cancel(nil) }
		}, text: "The server is going down.", code: chat.Unavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, log := testDispatcher(t, fails(tt.run))
				ctx, cancel := context.WithCancel(context.Background())
				if tt.ctx != nil {
					ctx, cancel = tt.ctx()
				}
				defer cancel()
				err := run(ctx, t, d, guest, "fail")
				if code := chat.ErrorCode(err); code != tt.code {
					t.Errorf("code %s, want %s", code, tt.code)
				}
				if got := d.Explain(err); got != tt.text {
					t.Errorf("shown %q, want %q", got, tt.text)
				}
				debug, rest, _ := strings.Cut(log.String(), "\n")
				if want := fmt.Sprintf(`level=DEBUG msg="command done" session=8 command=fail code=%s`, tt.code); debug != want {
					t.Errorf("debug line %q, want %q", debug, want)
				}
				if !strings.HasPrefix(rest, tt.log) || (rest == "") != (tt.log == "") || strings.Count(rest, "\n") > 1 {
					t.Errorf("log %q, want %q", rest, tt.log)
				}
			})
		})
	}
}

func wait(ctx context.Context, _ *Call) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDefaultTimeout(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: 5 * time.Second, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			d, _ := testDispatcher(t, New(Spec{Name: "slow", Summary: "s", Blocking: true, Timeout: timeout}, wait))
			err := run(t.Context(), t, d, guest, "slow")
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != want {
				t.Errorf("%v after %v, want %v", err, time.Since(start), want)
			}
		})
	}
}

// A command that does not block runs to its end: no deadline, and no timer.
func TestNoTimeout(t *testing.T) {
	var got context.Context
	d, _ := testDispatcher(t, New(Spec{Name: "quick", Summary: "s"}, func(ctx context.Context, _ *Call) error {
		got = ctx
		return nil
	}))
	if err := run(t.Context(), t, d, guest, "quick"); err != nil {
		t.Fatal(err)
	}
	if got != t.Context() {
		t.Errorf("the command ran with %v, not with the caller's own context", got)
	}
}

// A rover is a person whose log value changes, as a session's does on its loop.
type rover struct {
	person
	name string
}

func (r *rover) LogValue() slog.Value { return slog.StringValue(r.name) }

// The log value belongs to the session's loop, so a command that runs elsewhere
// must not ask for it: the log has the one of the time of the line.
func TestLogValueIsTakenFirst(t *testing.T) {
	boom := errors.New("boom")
	d, log := testDispatcher(t, fails(func(context.Context, *Call) error { return boom }))
	s := &rover{person: guest, name: "before"}
	p := prepare(t, d, s, "fail")
	ended := make(chan error)
	go func() { ended <- only(p.Run(t.Context(), IO{})) }()
	s.name = "after"
	d.Explain(<-ended)
	if got := log.String(); strings.Count(got, "session=before") != 2 || strings.Contains(got, "after") {
		t.Errorf("log\n%s\nwant session=before twice", got)
	}
}

// The log says who and which command, never on what.
func TestLogHoldsNoArguments(t *testing.T) {
	d, log := testDispatcher(t)
	for _, in := range []string{"login fish hunter2", "/msg fish hunter2", "login fish -hunter2", "/mute hunter2 1h", "/whois hunter2", "/roll hunter2"} {
		do(d, guest, in, line.ModeAuto)
	}
	const want = "level=DEBUG msg=\"command done\" session=8 command=login code=ok\nlevel=DEBUG msg=\"command done\" session=8 command=msg code=ok\n"
	if log.String() != want {
		t.Errorf("log\n%s\nwant\n%s", log, want)
	}
	log.Reset()
	if err := run(t.Context(), t, d, nameless{}, "who"); err != nil || log.String() != "level=DEBUG msg=\"command done\" command=who code=ok\n" {
		t.Errorf("%v, log %s", err, log)
	}
}

func TestExplain(t *testing.T) {
	d, log := testDispatcher(t)
	for _, tt := range []struct {
		err    error
		want   string
		logged bool
	}{
		{nil, "", false},
		{context.DeadlineExceeded, tookTooLong, true},
		{fmt.Errorf("read: %w", context.Canceled), cancelled, false},
		{&line.Error{Text: "The quote is open.", Column: 3}, "The quote is open.", false},
		{&line.Error{Text: "The quote is open.", Column: 3, Said: "who 'x"}, "The quote is open.\nUsage: who [ROOM]\nTo say it: say who 'x", false},
		{&line.Error{Text: "The quote is open.", Column: 3, Said: "alias 'x"}, "The quote is open.\nTo say it: put say before it.", false},
		{fmt.Errorf("x: %w", chat.Errorf(chat.Limited, "Slow down.")), "Slow down.", false},
		{errors.New("boom"), wentWrong, true},
	} {
		log.Reset()
		if got := d.Explain(tt.err); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
		if n := strings.Count(log.String(), "\n"); n > 1 || (n == 1) != tt.logged {
			t.Errorf("%v: log %q", tt.err, log)
		}
	}
}
