package command

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// WriteHelp writes all that a spec says to w: plain lines that end in \n, in one
// Write.
func WriteHelp(w io.Writer, s *Spec) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s - %s\n", s.Usage(), s.Summary)
	if s.Help != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.Trim(s.Help, "\n"))
	}
	if len(s.Args) > 0 {
		rows := make([]row, len(s.Args))
		for i := range s.Args {
			a := &s.Args[i]
			rows[i] = row{a.placeholder(), a.describe()}
		}
		writeTable(&b, "Arguments", rows)
	}
	if len(s.Flags) > 0 {
		rows := make([]row, len(s.Flags))
		for i := range s.Flags {
			f := &s.Flags[i]
			a := f.asArg()
			rows[i] = row{f.usage(), a.describe()}
			if f.Short != "" {
				rows[i].term = "-" + f.Short + ", " + rows[i].term
			}
		}
		writeTable(&b, "Flags", rows)
	}
	if len(s.Examples) > 0 {
		fmt.Fprintf(&b, "\nExamples\n")
		for _, e := range s.Examples {
			fmt.Fprintf(&b, "  %s\n", e)
		}
	}
	var notes []string
	if len(s.Aliases) > 0 {
		notes = append(notes, "Other names: "+strings.Join(s.Aliases, ", "))
	}
	if s.Role > chat.Guest {
		notes = append(notes, fmt.Sprintf("Needs the role: %v", s.Role))
	}
	if len(notes) > 0 {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(notes, "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteIndex writes the visible commands of the caller to w, a line each with its
// summary, in sections by group: plain lines that end in \n, in one Write.
// Sections come in the order in which the groups first were in NewRegistry.
func (r *Registry) WriteIndex(w io.Writer, c Caller) error {
	sections := make(map[string][]row)
	for _, s := range r.Visible(c.Role(), c.LoggedIn()) {
		sections[s.Group] = append(sections[s.Group], row{s.Name, s.Summary})
	}
	var b strings.Builder
	for _, g := range r.groups {
		if g != "" && len(sections[g]) > 0 {
			writeTable(&b, g, sections[g])
		}
	}
	if rest := sections[""]; len(rest) > 0 {
		writeTable(&b, "Other", rest)
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

// A row is a term and what it means. Terms are ASCII but for the choices of an
// enum, which may be a little out of line.
type row struct{ term, meaning string }

// writeTable writes an empty line, a heading and the rows in two columns.
func writeTable(b *strings.Builder, heading string, rows []row) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.term))
	}
	fmt.Fprintf(b, "\n%s\n", heading)
	for _, r := range rows {
		line := fmt.Sprintf("  %-*s  %s", width, r.term, r.meaning)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// describe is an argument's help with what its value may be.
func (a *Arg) describe() string {
	var limits []string
	if a.Type == Enum {
		limits = append(limits, listOr(a.Choices))
	}
	if least, most := a.limits(); (a.Type == Int || a.Type == Count) && most != math.MaxInt64 {
		limits = append(limits, fmt.Sprintf("%d to %d", least, most))
	}
	if a.Default != "" {
		limits = append(limits, "default "+a.Default)
	}
	if len(limits) == 0 {
		return a.Help
	}
	return strings.TrimLeft(a.Help+" ("+strings.Join(limits, "; ")+")", " ")
}
