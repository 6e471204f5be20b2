package commands

import (
	"context"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

// usualBan is how long a ban holds that is given no time.
const usualBan = 24 * time.Hour

func (d *Deps) ban() command.Command {
	return command.New(command.Spec{
		Name: "ban", Group: groupModeration, Role: d.least(account.CanBan), Blocking: true,
		Summary: "keep somebody or a network out",
		Help: `
Keeps out who is named, whether they are here or not: the owner of an account,
a guest's name, an address such as 192.0.2.7, or a network such as 192.0.2.0/24
or 2001:db8::/48. Who is here is cut. A guest may come back under another name,
so ban their address if you may: whois shows it.

Behind it stand how long, such as 2h or 7d, and the reason, which may both be
left out: a ban holds for a day unless you say so. forever takes a higher role,
as do addresses. They are told until when, the reason and the ban's id; who did
it is for bans and audit to show.
`,
		Examples: []string{"ban bob", "ban bob 7d advertising again", "ban 192.0.2.0/24 2h", "ban bob forever"},
		Args: []command.Arg{
			{Name: "whom", Type: command.String, Help: "a name, an address or a network"},
			{Name: "duration-and-reason", Type: command.Text, Optional: true, Help: "how long, or forever; then why; default: 1d"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		t, err := d.target(c, c.String("whom"))
		if err != nil {
			return err
		}
		return d.impose(ctx, c, account.Ban, t, usualBan)
	})
}
