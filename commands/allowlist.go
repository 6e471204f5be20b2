package commands

import (
	"context"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

// usualAllow is how long somebody is on the allowlist for whom no time is given.
const usualAllow = 30 * 24 * time.Hour

func (d *Deps) allowlist() command.Command {
	return withSubs(command.Spec{
		Name: "allowlist", Group: groupModeration, Role: d.least(account.CanAllow),
		Summary: "let somebody in whom a ban of addresses or a lockdown keeps out",
		Help: `
No ban of addresses and no lockdown holds for an address or a network on this
list, such as that of a school or a bridge; and no lockdown for an account on
it. A ban of the account or the name itself holds.
`,
		Examples: []string{"allowlist list", "allowlist add 192.0.2.7 90d the school's gateway", "allowlist remove 192.0.2.7"},
	}, d.allowlistList(), d.allowlistAdd(), d.allowlistRemove())
}

func (d *Deps) allowlistList() command.Command {
	return command.New(command.Spec{
		Name: "list", Records: true, Cost: costList,
		Summary:  "show who is on it",
		Help:     "Lists what is on the allowlist, the latest first, with the id by which remove\ntakes it off.\n",
		Examples: []string{"allowlist list"},
	}, func(ctx context.Context, c *command.Call) error {
		if _, err := d.authorized(ctx, c, account.CanAllow, ""); err != nil {
			return err
		}
		return d.listSanctions(c, "Nobody is on the allowlist.", account.Allow)
	})
}

func (d *Deps) allowlistAdd() command.Command {
	return command.New(command.Spec{
		Name: "add", Blocking: true,
		Summary:  "put somebody on it",
		Help:     "Puts an account, an address or a network on the allowlist, for 30 days unless\nyou say how long; the reason is for the list.\n",
		Examples: []string{"allowlist add bob", "allowlist add 192.0.2.0/24 forever our office"},
		Args: []command.Arg{
			{Name: "whom", Type: command.String, Help: "a name, an address or a network"},
			{Name: "duration-and-reason", Type: command.Text, Optional: true, Help: "how long, or forever; then why; default: 30d"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		t, network, err := account.ParseTarget(c.String("whom"))
		if err != nil {
			return err
		}
		if !network { // a guest proves nothing by a name
			acc, err := d.accountOf(c, c.String("whom"))
			if err != nil {
				return err
			}
			t = account.Target{Key: acc.Name.Key, Name: acc.Name.Display}
		}
		return d.impose(ctx, c, account.Allow, t, usualAllow)
	})
}

func (d *Deps) allowlistRemove() command.Command {
	return command.New(command.Spec{
		Name: "remove", Blocking: true,
		Summary:  "take somebody off it",
		Help:     "Takes what is named, by the id or by whom it is for, off the allowlist.\n",
		Examples: []string{"allowlist remove 192.0.2.7"},
		Args:     []command.Arg{{Name: "whom", Type: command.String, Help: "the id, or whom it is for"}},
	}, func(ctx context.Context, c *command.Call) error {
		return d.lift(ctx, c, account.Allow, c.String("whom"))
	})
}
