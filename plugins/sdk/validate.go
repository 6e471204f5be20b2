package sdk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxName is the length of the longest name, in bytes.
const maxName = 32

var roles = []string{"", "guest", "user", "moderator", "operator", "admin"}

// validate says all that the server would refuse, for the author.
func (p *parts) validate(name, version string) error {
	var v validator
	if !validName(name) {
		v.failf("plugin %q: the name must be 1 to %d of a-z, 0-9 and -, a letter first", name, maxName)
	}
	if version == "" {
		v.failf("plugin %q: the version is missing", name)
	}
	taken := map[string]bool{}
	for i := range p.commands {
		c := &p.commands[i]
		v.command(c, "")
		for _, n := range append([]string{c.Name}, c.Aliases...) {
			if taken[n] {
				v.failf("command %q: the name %q is there twice", c.Name, n)
			}
			taken[n] = true
		}
	}
	for i := range p.filters {
		v.selection("filter", &p.filters[i].matcher, []string{Say, Emote, Private})
	}
	for i := range p.events {
		v.selection("event", &p.events[i].matcher, []string{Say, Emote, Join, Leave, Rename, TopicSet, Redaction})
		if len(p.events[i].Kinds) == 0 {
			v.failf("event: the kinds are missing")
		}
	}
	return errors.Join(v.problems...)
}

// A validator collects problems.
type validator struct{ problems []error }

func (v *validator) failf(format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf(format, args...))
}

func (v *validator) selection(what string, m *matcher, kinds []string) {
	if m.err != nil {
		v.failf("%s: the pattern %q: %w", what, m.Match, m.err)
	}
	for _, k := range m.Kinds {
		if !slices.Contains(kinds, k) {
			v.failf("%s: there is no kind %q; the kinds are %s", what, k, strings.Join(kinds, ", "))
		}
	}
}

// command checks one command, or a sub-command of the command over.
func (v *validator) command(c *Command, over string) {
	where := fmt.Sprintf("command %q", strings.TrimSpace(over+" "+c.Name))
	if c.err != nil {
		v.failf("%s: %w", where, c.err)
		return
	}
	if !validName(c.Name) {
		v.failf("%s: the name must be 1 to %d of a-z, 0-9 and -, a letter first", where, maxName)
	}
	for _, a := range c.Aliases {
		if a == "" || len(a) > 2*maxName+1 || a[0] == '-' || !consistsOf(a, "-:?") {
			v.failf("%s: the alias %q must be 1 to %d of a-z, 0-9, -, : and ?, and not begin with -", where, a, 2*maxName+1)
		}
	}
	if c.Summary == "" {
		v.failf("%s: the summary is missing", where)
	}
	for what, s := range map[string]string{"group": c.Group, "summary": c.Summary} {
		v.oneLine(where, what, s)
	}
	for l := range strings.SplitSeq(c.Help, "\n") {
		v.oneLine(where, "help", l)
	}
	for _, e := range c.Examples {
		v.oneLine(where, "example", e)
	}
	if !slices.Contains(roles, c.Role) {
		v.failf("%s: there is no role %q; the roles are %s", where, c.Role, strings.Join(roles[1:], ", "))
	}
	if c.Timeout < 0 || c.Cost < 0 {
		v.failf("%s: the timeout or the cost is negative", where)
	}
	if len(c.Subs) > 0 {
		v.subs(c, where, over)
		return
	}
	if c.Run == nil {
		v.failf("%s: it has nothing to run", where)
	}
	v.params(c, where)
}

func (v *validator) subs(c *Command, where, over string) {
	if over != "" {
		v.failf("%s: a sub-command has no sub-commands", where)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"Args", len(c.Args) > 0}, {"Flags", len(c.Flags) > 0}, {"Run", c.Run != nil}, {"ReadsInput", c.ReadsInput}, {"Filter", c.Filter},
		{"Records", c.Records}, {"Paged", c.Paged}, {"Timeout", c.Timeout != 0}, {"Cost", c.Cost != 0},
	} {
		if f.set {
			v.failf("%s: it has no %s: each sub-command says that for itself", where, f.name)
		}
	}
	names := map[string]bool{}
	for i := range c.Subs {
		s := &c.Subs[i]
		if names[s.Name] {
			v.failf("%s: the sub-command %q is there twice", where, s.Name)
		}
		names[s.Name] = true
		if len(s.Aliases) > 0 || s.Group != "" {
			v.failf("%s: the sub-command %q can't have aliases or a group", where, s.Name)
		}
		v.command(s, c.Name)
	}
}

func (v *validator) params(c *Command, where string) {
	names, shorts := map[string]bool{"help": true, "json": c.Records}, map[string]bool{"h": true}
	raw := len(c.Args) > 0 && c.Args[len(c.Args)-1].Type == Text
	if raw && len(c.Flags) > 0 {
		v.failf("%s: with a text at its end it has no flags: they could not be told from the text", where)
	}
	if raw && c.Filter {
		v.failf("%s: a filter does not end in a text, which would have the | in it", where)
	}
	for i := range c.Args {
		a, last := &c.Args[i], i == len(c.Args)-1
		at := fmt.Sprintf("%s: argument %q", where, a.Name)
		v.param(at, a, names)
		switch {
		case a.Type == Text && !last:
			v.failf("%s: a text must be the last", at)
		case a.Many && (!last || a.Type == Text):
			v.failf("%s: only a last argument that is not a text can be many", at)
		case i > 0 && c.Args[i-1].Optional && !a.Optional:
			v.failf("%s: a required argument can't follow an optional one", at)
		case raw && !last && a.Optional:
			v.failf("%s: before a text every argument is required", at)
		case a.Default != "" && (!a.Optional || a.Many):
			v.failf("%s: only an optional argument that is not many has a default", at)
		case a.Secret && a.typ() != String && a.Type != Text:
			v.failf("%s: only a string or a text can be secret", at)
		case a.Type != Int && a.Type != Count && (a.Min != 0 || a.Max != 0):
			v.failf("%s: bounds are for int and count", at)
		case a.Max != 0 && a.Max < a.Min:
			v.failf("%s: no number is from %d to %d", at, a.Min, a.Max)
		}
	}
	for i := range c.Flags {
		f := &c.Flags[i]
		at := fmt.Sprintf("%s: flag %q", where, f.Name)
		v.param(at, &Arg{Name: f.Name, Help: f.Help, Type: f.Type, Choices: f.Choices, Default: f.Default}, names)
		switch {
		case f.Type == Text:
			v.failf("%s: text is for arguments", at)
		case f.Type == "" && f.Default != "":
			v.failf("%s: a switch has no default", at)
		case f.Short != "" && (len(f.Short) != 1 || !isLetter(f.Short[0]) || shorts[f.Short]):
			v.failf("%s: the short form %q is taken, or not one letter", at, f.Short)
		}
		if f.Short != "" {
			shorts[f.Short] = true
		}
	}
}

// param checks what arguments and flags have in common.
func (v *validator) param(at string, a *Arg, names map[string]bool) {
	if !validName(a.Name) || names[a.Name] {
		v.failf("%s: the name is taken, or not 1 to %d of a-z, 0-9 and -, a letter first", at, maxName)
	}
	names[a.Name] = true
	v.oneLine(at, "help", a.Help)
	v.oneLine(at, "default", a.Default)
	if _, ok := types[a.Type]; !ok {
		v.failf("%s: there is no type %q", at, a.Type)
	}
	if (a.Type == Enum) != (len(a.Choices) > 0) {
		v.failf("%s: an enum has choices, and nothing else has", at)
	}
	for i, c := range a.Choices {
		if c == "" || strings.ContainsFunc(c, func(r rune) bool { return r == '|' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
			v.failf("%s: the choice %q is not a plain word", at, c)
		}
		if slices.ContainsFunc(a.Choices[:i], func(d string) bool { return strings.EqualFold(c, d) }) {
			v.failf("%s: the choice %q is there twice", at, c)
		}
	}
	if a.Default != "" && a.Type == Enum && !slices.Contains(a.Choices, a.Default) {
		v.failf("%s: the default %q is not among the choices", at, a.Default)
	}
}

// oneLine refuses what could forge or break a line of help.
func (v *validator) oneLine(where, what, s string) {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		v.failf("%s: the %s %q is not one line of printable characters", where, what, s)
	}
}

func validName(s string) bool {
	return s != "" && len(s) <= maxName && 'a' <= s[0] && s[0] <= 'z' && consistsOf(s, "-")
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
