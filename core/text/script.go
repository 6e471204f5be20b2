package text

import (
	"slices"
	"unicode"
)

// A script is a writing system that names may use.
type script struct {
	name  string // as users know it
	table *unicode.RangeTable
	marks int // how many marks its spelling puts on one letter
}

// scripts are the recommended scripts of UAX 31, table 5; the others are rare,
// and full of letters that look like those of these.
var scripts = [...]script{
	{"Latin", unicode.Latin, 1},
	{"Cyrillic", unicode.Cyrillic, 1},
	{"Greek", unicode.Greek, 1},
	{"Armenian", unicode.Armenian, 1},
	{"Georgian", unicode.Georgian, 1},
	{"Ethiopic", unicode.Ethiopic, 1},
	{"Han", unicode.Han, 1},
	{"Hiragana", unicode.Hiragana, 1},
	{"Katakana", unicode.Katakana, 1},
	{"Bopomofo", unicode.Bopomofo, 1},
	{"Hangul", unicode.Hangul, 1},
	{"Thaana", unicode.Thaana, 1},
	{"Arabic", unicode.Arabic, 2},
	{"Hebrew", unicode.Hebrew, 2},
	{"Thai", unicode.Thai, 2},
	{"Lao", unicode.Lao, 2},
	{"Devanagari", unicode.Devanagari, 3},
	{"Bengali", unicode.Bengali, 3},
	{"Gujarati", unicode.Gujarati, 3},
	{"Gurmukhi", unicode.Gurmukhi, 3},
	{"Kannada", unicode.Kannada, 3},
	{"Malayalam", unicode.Malayalam, 3},
	{"Oriya", unicode.Oriya, 3},
	{"Sinhala", unicode.Sinhala, 3},
	{"Tamil", unicode.Tamil, 3},
	{"Telugu", unicode.Telugu, 3},
	{"Khmer", unicode.Khmer, 4},
	{"Myanmar", unicode.Myanmar, 4},
	{"Tibetan", unicode.Tibetan, 4},
}

// mixes are the scripts that one name may hold together: UTS 39, section 5.2,
// highly restrictive.
var mixes = [...][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// scriptOf is the script of the letter or mark r, nil if it is none of
// scripts. The long vowel sign, which Unicode files under no script, is
// Katakana.
func scriptOf(r rune) *script {
	for i := range scripts {
		s := &scripts[i]
		if unicode.Is(s.table, r) || r == 'ー' && s.table == unicode.Katakana {
			return s
		}
	}
	return nil
}

// mayMix tells whether one name may use all of the scripts in used.
func mayMix(used []*script) bool {
	if len(used) <= 1 {
		return true
	}
	return slices.ContainsFunc(mixes[:], func(mix []string) bool {
		return !slices.ContainsFunc(used, func(s *script) bool { return !slices.Contains(mix, s.name) })
	})
}
