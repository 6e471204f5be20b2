package chattest

import "strings"

// Match reports whether the whole line is as pattern says. In the pattern
// "..." stands for any text, also none; everything else stands for itself.
func Match(pattern, line string) bool {
	first, rest, wild := strings.Cut(pattern, "...")
	line, ok := strings.CutPrefix(line, first)
	if !ok || !wild {
		return ok && line == ""
	}
	for {
		var part string
		if part, rest, wild = strings.Cut(rest, "..."); !wild {
			return strings.HasSuffix(line, part)
		}
		// The leftmost place leaves the most room for the parts behind it.
		if _, line, ok = strings.Cut(line, part); !ok {
			return false
		}
	}
}
