package commands

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/command"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour:                          "0s",
		0:                                   "0s",
		999 * time.Millisecond:              "0s",
		59 * time.Second:                    "59s",
		time.Minute:                         "1m",
		time.Hour - 1:                       "59m",
		time.Hour:                           "1h00m",
		2*time.Hour + 5*time.Minute:         "2h05m",
		24*time.Hour - 1:                    "23h59m",
		24 * time.Hour:                      "1d",
		4*24*time.Hour + 23*time.Hour:       "4d",
		1000*24*time.Hour + 7*time.Second:   "1000d",
		2*time.Hour + 59*time.Second + 9e8:  "2h00m",
		3*time.Minute + 59*time.Second + 1:  "3m",
		23*time.Hour + 9*time.Minute + 1000: "23h09m",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestCompact(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second:                                  "1s",
		90 * time.Second:                             "1m30s",
		time.Minute:                                  "1m",
		2*time.Hour + 30*time.Minute:                 "2h30m",
		24 * time.Hour:                               "1d",
		36*time.Hour + 5*time.Second:                 "1d12h0m5s",
		7 * 24 * time.Hour:                           "1w",
		8 * 24 * time.Hour:                           "8d",
		30 * 24 * time.Hour:                          "30d",
		30*24*time.Hour - time.Minute:                "29d23h59m",
		100*365*24*time.Hour + 1500*time.Microsecond: "36500d1.5ms",
	} {
		got := compact(d)
		if got != want {
			t.Errorf("compact(%v) = %s, want %s", d, got, want)
		}
		if back, err := command.ParseDuration(got); err != nil || back != d {
			t.Errorf("%s is read as %v, %v", got, back, err)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 1 << 63: "8.0 EiB",
	} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s, want %s", n, got, want)
		}
	}
}

// TestTop holds top against sorting everything.
func TestTop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOf(rapid.IntRange(0, 20)).Draw(t, "items")
		n := rapid.IntRange(1, 10).Draw(t, "n")
		want := slices.Clone(items)
		slices.SortFunc(want, func(a, b int) int { return cmp.Compare(b, a) })
		want = want[:min(n, len(want))]
		if got := top(items, n, func(i int) int64 { return int64(i) }); !slices.Equal(got, want) {
			t.Errorf("top(%v, %d) = %v, want %v", items, n, got, want)
		}
	})
}

func TestTable(t *testing.T) {
	var tab table
	tab.row("NAME", "ROOM", "AWAY")
	tab.row("你好", "x", "a reason that is long")
	tab.row("ann", "lobby", "")
	for width, want := range map[int]string{
		0:  "NAME  ROOM   AWAY\n你好  x      a reason that is long\nann   lobby\n",
		30: "NAME  ROOM   AWAY\n你好  x      a reason that is…\nann   lobby\n",
		1:  "NAME  ROOM   AWAY\n你好  x      a reaso…\nann   lobby\n",
	} {
		var b strings.Builder
		if err := tab.write(&b, width); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("in %d columns:\n%swant\n%s", width, b.String(), want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		words string
		width int
		want  string
	}{
		{"a bb ccc", 80, "a bb ccc"},
		{"a bb ccc", 8, "a bb ccc"},
		{"a bb ccc", 7, "a bb|ccc"},
		{"a bb ccc", 1, "a|bb|ccc"},
		{"a bb ccc", -5, "a|bb|ccc"},
		{"你好 ab", 6, "你好|ab"},
	} {
		if got := strings.Join(wrap(strings.Fields(tt.words), tt.width), "|"); got != tt.want {
			t.Errorf("wrap(%s, %d) = %s, want %s", tt.words, tt.width, got, tt.want)
		}
	}
}
