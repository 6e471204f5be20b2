package line

import (
	"strings"
	"unicode"

	"github.com/google/shlex"
)

// A parser walks once through a command line. It finds where words begin and
// end; what a quoted word means is left to shlex.
type parser struct {
	s       string
	pos     int // every byte before it is read
	grammar Grammar
	short   bool // names may be the beginning of one
	part    bool // of a line: what is read may stand after a |
	stages  int  // that are read
}

// A rawStage is a stage that is being read: its words are as they were typed.
type rawStage struct {
	*Stage
	known   bool  // the Grammar knows the name
	command Shape // what it tells of it
	shape   Shape // of the words after the sub-command, if there is one
	sub     int   // how many words name the sub-command: 0 or 1
	quoted  bool  // a word has a quote or an escape in it
	at      int   // where the stage begins
	pipe    int   // the place of the | that ends it; -1 if there is none
}

// pipeline reads the stages from p.pos on.
func (p *parser) pipeline() ([]Stage, *Error) {
	stages := make([]Stage, 0, 1)
	for more := true; more; {
		stages = append(stages, Stage{})
		st := rawStage{Stage: &stages[len(stages)-1]}
		err := p.stage(&st)
		if err != nil {
			return nil, err
		}
		if st.quoted {
			st.Words = resolve(st.Words)
		}
		if more, err = p.more(st.pipe); err != nil {
			return nil, err
		}
	}
	return stages, nil
}

// more moves to the name of the stage after a | and reports whether there is a
// |; its place is pipe, or -1.
func (p *parser) more(pipe int) (bool, *Error) {
	if pipe < 0 {
		return false, nil
	}
	p.skipSpace()
	if p.pos == len(p.s) || p.s[p.pos] == '|' {
		return false, errorPipe(p.s, pipe)
	}
	return true, nil
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

// stage reads one command into st, which is empty: from its name up to the end of
// the line or past the | that ends it.
func (p *parser) stage(st *rawStage) (err *Error) {
	st.at = p.pos
	st.Name, st.command, st.known = p.name()
	if !st.known {
		st.command = Shape{Raw: true}
	}
	st.shape = st.command
	if st.pipe, err = p.words(st); err != nil {
		return err
	}
	if st.shape.Raw && st.pipe < 0 {
		st.Raw, st.HasRaw = p.raw(), true
	}
	p.stages++
	return nil
}

// name reads the name of a command, which is given in full, and looks it up.
func (p *parser) name() (name string, shape Shape, known bool) {
	end := nameEnd(p.s, p.pos, p.grammar)
	name, short := p.s[p.pos:end], p.short
	p.pos = end
	if len(name) > 1 && name[0] == '/' {
		name, short = name[1:], true
	}
	if shape, known = p.grammar.Command(name); known || !short {
		return name, shape, known
	}
	if full, of, ok := p.complete(name); ok {
		return full, of, true
	}
	return name, shape, false
}

// complete finds the one command whose name begins with prefix: of those that can
// be the next stage or, if there are none, of all.
func (p *parser) complete(prefix string) (name string, shape Shape, ok bool) {
	fitting, others := 0, 0
	for _, full := range p.grammar.Completions(prefix) {
		of, known := p.grammar.Command(full)
		switch {
		case !known:
			continue // it went a moment ago
		case p.fits(of):
			fitting++
		case fitting > 0:
			continue
		default:
			others++
		}
		name, shape = full, of
	}
	return name, shape, fitting == 1 || fitting == 0 && others == 1
}

// fits reports whether a command of that shape can be the next stage.
func (p *parser) fits(s Shape) bool {
	if p.stages > 0 {
		return s.Input
	}
	return p.part || !s.Filter
}

// words reads the words of one stage: for a command with raw text those before
// it, else all up to a | or the end. It returns the place of the |, or -1. The
// sub-command that the first word names takes the place of the shape.
func (p *parser) words(st *rawStage) (pipe int, err *Error) {
	subs := st.command.Subs
	for subs != nil || !st.shape.Raw || len(st.Words)-st.sub < st.shape.Words {
		p.skipSpace()
		start := p.pos
		if start == len(p.s) {
			break
		}
		splits := subs != nil || !st.shape.Raw // a | ends the stage
		if splits && p.s[start] == '|' {
			p.pos++
			return start, nil
		}
		special, err := p.word(splits)
		if err != nil {
			return -1, err
		}
		w := p.s[start:p.pos]
		if st.Words == nil {
			st.Words = make([]string, 0, 4)
		}
		st.Words = append(st.Words, w)
		st.quoted = st.quoted || special
		if subs != nil {
			st.shape, st.sub = choose(subs, w, special)
			subs = nil
			if st.shape.Raw && p.pos < len(p.s) && p.s[p.pos] == '|' {
				// The | is no part of a text that begins behind a space: what
				// stands before that is the name of no sub-command.
				p.pos = wordEnd(p.s, p.pos)
				st.Words[0] = p.s[start:p.pos]
				st.shape, st.sub = Shape{Words: 1, Raw: true}, 0
			}
		}
	}
	return -1, nil
}

// choose is the shape of what follows the first word of a command with
// sub-commands: raw text if that names none of them and is no flag either.
func choose(subs map[string]Shape, first string, quoted bool) (shape Shape, sub int) {
	if quoted {
		first = resolve([]string{first})[0]
	}
	shape, ok := subs[first]
	switch {
	case ok:
		return Shape{Words: shape.Words, Raw: shape.Raw}, 1
	case strings.HasPrefix(first, "-"):
		return Shape{}, 0
	}
	return Shape{Words: 1, Raw: true}, 0
}

// word moves past the word at p.pos, which is not white space, and tells
// whether it holds a quote or an escape. If splits is true a | ends it.
func (p *parser) word(splits bool) (special bool, err *Error) {
	for p.pos < len(p.s) && spaceLen(p.s, p.pos) == 0 && !(splits && p.s[p.pos] == '|') {
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

// resolve gives quoted words their meaning: shlex reads them all. A # that starts
// a word would begin a comment there, so it is escaped.
func resolve(words []string) []string {
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
