package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/chatroom-shell/chatroom/core/text"
)

// A report is a list of checks, a line each.
type report struct {
	w      io.Writer
	failed int
}

// check runs a check, whose outcome is a detail or what is wrong, and reports whether
// all is well.
func (r *report) check(name string, f func() (string, error)) bool {
	detail, err := f()
	if err != nil {
		r.failed++
		fmt.Fprintf(r.w, "FAIL  %s  %s\n", text.Pad(name, 12), indent(err.Error()))
		return false
	}
	fmt.Fprintf(r.w, "%s\n", strings.TrimRight(fmt.Sprintf("ok    %s  %s", text.Pad(name, 12), indent(detail)), " "))
	return true
}

// note is a line that is no check.
func (r *report) note(name, detail string) {
	fmt.Fprintf(r.w, "note  %s  %s\n", text.Pad(name, 12), indent(detail))
}

// indent puts the further lines of a text under its first.
func indent(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range lines {
		lines[i] = text.Clean(lines[i])
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", 20))
}

// err is that something failed; nil if nothing did.
func (r *report) err(what string) error {
	switch r.failed {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s: 1 check failed", what)
	}
	return fmt.Errorf("%s: %d checks failed", what, r.failed)
}
