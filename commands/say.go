package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) say() command.Command {
	return command.New(command.Spec{
		Name: "say", Group: groupTalking, ReadsInput: true,
		Summary: "say something to the room",
		Help: `
Says the rest of the line to your current room, exactly as you typed it:
quotes, # and | are ordinary characters.

At the end of a pipeline it says what comes out of it instead: a message for
each line that is not empty, at most 10 of them, or else nothing.

A line whose first word is no command is said anyway, unless your mode is
command (see set). Use say for a line that begins with a command's name, or
two slashes for one that begins with a slash: //etc is mounted.
`,
		Examples: []string{"say hello, everyone", "say who is coming tonight?", "say don't panic", "uptime | say"},
		Args:     []command.Arg{{Name: "text", Type: command.Text, Help: "what you say, to the end of the line"}},
	}, func(_ context.Context, c *command.Call) error { return d.post(c, chat.Say) })
}

// post puts the text of the call, or what is piped into it, into the caller's
// current room. The caller sees it there like everyone else.
func (d *Deps) post(c *command.Call, k chat.Kind) error {
	messages, err := d.messages(c)
	switch {
	case err != nil:
		return err
	case len(messages) == 0:
		return nothingCame(c)
	}
	r := c.User.Room()
	if len(messages) > 1 && r.Slow() > 0 && !r.Governs(c.User) {
		return chat.Errorf(chat.Limited, "Nothing is sent: %s is slow, one message in %s from each; put head 1 before it.", r.Name(), pace(r.Slow()))
	}
	charge(c, len(messages))
	for _, m := range messages {
		if err := d.Hub.Post(c.User, r, k, m, c.Now); err != nil {
			return err
		}
	}
	return nil
}
