package line

import (
	"strings"
	"unicode"

	"github.com/google/shlex"
)

// pipeline reads the stages of the command whose name starts at byte i of s.
func pipeline(s string, i int, g Grammar) ([]Stage, *Error) {
	p := parser{s: s, pos: i}
	stages := make([]Stage, 0, 1)
	for {
		st, pipe, err := p.stage(g)
		if err != nil {
			return nil, err
		}
		stages = append(stages, st)
		if pipe < 0 {
			return stages, nil
		}
		p.skipSpace()
		if next := s[p.pos:wordEnd(s, p.pos)]; next == "" || next == "|" {
			return nil, errorPipe(s, pipe)
		}
	}
}

// A parser walks once through a command line. It finds where words begin and
// end; what a quoted word means is left to shlex.
type parser struct {
	s   string
	pos int // every byte before it is read
}

func (p *parser) skipSpace() {
	for p.pos < len(p.s) {
		n := spaceLen(p.s, p.pos)
		if n == 0 {
			return
		}
		p.pos += n
	}
}

// stage reads one command, from its name up to the end of the line or past the
// | that ends it, whose place is pipe; -1 if there is none.
func (p *parser) stage(g Grammar) (st Stage, pipe int, err *Error) {
	end := wordEnd(p.s, p.pos)
	st.Name, p.pos = p.s[p.pos:end], end
	shape, ok := g.Command(st.Name)
	if !ok {
		shape = Shape{Raw: true}
	}
	if st.Words, pipe, err = p.words(shape); err != nil {
		return Stage{}, -1, err
	}
	if shape.Raw {
		st.Raw, st.HasRaw = p.raw(), true
	}
	return st, pipe, nil
}

// words reads the words of one stage: for a command with raw text those before
// it, else all up to a | or the end.
func (p *parser) words(shape Shape) (words []string, pipe int, err *Error) {
	quoted := false
	for !shape.Raw || len(words) < shape.Words {
		p.skipSpace()
		start := p.pos
		if start == len(p.s) {
			break
		}
		special, err := p.word()
		if err != nil {
			return nil, -1, err
		}
		w := p.s[start:p.pos]
		if w == "|" && !shape.Raw {
			return resolve(words, quoted), start, nil
		}
		if words == nil {
			words = make([]string, 0, 4)
		}
		words = append(words, w)
		quoted = quoted || special
	}
	return resolve(words, quoted), -1, nil
}

// word moves past the word at p.pos, which is not white space, and tells
// whether it holds a quote or an escape.
func (p *parser) word() (special bool, err *Error) {
	for p.pos < len(p.s) && spaceLen(p.s, p.pos) == 0 {
		open := p.pos
		switch p.s[open] {
		case '\\':
			if open+1 == len(p.s) {
				return false, errorBackslash(p.s, open)
			}
			p.pos += 2 // of a longer character the other bytes are ordinary ones
			special = true
		case '"', '\'':
			n := quotedLen(p.s[open:])
			if n < 0 {
				return false, errorQuote(p.s, open)
			}
			p.pos += n
			special = true
		default:
			p.pos++
		}
	}
	return special, nil
}

// quotedLen is the length of the quoted text that s begins with, both quotes
// included, or -1 if it is never closed.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i + 1
		case s[i] == '\\' && s[0] == '"':
			i++
		}
	}
	return -1
}

// raw is the rest of the line after the one space that ends the words.
func (p *parser) raw() string {
	rest := strings.TrimRightFunc(p.s[p.pos:], unicode.IsSpace)
	if rest == "" {
		return ""
	}
	return rest[spaceLen(rest, 0):]
}

// resolve gives the words their meaning. Those without quotes and escapes mean
// themselves and never meet shlex; if there are others, shlex reads them all.
// A # that starts a word would begin a comment there, so it is escaped.
func resolve(words []string, quoted bool) []string {
	if !quoted {
		return words
	}
	var b strings.Builder
	for _, w := range words {
		if w[0] == '#' {
			b.WriteByte('\\')
		}
		b.WriteString(w)
		b.WriteByte(' ')
	}
	resolved, err := shlex.Split(b.String())
	if err != nil || len(resolved) != len(words) {
		// Every quote is closed and no escape is at the end, so shlex has
		// nothing to refuse; if it ever has, the words stand as written.
		return words
	}
	return resolved
}
