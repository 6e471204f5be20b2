package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) whois() command.Command {
	return command.New(command.Spec{
		Name: "whois", Aliases: []string{"finger"}, Group: groupPeople,
		Summary:  "show what is known of somebody",
		Help:     "Shows one person's role and rooms, how long they are here and idle, and\nwhether they are away or ignored by you.\n",
		Examples: []string{"whois bob"},
		Args:     []command.Arg{{Name: "user", Type: command.User, Help: "whom"}},
	}, func(_ context.Context, c *command.Call) error {
		u, err := d.user(c.String("user"))
		if err != nil {
			return err
		}
		now := c.Now
		var t table
		t.row(u.Name().Display)
		t.row("  role", u.Role().String())
		current := u.Room()
		var others []string
		for _, r := range u.Rooms() {
			if r != current {
				others = append(others, r.Name())
			}
		}
		if current != nil {
			t.row("  room", current.Name())
		}
		if len(others) > 0 {
			t.row("  also in", strings.Join(others, " "))
		}
		t.row("  on for", span(now.Sub(u.Since())))
		t.row("  idle", span(now.Sub(u.Active())))
		if reason := u.Away(); reason != "" {
			t.row("  away", reason)
		}
		if c.User.Ignores(u.ID()) {
			t.row("  ignored", "by you")
		}
		return t.write(c.Out, 0)
	})
}
