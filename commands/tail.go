package commands

import (
	"context"
	"strconv"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// maxTail is how many lines tail keeps.
const maxTail = 10_000

func (*Deps) tail() command.Command {
	return filter(command.Spec{
		Name:    "tail",
		Summary: "pass on the last lines",
		Help: `
Passes on the last N lines, 10 unless told otherwise; with a + before it, all
from line N on, so that tail +2 drops a heading. tail 5, tail -5 and tail -n 5
are the same.
`,
		Examples: []string{"history 1h | tail 5", "who | tail +2 | wc -l"},
		// Not an Int: +2 would be 2.
		Args:  []command.Arg{{Name: "n", Type: command.String, Optional: true, Default: "10", Help: "how many, or +N for all from that line on"}},
		Flags: []command.Flag{{Name: "lines", Short: "n", Type: command.String, Help: "the same"}},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		typed := strings.TrimPrefix(c.String("n"), "-")
		if c.Has("lines") {
			if typed = c.String("lines"); c.Has("n") {
				typed = "" // which of them?
			}
		}
		from := strings.HasPrefix(typed, "+")
		n, err := strconv.Atoi(typed)
		switch {
		case err != nil || n < 0:
			return chat.Errorf(chat.Invalid, "N is one whole number: tail 5, tail -n 5, or tail +2 for all from line 2 on.")
		case from:
			return since(ctx, s, n)
		case n > maxTail:
			return chat.Errorf(chat.Limited, "tail keeps %d lines at most.", maxTail)
		}
		return newest(ctx, s, n)
	})
}

// since passes on the lines from number n on; the first is number 1.
func since(ctx context.Context, s *stream, n int) error {
	for l, err := range s.lines(ctx) {
		if err != nil {
			return err
		}
		if n--; n > 0 {
			continue
		}
		if err := s.write(l); err != nil {
			return err
		}
	}
	return nil
}

// newest passes on the last n lines.
func newest(ctx context.Context, s *stream, n int) error {
	var kept [][]byte // at most n; the oldest is at next once they are n
	next := 0
	for l, err := range s.lines(ctx) {
		switch {
		case err != nil:
			return err
		case n == 0:
		case len(kept) < n:
			kept = append(kept, append([]byte(nil), l...))
		default:
			kept[next] = append(kept[next][:0], l...)
			next = (next + 1) % n
		}
	}
	for i := range kept {
		if err := s.write(kept[(next+i)%len(kept)]); err != nil {
			return err
		}
	}
	return nil
}
