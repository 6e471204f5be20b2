package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) report() command.Command {
	return command.New(command.Spec{
		Name: "report", Group: groupModeration, Role: d.least(account.CanReport), Blocking: true, Cost: costList,
		Summary: "tell the moderators about somebody",
		Help: `
Tells the moderators who are here what you say of somebody, with your name and
your room, and keeps it for those who are not. The person is not told.
`,
		Examples: []string{"report bob is selling watches in private messages"},
		Args: []command.Arg{
			// Not a User: who it was may have left.
			{Name: "user", Type: command.String, Help: "about whom"},
			{Name: "text", Type: command.Text, Help: "what, to the end of the line"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		t, err := d.named(c, c.String("user"))
		if err != nil {
			return err
		}
		by, err := d.authorized(ctx, c, account.CanReport, "")
		told := 0
		if err == nil {
			where := ""
			if r := c.User.Room(); r != nil {
				where = " in " + r.Name()
			}
			told = d.tellStaff(c, account.CanKick, by.Name+where+" reports "+t.Name+": "+c.Text())
		}
		d.Accounts.Audit.Record(ctx, by, account.Report{Target: t.Name, Text: c.Text()}, err)
		switch {
		case err != nil:
			return err
		case told == 0:
			return tell(c, "No moderator is here; your report is kept for them%s", orStop(instead(c, "")))
		}
		return tell(c, "Your report went to %s%s", plural(told, "moderator", "moderators"), orStop(instead(c, "")))
	})
}

// orStop is what ends a sentence: that, or a full stop.
func orStop(end string) string {
	if end == "" {
		return "."
	}
	return end
}
