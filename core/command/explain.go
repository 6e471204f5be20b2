package command

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// The sentences for errors that have none of their own.
const (
	wentWrong   = "Something went wrong on our side; the operators have been told."
	tookTooLong = "The command took too long and was stopped; try again later."
	cancelled   = "The command was cancelled."
)

// Explain is what the user reads of an error: one line or more, separated by \n.
// It is the one place where an error becomes a text, and where it is logged:
//
//	*chat.Error                its Text; logged if it is Internal, or if it is
//	                           Unavailable and has a cause
//	*line.Error                its Text, with the usage and how to say it if the
//	                           line came without a slash in mode auto
//	context.DeadlineExceeded   a fixed sentence; logged
//	context.Canceled           a fixed sentence
//	anything else              a fixed sentence; logged, a panic with its stack
//
// Give it each error once. Nil is "".
func (d *Dispatcher) Explain(err error) string {
	if err == nil {
		return ""
	}
	e := shown(err)
	switch {
	case e.Code == chat.Internal:
		d.report(slog.LevelError, e, err)
	case e.Code == chat.Unavailable && e.Err != nil && !errors.Is(e.Err, context.Canceled):
		d.report(slog.LevelWarn, e, err)
	}
	if l, ok := errors.AsType[*line.Error](err); ok && l.Said != "" {
		r := d.Registry()
		if named, ok := r.entries[firstName(l.Said)]; ok {
			e = correct(e, named.spec, l.Said, r.mayHoldSecret(l.Said))
		} else { // an alias, and who knows what it stands for
			e = correct(e, nil, l.Said, true)
		}
	}
	return e.Text
}

// shown is the error as it is shown: the first *chat.Error in its chain, or the
// one that stands for an error of another kind and has it as its cause.
func shown(err error) *chat.Error {
	if e, ok := errors.AsType[*chat.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*line.Error](err); ok {
		return &chat.Error{Code: chat.Invalid, Text: e.Text, Err: err}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &chat.Error{Code: chat.Unavailable, Text: tookTooLong, Err: err}
	case errors.Is(err, context.Canceled):
		return &chat.Error{Code: chat.Unavailable, Text: cancelled, Err: err}
	}
	return &chat.Error{Code: chat.Internal, Text: wentWrong, Err: err}
}

// report writes the one log line of an error: what the user was told, and why.
func (d *Dispatcher) report(level slog.Level, e *chat.Error, err error) {
	var attrs []slog.Attr
	if f, ok := errors.AsType[*failure](err); ok {
		attrs = append(attrs, f.attrs...)
	}
	attrs = append(attrs, slog.String("told", e.Text))
	if e.Err != nil {
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	if p, ok := errors.AsType[*panicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	d.log.LogAttrs(context.Background(), level, "command failed", attrs...)
}

// correct adds to the error of a line what helps: the usage of the command that
// the line does not fit, if that is known, and how to say the line if it came
// without a slash and so may have been meant as chat; said is that line, else "",
// and not to be shown if there may be a secret in it.
func correct(err *chat.Error, s *Spec, said string, secret bool) *chat.Error {
	t := err.Text
	if s != nil && (err.Code == chat.Invalid || said != "") {
		t += "\nUsage: " + s.Usage()
	}
	switch {
	case said == "":
	case secret:
		t += "\nTo say it: put say before it."
	default:
		t += "\nTo say it: say " + said
	}
	return &chat.Error{Code: err.Code, Text: t, Err: err.Err}
}

// endsName reports whether no name of a command goes on behind r.
func endsName(r rune) bool { return r == '|' || unicode.IsSpace(r) }

// firstName is what a line, which has one, has as the name of its first command.
func firstName(said string) string {
	for w := range strings.FieldsFuncSeq(said, endsName) {
		return w
	}
	return ""
}

// mayHoldSecret reports whether a line names, at its start or further on, a
// command with a secret argument.
func (r *Registry) mayHoldSecret(said string) bool {
	for w := range strings.FieldsFuncSeq(said, endsName) {
		if e, ok := r.entries[w]; ok && e.secret {
			return true
		}
	}
	return false
}
