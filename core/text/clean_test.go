package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"ascii", "hello, world ~", "hello, world ~"},
		{"every printable byte", printableASCII(), printableASCII()},
		{"languages", "你好 Привет שלום สวัสดี नमस्ते مرحبا", "你好 Привет שלום สวัสดี नमस्ते مرحبا"},
		{"private use", "\uE0B0\uF8FF", "\uE0B0\uF8FF"},
		{"no-break and wide spaces", "a\u00A0b\u3000c", "a\u00A0b\u3000c"},

		// X1
		{"CSI", "a\x1b[31mred\x1b[0m", "a[31mred[0m"},
		{"OSC 0", "\x1b]0;title\x07x", "]0;titlex"},
		{"OSC 8", "\x1b]8;;http://x\x1b\\link", "]8;;http://x\\link"},
		{"OSC 52, unfinished", "\x1b]52;c;cm0gLXJm", "]52;c;cm0gLXJm"},
		{"DCS", "\x1bPq#0\x1b\\", "Pq#0\\"},
		{"ENQ BEL BS NUL DEL", "a\x05b\x07c\bd\x00e\x7Ff", "abcdef"},
		{"ESC alone", "\x1b", ""},
		{"control in every place of a word", "\x01abcdefg\x02hijklmno\x03", "abcdefghijklmno"},

		// X2
		{"C1 as runes", "a\u009B31mb\u0080\u009F\u0090", "a31mb"},
		{"C1 as bytes", "a\x9B31mb", "a\uFFFD31mb"},
		{"C1 bytes in a row", "\x80\x9B\x9F", "\uFFFD"},

		// X3
		{"line feed", "a\nb", "a b"},
		{"CR LF", "a\r\nb\r\n", "a b "},
		{"CR", "a\rb", "a b"},
		{"CR CR LF", "a\r\r\nb", "a  b"},
		{"LF CR", "a\n\rb", "a  b"},
		{"tab, VT, FF", "a\tb\vc\fd", "a b c d"},
		{"NEL, LS, PS", "a\u0085b\u2028c\u2029d", "a b c d"},
		{"the escape as text", `a\nb`, `a\nb`},

		// X4
		{"overrides", "a\u202Eb\u202Ac\u202Cd", "abcd"},
		{"isolates", "a\u2066b\u2067c\u2068d\u2069e", "abcde"},
		{"marks of direction", "a\u200Eb\u200Fc\u061Cd", "abcd"},

		// Invisible format characters.
		{"soft hyphen, ZWSP, WJ, BOM", "\uFEFFa\u00ADb\u200Bc\u2060d", "abcd"},
		{"interlinear annotation", "a\uFFF9b\uFFFAc\uFFFBd", "abcd"},
		{"tags", "a\U000E0001\U000E0068\U000E0069\U000E007Fb", "ab"},
		{"Mongolian vowel separator", "a\u180Eb", "ab"},
		{"visible format characters", "\u0600\u0661 \u06DD", "\u0600\u0661 \u06DD"},

		// X5 is about names; in a line joiners stay where they join.
		{"Persian", "می\u200Cخواهم", "می\u200Cخواهم"},
		{"Sinhala", "ශ්\u200Dරී", "ශ්\u200Dරී"},
		{"joiner in ASCII", "pay\u200Dp\u200Cal", "paypal"},
		{"joiner first", "\u200D你", "你"},
		{"joiners in a row", "你\u200D\u200C\u200D好", "你\u200D好"},

		// X6
		{"four marks", "e" + marks(4), "e" + marks(4)},
		{"five marks", "e" + marks(5), "e" + marks(4)},
		{"a stack", "z" + marks(1000) + "a" + marks(2), "z" + marks(4) + "a" + marks(2)},
		{"control between marks", "e" + marks(3) + "\x00" + marks(3), "e" + marks(4)},
		{"joiner between marks", "e" + marks(3) + "\u200D" + marks(3), "e" + marks(3) + "\u200D" + marks(1)},
		{"marks first", marks(2) + "a", "a"},
		{"marks after a space", "a " + marks(9), "a " + marks(4)},
		{"marks on marks of other kinds", "\u0905\u0301\u0903\u20DD\u0301\u0301", "\u0905\u0301\u0903\u20DD\u0301"},
		{"variation selectors", "a\uFE0F\uFE0F\uFE0F\uFE0F\uFE0F\U000E0100b", "a\uFE0F\uFE0F\uFE0F\uFE0Fb"},

		// Emoji.
		{"heart", "❤️", "❤️"},
		{"keycap", "1️⃣", "1️⃣"},
		{"family", "👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"},
		{"kiss with skin tones", "👩🏽‍❤️‍💋‍👨🏿", "👩🏽‍❤️‍💋‍👨🏿"},
		{"rainbow flag", "🏳️‍🌈", "🏳️‍🌈"},
		{"flags", "🇩🇪🇯🇵", "🇩🇪🇯🇵"},
		{"Scotland", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 x", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 x"},
		{"tags without end", "🏴" + strings.Repeat("\U000E0061", 9) + "b", "🏴" + strings.Repeat("\U000E0061", 6) + "b"},

		// Not UTF-8.
		{"a run is one", "a\xFF\xFE\xFDb\xC3", "a\uFFFDb\uFFFD"},
		{"runs apart", "\xFFa\xFF\x01\xFF", "\uFFFDa\uFFFD\uFFFD"},
		{"surrogate", "\xED\xA0\x80x", "\uFFFDx"},
		{"overlong", "\xC0\xAF", "\uFFFD"},
		{"U+FFFD itself", "a\uFFFD\uFFFDb", "a\uFFFD\uFFFDb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%+q)\n got %+q\nwant %+q", tt.in, got, tt.want)
			}
			checkClean(t, tt.in)
		})
	}
}

// TestCleanASCII holds every byte, at every offset from a word's start, against
// the rule for ASCII.
func TestCleanASCII(t *testing.T) {
	for b := range 0x80 {
		want := string(rune(b))
		switch {
		case '\t' <= b && b <= '\r':
			want = " "
		case b < 0x20 || b == 0x7F:
			want = ""
		}
		for n := range 20 {
			before, after := strings.Repeat("~", n), strings.Repeat(" ", 19-n)
			if got := Clean(before + string(rune(b)) + after); got != before+want+after {
				t.Errorf("byte %#x at %d: %q", b, n, got)
			}
		}
	}
}

// TestClassify holds the ranges of classify against the tables they stand for.
func TestClassify(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		want := ordinary
		switch {
		case '\t' <= r && r <= '\r', r == 0x85, r == 0x2028, r == 0x2029:
			want = separator
		case r == zwj, r == zwnj:
			want = joiner
		case 0xE0020 <= r && r <= 0xE007F:
			want = tag
		case unicode.Is(unicode.M, r):
			want = mark
		case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		case unicode.In(r, unicode.Cc, unicode.Cf):
			want = unwanted
		case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.IsLetter(r):
			want = unwanted
		}
		if got := classify(r); got != want {
			t.Errorf("%U: class %d, want %d", r, got, want)
		}
	}
}

func TestAppendCleanKeepsDestination(t *testing.T) {
	// The end of dst is the server's own; a mark must not be counted on it.
	if got := string(AppendClean([]byte("fish: "), "\u0301a\x1bb")); got != "fish: ab" {
		t.Errorf("got %q", got)
	}
	if got := string(AppendClean([]byte("\xFF"), "\xFF")); got != "\xFF\uFFFD" {
		t.Errorf("got %q", got)
	}
}

func TestCleanAllocations(t *testing.T) {
	for _, s := range []string{ascii64, mixed64} {
		if n := testing.AllocsPerRun(100, func() { sink = Clean(s) }); n != 0 {
			t.Errorf("Clean(%q) allocates %v times", s, n)
		}
	}
}

func TestCleanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkClean(t, hostile().Draw(t, "s")) })
}

func FuzzClean(f *testing.F) {
	for _, s := range pieces {
		f.Add(s)
	}
	f.Add(strings.Join(pieces, ""))
	f.Add(ascii64 + mixed64 + hostile64)
	f.Fuzz(func(t *testing.T, s string) {
		checkClean(t, s)
		checkColumns(t, Clean(s), len(s)%40)
	})
}

// checkClean holds all that is promised of clean text, in terms of the promise
// and not of the code.
func checkClean(t interface{ Errorf(string, ...any) }, s string) {
	got := Clean(s)
	if !utf8.ValidString(got) {
		t.Errorf("Clean(%+q) = %+q, not UTF-8", s, got)
	}
	stacked, last := 0, rune(0)
	for i, r := range got {
		if forbidden(r) && !(0xE0020 <= r && r <= 0xE007F && strings.Contains(got[:i], "🏴")) {
			t.Errorf("Clean(%+q) = %+q holds %U", s, got, r)
		}
		joins := r == '\u200C' || r == '\u200D'
		if joins && (last < 0x80 || last == '\u200C' || last == '\u200D') {
			t.Errorf("Clean(%+q) = %+q: %U joins nothing", s, got, r)
		}
		switch {
		case unicode.IsMark(r):
			stacked++
			if stacked > 4 || i == 0 {
				t.Errorf("Clean(%+q) = %+q: mark %d on one base at %d", s, got, stacked, i)
			}
		case !joins:
			stacked = 0
		}
		last = r
	}
	// Nothing that prints was lost, nothing came that was not there.
	if utf8.ValidString(s) && prints(s) != prints(got) {
		t.Errorf("Clean(%+q) = %+q changed what prints", s, got)
	}
	if again := Clean(got); again != got {
		t.Errorf("Clean(%+q) = %+q, and again %+q", s, got, again)
	}
	if a := string(AppendClean([]byte("x"), s)); a != "x"+got {
		t.Errorf("AppendClean(x, %+q) = %+q, Clean %+q", s, a, got)
	}
}

// forbidden lists what must never reach a terminal, from the fault catalogue.
func forbidden(r rune) bool {
	switch {
	case unicode.IsControl(r),
		r == '\u061C', r == '\u200E', r == '\u200F', '\u202A' <= r && r <= '\u202E', '\u2066' <= r && r <= '\u2069',
		r == '\u2028', r == '\u2029',
		r == '\u00AD', r == '\u200B', r == '\u2060', r == '\uFEFF', '\uFFF9' <= r && r <= '\uFFFB',
		0xE0000 <= r && r <= 0xE007F:
		return true
	}
	return false
}

// prints is s without spaces, marks and everything that does not show.
func prints(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) {
			return r
		}
		return -1
	}, s)
}

// pieces are what hostile texts are made of.
var pieces = []string{
	"a", "Hello, world", " ", "\t", "\r\n", "\r", "\n", `\n`, "\x00", "\x07", "\x1b[31m", "\x1b]0;t\x07", "\x7F",
	"\u0085", "\u009B", "\x9B", "\xFF", "\xE4\xBD", "\xED\xA0\x80", "\uFFFD", "\u2028", "\u202E", "\u2066", "\u200E", "\u061C",
	"\u00AD", "\u200B", "\u200C", "\u200D", "\uFEFF", "\uFFF9", "\U000E0067", "\U000E007F", "🏴", "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
	"\u0301", "\u0301\u0302\u0303\u0304\u0305", "\uFE0F", "\u20E3", "❤️", "1️⃣", "👩‍👩‍👧‍👦", "🏽", "🇩", "你好", "ｶﾞ", "한", "\u1100\u1161",
	"שלום", "สวัสดี", "क्षि", "\u0600", "\u0D4E", "\u3164", "\u034F", "é", "ß", "İ", "fish: ", "* fish waves", "-- fish has joined",
}

// hostile draws texts of pieces and of any runes.
func hostile() *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.SampledFrom(pieces), rapid.StringN(0, 4, -1))
	return rapid.Map(rapid.SliceOfN(piece, 0, 24), func(p []string) string { return strings.Join(p, "") })
}

func marks(n int) string { return strings.Repeat("\u0301", n) }

func printableASCII() string {
	var b strings.Builder
	for c := byte(0x20); c < 0x7F; c++ {
		b.WriteByte(c)
	}
	return b.String()
}

// The texts of the benchmarks, 64 bytes each.
const (
	ascii64   = "The quick brown fox jumps over the lazy dog, and then sleeps 8 h"
	mixed64   = "deploy 完了しました 🎉 merci à tous, see you 明日 👋🏽 ok?!"
	hostile64 = "\x1b[31mred\x1b[0m \u202Etxt.exe\u202C \x9B2J z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\r\nfish: hi!"
)

var sink string

func BenchmarkClean(b *testing.B) {
	for _, bb := range []struct{ name, s string }{
		{"ascii", ascii64}, {"mixed", mixed64}, {"hostile", hostile64},
		{"thai", "สวัสดีครับ ทุกคน สบา"}, {"marks1k", strings.Repeat("e"+marks(11), 44)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.s)))
			b.ReportAllocs()
			for b.Loop() {
				sink = Clean(bb.s)
			}
		})
	}
}
