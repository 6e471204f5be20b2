package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) accountInfo() command.Command {
	return command.New(command.Spec{
		Name: "info", Records: true,
		Summary: "show what is known of an account",
		Help: `
Shows your account, or another one: its role, when it was registered and when
its owner was here last. Of your own it shows more: your sessions, when the
password was changed, where you came from lately, and what holds against you.
`,
		Examples: []string{"account info", "account info bob"},
		Args:     []command.Arg{{Name: "name", Type: command.String, Optional: true, Help: "whose; default: yours"}},
	}, func(_ context.Context, c *command.Call) error {
		acc, err := d.own(c)
		if c.Has("name") {
			acc, err = d.accountOf(c, c.String("name"))
		}
		if err != nil {
			return err
		}
		o := d.newAccountObject(c, acc)
		if c.JSON {
			return c.Object(o)
		}
		here := "never"
		switch {
		case o.Here:
			here = "now"
		case !acc.Seen.IsZero():
			here = span(c.Now.Sub(acc.Seen)) + " ago"
		}
		var t table
		t.row(o.Name)
		t.row("  role", o.Role.String())
		t.row("  registered", span(c.Now.Sub(acc.Created))+" ago")
		t.row("  here", here)
		if o.Sessions > 0 {
			t.row("  sessions", fmt.Sprint(o.Sessions))
		}
		if !o.Password.IsZero() {
			t.row("  password", "changed "+span(c.Now.Sub(acc.Password))+" ago")
		}
		if len(o.From) > 0 {
			t.row("  from", strings.Join(o.From, " "))
		}
		for _, s := range o.Sanctions {
			t.row("  "+s.Kind, s.ending()+", sanction "+s.ID+because(s.Reason))
		}
		return t.write(c.Out, 0)
	})
}

// newAccountObject is what the caller may know of an account.
func (d *Deps) newAccountObject(c *command.Call, acc account.Account) accountObject {
	key := acc.Name.Key
	live := len(d.Accounts.Sessions(key))
	o := accountObject{
		Type: "account", Name: acc.Name.Display, Role: acc.Role, Registered: stamp(acc.Created),
		Here: live > 0, Seen: stamp(acc.Seen),
	}
	own := c.User.Account() == key
	if own || d.can(c, account.CanManageAccounts) {
		o.Sessions, o.Password = live, stamp(acc.Password)
	}
	if own || d.can(c, account.CanSeeAddresses) {
		for _, p := range acc.From {
			o.From = append(o.From, account.Target{Prefix: p}.String())
		}
	}
	if own || d.can(c, account.CanMute) {
		for _, k := range []account.Kind{account.Ban, account.Mute} {
			if s, ok := d.Accounts.Sanctions.Find(k, account.Target{Key: key}, c.Now); ok {
				shown := d.newSanctionObject(c, s)
				if !d.can(c, account.CanMute) {
					shown.By = "" // it is not for whom it is for to know
				}
				o.Sanctions = append(o.Sanctions, shown)
			}
		}
	}
	return o
}
