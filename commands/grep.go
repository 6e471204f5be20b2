package commands

import (
	"bytes"
	"context"
	"regexp"
	"regexp/syntax"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) grep() command.Command {
	return filter(command.Spec{
		Name:    "grep",
		Summary: "pass on the lines with a pattern in them",
		Help: `
Passes on those lines that have PATTERN in them, and drops the others. The
pattern is plain text, in which every character stands for itself; with -E it
is a regular expression of the RE2 kind: . * + ? | ( ) [ ] ^ $ \b \d and more.
Quote what has a space or a | in it.

That no line has it is no error: then nothing is passed on.
`,
		Examples: []string{"who | grep away", "history 1h | grep -i deploy", `history | grep -E "^.{8}(ann|bob):"`, "who | grep -c guest"},
		Args:     []command.Arg{{Name: "pattern", Type: command.String, Help: "what to look for, one word or in quotes"}},
		Flags: []command.Flag{
			{Name: "ignore-case", Short: "i", Help: "capitals make no difference"},
			{Name: "invert", Short: "v", Help: "pass on the lines without it instead"},
			{Name: "count", Short: "c", Help: "give the number of lines instead of the lines"},
			{Name: "regexp", Short: "E", Help: "the pattern is a regular expression"},
		},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		matches, err := matcher(c.String("pattern"), c.Bool("regexp"), c.Bool("ignore-case"))
		if err != nil {
			return err
		}
		invert, count, n := c.Bool("invert"), c.Bool("count"), 0
		for l, err := range s.lines(ctx) {
			if err != nil {
				return err
			}
			if matches(l) == invert {
				continue
			}
			if n++; count {
				continue
			}
			if err := s.write(l); err != nil {
				return err
			}
		}
		if count {
			return s.write(strconv.AppendInt(nil, int64(n), 10))
		}
		return nil
	})
}

// matcher reports whether a line has the pattern in it.
func matcher(pattern string, expression, ignoreCase bool) (func(line []byte) bool, error) {
	if !expression && !ignoreCase {
		plain := []byte(pattern)
		return func(line []byte) bool { return bytes.Contains(line, plain) }, nil
	}
	if !expression {
		pattern = regexp.QuoteMeta(pattern)
	}
	if ignoreCase {
		pattern = "(?i)" + pattern
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, chat.Errorf(chat.Invalid, "PATTERN is no regular expression: %v; leave -E out to look for plain text.", err)
	}
	if steps(tree) > maxSteps {
		return nil, chat.Errorf(chat.Limited, "PATTERN is too large; make it shorter, or what it repeats.")
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return re.Match, nil
}

// maxSteps bounds a pattern: its memory, and the time that it takes for each
// byte that it looks at.
const maxSteps = 2000

// steps is about how many steps a pattern has once its repetitions are written
// out, as the engine does; more than maxSteps stands for any number above it.
func steps(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n = min(n+steps(sub), maxSteps+1)
	}
	if re.Op == syntax.OpRepeat {
		n = min(n*max(1, re.Min, re.Max), maxSteps+1)
	}
	return n
}
