package commands

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) sort() command.Command {
	return filter(command.Spec{
		Name:    "sort",
		Summary: "put the lines in order",
		Help: `
Passes on the lines in the order of their bytes, so that capitals come before
other letters; with -n in the order of the numbers that they begin with, of
which a line without one has 0. Lines with the same number are in the order of
their bytes.
`,
		Examples: []string{"who | sort", "history | cut -d : -f 1 | sort | uniq -c | sort -n -r"},
		Flags: []command.Flag{
			{Name: "numeric", Short: "n", Help: "by the number at the start of the line"},
			{Name: "reverse", Short: "r", Help: "the last first"},
		},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		numeric := c.Bool("numeric")
		type row struct {
			number float64
			line   []byte
		}
		var rows []row // no more than the bytes that a pipe carries
		for l, err := range s.lines(ctx) {
			if err != nil {
				return err
			}
			r := row{line: bytes.Clone(l)}
			if numeric {
				r.number = leading(l)
			}
			rows = append(rows, r)
		}
		slices.SortFunc(rows, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.number, b.number), bytes.Compare(a.line, b.line))
		})
		if c.Bool("reverse") {
			slices.Reverse(rows)
		}
		for _, r := range rows {
			if err := s.write(r.line); err != nil {
				return err
			}
		}
		return nil
	})
}

// leading is the number that a line begins with, after white space, or 0: digits
// with at most one point in or around them, and perhaps a sign before them.
func leading(l []byte) float64 {
	l = bytes.TrimLeft(l, " \t")
	end, points := 0, 0
	for ; end < len(l); end++ {
		switch c := l[end]; {
		case '0' <= c && c <= '9':
			continue
		case c == '.' && points == 0:
			points++
			continue
		case (c == '-' || c == '+') && end == 0:
			continue
		}
		break
	}
	n, _ := strconv.ParseFloat(string(l[:end]), 64) // ±Inf for one with hundreds of digits
	return n
}
