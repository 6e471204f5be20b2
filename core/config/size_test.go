package config

import (
	"math"
	"strings"
	"testing"
)

func TestParseSize(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Size
		out  string
	}{
		{"0", 0, "0"},
		{"0KiB", 0, "0"},
		{"1", 1, "1B"},
		{"1B", 1, "1B"},
		{"1023", 1023, "1023B"},
		{"1024", 1024, "1KiB"},
		{"128KiB", 128 * KiB, "128KiB"},
		{"2048KiB", 2 * MiB, "2MiB"},
		{"64MiB", 64 * MiB, "64MiB"},
		{"1GiB", GiB, "1GiB"},
		{"3TiB", 3 * TiB, "3TiB"},
		{"9223372036854775807", math.MaxInt64, "9223372036854775807B"},
		{"8388607TiB", 8388607 * TiB, "8388607TiB"},
	} {
		got, err := ParseSize(tc.in)
		if err != nil || got != tc.want || got.String() != tc.out {
			t.Errorf("ParseSize(%q) = %d (%s), %v", tc.in, got, got, err)
		}
		var again Size
		text, err := got.MarshalText()
		if err != nil {
			t.Error(err)
		}
		if err := again.UnmarshalText(text); err != nil || again != got {
			t.Errorf("%s read back is %d, %v", text, again, err)
		}
	}
}

func TestParseSizeErrors(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"", "is no size"},
		{" 1", "is no size"},
		{"1 KiB", "is no size"},
		{"-1", "is no size"},
		{"+1", "is no size"},
		{"1.5KiB", "is no size"},
		{"KiB", "is no size"},
		{"1kib", "is no size"},
		{"1KB", "is no size"},
		{"1K", "is no size"},
		{"0x10", "is no size"},
		{"1_000", "is no size"},
		{"1KiBKiB", "is no size"},
		{"9223372036854775808", "is too large"},
		{"8388608TiB", "is too large"},
		{"99999999999999999999KiB", "is too large"},
	} {
		size := Size(7)
		err := size.UnmarshalText([]byte(tc.in))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v", tc.in, err)
		}
		if size != 7 {
			t.Errorf("%q changed the size to %d", tc.in, size)
		}
	}
}
