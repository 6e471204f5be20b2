package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) me() command.Command {
	return command.New(command.Spec{
		Name: "me", Aliases: []string{"emote"}, Group: groupTalking, ReadsInput: true,
		Summary: "tell the room what you do",
		Help: `
Shows your current room the rest of the line as what you do. If you are fish,
the first example shows as: * fish waves

At the end of a pipeline it takes what comes out of it, as say does.
`,
		Examples: []string{"me waves", "emote is back from lunch"},
		Args:     []command.Arg{{Name: "text", Type: command.Text, Help: "what you do, to the end of the line"}},
	}, func(_ context.Context, c *command.Call) error { return d.post(c, chat.Emote) })
}
