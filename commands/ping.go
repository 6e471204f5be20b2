package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (*Deps) ping() command.Command {
	return command.New(command.Spec{
		Name: "ping", Group: groupServer, BeforeLogin: true,
		Summary:  "see whether the server answers",
		Help:     "Answers pong.\n",
		Examples: []string{"ping"},
	}, func(_ context.Context, c *command.Call) error { return c.Printf("pong") })
}
