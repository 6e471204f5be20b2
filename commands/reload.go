package commands

import (
	"context"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) reload() command.Command {
	return command.New(command.Spec{
		Name: "reload", Group: groupServer, Role: d.least(account.CanReload), Blocking: true, Cost: costList,
		Timeout: 30 * time.Second,
		Summary: "read the config again",
		Help: `
Reads the config file again, puts it in force and shows what changed. A setting
that needs a restart is refused by name and stays as it was; the others count.
If anything in the file is wrong nothing changes, and you are told why. SIGHUP
does the same.
`,
		Examples: []string{"reload"},
	}, func(ctx context.Context, c *command.Call) error {
		changes, err := d.Reload(ctx)
		switch {
		case err != nil:
			return err
		case len(changes) == 0:
			return tell(c, "The config is read again; nothing in it has changed.")
		}
		if err := c.Printf("%s", strings.Join(changes, "\n")); err != nil {
			return err
		}
		return tell(c, "The config is read again; what stands as refused waits for a restart, all else is in force.")
	})
}
