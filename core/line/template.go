package line

import "strings"

// A template is a word or a raw text with places for arguments.
type template []part

// A part of a template is text or, if param is not 0, a place.
type part struct {
	text  string
	param int // 1 to 9, or allParams
}

const (
	maxParams = 9
	allParams = maxParams + 1
)

// arguments are what an alias is given.
type arguments struct {
	words  []string // for $1 and so on
	others []string // for $*: the words after them
	rest   string   // for $*: as text
}

// param is the place that s begins with and its length; 0 and 2 for $$, 0 and 0
// if s begins with none.
func param(s string) (place, length int) {
	if len(s) < 2 || s[0] != '$' {
		return 0, 0
	}
	switch c := s[1]; {
	case c == '$':
		return 0, 2
	case c == '*':
		return allParams, 2
	case '1' <= c && c <= '9':
		return int(c - '0'), 2
	}
	return 0, 0
}

// rawTemplate reads raw text.
func rawTemplate(s string) (t template) {
	start := 0
	for i := 0; i < len(s); i++ {
		place, n := param(s[i:])
		if n == 0 {
			continue
		}
		t = t.addText(s[start:i]).addPlace(place)
		start = i + n
		i = start - 1
	}
	return t.addText(s[start:])
}

// wordTemplate reads a word as it was typed. The text before, between and after
// the places is cut out so that each piece is a word by itself, with its quotes
// closed, and resolved like any other. What is quoted stays, even if it is
// empty, so that "$*" is not the same as $*.
func wordTemplate(w string) (t template) {
	start, inside := 0, false // inside double quotes
	prefix := ""              // opens the quotes that are open at start
	cut := func(end int) {
		piece := prefix + w[start:end]
		if prefix = ""; inside {
			piece += `"`
			prefix = `"`
		}
		switch {
		case strings.ContainsAny(piece, `\"'`):
			t = append(t, part{text: resolve([]string{piece})[0]})
		default:
			t = t.addText(piece)
		}
	}
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c == '\\':
			i++
		case c == '"':
			inside = !inside
		case c == '\'' && !inside:
			i += quotedLen(w[i:]) - 1
		default:
			if place, n := param(w[i:]); n > 0 {
				cut(i)
				t = t.addPlace(place)
				start = i + n
				i = start - 1
			}
		}
	}
	cut(len(w))
	return t
}

func (t template) addText(s string) template {
	if s == "" {
		return t
	}
	return append(t, part{text: s})
}

// addPlace adds a place as param tells it: 0 is a $.
func (t template) addPlace(place int) template {
	if place == 0 {
		return append(t, part{text: "$"})
	}
	return append(t, part{param: place})
}

// isStar reports whether t is a word that is just $*, so that it stands for any
// number of words.
func (t template) isStar() bool { return len(t) == 1 && t[0].param == allParams }

func (t template) hasStar() bool {
	for _, p := range t {
		if p.param == allParams {
			return true
		}
	}
	return false
}

// params is the highest number after a $.
func (t template) params() (n int) {
	for _, p := range t {
		if p.param <= maxParams {
			n = max(n, p.param)
		}
	}
	return n
}

func (p part) fill(args *arguments) string {
	switch p.param {
	case 0:
		return p.text
	case allParams:
		return args.rest
	}
	return args.words[p.param-1]
}

// size is how many bytes fill makes.
func (t template) size(args *arguments) (n int) {
	for _, p := range t {
		n += len(p.fill(args))
	}
	return n
}

// fill puts the arguments into their places.
func (t template) fill(args *arguments) string {
	if len(t) == 1 {
		return t[0].fill(args)
	}
	var b strings.Builder
	b.Grow(t.size(args))
	for _, p := range t {
		b.WriteString(p.fill(args))
	}
	return b.String()
}
