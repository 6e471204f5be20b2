package text

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks a base character may carry in a line.
// It counts Unicode's M category: nonspacing, spacing and enclosing marks and
// the variation selectors. Four hold everything that living scripts write on
// one letter (Hebrew: dot, dagesh, vowel, accent; Devanagari: nukta, vowel,
// candrabindu; Thai: vowel, tone; Tibetan: two subjoined letters, vowel,
// anusvara), and are too few to reach into the lines above and below.
const maxMarks = 4

// The format characters that stay where they do something.
const (
	zwnj      = '\u200C'     // Persian and Indic spelling
	zwj       = '\u200D'     // Indic spelling and emoji sequences
	blackFlag = '\U0001F3F4' // the base of England, Scotland and Wales
	maxTags   = 6            // five letters of a region and the end tag
)

// Clean returns s as one clean line, or s itself, without allocating, when it
// is one already. It is meant for everything a user or a plugin wrote: chat,
// topics, reasons, arguments quoted in an error, fields of stored history.
//
//   - Tab, line feed, vertical tab, form feed, carriage return, U+0085, U+2028
//     and U+2029 become one space each, CR LF together one: an event is one
//     line. A backslash followed by n is text and stays text.
//   - The other C0 and C1 controls and DEL are removed. Of an escape sequence
//     that is the ESC or CSI alone: the rest of it is shown as it was typed. So
//     the sequence is as dead as if it had been removed whole, a reader sees
//     that somebody sent one, and an unfinished one cannot swallow the text
//     after it.
//   - Direction controls (U+061C, U+200E, U+200F, U+202A-U+202E,
//     U+2066-U+2069) and the other invisible format characters are removed:
//     soft hyphen, zero width space, word joiner, byte order mark, U+FFF9-U+FFFB,
//     tags. Letters of right-to-left scripts order themselves. Arabic and other
//     number signs, which Unicode counts as format characters, are visible and
//     stay.
//   - U+200C and U+200D stay where they can join: after a character outside
//     ASCII, one at a time. Tags stay after the black flag, where they spell a
//     region, up to six.
//   - A base character keeps its first four combining marks, variation
//     selectors included. Marks at the start of s, which would stand on what
//     the server writes before it, are removed.
//   - A run of bytes that is not UTF-8, which is also how a raw C1 byte or an
//     encoded surrogate shows up, becomes one U+FFFD.
func Clean(s string) string {
	var c cluster
	for i := 0; i < len(s); {
		if n := printable(s[i:]); n > 0 {
			i += n
			c.restart(rune(s[i-1]))
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if size == 1 || c.admit(r) != r { // one byte: a control, or not UTF-8
			// Here r comes before c a second time, if at all, which is safe:
			// a dropped rune left c alone, and a separator does not look at it.
			return string(c.append(append(make([]byte, 0, len(s)), s[:i]...), s[i:]))
		}
		i += size
	}
	return s
}

// AppendClean appends Clean(s) to dst. What dst ends with is not looked at.
func AppendClean(dst []byte, s string) []byte {
	var c cluster
	return c.append(dst, s)
}

// A cluster is the character that clean text ends with so far. The zero value
// is the start of a text. Decisions depend on kept runes alone, which is why
// cleaning twice is cleaning once.
type cluster struct {
	base  rune // the last rune that stands by itself; 0 at the start
	last  rune // the last rune of any kind; 0 at the start
	marks int  // marks since base, at most maxMarks
	tags  int  // tags since base, at most maxTags
}

// dropped is what admit returns for a rune that is removed.
const dropped rune = -1

// append cleans s onto dst, which ends with c.
func (c *cluster) append(dst []byte, s string) []byte {
	broken := false // the byte before was not UTF-8
	for i := 0; i < len(s); {
		if n := printable(s[i:]); n > 0 {
			dst = append(dst, s[i:i+n]...)
			i += n
			c.restart(rune(s[i-1]))
			broken = false
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		again := broken
		broken = r == utf8.RuneError && size == 1
		switch {
		case broken && again:
			continue
		case r == '\r' && i < len(s) && s[i] == '\n':
			continue // the line feed is their space
		}
		if r = c.admit(r); r != dropped {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// restart begins a new character with r.
func (c *cluster) restart(r rune) { *c = cluster{base: r, last: r} }

// admit says what becomes of r after c: r, a space, or dropped. It takes what
// was admitted into c.
func (c *cluster) admit(r rune) rune {
	switch classify(r) {
	case ordinary:
		c.restart(r)
		return r
	case separator:
		c.restart(' ')
		return ' '
	case mark:
		if c.base == 0 || c.marks == maxMarks {
			return dropped
		}
		c.marks++
	case joiner:
		if c.last < utf8.RuneSelf || c.last == zwj || c.last == zwnj {
			return dropped
		}
	case tag:
		if c.base != blackFlag || c.tags == maxTags {
			return dropped
		}
		c.tags++
	default:
		return dropped
	}
	c.last = r
	return r
}

// A class is what the sanitizer needs to know of a rune.
type class uint8

const (
	ordinary  class = iota // stands by itself
	separator              // becomes a space
	mark                   // stands on the rune before
	joiner                 // ZWJ, ZWNJ
	tag                    // U+E0020-U+E007F
	unwanted               // removed
)

// classify looks r up. The ranges that most text is made of come before the
// tables; a test compares them with the tables rune by rune.
func classify(r rune) class {
	switch {
	case r < 0x20:
		if '\t' <= r && r <= '\r' {
			return separator
		}
		return unwanted
	case r < 0x7F:
		return ordinary
	case r < 0xA0:
		if r == 0x85 {
			return separator
		}
		return unwanted
	case r < 0x300:
		if r == 0xAD {
			return unwanted
		}
		return ordinary
	case r < 0x370:
		return mark
	case r < 0x483, // Greek, Cyrillic
		0x2010 <= r && r < 0x2028,   // dashes, quotes, dots
		0x2100 <= r && r < 0x2CEF,   // symbols
		0x309B <= r && r < 0xA66F,   // kana, Han
		0xAC00 <= r && r < 0xFB1E,   // Hangul, private use
		0x1F000 <= r && r < 0xE0000: // emoji, Han
		return ordinary
	case r == 0x2028, r == 0x2029:
		return separator
	case r == zwj, r == zwnj:
		return joiner
	case 0xE0020 <= r && r < 0xE0080:
		return tag
	case 0x2060 <= r && r < 0x2070, // reserved for format characters, assigned or not
		0xFFF0 <= r && r < 0xFFFC,
		0xE0000 <= r && r < 0xE0100,
		0xE01F0 <= r && r < 0xE1000:
		return unwanted
	case unicode.Is(unicode.M, r):
		return mark
	case unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return unwanted
	}
	return ordinary
}

// printable is the number of bytes of printable ASCII that s begins with.
func printable(s string) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		// A byte's top bit is set below 0x20 by the first term, at 0x7F by the
		// second, above by the third. A borrow or a carry leaves only a byte
		// that is not printable itself and goes upwards, so the lowest bit set
		// is exact.
		if bad := ((w - 0x20*ones) | (w + ones) | w) & highs; bad != 0 {
			return i + bits.TrailingZeros64(bad)/8
		}
	}
	for ; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7E {
			break
		}
	}
	return i
}
