package sdk

import (
	"fmt"
	"strconv"
	"strings"
)

// Cmd is the command that is written as usage says, and that run runs:
//
//	roll [sides:int=6]                     an optional number; 6 if it is left out
//	deploy|ship service:api|web [-n|--dry] an alias, a choice, a switch
//	remind in:duration text:text           a duration, then the rest of the line
//	draw cards:int(1..5) [--deck:int=1]    bounds; a flag with a value
//	greet who:user...                      one or more names
//
// The name comes first, with aliases behind |. Then come the arguments, NAME or
// NAME:TYPE, and the flags, --NAME or -LETTER|--NAME, also with :TYPE. A type is
// one of the constants of [Type] or choices with | between them; without one an
// argument is a word, and a flag is a switch, or a word if it has a default. An
// argument's int and count may have bounds, (1..9), (1..) or (..9). What is in
// brackets may be left out; =VALUE behind the type is what it is then. "..." at
// the end stands for more words. Flags are always in brackets. A word with
// :secret is a String that is never shown or logged.
//
// Whatever usage can't say, the literal of a Command can; the result of Cmd may
// be changed before it is served. A usage that makes no sense is told when the
// plugin starts, and by package sdktest.
func Cmd(usage, summary string, run func(c *Call) error) Command {
	c := Command{Summary: summary, Run: run}
	name, rest, _ := strings.Cut(strings.TrimSpace(usage), " ")
	names := strings.Split(name, "|")
	c.Name = names[0]
	if len(names) > 1 {
		c.Aliases = names[1:]
	}
	for word := range strings.FieldsSeq(rest) {
		if err := c.item(word); err != nil {
			c.err = fmt.Errorf("usage %q: %s: %w", usage, word, err)
			return c
		}
	}
	return c
}

// item adds one argument or flag.
func (c *Command) item(word string) error {
	inner, optional := strings.CutPrefix(word, "[")
	if optional {
		var closed bool
		if inner, closed = strings.CutSuffix(inner, "]"); !closed {
			return fmt.Errorf("the bracket is not closed")
		}
	}
	if strings.HasPrefix(inner, "-") {
		if !optional {
			return fmt.Errorf("a flag can be left out: put it in brackets")
		}
		return c.flag(inner)
	}
	a := Arg{Optional: optional}
	inner, a.Many = strings.CutSuffix(inner, "...")
	name, typ, def := pieces(inner)
	a.Name, a.Default = name, def
	if typ == "secret" {
		a.Type, a.Secret = String, true
	} else if err := parseType(typ, &a); err != nil {
		return err
	}
	c.Args = append(c.Args, a)
	return nil
}

func (c *Command) flag(word string) error {
	var f Flag
	if len(word) > 3 && word[1] != '-' && word[2] == '|' {
		f.Short, word = word[1:2], word[3:]
	}
	long, ok := strings.CutPrefix(word, "--")
	if !ok {
		return fmt.Errorf("a flag is written --NAME or -LETTER|--NAME")
	}
	name, typ, def := pieces(long)
	if typ == "" && def != "" {
		typ = string(String)
	}
	a := Arg{}
	if typ != "" {
		if err := parseType(typ, &a); err != nil {
			return err
		}
		if a.Min != 0 || a.Max != 0 {
			return fmt.Errorf("only an argument has bounds")
		}
	}
	f.Name, f.Type, f.Choices, f.Default = name, a.Type, a.Choices, def
	c.Flags = append(c.Flags, f)
	return nil
}

// pieces splits name:type=default.
func pieces(s string) (name, typ, def string) {
	s, def, _ = strings.Cut(s, "=")
	name, typ, _ = strings.Cut(s, ":")
	return name, typ, def
}

// parseType reads the type of an argument.
func parseType(s string, a *Arg) error {
	if strings.Contains(s, "|") {
		a.Type, a.Choices = Enum, strings.Split(s, "|")
		return nil
	}
	name, bounds, bounded := strings.Cut(s, "(")
	a.Type = Type(name)
	if _, ok := types[a.Type]; !ok || a.Type == Enum {
		return fmt.Errorf("there is no type %q", name)
	}
	if a.Type == "" {
		a.Type = String
	}
	if !bounded {
		return nil
	}
	bounds, closed := strings.CutSuffix(bounds, ")")
	least, most, ok := strings.Cut(bounds, "..")
	if !closed || !ok || a.Type != Int && a.Type != Count {
		return fmt.Errorf("bounds are written int(1..9) or count(1..9)")
	}
	for _, b := range []struct {
		s  string
		to *int64
	}{{least, &a.Min}, {most, &a.Max}} {
		if b.s == "" {
			continue
		}
		n, err := strconv.ParseInt(b.s, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no whole number", b.s)
		}
		*b.to = n
	}
	return nil
}
