package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) head() command.Command {
	return filter(command.Spec{
		Name:    "head",
		Summary: "pass on the first lines",
		Help: `
Passes on the first N lines, 10 unless told otherwise, and ends what comes
before it in the pipeline. head 5, head -5 and head -n 5 are the same.
`,
		Examples: []string{"who | head 5", "history 100 | head -n 3"},
		Args:     []command.Arg{{Name: "n", Type: command.Int, Optional: true, Default: "10", Help: "how many"}},
		Flags:    []command.Flag{{Name: "lines", Short: "n", Type: command.Int, Help: "how many"}},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		n := max(c.Int("n"), -c.Int("n")) // head -5 is written with a dash
		if c.Has("lines") {
			if n = c.Int("lines"); c.Has("n") || n < 0 {
				return chat.Errorf(chat.Invalid, "N is one number, 0 or more: head 5 or head -n 5.")
			}
		}
		if n == 0 {
			return nil
		}
		for l, err := range s.lines(ctx) {
			if err != nil {
				return err
			}
			if err := s.write(l); err != nil {
				return err
			}
			if n--; n == 0 {
				return nil
			}
		}
		return nil
	})
}
