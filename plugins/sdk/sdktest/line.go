package sdktest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// bind reads a line as the server does: it finds the command and checks the
// words. The error says what does not fit.
func (p *Plugin) bind(line string, piped bool) (*pluginpb.Start, *pluginpb.Command, error) {
	name, rest := word(strings.TrimPrefix(line, "/"))
	command := commandOf(p.Manifest.GetCommands(), name)
	if command == nil {
		p.t.Fatalf("%s: the plugin has no command %q", line, name)
	}
	start := &pluginpb.Start{
		Caller: callerProto(p.caller), Command: command.GetName(), Line: line, Piped: piped, UnixMs: time.Now().UnixMilli(),
	}
	if len(command.GetSubs()) > 0 {
		var sub string
		sub, rest = word(rest)
		if command = commandOf(command.GetSubs(), sub); command == nil {
			return nil, nil, fmt.Errorf("%s has no sub-command %q", name, sub)
		}
		start.Sub = command.GetName()
	}
	if piped && !command.GetReadsInput() {
		return nil, nil, fmt.Errorf("%s reads no input; it can only come first", name)
	}
	b := binder{command: command, piped: piped, values: map[string]*pluginpb.Value{}}
	if err := b.bind(rest); err != nil {
		return nil, nil, err
	}
	start.Values, start.Json = b.values, b.json
	return start, command, nil
}

func commandOf(among []*pluginpb.Command, name string) *pluginpb.Command {
	for _, c := range among {
		if c.GetName() == name || slices.Contains(c.GetAliases(), name) {
			return c
		}
	}
	return nil
}

// word is the first word of a line and what comes after it.
func word(s string) (first, rest string) {
	first, rest, _ = strings.Cut(strings.TrimLeft(s, " "), " ")
	return first, strings.TrimLeft(rest, " ")
}

// words splits a line as a shell does: at spaces that are not quoted.
func words(s string) ([]string, error) {
	var all []string
	var b strings.Builder
	var quote rune
	inside, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inside = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inside = r, true
		case quote == 0 && r == ' ':
			if inside {
				all = append(all, b.String())
				b.Reset()
				inside = false
			}
		default:
			b.WriteRune(r)
			inside = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c is not closed", quote)
	}
	if inside {
		all = append(all, b.String())
	}
	return all, nil
}

// A binder fits words to a command.
type binder struct {
	command *pluginpb.Command
	piped   bool
	values  map[string]*pluginpb.Value
	json    bool
}

func (b *binder) bind(rest string) error {
	b.defaults()
	args := b.command.GetArgs()
	if n := len(args); n > 0 && args[n-1].GetType() == pluginpb.Type_TYPE_TEXT {
		return b.text(rest, args)
	}
	all, err := words(rest)
	if err != nil {
		return err
	}
	if all, err = b.flags(all); err != nil {
		return err
	}
	return b.args(all, args)
}

// text binds a command whose last argument is the rest of the line.
func (b *binder) text(rest string, args []*pluginpb.Arg) error {
	last := args[len(args)-1]
	var before []string
	for range args[:len(args)-1] {
		var w string
		if w, rest = word(rest); w != "" {
			before = append(before, w)
		}
	}
	if err := b.args(before, args[:len(args)-1]); err != nil {
		return err
	}
	rest = strings.TrimRight(rest, " ")
	fromPipe := b.piped && b.command.GetReadsInput()
	switch {
	case rest != "" && fromPipe:
		return fmt.Errorf("%s takes its text from the pipe here", b.command.GetName())
	case rest != "":
		b.values[last.GetName()] = &pluginpb.Value{Words: []string{rest}, Given: true}
	case !last.GetOptional() && !fromPipe:
		return fmt.Errorf("%s needs %s", b.command.GetName(), strings.ToUpper(last.GetName()))
	}
	return nil
}

func (b *binder) defaults() {
	set := func(name, value string, t pluginpb.Type, choices []string) {
		if value == "" {
			return
		}
		if n, err := normal(t, choices, 0, 0, value); err == nil {
			value = n
		}
		b.values[name] = &pluginpb.Value{Words: []string{value}}
	}
	for _, a := range b.command.GetArgs() {
		set(a.GetName(), a.GetDefaultValue(), a.GetType(), a.GetChoices())
	}
	for _, f := range b.command.GetFlags() {
		set(f.GetName(), f.GetDefaultValue(), f.GetType(), f.GetChoices())
	}
}

// flags takes the flags out of the words.
func (b *binder) flags(all []string) (rest []string, err error) {
	for len(all) > 0 {
		w := all[0]
		all = all[1:]
		switch {
		case w == "--":
			return append(rest, all...), nil
		case w == "--json" && b.command.GetRecords():
			b.json = true
		case strings.HasPrefix(w, "--"):
			name, value, attached := strings.Cut(w[2:], "=")
			i := slices.IndexFunc(b.command.GetFlags(), func(f *pluginpb.Flag) bool { return f.GetName() == name })
			if all, err = b.flag(i, w, value, attached, all); err != nil {
				return nil, err
			}
		case len(w) > 1 && w[0] == '-' && (w[1] < '0' || w[1] > '9'):
			i := slices.IndexFunc(b.command.GetFlags(), func(f *pluginpb.Flag) bool { return f.GetShort() == w[1:2] })
			if i >= 0 && b.command.GetFlags()[i].GetType() == pluginpb.Type_TYPE_UNSPECIFIED && len(w) > 2 {
				all = append([]string{"-" + w[2:]}, all...) // switches in a bundle
				w = w[:2]
			}
			if all, err = b.flag(i, w, w[2:], len(w) > 2, all); err != nil {
				return nil, err
			}
		default:
			rest = append(rest, w)
		}
	}
	return rest, nil
}

// flag gives flag i its value: what is attached or the next word. It returns the
// words after it.
func (b *binder) flag(i int, w, value string, attached bool, next []string) ([]string, error) {
	if i < 0 {
		return nil, fmt.Errorf("%s has no flag %s", b.command.GetName(), w)
	}
	f := b.command.GetFlags()[i]
	v := &pluginpb.Value{Given: true}
	if f.GetType() != pluginpb.Type_TYPE_UNSPECIFIED {
		if !attached {
			if len(next) == 0 {
				return nil, fmt.Errorf("--%s needs a value", f.GetName())
			}
			value, next = next[0], next[1:]
		}
		n, err := normal(f.GetType(), f.GetChoices(), 0, 0, value)
		if err != nil {
			return nil, fmt.Errorf("--%s %w", f.GetName(), err)
		}
		v.Words = []string{n}
	} else if attached {
		return nil, fmt.Errorf("--%s takes no value", f.GetName())
	}
	b.values[f.GetName()] = v
	return next, nil
}

// args gives the arguments their words.
func (b *binder) args(all []string, args []*pluginpb.Arg) error {
	for _, a := range args {
		n := min(1, len(all))
		if a.GetMany() {
			n = len(all)
		}
		if n == 0 {
			if !a.GetOptional() {
				return fmt.Errorf("%s needs %s", b.command.GetName(), strings.ToUpper(a.GetName()))
			}
			continue
		}
		v := &pluginpb.Value{Given: true}
		for _, w := range all[:n] {
			word, err := normal(a.GetType(), a.GetChoices(), a.GetMin(), a.GetMax(), w)
			if err != nil {
				return fmt.Errorf("%s %w", strings.ToUpper(a.GetName()), err)
			}
			v.Words = append(v.Words, word)
		}
		b.values[a.GetName()] = v
		all = all[n:]
	}
	if len(all) > 0 {
		return fmt.Errorf("%s takes %d arguments, not %d", b.command.GetName(), len(args), len(args)+len(all))
	}
	return nil
}

// normal is the normal form of a word, or why it does not fit.
func normal(t pluginpb.Type, choices []string, least, most int64, w string) (string, error) {
	switch t {
	case pluginpb.Type_TYPE_INT, pluginpb.Type_TYPE_COUNT:
		n, err := strconv.ParseInt(w, 10, 64)
		bounded := least != 0 || most != 0
		if err == nil && (!bounded || n >= least && (most == 0 || n <= most)) && (t == pluginpb.Type_TYPE_INT || n > 0) {
			return strconv.FormatInt(n, 10), nil
		}
		if t == pluginpb.Type_TYPE_COUNT {
			if d, err := duration(w); err == nil && d > 0 {
				return d.String(), nil
			}
		}
		return "", fmt.Errorf("must be a whole number%s, not %s", bounds(least, most), w)
	case pluginpb.Type_TYPE_DURATION:
		d, err := duration(w)
		if err != nil {
			return "", fmt.Errorf("must be a time such as 30s, 1h30m or 2d, not %s", w)
		}
		return d.String(), nil
	case pluginpb.Type_TYPE_ENUM:
		for _, c := range choices {
			if strings.EqualFold(c, w) {
				return c, nil
			}
		}
		return "", fmt.Errorf("must be %s, not %s", strings.Join(choices, " or "), w)
	case pluginpb.Type_TYPE_ROOM:
		return strings.ToLower(strings.TrimPrefix(w, "#")), nil
	case pluginpb.Type_TYPE_USER:
		return strings.TrimPrefix(w, "@"), nil
	case pluginpb.Type_TYPE_COMMAND:
		return strings.TrimPrefix(w, "/"), nil
	}
	return w, nil
}

func bounds(least, most int64) string {
	switch {
	case most != 0:
		return fmt.Sprintf(" from %d to %d", least, most)
	case least != 0:
		return fmt.Sprintf(" of at least %d", least)
	}
	return ""
}

// duration reads Go's durations, and one with d or w.
func duration(s string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseFloat(number, 64)
			if err != nil || n < 0 || n > 1000*365 {
				return 0, errors.New("not a duration")
			}
			return time.Duration(n * float64(length)), nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, errors.New("not a duration")
	}
	return d, nil
}
