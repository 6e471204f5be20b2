package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) msg() command.Command {
	return command.New(command.Spec{
		Name: "msg", Aliases: []string{"tell", "page"}, Group: groupTalking,
		Summary: "tell one person something in private",
		Help: `
Sends the rest of the line to one person alone, in whatever room they are. It
is kept nowhere. If they are away you are told why. They answer with reply.
`,
		Examples: []string{"msg bob lunch at noon?", "tell bob psst"},
		Args: []command.Arg{
			{Name: "user", Type: command.User, Help: "whom you tell it"},
			{Name: "text", Type: command.Text, Help: "what you tell, to the end of the line"},
		},
	}, func(_ context.Context, c *command.Call) error {
		to, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		return d.whisper(c, to)
	})
}

// whisper sends the text of the call to one person.
func (d *Deps) whisper(c *command.Call, to *chat.User) error {
	from, name := c.User, to.Name().Display
	if to == from {
		return chat.Errorf(chat.Invalid, "That would go to yourself; echo TEXT shows something to you alone.")
	}
	d.Hub.Tell(from, to, c.Text(), c.Now)
	if err := c.Printf("-> *%s* %s", name, c.Text()); err != nil {
		return err
	}
	if reason := to.Away(); reason != "" {
		if err := tell(c, "%s is %s", name, absence(reason)); err != nil {
			return err
		}
	}
	if from.Ignores(to.ID()) {
		return tell(c, "You ignore %[1]s and will see no answer; unignore %[1]s to see it.", name)
	}
	return nil
}
