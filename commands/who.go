package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) who() command.Command {
	return command.New(command.Spec{
		Name: "who", Aliases: []string{"users", "names"}, Group: groupPeople, Records: true, Cost: costList,
		Summary: "show who is here",
		Help: `
Lists everyone on the server, or in one room, by name:

  ROOM  the current room, where they talk, unless it is closed to you
  IDLE  how long ago they typed a line
  ON    how long they have been logged in
  ROLE  guest; user, whose name is registered; moderator, operator or admin
  AWAY  away, with the reason if they gave one

Of more than 200 people those who typed last are listed, and the rest is
counted.
`,
		Examples: []string{"who", "who #lobby", "who | grep away"},
		Args:     []command.Arg{{Name: "room", Type: command.Room, Optional: true, Help: "only who is in this room"}},
	}, func(_ context.Context, c *command.Call) error {
		if !c.Has("room") {
			return listPeople(c, d.Hub.Users())
		}
		r, err := d.visibleRoom(c, c.String("room"))
		if err != nil {
			return err
		}
		users := r.Members()
		if len(users) == 0 {
			return tell(c, "Nobody is in %s.", r.Name())
		}
		return listPeople(c, users)
	})
}

func listPeople(c *command.Call, users []*chat.User) error {
	now, rest := c.Now, len(users)-maxListed
	var t table
	t.row("NAME", "ROOM", "IDLE", "ON", "ROLE", "AWAY")
	for _, u := range listed(users) {
		o := newUserObject(c, u)
		if c.JSON {
			if err := c.Object(o); err != nil {
				return err
			}
			continue
		}
		room := o.Room
		if room == "" {
			room = "-"
		}
		t.row(o.Name, room, span(now.Sub(u.Active())), span(now.Sub(u.Since())), o.Role.String(), mark(o.Away))
	}
	if !c.JSON {
		if err := t.write(c.Out, c.View().Width); err != nil {
			return err
		}
	}
	if rest > 0 {
		return tell(c, "%d more are here who typed nothing for longer.", rest)
	}
	return nil
}

// newUserObject is what the caller may know of u, apart from what whois adds.
func newUserObject(c *command.Call, u *chat.User) userObject {
	o := userObject{
		Type: "user", Name: u.Name().Display, Account: u.Account(), Role: u.Role(), Since: stamp(u.Since()), Active: stamp(u.Active()), Away: u.Away(),
	}
	if r := u.Room(); r != nil && r.Visible(c.User) {
		o.Room = r.Name()
	}
	return o
}
