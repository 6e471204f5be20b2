package text

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestParseName(t *testing.T) {
	tests := []struct{ in, display, key string }{
		{"fish", "fish", "fish"},
		{"Fish", "Fish", "fish"},
		{"a", "a", "a"},
		{"7of9", "7of9", "7of9"},
		{"_x_", "_x_", "_x_"},
		{"mary-ann.o_k", "mary-ann.o_k", "mary-ann.o_k"},
		{strings.Repeat("x", 32), strings.Repeat("x", 32), strings.Repeat("x", 32)},
		{"José", "José", "josé"},
		{"Jose\u0301", "José", "josé"},
		{"Łukasz", "Łukasz", "łukasz"},
		{"Sigurður", "Sigurður", "sigurður"},
		{"ÐǼ", "ÐǼ", "ðǽ"},
		{"Nguyễn", "Nguyễn", "nguyễn"},
		{"ＦＩＳＨ", "FISH", "fish"},
		{"ｶﾞ", "ガ", "ガ"},
		{"Иван", "Иван", "иван"},
		{"Σωκράτης", "Σωκράτης", "σωκράτης"},
		{"שלום", "שלום", "שלום"},
		{"مرحبا2", "مرحبا2", "مرحبا2"},
		{"李小龙", "李小龙", "李小龙"},
		{"りんゴ", "りんゴ", "りんゴ"},
		{"スーパー", "スーパー", "スーパー"},
		{"ノリコ", "ノリコ", "ノリコ"},
		{"김철수", "김철수", "김철수"},
		{"fish猫", "fish猫", "fish猫"},
		{"7猫", "7猫", "7猫"},
		{"_猫_", "_猫_", "_猫_"},
		{"0Ｎ", "0N", "0n"},
		{"ที่รัก", "ที่รัก", "ที่รัก"},
		{"हिन्दी", "हिन्दी", "हिन्दी"},
		{"မြန်မာ", "မြန်မာ", "မြန်မာ"},
		{"q\u0323", "q\u0323", "q\u0323"},
	}
	for _, tt := range tests {
		n, err := ParseName(tt.in)
		if err != nil || n.Display != tt.display || n.Key != tt.key {
			t.Errorf("ParseName(%+q) = %+q %+q, %v; want %+q %+q", tt.in, n.Display, n.Key, err, tt.display, tt.key)
		}
		holdName(t, tt.in)
	}
}

func TestParseNameRefuses(t *testing.T) {
	tests := []struct{ name, in, says string }{
		{"empty", "", "cannot be empty"},
		{"33 runes", strings.Repeat("x", 33), "this one has 33"},
		{"33 runes of 3 bytes", strings.Repeat("猫", 33), "this one has 33"},
		{"key of more than 32 runes", strings.Repeat("İ", 20), "at most 32"},
		{"space", "big fish", "one word"},
		{"wide space", "big\u3000fish", "one word"},
		{"line feed", "fish\n", "one word"},
		{"digits alone", "1234", "at least one letter"},
		{"punctuation alone", "_._", "at least one letter"},
		{"flag", "-rf", "cannot start with -"},
		{"dot file", ".fish", "cannot start with ."},
		{"end of a sentence", "fish.", "cannot end with ."},
		{"not UTF-8", "fi\x9Bsh", "UTF-8"},
		{"replacement", "fi\uFFFDsh", "The character"},
		{"emoji", "fish🐟", "The character 🐟"},
		{"Arabic digits", "علي٣", "0 to 9"},

		// X1, X2
		{"escape", "a\x1b[31m", "invisible character U+001B"},
		{"C1", "a\u009B31m", "invisible character U+009B"},
		// X4
		{"override", "a\u202Eb", "invisible character U+202E"},
		{"direction mark", "a\u200Fb", "invisible character U+200F"},
		// X5
		{"zero width space", "fi\u200Bsh", "invisible character U+200B"},
		{"zero width joiner", "fi\u200Dsh", "invisible character U+200D"},
		{"joiner after a virama", "क्\u200Dष", "invisible character U+200D"},
		{"soft hyphen", "fi\u00ADsh", "invisible character U+00AD"},
		{"word joiner", "fi\u2060sh", "invisible character U+2060"},
		{"grapheme joiner", "fi\u034Fsh", "invisible character U+034F"},
		{"variation selector", "fish\uFE0F", "invisible character U+FE0F"},
		{"Hangul filler", "fish\u3164", "invisible character U+3164"},
		{"half-width filler", "\uFFA0a", "invisible character U+3164"},
		{"tag", "fish\U000E0061", "invisible character U+E0061"},
		// X6
		{"two marks", "q\u0323\u0331", "letter q has more marks"},
		{"two marks, one composed", "e\u0301\u0301", "letter é has more marks"},
		{"two marks, both ways", "ẋ\u0323", "more marks"},
		{"three marks", "e\u0301\u0302\u0303", "more marks"},
		{"enclosing", "a\u20DD", "The character U+20DD"},
		{"mark first", "\u0301fish", "U+0301 in a name must stand on a letter"},
		{"mark on a digit", "a1\u0301", "must stand on a letter"},
		{"three marks on Thai", "ท\u0E34\u0E48\u0E48", "more marks"},

		{"Latin and Cyrillic", "dаve", "mixes Latin and Cyrillic"},
		{"Latin and Greek", "αlpha", "mixes Greek and Latin"},
		{"Latin and Thai", "fishที", "mixes Latin and Thai"},
		{"foreign mark", "a\u093F", "mixes Latin and Devanagari"},
		{"Cherokee", "ᎠᎡ", "everyday writing"},
		{"click letter", "fishǃ", "everyday writing"},
		{"saltillo", "oꞌneil", "everyday writing"},
		{"modifier colon", "fishː", "everyday writing"},
		{"mathematical letters", "𝐟𝐢𝐬𝐡", "everyday writing"},
		{"ligature", "ﬁsh", "not allowed in names"},
		{"old Hangul", "\u1100", "not allowed in names"},
		{"right to left, punctuation last", "שלום_", "right to left"},
		{"right to left, digit first", "1שלום", "right to left"},
	}
	for _, c := range "\"'`|#/\\@:*<>,;&$!?%()[]{}=+^~" {
		tests = append(tests, struct{ name, in, says string }{string(c), "fi" + string(c) + "sh", "The character " + string(c) + " cannot"})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := ParseName(tt.in)
			if err == nil {
				t.Fatalf("ParseName(%+q) = %+q", tt.in, n)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("ParseName(%+q): %v; want %q", tt.in, err, tt.says)
			}
			holdName(t, tt.in)
		})
	}
}

// TestA2 holds pairs that look alike, so that the second cannot join while the
// first exists, and pairs that do not.
func TestA2(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"fish", "FISH", true},
		{"fish", "ｆｉｓｈ", true},
		{"coco", "сосо", true}, // Cyrillic
		{"Ian", "lan", true},
		{"Ian", "1an", true},
		{"lan", "1an", true},
		{"Mike", "rnike", true},
		{"mike", "rnike", true},
		{"Tim", "Tirn", true},
		{"bob", "b0b", true},
		{"BOB", "B0B", true},
		{"modem", "rnodern", true},
		{"José", "Jose\u0301", true},
		{"weiß", "weiss", true},
		{"力", "カ", true}, // Han and Katakana
		{"fish", "fisch", false},
		{"jose", "josé", false},
		{"ian", "lan", false}, // told apart in lower case
		{"a-b", "a_b", false},
	}
	for _, tt := range tests {
		a, errA := ParseName(tt.a)
		b, errB := ParseName(tt.b)
		if errA != nil || errB != nil {
			t.Errorf("%q, %q: %v, %v", tt.a, tt.b, errA, errB)
			continue
		}
		if same := a.Key == b.Key || a.Skeleton == b.Skeleton; same != tt.same {
			t.Errorf("%+q and %+q taken for the same: %v", a, b, same)
		}
	}
}

func TestFold(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""}, {"fish", "fish"}, {"FiSh-9", "fish-9"}, {"ÉCOLE", "école"}, {"e\u0301", "é"}, {"ＦＩＳＨ", "fish"}, {"ИВАН", "иван"},
		{"BIG FISH", "big fish"}, {"🐟FISH", "🐟fish"}, {"A\u200BB", "a\u200Bb"}, {"\xFFA", "\uFFFDa"}, // no names
	}
	for _, tt := range tests {
		if got := Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%+q) = %+q, want %+q", tt.in, got, tt.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { sink = Fold("lower-case_9") }); n != 0 {
		t.Errorf("Fold of a folded word allocates %v times", n)
	}
}

// TestFoldConcurrent is for the race detector: the profile is shared.
func TestFoldConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if got := Fold("ΣΟΦΌΣ"); got != "σοφόσ" {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	wg.Wait()
}

func TestNameProperties(t *testing.T) {
	letters := rapid.StringOfN(rapid.SampledFrom([]rune("abcIl1mMrnO0-_.éÉİßſıσςΣжЖ猫カー한ไท่\u0301\u0323\u200D |")), 0, 34, -1)
	rapid.Check(t, func(t *rapid.T) { holdName(t, rapid.OneOf(letters, hostile()).Draw(t, "s")) })
}

func FuzzName(f *testing.F) {
	for _, s := range pieces {
		f.Add(s)
	}
	for _, s := range []string{"fish", "Mary-Ann", "Иван", "ｶﾞ", "İstanbul", "ẞ", "dаve", "ที่รัก", "הַלּוֹ", "မြန်မာ", "𝐟", "1an", "a.b_c-d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { holdName(t, s) })
}

// holdName holds all that is promised of ParseName(s).
func holdName(t interface{ Errorf(string, ...any) }, s string) {
	n, err := ParseName(s)
	if err != nil {
		var e *chat.Error
		if !errors.As(err, &e) || e.Code != chat.Invalid {
			t.Errorf("ParseName(%+q): %v, want code invalid", s, err)
		} else if Clean(e.Text) != e.Text || !strings.HasSuffix(e.Text, ".") || !strings.Contains(e.Text, ";") && !strings.Contains(e.Text, "must") {
			t.Errorf("ParseName(%+q): text %+q", s, e.Text)
		}
		if n != (chat.Name{}) {
			t.Errorf("ParseName(%+q) = %+q with %v", s, n, err)
		}
		return
	}
	if c := utf8.RuneCountInString(n.Display); c < 1 || c > MaxName {
		t.Errorf("ParseName(%+q) = %+q: %d runes", s, n, c)
	}
	if strings.ContainsAny(n.Display, " \t\r\n\"'`|#/\\@:*<>,;&$!?%()[]{}=+^~") || strings.HasPrefix(n.Display, "-") {
		t.Errorf("ParseName(%+q) = %+q: no shell word", s, n)
	}
	if c := Clean(n.Display); c != n.Display {
		t.Errorf("ParseName(%+q) = %+q: display is clean as %+q", s, n, c)
	}
	for _, form := range []string{s, n.Display, n.Key} {
		if k := Fold(form); k != n.Key {
			t.Errorf("ParseName(%+q) = %+q: Fold(%+q) = %+q", s, n, form, k)
		}
	}
	if again, err := ParseName(n.Display); again != n {
		t.Errorf("ParseName(%+q) = %+q, of its display %+q, %v", s, n, again, err)
	}
	if again, err := ParseName(n.Key); again.Key != n.Key || again.Display != n.Key {
		t.Errorf("ParseName(%+q) = %+q, of its key %+q, %v", s, n, again, err)
	}
	if n.Skeleton == "" {
		t.Errorf("ParseName(%+q) = %+q: no skeleton", s, n)
	}
}

func BenchmarkFold(b *testing.B) {
	for _, bb := range []struct{ name, s string }{
		{"folded", "fish_42"}, {"upper", "Fish_42"}, {"cyrillic", "привет"}, {"han", "你好世界"}, {"emoji", "🎉🎉"}, {"ascii64", strings.ToLower(ascii64)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = Fold(bb.s)
			}
		})
	}
}

func BenchmarkParseName(b *testing.B) {
	for _, bb := range []struct{ name, s string }{{"ascii", "Mary-Ann_42"}, {"cyrillic", "Иван"}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, err := ParseName(bb.s)
				if err != nil {
					b.Fatal(err)
				}
				sink = n.Key
			}
		})
	}
}
