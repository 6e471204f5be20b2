package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) lockdown() command.Command {
	return command.New(command.Spec{
		Name: "lockdown", Group: groupModeration, Role: d.least(account.CanLockdown), Blocking: true, Records: true,
		Summary: "close the doors to guests, newcomers or all",
		Help: `
Alone it shows how far the doors are closed. Otherwise it closes or opens them,
and each level includes those before it:

  off            everyone comes in
  guests         no guest comes in
  registrations  nobody registers
  all            only moderators and above come in

The reason is told to those who are kept out. Who is here stays, and who is on
the allowlist comes in. It holds until you end it, after a restart too.
`,
		Examples: []string{"lockdown", "lockdown guests a flood of bots", "lockdown off"},
		Args: []command.Arg{
			{Name: "level-and-reason", Type: command.Text, Optional: true, Help: "off, guests, registrations or all; then why"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		word, why := firstWord(c.Text())
		by, err := d.authorized(ctx, c, account.CanLockdown, "")
		if err != nil {
			return err
		}
		before := d.Accounts.Sanctions.Lockdown()
		if word == "" {
			return showLockdown(c, before)
		}
		level, err := account.ParseLevel(word)
		if err != nil {
			return err
		}
		if err := d.Accounts.Sanctions.SetLockdown(ctx, level, why, by); err != nil {
			return err
		}
		now := d.Accounts.Sanctions.Lockdown()
		d.tellStaff(c, account.CanKick, fmt.Sprintf("The lockdown is %s, by %s%s", now.Level, by.Name, because(now.Reason)))
		undo := strings.TrimSpace("lockdown " + before.Level.String() + " " + before.Reason)
		return tell(c, "The lockdown is %s now%s%s", now.Level, because(now.Reason), undoable(c, undo))
	})
}

func showLockdown(c *command.Call, l account.Lockdown) error {
	switch {
	case c.JSON:
		return c.Object(lockdownObject{Type: "lockdown", Level: l.Level, Reason: l.Reason, By: l.By, Since: stamp(l.At)})
	case l.Level == account.LockOff:
		return c.Printf("The doors are open.")
	}
	return c.Printf("The lockdown is %s, by %s, since %s%s", l.Level, l.By, l.At.Format("2006-01-02 15:04:05 UTC"), because(l.Reason))
}
