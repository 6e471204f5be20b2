package commands_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A filterModel is what a filter should make of lines.
type filterModel struct {
	line string
	want func(lines []string) []string
}

// drawFilter is a filter with some arguments and what it should do.
func drawFilter(t *rapid.T) filterModel {
	n := rapid.IntRange(0, 6).Draw(t, "n")
	word := rapid.SampledFrom([]string{"a", "B", "ab", "3", " "}).Draw(t, "word")
	keep := func(f func(string) bool) func([]string) []string {
		return func(lines []string) []string {
			return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !f(l) })
		}
	}
	return rapid.SampledFrom([]filterModel{
		{fmt.Sprintf("grep %q", word), keep(func(l string) bool { return strings.Contains(l, word) })},
		{fmt.Sprintf("grep -v %q", word), keep(func(l string) bool { return !strings.Contains(l, word) })},
		{fmt.Sprintf("grep -i %q", word), keep(func(l string) bool { return strings.Contains(strings.ToLower(l), strings.ToLower(word)) })},
		{fmt.Sprintf("grep -E %q", "^"+word), keep(func(l string) bool { return strings.HasPrefix(l, word) })},
		{fmt.Sprintf("grep -c %q", word), func(lines []string) []string {
			return []string{strconv.Itoa(len(keep(func(l string) bool { return strings.Contains(l, word) })(lines)))}
		}},
		{fmt.Sprintf("head %d", n), func(lines []string) []string { return lines[:min(n, len(lines))] }},
		{fmt.Sprintf("tail -n %d", n), func(lines []string) []string { return lines[max(0, len(lines)-n):] }},
		{fmt.Sprintf("tail +%d", n), func(lines []string) []string { return lines[min(max(n-1, 0), len(lines)):] }},
		{"sort", func(lines []string) []string { return slices.Sorted(slices.Values(lines)) }},
		{"sort -r", func(lines []string) []string {
			lines = slices.Sorted(slices.Values(lines))
			slices.Reverse(lines)
			return lines
		}},
		{"uniq", func(lines []string) []string { return slices.Compact(slices.Clone(lines)) }},
		{"wc -l", func(lines []string) []string { return []string{strconv.Itoa(len(lines))} }},
		{fmt.Sprintf("cut -c -%d", n+1), func(lines []string) []string {
			var out []string
			for _, l := range lines {
				r := []rune(l)
				out = append(out, string(r[:min(n+1, len(r))]))
			}
			return out
		}},
		{"cut -d ' ' -f 2-", func(lines []string) []string {
			var out []string
			for _, l := range lines {
				if _, rest, found := strings.Cut(l, " "); found {
					l = rest
				}
				out = append(out, l)
			}
			return out
		}},
	}).Draw(t, "filter")
}

// TestFiltersProperties holds pipelines of filters against plain functions.
func TestFiltersProperties(t *testing.T) {
	w := newWorld(t)
	w.play(arrival)
	ann := w.person("ann")
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.StringOf(rapid.SampledFrom([]rune("aAbB3é ")))).Draw(t, "lines")
		w.input = strings.Join(append(lines, ""), "\n")
		if len(lines) > 0 && lines[len(lines)-1] != "" && rapid.Bool().Draw(t, "without an end") {
			w.input = strings.TrimSuffix(w.input, "\n")
		}
		line, want := "/feed", lines
		for range rapid.IntRange(1, 4).Draw(t, "stages") {
			f := drawFilter(t)
			line, want = line+" | "+f.line, f.want(want)
		}
		ann.typed(line)
		got := ann.seen
		ann.seen = nil
		if !slices.Equal(got, want) {
			t.Errorf("%s makes %q, want %q", line, got, want)
		}
	})
}
