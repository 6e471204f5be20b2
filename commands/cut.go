package commands

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) cut() command.Command {
	return filter(command.Spec{
		Name:    "cut",
		Summary: "pass on parts of each line",
		Help: `
Passes on some characters of each line, with -c, or some fields, with -f.
Fields are what stands between two delimiters; a line without any is passed on
whole, or with -s dropped. A list is numbers and ranges with commas between
them, counted from 1: 1,3 or 2-4 or 5- or -3. The parts keep the order of the
line.
`,
		Examples: []string{`who | cut -d " " -f 1`, "history | cut -c 9-", "history | cut -d : -f 2- -s"},
		Flags: []command.Flag{
			{Name: "characters", Short: "c", Type: command.String, Help: "which characters, a list"},
			{Name: "fields", Short: "f", Type: command.String, Help: "which fields, a list"},
			{Name: "delimiter", Short: "d", Type: command.String, Help: "the one character between fields; a tab if left out"},
			{Name: "only-delimited", Short: "s", Help: "drop lines without a delimiter"},
		},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		part, err := parter(c)
		if err != nil {
			return err
		}
		var out []byte
		for l, err := range s.lines(ctx) {
			if err != nil {
				return err
			}
			var ok bool
			if out, ok = part(out[:0], l); !ok {
				continue
			}
			if err := s.write(out); err != nil {
				return err
			}
		}
		return nil
	})
}

// parter returns what appends to dst the part of a line that the flags ask for;
// ok is false if the line is to be dropped.
func parter(c *command.Call) (part func(dst, line []byte) (_ []byte, ok bool), err error) {
	byField := c.Has("fields")
	switch {
	case byField == c.Has("characters"):
		return nil, chat.Errorf(chat.Invalid, "cut needs either -c LIST or -f LIST.")
	case !byField && (c.Has("delimiter") || c.Bool("only-delimited")):
		return nil, chat.Errorf(chat.Invalid, "-d and -s go with -f LIST.")
	case !byField:
		which, err := parseRanges(c.String("characters"))
		if err != nil {
			return nil, err
		}
		return which.characters, nil
	}
	which, err := parseRanges(c.String("fields"))
	if err != nil {
		return nil, err
	}
	delimiter := "\t"
	if c.Has("delimiter") {
		if delimiter = c.String("delimiter"); utf8.RuneCountInString(delimiter) != 1 {
			return nil, chat.Errorf(chat.Invalid, "The delimiter is one character, as in -d : or -d \" \".")
		}
	}
	return which.fields([]byte(delimiter), c.Bool("only-delimited")), nil
}

// ranges are numbers, of characters or of fields.
type ranges []struct{ first, last int }

func (r ranges) has(n int) bool {
	return slices.ContainsFunc(r, func(r struct{ first, last int }) bool { return r.first <= n && n <= r.last })
}

// parseRanges reads a list as POSIX cut does.
func parseRanges(list string) (ranges, error) {
	var all ranges
	for word := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		from, to, isRange := strings.Cut(word, "-")
		if !isRange {
			to = from
		}
		first, last := 1, math.MaxInt
		var err error
		if from != "" {
			first, err = strconv.Atoi(from)
		}
		if to != "" && err == nil {
			last, err = strconv.Atoi(to)
		}
		if err != nil || from+to == "" || first < 1 || last < first {
			return nil, chat.Errorf(chat.Invalid, "A list is numbers from 1 on and ranges of them, as in 1,3 or 2-4 or 5- or -3; %q is neither.", word)
		}
		all = append(all, struct{ first, last int }{first, last})
	}
	if all == nil {
		return nil, chat.Errorf(chat.Invalid, "A list has at least one number, as in -f 1 or -c 2-4.")
	}
	return all, nil
}

// characters appends the characters of a line whose numbers are in r.
func (r ranges) characters(dst, line []byte) ([]byte, bool) {
	for n := 1; len(line) > 0; n++ {
		_, size := utf8.DecodeRune(line)
		if r.has(n) {
			dst = append(dst, line[:size]...)
		}
		line = line[size:]
	}
	return dst, true
}

// fields returns what appends the fields of a line whose numbers are in r, with
// the delimiter between them.
func (r ranges) fields(delimiter []byte, onlyDelimited bool) func(dst, line []byte) ([]byte, bool) {
	return func(dst, line []byte) ([]byte, bool) {
		if !bytes.Contains(line, delimiter) {
			return append(dst, line...), !onlyDelimited
		}
		n, some := 0, false
		for field := range bytes.SplitSeq(line, delimiter) {
			if n++; !r.has(n) {
				continue
			}
			if some {
				dst = append(dst, delimiter...)
			}
			dst, some = append(dst, field...), true
		}
		return dst, true
	}
}
