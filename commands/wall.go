package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) wall() command.Command {
	return command.New(command.Spec{
		Name: "wall", Group: groupModeration, Role: d.least(account.CanWall), Blocking: true, Cost: costList,
		Summary: "tell everyone something",
		Help: `
Tells everyone who is here, in whatever room they are, with your name. It is
kept nowhere but in the audit.
`,
		Examples: []string{"wall the server restarts at noon, back in a minute"},
		Args:     []command.Arg{{Name: "text", Type: command.Text, Help: "what, to the end of the line"}},
	}, func(ctx context.Context, c *command.Call) error {
		by, err := d.authorized(ctx, c, account.CanWall, "")
		if err == nil {
			d.Hub.Announce(by.Name+" to everyone: "+c.Text(), c.Now)
		}
		d.Accounts.Audit.Record(ctx, by, account.CommandRun{Command: "wall", Args: []string{c.Text()}}, err)
		if err != nil || !c.Bare { // the caller sees it too
			return err
		}
		return tell(c, "Everyone was told%s", instead(c, ""))
	})
}
