package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) seen() command.Command {
	return command.New(command.Spec{
		Name: "seen", Group: groupPeople, Records: true,
		Summary: "show when somebody was here last",
		Help: `
Tells whether somebody is here, or else how long ago they left; of the owner of
an account also if that is long ago. last lists their visits.
`,
		Examples: []string{"seen bob"},
		// Not a User: who it was may have left.
		Args: []command.Arg{{Name: "user", Type: command.String, Help: "whom"}},
	}, func(_ context.Context, c *command.Call) error {
		visits, err := d.visits(c, c.String("user"), 1)
		if err != nil {
			if acc, known := d.absent(c.String("user")); known {
				return seenBefore(c, acc)
			}
			return err
		}
		v, now := visits[0], c.Now
		if c.JSON {
			return c.Object(newVisitObject(v))
		}
		if !v.Out.IsZero() {
			return c.Printf("%s left %s ago, after %s.", v.Name, span(now.Sub(v.Out)), span(v.Out.Sub(v.In)))
		}
		u := d.Hub.User(text.Fold(v.Name))
		if u == nil { // just left
			return c.Printf("%s left 0s ago, after %s.", v.Name, span(now.Sub(v.In)))
		}
		where := ""
		if r := u.Room(); r != nil && r.Visible(c.User) {
			where = " in " + r.Name()
		}
		if reason := u.Away(); reason != "" {
			return c.Printf("%s is here%s, idle for %s and %s", v.Name, where, span(now.Sub(u.Active())), absence(reason))
		}
		return c.Printf("%s is here%s, idle for %s.", v.Name, where, span(now.Sub(u.Active())))
	})
}

// absent is the account of that name, if its owner was ever here.
func (d *Deps) absent(name string) (account.Account, bool) {
	acc, err := d.Accounts.Get(text.Fold(strings.TrimPrefix(name, "@")))
	return acc, err == nil && !acc.Seen.IsZero()
}

// seenBefore tells of the owner of an account whose last visit is forgotten.
func seenBefore(c *command.Call, acc account.Account) error {
	if c.JSON {
		return c.Object(visitObject{Type: "visit", Name: acc.Name.Display, Out: stamp(acc.Seen)})
	}
	return c.Printf("%s left %s ago.", acc.Name.Display, span(c.Now.Sub(acc.Seen)))
}
