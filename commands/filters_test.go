package commands_test

import (
	"strings"
	"testing"
)

func TestFilters(t *testing.T) {
	const fruit = "apple 3\nBanana 20\ncherry 100\n\nApple 3"
	for _, tt := range []struct{ line, input, want string }{
		{"grep apple", fruit, "apple 3\n"},
		{"grep -i APPLE", fruit, "apple 3\nApple 3\n"},
		{"grep -v an", fruit, "apple 3\ncherry 100\n\nApple 3\n"},
		{"grep -c 3", fruit, "2\n"},
		{"grep -vic apple", fruit, "3\n"},
		{"grep -c x", fruit, "0\n"},
		{"grep x", fruit, ""},
		{"grep .", fruit, ""},
		{"grep -i .", "a.b\nab", "a.b\n"},
		{"grep -E .", fruit, "apple 3\nBanana 20\ncherry 100\nApple 3\n"},
		{"grep -E '^(a|B).* [0-9]+$'", fruit, "apple 3\nBanana 20\n"},
		{"grep -iE ^b", fruit, "Banana 20\n"},
		{"grep ''", fruit, fruit + "\n"},
		{"grep -i grüße", "viele GRÜSSE\nviele GRÜßE", "viele GRÜßE\n"},
		{"grep -- -x", "a -x\nb", "a -x\n"},
		{"grep x", "", ""},
		{"grep -E '('", fruit, "-- PATTERN is no regular expression: error parsing regexp: missing closing ): `(`; leave -E out to look for plain text.\n"},
		{"grep -E '(x{1000}){10}'", fruit, "-- PATTERN is no regular expression: error parsing regexp: invalid repeat count: `{10}`; leave -E out to look for plain text.\n"},
		{"grep -E 'x{1000}y{1000}z{1000}'", fruit, "-- PATTERN is too large; make it shorter, or what it repeats.\n"},
		{`grep -E '\pL{500}'`, "x", ""},

		{"head 2", fruit, "apple 3\nBanana 20\n"},
		{"head -2", fruit, "apple 3\nBanana 20\n"},
		{"head -n 2", fruit, "apple 3\nBanana 20\n"},
		{"head --lines=2", fruit, "apple 3\nBanana 20\n"},
		{"head 0", fruit, ""},
		{"head 99", fruit, fruit + "\n"},
		{"head", strings.Repeat("x\n", 11), strings.Repeat("x\n", 10)},
		{"head", "", ""},
		{"head 2 -n 2", fruit, "-- N is one number, 0 or more: head 5 or head -n 5.\n"},
		{"head -n -2", fruit, "-- N is one number, 0 or more: head 5 or head -n 5.\n"},

		{"tail 2", fruit, "\nApple 3\n"},
		{"tail -2", fruit, "\nApple 3\n"},
		{"tail -n 2", fruit, "\nApple 3\n"},
		{"tail 0", fruit, ""},
		{"tail 99", fruit, fruit + "\n"},
		{"tail", strings.Repeat("x\n", 11), strings.Repeat("x\n", 10)},
		{"tail +4", fruit, "\nApple 3\n"},
		{"tail -n +4", fruit, "\nApple 3\n"},
		{"tail +1", fruit, fruit + "\n"},
		{"tail +9", fruit, ""},
		{"tail", "", ""},
		{"tail 2 -n 2", fruit, "-- N is one whole number: tail 5, tail -n 5, or tail +2 for all from line 2 on.\n"},
		{"tail -n -2", fruit, "-- N is one whole number: tail 5, tail -n 5, or tail +2 for all from line 2 on.\n"},
		{"tail much", fruit, "-- N is one whole number: tail 5, tail -n 5, or tail +2 for all from line 2 on.\n"},
		{"tail 10001", fruit, "-- tail keeps 10000 lines at most.\n"},

		{"sort", fruit, "\nApple 3\nBanana 20\napple 3\ncherry 100\n"},
		{"sort -r", fruit, "cherry 100\napple 3\nBanana 20\nApple 3\n\n"},
		{"sort -n", "10 a\n9 b\n-1 c\nd\n 1.5 e\n9 a", "-1 c\nd\n 1.5 e\n9 a\n9 b\n10 a\n"},
		{"sort -nr", "10\n9\n100", "100\n10\n9\n"},
		{"sort", "", ""},

		{"uniq", "a\na\nb\na", "a\nb\na\n"},
		{"uniq -c", "a\na\nb\na\na\na", "2 a\n1 b\n3 a\n"},
		{"uniq", "\n\na", "\na\n"},
		{"uniq -c", "", ""},

		{"wc", fruit, "5 8 38\n"},
		{"wc -l", fruit, "5\n"},
		{"wc -w -l", fruit, "5 8\n"},
		{"wc -c", "é\n", "3\n"},
		{"wc", "", "0 0 0\n"},

		{"cut -c 1-3", "abcdef\nxy\n", "abc\nxy\n"},
		{"cut -c 2,4-", "abcdef\nxy\n", "bdef\ny\n"},
		{"cut -c -2", "你好吗", "你好\n"},
		{"cut -c 3,1", "abc", "ac\n"},
		{"cut -f 2", "a\tb\tc\nd", "b\nd\n"},
		{"cut -s -f 2", "a\tb\tc\nd", "b\n"},
		{"cut -d: -f1,3-", "a:b:c:d", "a:c:d\n"},
		{"cut -d ' ' -f 2", "a  b", "\n"},
		{"cut -d ' ' -f '1 2'", "a b c", "a b\n"},
		{"cut -d → -f 2-", "a→b→c", "b→c\n"},
		{"cut -f 9", "a\tb", "\n"},
		{"cut -f 1", "", ""},
		{"cut", "a", "-- cut needs either -c LIST or -f LIST.\n"},
		{"cut -c 1 -f 1", "a", "-- cut needs either -c LIST or -f LIST.\n"},
		{"cut -c 1 -d :", "a", "-- -d and -s go with -f LIST.\n"},
		{"cut -d :: -f 1", "a", "-- The delimiter is one character, as in -d : or -d \" \".\n"},
		{"cut -f 0", "a", "-- A list is numbers from 1 on and ranges of them, as in 1,3 or 2-4 or 5- or -3; \"0\" is neither.\n"},
		{"cut -f 3-2", "a", "-- A list is numbers from 1 on and ranges of them, as in 1,3 or 2-4 or 5- or -3; \"3-2\" is neither.\n"},
		{"cut -c -", "a", "-- A list is numbers from 1 on and ranges of them, as in 1,3 or 2-4 or 5- or -3; \"-\" is neither.\n"},
		{"cut -c x", "a", "-- A list is numbers from 1 on and ranges of them, as in 1,3 or 2-4 or 5- or -3; \"x\" is neither.\n"},
		{"cut -c ','", "a", "-- A list has at least one number, as in -f 1 or -c 2-4.\n"},

		{"tee | wc -l", "a\nb", "a\nb\n2\n"},
		{"tee", "", ""},

		{"grep a | cut -d ' ' -f 2 | sort -n | tail 1", fruit, "20\n"},
		{"sort | uniq -c | sort -nr | head 1", "b\na\nb\nc\nb", "3 b\n"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			w := newWorld(t)
			w.play(arrival)
			w.input = tt.input
			ann := w.person("ann")
			ann.typed("/feed | " + tt.line)
			if got := strings.Join(append(ann.seen, ""), "\n"); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// TestLongLines: a filter passes on lines of any length.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	input := long + "\nshort\n" + long + "y"
	for line, want := range map[string]string{
		"grep x":     long + "\n" + long + "y\n",
		"grep -E ^s": "short\n",
		"head 1":     long + "\n",
		"tail 1":     long + "y\n",
		"sort":       "short\n" + long + "\n" + long + "y\n",
		"uniq":       input + "\n",
		"wc -c":      "200009\n",
		"cut -c 1-2": "xx\nsh\nxx\n",
		"tail +2":    "short\n" + long + "y\n",
	} {
		t.Run(line, func(t *testing.T) {
			w := newWorld(t)
			w.play(arrival)
			w.input = input
			ann := w.person("ann")
			ann.typed("/feed | " + line)
			if got := strings.Join(append(ann.seen, ""), "\n"); got != want {
				t.Errorf("%d bytes, want %d", len(got), len(want))
			}
		})
	}
}

// TestFilterIsNoFirstWord: a line that begins with the name of a filter is chat.
func TestFilterIsNoFirstWord(t *testing.T) {
	newWorld(t).play(arrival + `
		ann> tail lights are out
		ann< ann: tail lights are out
		bob< ann: tail lights are out
		ann> /tail 5
		ann< -- ...
		ann< ...
	`)
}
