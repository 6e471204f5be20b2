package text

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Nearest returns those of among that somebody who typed word may have meant,
// best first, without duplicates and at most n of them; nil if there are
// none. Case does not count.
//
// A candidate is near if word is the beginning of it, or if few edits lead from
// one to the other: an edit inserts, deletes or replaces one character or swaps
// two neighbours (optimal string alignment). Few is none for a word of one
// character, one for two to five characters, two for six to eight, else three. A
// beginning counts as one edit; ties go to the candidate nearer in length, then
// in alphabetical order, so the order of among never shows.
//
// It costs about the product of both lengths for every candidate that is not
// too long or too short.
func Nearest(word string, among iter.Seq[string], n int) []string {
	if word == "" || n <= 0 {
		return nil
	}
	type match struct {
		candidate string
		edits     int
		length    int // how much longer or shorter than word, in runes
	}
	folded := Fold(word)
	typed := []rune(folded)
	limit := fewEdits(len(typed))
	var (
		matches []match
		d       distance
	)
	for candidate := range among {
		name := Fold(candidate)
		length := utf8.RuneCountInString(name) - len(typed)
		prefix := strings.HasPrefix(name, folded)
		length = abs(length)
		if !prefix && length > limit {
			continue
		}
		edits := min(1, length)
		if !prefix {
			if edits = d.between(typed, name); edits > limit {
				continue
			}
		}
		matches = append(matches, match{candidate, edits, length})
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(
			cmp.Compare(a.edits, b.edits),
			cmp.Compare(a.length, b.length),
			strings.Compare(a.candidate, b.candidate),
		)
	})
	matches = slices.Compact(matches)
	var near []string
	for _, m := range matches[:min(n, len(matches))] {
		near = append(near, m.candidate)
	}
	return near
}

// fewEdits is how many edits a word of n runes may be away.
func fewEdits(n int) int {
	switch {
	case n < 2:
		return 0
	case n < 6:
		return 1
	case n < 9:
		return 2
	}
	return 3
}

func abs(n int) int { return max(n, -n) }

// A distance computes edit distances and keeps its rows from one to the next.
// The zero value is ready.
type distance struct {
	to                   []rune
	before, above, below []int // the rows i-2, i-1 and i of the matrix
}

// between is the optimal string alignment distance of a and b in runes.
func (d *distance) between(a []rune, b string) int {
	d.to = d.to[:0]
	for _, r := range b {
		d.to = append(d.to, r)
	}
	width := len(d.to) + 1
	for _, row := range []*[]int{&d.before, &d.above, &d.below} {
		*row = slices.Grow((*row)[:0], width)[:width]
	}
	before, above, below := d.before, d.above, d.below
	for j := range below {
		below[j] = j
	}
	for i, ra := range a {
		before, above, below = above, below, before
		below[0] = i + 1
		for j, rb := range d.to {
			if ra == rb {
				below[j+1] = above[j]
				continue
			}
			best := 1 + min(above[j], above[j+1], below[j])
			if i > 0 && j > 0 && ra == d.to[j-1] && a[i-1] == rb {
				best = min(best, 1+before[j-1])
			}
			below[j+1] = best
		}
	}
	return below[len(d.to)]
}
