package commands

import (
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) account() command.Command {
	return withSubs(command.Spec{
		Name: "account", Group: groupAccount,
		Summary: "see and end accounts and their sessions",
		Help: `
An account is a name that is registered. Its settings, aliases, ignored people,
rooms and jobs come back when its owner logs in, in as many sessions at once as
they like. Operators may do all this for others, whose name stands last.
`,
		Examples: []string{"account info", "account sessions", "account revoke all"},
	}, d.accountInfo(), d.accountSessions(), d.accountRevoke(), d.accountDelete())
}
