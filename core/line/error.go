package line

import (
	"fmt"
	"unicode/utf8"
)

// An Error says why a command line can't be read.
type Error struct {
	Text   string // a full sentence for the person who typed the line
	Column int    // where, in characters from 1, in the line as Parse got it
	Said   string // the line, if it came without a slash in ModeAuto and so may have been meant as chat; else ""
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Text) }

// column is the place of byte i of s, in characters from 1.
func column(s string, i int) int { return utf8.RuneCountInString(s[:i]) + 1 }

func errorNoName(s string, slash int) *Error {
	return &Error{Column: column(s, slash), Text: "A slash needs the name of a command right after it, such as /help; to say a line that begins with a slash, type two."}
}

func errorQuote(s string, i int) *Error {
	col := column(s, i)
	return &Error{Column: col, Text: fmt.Sprintf(`The %[1]c at column %[2]d is never closed; close it, or write \%[1]c for the character itself.`, s[i], col)}
}

func errorBackslash(s string, i int) *Error {
	col := column(s, i)
	return &Error{Column: col, Text: fmt.Sprintf(`The \ at column %d has nothing after it; write \\ for the character itself.`, col)}
}

func errorPipe(s string, i int) *Error {
	col := column(s, i)
	return &Error{Column: col, Text: fmt.Sprintf(`The | at column %d has no command after it; add one, or write \| for the character itself.`, col)}
}
