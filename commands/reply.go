package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) reply() command.Command {
	return command.New(command.Spec{
		Name: "reply", Group: groupTalking, ReadsInput: true,
		Summary: "answer the last private message",
		Help: `
Sends the rest of the line, or what is piped into it, to whoever told you
something last, as msg does; also if they have left and have an account.
`,
		Examples: []string{"reply on my way"},
		Args:     []command.Arg{{Name: "text", Type: command.Text, Help: "what you answer, to the end of the line"}},
	}, func(_ context.Context, c *command.Call) error {
		to := c.User.ReplyTo()
		if to == nil {
			return orSay(c, chat.Errorf(chat.NotFound, "Nobody has told you anything yet; msg USER TEXT begins."))
		}
		if to.Gone() {
			if owner, known := d.receiver(to.Account()); known {
				return d.whisper(c, []receiver{owner})
			}
			return orSay(c, chat.Errorf(chat.NotFound, "%s, who wrote to you last, has left.", to.Name().Display))
		}
		return d.whisper(c, []receiver{here(to)})
	})
}
