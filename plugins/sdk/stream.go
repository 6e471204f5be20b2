package sdk

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

const (
	maxHeld = 64 << 10 // bytes of an unfinished line that wait for its end
	maxLine = 1 << 20  // bytes of a line from a pipe
)

// errDone is what a write gets after the run.
var errDone = errors.New("the run is over")

// output is the plugin's half of a run. Many goroutines may write.
type output struct {
	ctx  context.Context
	to   func(*pluginpb.RunOut) error
	mu   sync.Mutex
	done bool
}

// send sends one message, unless the run is over. The error is that of the run's
// context if it has ended.
func (o *output) send(m *pluginpb.RunOut) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return errDone
	}
	if o.ctx.Err() != nil {
		return context.Cause(o.ctx)
	}
	if err := o.to(m); err != nil {
		if o.ctx.Err() != nil {
			return context.Cause(o.ctx)
		}
		return err
	}
	return nil
}

// exit sends the last message.
func (o *output) exit(x *pluginpb.Exit) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done = true
	return o.to(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Exit{Exit: x}})
}

// A lineWriter sends whole lines, each Write's as one message, and holds what is
// behind the last line end until the next one, or flush.
type lineWriter struct {
	out  *output
	wrap func(text string) *pluginpb.RunOut
	mu   sync.Mutex
	held []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := p
	for len(rest) > 0 {
		n := min(len(rest), maxHeld)
		w.held = append(w.held, rest[:n]...)
		rest = rest[n:]
		if err := w.pass(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// pass sends what is complete, or too long to be waited for.
func (w *lineWriter) pass() error {
	n := bytes.LastIndexByte(w.held, '\n') + 1
	if n == 0 && len(w.held) >= maxHeld {
		n = wholeRunes(w.held)
	}
	if n == 0 {
		return nil
	}
	err := w.out.send(w.wrap(valid(string(w.held[:n]))))
	w.held = append(w.held[:0], w.held[n:]...)
	return err
}

// wholeRunes is how much of p does not end inside a rune.
func wholeRunes(p []byte) int {
	last := len(p) - 1
	for last > 0 && last > len(p)-utf8.UTFMax && !utf8.RuneStart(p[last]) {
		last--
	}
	if utf8.FullRune(p[last:]) {
		return len(p)
	}
	return last
}

// flush sends a last line that has no end.
func (w *lineWriter) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) == 0 {
		return nil
	}
	err := w.out.send(w.wrap(valid(string(w.held))))
	w.held = nil
	return err
}

// An input is what is piped into a run: it asks the stream as it is read, so
// that nothing has to run beside the command.
type input struct {
	ctx  context.Context
	from func() (*pluginpb.RunIn, error)
	rest []byte
	err  error
}

func (r *input) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		m, err := r.from()
		switch {
		case err == nil:
			r.rest = m.GetInput()
		case r.ctx.Err() != nil:
			r.err = context.Cause(r.ctx)
		default:
			r.err = err // io.EOF at the end of the input
		}
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// lines splits what r gives, until its end or an error.
func lines(r io.Reader) iter.Seq[string] {
	return func(yield func(string) bool) {
		s := bufio.NewReader(r)
		for {
			line, err := readLine(s)
			if err != nil && line == "" {
				return
			}
			if !yield(line) || err != nil {
				return
			}
		}
	}
}

// readLine is the next line without its end, cut at maxLine. With an error, what
// there was before it.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if room := maxLine - len(line); len(piece) > room {
			piece = piece[:room]
		}
		line = append(line, piece...)
		if err != bufio.ErrBufferFull {
			text := strings.TrimSuffix(string(line), "\n")
			return valid(strings.TrimSuffix(text, "\r")), err
		}
	}
}

// valid is s as gRPC takes it.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
