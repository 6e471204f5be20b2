package commands

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) whois() command.Command {
	return command.New(command.Spec{
		Name: "whois", Aliases: []string{"finger"}, Group: groupPeople, Records: true,
		Summary: "show what is known of somebody",
		Help: `
Shows one person's role, account and rooms, how long they are here and idle, and
whether they are away or ignored by you. Rooms that are closed to you are left
out, and a guest has no account. Who may see addresses sees where they come
from.
`,
		Examples: []string{"whois bob"},
		Args:     []command.Arg{{Name: "user", Type: command.User, Help: "whom"}},
	}, func(_ context.Context, c *command.Call) error {
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		o := newUserObject(c, u)
		o.Ignored = c.User.Ignores(u)
		if o.Room != "" {
			o.Rooms = append(o.Rooms, o.Room)
		}
		for _, r := range u.Rooms() {
			if r.Visible(c.User) && r.Name() != o.Room {
				o.Rooms = append(o.Rooms, r.Name())
			}
		}
		if d.can(c, account.CanSeeAddresses) {
			o.From = addresses(u)
		}
		if c.JSON {
			return c.Object(o)
		}
		others := o.Rooms
		var t table
		t.row(o.Name)
		t.row("  role", o.Role.String())
		if o.Account != "" {
			t.row("  account", o.Account)
		}
		if o.Room != "" {
			t.row("  room", o.Room)
			others = others[1:]
		}
		if len(others) > 0 {
			t.row("  also in", strings.Join(others, " "))
		}
		if len(o.From) > 0 {
			t.row("  from", strings.Join(o.From, " "))
		}
		t.row("  on for", span(c.Now.Sub(u.Since())))
		t.row("  idle", span(c.Now.Sub(u.Active())))
		if o.Away != "" {
			t.row("  away", o.Away)
		}
		if o.Ignored {
			t.row("  ignored", "by you")
		}
		return t.write(c.Out, 0)
	})
}

// addresses are where the sessions of somebody come from, each once.
func addresses(u *chat.User) []string {
	var all []string
	for _, m := range u.Sessions() {
		if s, ok := m.(interface{ Peer() netip.Addr }); ok {
			all = append(all, s.Peer().String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
