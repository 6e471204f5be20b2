package command

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for in, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "30s": 30 * time.Second, "1h30m": 90 * time.Minute, "2d": 2 * day, "1w": 7 * day, "1W2D": 9 * day,
		"1.5d": 36 * time.Hour, "1h30m2d": 2*day + 90*time.Minute, "250ms": 250 * time.Millisecond, "3µs": 3 * time.Microsecond, "2H": 2 * time.Hour,
		".5h": 30 * time.Minute,
	} {
		if got, err := parseDuration(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "5", "-5s", "+5s", "d", "1", "1h5", "1x", "1 h", "1..5h", ".h", "1d-2h", "9999999w", "106752d", "200000h200000h200000h200000h200000h200000h200000h200000h200000h200000h200000h200000h200000h", "h1", "1dd"} {
		if got, err := parseDuration(in); err == nil {
			t.Errorf("%q: %v, want an error", in, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "d"))
		if got, err := parseDuration(d.String()); err != nil || got != d {
			t.Fatalf("%v: %v, %v", d, got, err)
		}
	})
}

// The normal form of a normal form is itself.
func TestNormalFormIsStable(t *testing.T) {
	types := []Arg{
		{Type: String}, {Type: Int, Min: -5, Max: 5000}, {Type: Duration}, {Type: Count, Max: 1000},
		{Type: Enum, Choices: []string{"auto", "chat", "Both"}}, {Type: User}, {Type: Room}, {Type: CommandName}, {Type: Text},
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom(types).Draw(t, "type")
		word := rapid.OneOf(
			rapid.StringMatching(`[+-]?[0-9]{1,5}|([0-9]{1,4}[smhdwSMHDW]){1,3}|#?[A-Za-z0-9_-]{1,9}`),
			rapid.SampledFrom([]string{"AUTO", "both", "chat"}),
		).Draw(t, "word")
		first, err := a.normal("A", word)
		if err != nil {
			return
		}
		if second, err := a.normal("A", first); err != nil || second != first {
			t.Fatalf("%s %q is %q, and that %q, %v", a.Type, word, first, second, err)
		}
	})
}

func TestLists(t *testing.T) {
	for _, tt := range []struct {
		words   []string
		or, and string
	}{
		{nil, "", ""},
		{[]string{"a"}, "a", "a"},
		{[]string{"a", "b"}, "a or b", "a and b"},
		{[]string{"a", "b", "c"}, "a, b or c", "a, b and c"},
	} {
		if or, and := listOr(tt.words), listAnd(tt.words); or != tt.or || and != tt.and {
			t.Errorf("%q: %q, %q", tt.words, or, and)
		}
	}
}
