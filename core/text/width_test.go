package text

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"pgregory.net/rapid"
)

func TestWidth(t *testing.T) {
	tests := []struct {
		s    string
		want int
	}{
		{"", 0}, {"hello", 5}, {"你好", 4}, {"日本go", 6}, {"한국", 4}, {"ｆｉ", 4},
		{"é", 1}, {"e\u0301", 1}, {"z\u0301\u0302\u0303", 1}, {"नि", 1}, {"ก้", 1},
		{"🎉", 2}, {"❤️", 2}, {"1️⃣", 2}, {"👩‍👩‍👧‍👦", 2}, {"👋🏽", 2}, {"🇩🇪", 2}, {"🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2},
		{"…", 1}, {"→", 1}, {"a\u00A0b", 3}, {"\uFFFD", 1},
	}
	for _, tt := range tests {
		if got := Width(tt.s); got != tt.want {
			t.Errorf("Width(%+q) = %d, want %d", tt.s, got, tt.want)
		}
	}
}

func TestPad(t *testing.T) {
	tests := []struct {
		s       string
		columns int
		want    string
	}{
		{"", 3, "   "}, {"ab", 4, "ab  "}, {"ab", 2, "ab"}, {"abc", 2, "abc"}, {"ab", 0, "ab"}, {"ab", -7, "ab"},
		{"你", 4, "你  "}, {"❤️", 3, "❤️ "},
		{"", 65535, strings.Repeat(" ", 500)}, // X8
	}
	for _, tt := range tests {
		if got := Pad(tt.s, tt.columns); got != tt.want {
			t.Errorf("Pad(%q, %d) = %q, want %q", tt.s, tt.columns, got, tt.want)
		}
	}
}

func TestTruncate(t *testing.T) {
	tests := []struct {
		s       string
		columns int
		want    string
	}{
		{"hello", 5, "hello"}, {"hello", 6, "hello"}, {"hello", 4, "hel…"}, {"hello", 1, "…"}, {"hello", 0, ""}, {"hello", -1, ""},
		{"", 0, ""}, {"", 3, ""}, {"你好", 4, "你好"}, {"你好", 3, "你…"}, {"你好", 2, "…"}, {"你好吗", 4, "你…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"👩‍👩‍👧‍👦👋🏽!", 4, "👩‍👩‍👧‍👦…"},
	}
	for _, tt := range tests {
		if got := Truncate(tt.s, tt.columns); got != tt.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", tt.s, tt.columns, got, tt.want)
		}
	}
}

func TestColumnsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Clean(hostile().Draw(t, "s"))
		checkColumns(t, s, rapid.IntRange(-2, 60).Draw(t, "columns"))
	})
}

// checkColumns holds Pad and Truncate of the clean text s against Width.
func checkColumns(t interface{ Errorf(string, ...any) }, s string, columns int) {
	w := Width(s)
	if w > len(s) {
		t.Errorf("Width(%+q) = %d, more than its bytes", s, w)
	}
	padded := Pad(s, columns)
	if got := Width(padded); got != max(w, columns) {
		t.Errorf("Width(Pad(%+q, %d)) = %d, width %d", s, columns, got, w)
	}
	if !strings.HasPrefix(padded, s) || strings.Trim(padded[len(s):], " ") != "" {
		t.Errorf("Pad(%+q, %d) = %+q", s, columns, padded)
	}
	cut := Truncate(s, columns)
	if got := Width(cut); got > max(columns, 0) {
		t.Errorf("Width(Truncate(%+q, %d)) = %d", s, columns, got)
	}
	if columns < 1 {
		return
	}
	if w <= columns {
		if cut != s {
			t.Errorf("Truncate(%+q, %d) = %+q, width %d", s, columns, cut, w)
		}
		return
	}
	kept, ok := strings.CutSuffix(cut, "…")
	if !ok || !strings.HasPrefix(s, kept) || !boundary(s, len(kept)) {
		t.Errorf("Truncate(%+q, %d) = %+q", s, columns, cut)
	}
}

// boundary tells whether a grapheme cluster of s ends at byte n.
func boundary(s string, n int) bool {
	end := 0
	for g := displaywidth.StringGraphemes(s); end < n && g.Next(); {
		end += len(g.Value())
	}
	return end == n
}

func BenchmarkWidth(b *testing.B) {
	for _, bb := range []struct{ name, s string }{{"ascii", ascii64}, {"mixed", mixed64}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkInt = Width(bb.s)
			}
		})
	}
}

var sinkInt int
