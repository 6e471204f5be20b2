package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// maxName is the length of the longest name, in bytes.
const maxName = 32

// Validate says all that is wrong with the spec, for its author; nil if it can
// be registered.
func (s *Spec) Validate() error {
	problems := s.problems()
	if len(s.Subs) > 0 {
		problems = append(problems, s.subProblems()...)
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("command %q: %w", s.Name, errors.Join(problems...))
}

// problems are what is wrong with the spec apart from its sub-commands.
func (s *Spec) problems() []error {
	v := validator{names: map[string]bool{"help": true}, shorts: map[string]bool{"h": true}}
	if s.Records {
		v.names[jsonFlag] = true
	}
	v.spec(s)
	for i := range s.Args {
		v.arg(s, i)
	}
	for i := range s.Flags {
		v.flag(&s.Flags[i])
	}
	return v.problems
}

// subProblems are what is wrong with the sub-commands, and with fields of the
// spec that they say for themselves.
func (s *Spec) subProblems() []error {
	var v validator
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"arguments", len(s.Args) > 0}, {"flags", len(s.Flags) > 0}, {"blocking", s.Blocking}, {"reads_input", s.ReadsInput},
		{"filter", s.Filter}, {"records", s.Records}, {"paged", s.Paged}, {"timeout", s.Timeout != 0}, {"cost", s.Cost != 0},
	} {
		if f.set {
			v.failf("a command with sub-commands has no %s: each of them says that for itself", f.name)
		}
	}
	for i := range s.Subs {
		sub := &s.Subs[i]
		if slices.ContainsFunc(s.Subs[:i], func(other Spec) bool { return other.Name == sub.Name }) {
			v.failf("the sub-command %q is there twice", sub.Name)
		}
		for _, err := range sub.problems() {
			v.failf("sub-command %q: %w", sub.Name, err)
		}
		if len(sub.Aliases) > 0 || sub.Group != "" {
			v.failf("sub-command %q: aliases and group are for commands", sub.Name)
		}
		if len(sub.Subs) > 0 {
			v.failf("sub-command %q: it can't have sub-commands of its own", sub.Name)
		}
	}
	return v.problems
}

// A validator collects the problems of one spec.
type validator struct {
	problems      []error
	names, shorts map[string]bool // of the arguments and flags so far
}

func (v *validator) failf(format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf(format, args...))
}

func (v *validator) spec(s *Spec) {
	if !validName(s.Name) {
		v.failf("the name must be 1 to %d of a-z, 0-9 and -, a letter first", maxName)
	}
	for i, a := range s.Aliases {
		if !validAlias(a) {
			v.failf("the alias %q must be 1 to %d of a-z, 0-9, -, : and ?, and not begin with -", a, 2*maxName+1)
		}
		if a == s.Name || slices.Contains(s.Aliases[:i], a) {
			v.failf("the alias %q is there twice", a)
		}
	}
	if s.Summary == "" {
		v.failf("the summary is missing")
	}
	v.oneLine("group", s.Group)
	v.oneLine("summary", s.Summary)
	for _, l := range strings.Split(s.Help, "\n") {
		v.oneLine("help", l)
	}
	for _, e := range s.Examples {
		v.oneLine("example", e)
	}
	if s.Role > chat.Admin {
		v.failf("there is no role %d", uint8(s.Role))
	}
	if s.Timeout < 0 {
		v.failf("the timeout %v is negative", s.Timeout)
	}
	if s.Timeout > 0 && !s.Blocking {
		v.failf("a timeout is for a blocking command: any other runs to its end")
	}
	if s.Cost < 0 {
		v.failf("the cost %d is negative", s.Cost)
	}
	if s.Filter && !s.ReadsInput {
		v.failf("a filter reads input")
	}
	if s.Filter && s.endsInText() {
		v.failf("a filter does not end in text, which has no | after it")
	}
	if s.endsInText() && len(s.Flags) > 0 {
		v.failf("a command that ends in text has no flags: they could not be told from the text")
	}
}

func (v *validator) arg(s *Spec, i int) {
	a, last := &s.Args[i], i == len(s.Args)-1
	v.param("argument", a)
	if a.Type == Text && !last {
		v.failf("argument %q: text must be the last argument", a.Name)
	}
	if a.Many && (!last || a.Type == Text) {
		v.failf("argument %q: only a last argument that is not text can be many", a.Name)
	}
	if i > 0 && s.Args[i-1].Optional && !a.Optional {
		v.failf("argument %q: a required argument can't follow an optional one", a.Name)
	}
	if a.Default != "" && (!a.Optional || a.Many) {
		v.failf("argument %q: only an optional argument that is not many has a default", a.Name)
	}
	if a.Secret && a.Type != String && a.Type != Text {
		v.failf("argument %q: only a string or text can be secret: the error for any other type shows the word", a.Name)
	}
	if a.Type != Int && a.Type != Count && (a.Min != 0 || a.Max != 0) {
		v.failf("argument %q: min and max are for int and count", a.Name)
	}
	if a.Max != 0 && a.Max < a.Min || a.Type == Count && (a.Min < 0 || a.Max < 0) {
		v.failf("argument %q: no number is from %d to %d", a.Name, a.Min, a.Max)
	}
}

func (v *validator) flag(f *Flag) {
	if f.Short != "" {
		if len(f.Short) != 1 || !isLetter(f.Short[0]) {
			v.failf("flag %q: the short form %q is not one letter", f.Name, f.Short)
		}
		if v.shorts[f.Short] {
			v.failf("flag %q: the short form %q is taken", f.Name, f.Short)
		}
		v.shorts[f.Short] = true
	}
	a := f.asArg()
	if f.Type == "" {
		if f.Default != "" {
			v.failf("flag %q: a switch has no default", f.Name)
		}
		a.Type, a.Default = String, ""
	}
	if f.Type == Text {
		v.failf("flag %q: text is for arguments", f.Name)
	}
	v.param("flag", &a)
}

// param checks what arguments and flags have in common.
func (v *validator) param(kind string, a *Arg) {
	if !validName(a.Name) {
		v.failf("%s %q: the name must be 1 to %d of a-z, 0-9 and -, a letter first", kind, a.Name, maxName)
	}
	if v.names[a.Name] {
		v.failf("%s %q: the name is taken", kind, a.Name)
	}
	v.names[a.Name] = true
	v.oneLine(kind, a.Help)
	switch a.Type {
	case String, Int, Duration, Count, User, Room, CommandName, Text:
		if len(a.Choices) > 0 {
			v.failf("%s %q: choices are for enum", kind, a.Name)
		}
	case Enum:
		if len(a.Choices) == 0 {
			v.failf("%s %q: an enum needs choices", kind, a.Name)
		}
		for i, c := range a.Choices {
			if c == "" || strings.ContainsFunc(c, func(r rune) bool { return r == '|' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
				v.failf("%s %q: the choice %q is not a plain word", kind, a.Name, c)
			}
			if slices.ContainsFunc(a.Choices[:i], func(d string) bool { return strings.EqualFold(c, d) }) {
				v.failf("%s %q: the choice %q is there twice", kind, a.Name, c)
			}
		}
	default:
		v.failf("%s %q: there is no type %q", kind, a.Name, a.Type)
		return
	}
	v.oneLine(kind, a.Default)
	if a.Default != "" {
		if _, err := a.normal(a.label(), a.Default); err != nil {
			v.failf("%s %q: the default does not fit: %s", kind, a.Name, err.Text)
		}
	}
}

// oneLine refuses what could forge or break a line of help.
func (v *validator) oneLine(what, s string) {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		v.failf("the %s %q is not one line of printable characters", what, s)
	}
}

// validName reports whether s is a name: of a command, an argument or a flag.
func validName(s string) bool {
	return s != "" && len(s) <= maxName && 'a' <= s[0] && s[0] <= 'z' && consistsOf(s, "-")
}

// validAlias reports whether s can be an alias. Aliases may also be signs, as in
// ":" for me, and qualified names, as in "dice:roll".
func validAlias(s string) bool {
	return s != "" && len(s) <= 2*maxName+1 && s[0] != '-' && consistsOf(s, "-:?")
}

// consistsOf reports whether s has no bytes but a-z, 0-9 and those of more.
func consistsOf(s, more string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(more, c) >= 0) {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
