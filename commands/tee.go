package commands

import (
	"context"
	"io"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) tee() command.Command {
	return filter(command.Spec{
		Name:    "tee",
		Summary: "show the lines to you and pass them on",
		Help: `
Passes on every line, and shows it to you as well: what goes through a pipeline
at this place.
`,
		Examples: []string{"uptime | tee | say", "who | tee | wc -l"},
	}, func(ctx context.Context, c *command.Call, s *stream) error {
		s.out = io.MultiWriter(c.Err, c.Out)
		for l, err := range s.lines(ctx) {
			if err != nil {
				return err
			}
			if err := s.write(l); err != nil {
				return err
			}
		}
		return nil
	})
}
