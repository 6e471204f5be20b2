package command

import (
	"fmt"
	"strconv"
	"strings"
)

// quote is a word as an error shows it: in quotes, without control characters,
// and not as long as a whole line.
func quote(word string) string {
	const longest = 40 // runes
	n := 0
	for i := range word {
		if n++; n > longest {
			word = word[:i] + "…"
			break
		}
	}
	return strconv.Quote(word)
}

// listOr is "a", "a or b", "a, b or c".
func listOr(words []string) string { return list(words, "or") }

// listAnd is "a", "a and b", "a, b and c".
func listAnd(words []string) string { return list(words, "and") }

func list(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// count is "no arguments", "1 argument", "2 arguments".
func count(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
