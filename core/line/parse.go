package line

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Grammar says how the arguments of commands are written.
type Grammar interface {
	// Command tells the shape of the command with this name or alias, exactly
	// as written. It is false if the caller can't see such a command.
	Command(name string) (Shape, bool)
	// Completions are the full names of the commands that the caller can see and
	// whose names begin with prefix, each once. It is asked only for what Command
	// does not know.
	Completions(prefix string) []string
}

// A Shape is what Parse must know of a command. The zero value is a command
// that takes any number of words and no raw text.
type Shape struct {
	Words int  // how many words precede the raw text; ignored without Raw
	Raw   bool // the rest of the line is raw text
	// Filter is a command that works on what is piped into it alone: never the
	// first word of a bare line, which is chat then.
	Filter bool
	// Input is whether the command, or a sub-command of it, reads what is piped
	// into it. Any other can only come first.
	Input bool
	// Subs are the shapes of its sub-commands by name: the first word chooses
	// one, which then says how the words after it are written. They have no
	// Subs of their own. If there are any, Words and Raw are ignored.
	Subs map[string]Shape
}

// A Kind says what a line is. The zero value is Empty.
type Kind uint8

// The kinds.
const (
	Empty   Kind = iota // nothing but white space
	Chat                // text for the room
	Command             // one command or a pipeline of them
)

// A Line is a line that was read. The zero value is an empty one. Its strings
// share memory with the string it was read from.
type Line struct {
	Kind   Kind
	Text   string  // Chat: what to post; Command: the line, without white space around it
	Stages []Stage // Command: at least one, in the order of the pipeline
}

// A Stage is one command of a line.
type Stage struct {
	Name  string   // as written, without the slash; any text without white space; in full if it was short for a command
	Words []string // the words of its arguments, quotes and escapes resolved; first the sub-command, if there is one
	Raw   string   // the raw text after the words: never with white space at its end
	// HasRaw is whether the command takes raw text, which may still be "". The
	// arguments of a command that the Grammar does not know are all raw.
	HasRaw bool
	Bare   bool // it opened a line without a slash in ModeAuto
	// Alias is the alias that the stage came out of, as it was typed; "" if the
	// stage itself was typed. Parse leaves it empty, Expand sets it.
	Alias string
}

// Parse reads one line, given without its terminator and as valid UTF-8. White
// space is Unicode's, since there are keyboards whose space bar gives U+3000 or
// U+00A0, and a private message must not become chat by that. Before a command
// or a slash it is skipped; chat keeps it, so that drawings arrive; at the end
// of a line it is always dropped.
//
// A name ends at the first white space, or at a | if it is not that of a command
// with raw text. After a slash it may be the beginning of one command's name
// alone, among those that can stand there if any of them can: no filter comes
// first, and after a | comes what reads input. So may the names of the commands
// after it in the line; these may have a slash of their own, which is dropped.
//
// Raw text begins after the one space that ends what precedes it; further
// spaces, quotes, backslashes, # and | are part of it, and | is an ordinary
// character of the words before it. In a command without raw text a | that is not
// quoted or escaped ends the stage and begins the next, with spaces around it or
// without. # is an ordinary character everywhere.
// Within double quotes a backslash makes any next character literal, as in
// shlex; within single quotes nothing does.
//
// The arguments of a command that g does not know, and what follows the name of
// an unknown sub-command, are not split, so that they are reported as such and
// not by their quotes.
//
// The error is nil or an *Error.
func Parse(s string, m Mode, g Grammar) (Line, error) {
	line := strings.TrimLeftFunc(s, unicode.IsSpace)
	start := len(s) - len(line)
	line = strings.TrimRightFunc(line, unicode.IsSpace)
	end := start + len(line)
	at, bare, slash := start, false, false
	switch {
	case line == "":
		return Line{}, nil
	case strings.HasPrefix(line, "//"):
		return Line{Kind: Chat, Text: line[1:]}, nil
	case line[0] == '/':
		if at++; at == end || spaceLen(s, at) > 0 {
			return Line{}, errorNoName(s, start)
		}
		slash = true
	case m == ModeCommand:
	case m == ModeAuto && knows(g, s[start:nameEnd(s, start, g)]):
		bare = true
	default:
		return Line{Kind: Chat, Text: s[:end]}, nil
	}
	p := parser{s: s, pos: at, grammar: g, short: slash}
	stages, err := p.pipeline()
	if err != nil {
		if bare {
			err.Said = line
		}
		return Line{}, err
	}
	stages[0].Bare = bare
	return Line{Kind: Command, Text: line, Stages: stages}, nil
}

// knows reports whether a bare line that begins with name is a command.
func knows(g Grammar, name string) bool {
	shape, ok := g.Command(name)
	return ok && !shape.Filter
}

// spaceLen is the length of the white space at byte i of s; 0 if another
// character is there.
func spaceLen(s string, i int) int {
	switch c := s[i]; {
	case c == ' ' || '\t' <= c && c <= '\r':
		return 1
	case c < utf8.RuneSelf:
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s[i:]); unicode.IsSpace(r) {
		return n
	}
	return 0
}

// nameEnd is where the name at byte i of s ends. A | ends it unless that would leave
// the name of a command with raw text, which must not begin with what stands behind
// its name.
func nameEnd(s string, i int, g Grammar) int {
	end := wordEnd(s, i)
	bar := strings.IndexByte(s[i:end], '|')
	if bar <= 0 {
		return end
	}
	if shape, ok := g.Command(strings.TrimPrefix(s[i:i+bar], "/")); ok && shape.Raw && shape.Subs == nil {
		return end
	}
	return i + bar
}

// wordEnd is where the characters from byte i of s up to white space end.
func wordEnd(s string, i int) int {
	for i < len(s) && spaceLen(s, i) == 0 {
		i++
	}
	return i
}
