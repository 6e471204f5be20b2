package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) kick() command.Command {
	return command.New(command.Spec{
		Name: "kick", Group: groupModeration, Role: d.least(account.CanKick), Blocking: true,
		Summary: "end somebody's connections",
		Help: `
Cuts all connections of somebody who is here, with the reason if there is one.
They may come back at once: ban keeps them out. room kick puts somebody out of
a room alone.
`,
		Examples: []string{"kick bob", "kick bob enough of that"},
		Args: []command.Arg{
			{Name: "user", Type: command.User, Help: "whom"},
			{Name: "reason", Type: command.Text, Optional: true, Help: "why, to the end of the line; they are told"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		if u.Is(c.User) {
			return chat.Errorf(chat.Invalid, "That is you; quit ends your connection.")
		}
		name, why := u.Name().Display, strings.TrimSpace(c.Text())
		if len(why) > account.MaxReason {
			return chat.Errorf(chat.Invalid, "A reason has at most %d bytes; use a shorter one.", account.MaxReason)
		}
		by, err := d.authorized(ctx, c, account.CanKick, u.Account())
		if err == nil {
			d.Cut(u, "You were put out by a moderator"+because(why))
		}
		d.Accounts.Audit.Record(ctx, by, account.Kick{Target: name, Reason: why}, err)
		if err != nil {
			return err
		}
		d.tellStaff(c, account.CanKick, by.Name+" put "+name+" out"+because(why))
		if c.Bare {
			return tell(c, "You put %s out%s", name, instead(c, ""))
		}
		return tell(c, "You put %[1]s out; ban %[1]s keeps them out.", name)
	})
}
