package line

import (
	"fmt"
	"strconv"
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

func errorNoCommand(s string, st *rawStage) *Error {
	return &Error{Column: column(s, st.at), Text: fmt.Sprintf("There is no command %s, and an alias stands for commands; put say before text for the room.", quote(st.Name))}
}

func errorNoSub(s string, st *rawStage) *Error {
	return &Error{Column: column(s, st.at), Text: fmt.Sprintf("An alias must name the sub-command of %[1]s, and %[1]s has none called %[2]s; help %[1]s lists them.", st.Name, quote(st.Words[0]))}
}

func errorStar(s string, st *rawStage) *Error {
	return &Error{Column: column(s, st.at), Text: fmt.Sprintf("In what precedes the text of %s, $* can only come last, and with nothing behind it; write $1 for a single word.", st.Name)}
}

func errorAliasWords(name, verb string, want, got int) *Error {
	words := [...]string{"no words", "1 word"}
	n := fmt.Sprintf("%d words", want)
	if want < len(words) {
		n = words[want]
	}
	return &Error{Column: 1, Text: fmt.Sprintf("%s is an alias that %s %s, not %d; alias %[1]s shows it.", name, verb, n, got)}
}

func errorAliasLong(name string, max int) *Error {
	return &Error{Column: 1, Text: fmt.Sprintf("The alias %s makes a line of more than %d bytes of that; give it less.", name, max)}
}

// quote is a word in quotes, without control characters, and not as long as a
// whole line.
func quote(word string) string {
	const longest = 40 // characters
	n := 0
	for i := range word {
		if n++; n > longest {
			word = word[:i] + "…"
			break
		}
	}
	return strconv.Quote(word)
}
