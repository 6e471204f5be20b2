package commands

import (
	"bytes"
	"context"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) uniq() command.Command {
	return filter(command.Spec{
		Name:    "uniq",
		Summary: "pass on each line once that is there several times in a row",
		Help: `
Passes on one of several equal lines that follow each other. sort before it
brings equal lines together. With -c their number and a space are before each.
`,
		Examples: []string{"history | cut -c 9- | sort | uniq", "who | cut -c 1-4 | sort | uniq -c"},
		Flags:    []command.Flag{{Name: "count", Short: "c", Help: "put before each line how many there were"}},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		count := c.Bool("count")
		var before, out []byte
		n := 0 // how many lines are equal to before
		pass := func() error {
			if n == 0 {
				return nil
			}
			out = out[:0]
			if count {
				out = append(strconv.AppendInt(out, int64(n), 10), ' ')
			}
			return s.write(append(out, before...))
		}
		for l, err := range s.lines(ctx) {
			if err != nil {
				return err
			}
			if n > 0 && bytes.Equal(l, before) {
				n++
				continue
			}
			if err := pass(); err != nil {
				return err
			}
			before, n = append(before[:0], l...), 1
		}
		return pass()
	})
}
