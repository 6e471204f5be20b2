package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

// withSubs is the command with this spec whose sub-commands are those commands.
func withSubs(spec command.Spec, subs ...command.Command) command.Command {
	byName := make(map[string]command.Command, len(subs))
	for _, s := range subs {
		spec.Subs = append(spec.Subs, *s.Spec())
		byName[s.Spec().Name] = s
	}
	return command.New(spec, func(ctx context.Context, c *command.Call) error { return byName[c.Sub].Run(ctx, c) })
}
