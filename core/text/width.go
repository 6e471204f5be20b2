package text

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// maxColumns is the widest terminal there is a column count for; more is a
// mistake or an attack, and padding to it would be one.
const maxColumns = 500

// Width is the number of terminal columns that s takes: two for a wide
// character or an emoji, none for a mark, one for a character of ambiguous
// width. It counts by grapheme cluster. s is clean text.
func Width(s string) int {
	if printable(s) == len(s) {
		return len(s)
	}
	return displaywidth.String(s)
}

// Pad returns s with spaces after it so that it takes columns columns, or s
// itself when it takes as many already. More than 500 columns count as 500.
func Pad(s string, columns int) string {
	columns = min(columns, maxColumns)
	// Once, but for a text that ends in a rare sign which the first space
	// becomes a part of.
	for w := Width(s); w < columns; w = Width(s) {
		s += strings.Repeat(" ", columns-w)
	}
	return s
}

// Truncate returns s if it takes at most columns columns, else as many of its
// characters as leave room for an ellipsis (U+2026, one column) after them. It
// never splits a grapheme cluster, so the result may be one column short. With
// no columns it is empty.
func Truncate(s string, columns int) string {
	switch {
	case columns <= 0:
		return ""
	case len(s) <= columns: // no character takes more columns than bytes
		return s
	}
	return displaywidth.TruncateString(s, columns, "…")
}
