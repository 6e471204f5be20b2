package command

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// WriteHelp writes to w what somebody needs who knows what the command is for:
// usage, summary, sub-commands, arguments and flags, and where there is more. It
// writes plain lines that end in \n, in one Write. For one sub-command give it
// what Spec.Sub returns.
func WriteHelp(w io.Writer, s *Spec) error {
	var b strings.Builder
	s.writeUsage(&b)
	s.writeParameters(&b)
	if s.hasMore() {
		fmt.Fprintf(&b, "\nman %s says more.\n", s.Name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteManual writes to w all that a spec says, also of its sub-commands: plain
// lines that end in \n, in one Write. For one sub-command give it what Spec.Sub
// returns.
func WriteManual(w io.Writer, s *Spec) error {
	var b strings.Builder
	s.writeManual(&b)
	for i := range s.Subs {
		if s.Subs[i].Hidden {
			continue
		}
		sub, _ := s.Sub(s.Subs[i].Name)
		b.WriteString("\n")
		sub.writeManual(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Spec) writeManual(b *strings.Builder) {
	s.writeUsage(b)
	if s.Help != "" {
		fmt.Fprintf(b, "\n%s\n", strings.Trim(s.Help, "\n"))
	}
	s.writeParameters(b)
	if len(s.Examples) > 0 {
		fmt.Fprintf(b, "\nExamples\n")
		for _, e := range s.Examples {
			fmt.Fprintf(b, "  %s\n", e)
		}
	}
	if notes := s.notes(); len(notes) > 0 {
		fmt.Fprintf(b, "\n%s\n", strings.Join(notes, "\n"))
	}
}

func (s *Spec) writeUsage(b *strings.Builder) {
	fmt.Fprintf(b, "%s - %s\n", s.Usage(), s.Summary)
}

// writeParameters writes what can follow the name.
func (s *Spec) writeParameters(b *strings.Builder) {
	var subs, args, flags []row
	for i := range s.Subs {
		if s.Subs[i].Hidden {
			continue
		}
		sub, _ := s.Sub(s.Subs[i].Name)
		meaning := sub.Summary
		if sub.Role > s.Role {
			meaning += fmt.Sprintf(" (needs the role %v)", sub.Role)
		}
		subs = append(subs, row{sub.Usage(), meaning})
	}
	for i := range s.Args {
		a := &s.Args[i]
		args = append(args, row{a.placeholder(), a.describe()})
	}
	for i := range s.Flags {
		f := &s.Flags[i]
		a := f.asArg()
		r := row{f.usage(), a.describe()}
		if f.Short != "" {
			r.term = "-" + f.Short + ", " + r.term
		}
		flags = append(flags, r)
	}
	if s.hasJSON() {
		flags = append(flags, row{"--" + jsonFlag, "write JSON, an object a line"})
	}
	writeTable(b, "Sub-commands", subs)
	writeTable(b, "Arguments", args)
	writeTable(b, "Flags", flags)
}

// hasMore reports whether the manual says more than the help.
func (s *Spec) hasMore() bool {
	return s.Help != "" || len(s.Examples) > 0 || len(s.notes()) > 0 ||
		slices.ContainsFunc(s.Subs, func(sub Spec) bool {
			return !sub.Hidden && (len(sub.Args) > 0 || len(sub.Flags) > 0 || sub.hasMore())
		})
}

// notes are what the other fields say of the command, a sentence each.
func (s *Spec) notes() (notes []string) {
	switch {
	case s.Filter:
		notes = append(notes, "It works on what is piped into it: "+s.pipedExample())
	case s.ReadsInput && s.endsInText():
		notes = append(notes, "After a | it takes its text from the command before it.")
	case s.ReadsInput:
		notes = append(notes, "After a | it reads what the command before it writes.")
	}
	if len(s.Aliases) > 0 {
		notes = append(notes, "Other names: "+strings.Join(s.Aliases, ", "))
	}
	if s.Role > chat.Guest {
		notes = append(notes, fmt.Sprintf("Needs the role: %v", s.Role))
	}
	return notes
}

// WriteIndex writes the visible commands of the caller to w, a line each with its
// summary, in sections by group: plain lines that end in \n, in one Write.
// Sections come in the order in which the groups first were in NewRegistry.
func (r *Registry) WriteIndex(w io.Writer, c Caller) error {
	sections := make(map[string][]row)
	for _, e := range r.sorted {
		if s := e.spec; !s.Hidden && e.permits(c) && !elsewhereOnly(e.cmd, c) {
			sections[s.Group] = append(sections[s.Group], row{s.Name, s.Summary})
		}
	}
	var b strings.Builder
	for _, g := range r.groups {
		if g != "" {
			writeTable(&b, g, sections[g])
		}
	}
	writeTable(&b, "Other", sections[""])
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

// A row is a term and what it means. Terms are ASCII but for the choices of an
// enum, which may be a little out of line.
type row struct{ term, meaning string }

// writeTable writes an empty line, a heading and the rows in two columns; nothing
// without rows.
func writeTable(b *strings.Builder, heading string, rows []row) {
	if len(rows) == 0 {
		return
	}
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
