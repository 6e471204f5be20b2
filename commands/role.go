package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (d *Deps) role() command.Command {
	return command.New(command.Spec{
		Name: "role", Group: groupModeration, Role: d.least(account.CanGrant), Blocking: true,
		Summary: "give somebody a role",
		Help: `
Gives the owner of an account a role, at once and for good: user takes back
what was given. Nobody gives more than they have, or changes who is not below
them; admins may change admins, and everybody may step down. What the config
gives stays. The first admin is made on the server's machine: chatroom admin
grant NAME.
`,
		Examples: []string{"role bob moderator", "role bob user"},
		Args: []command.Arg{
			// Not a User: they may be absent.
			{Name: "name", Type: command.String, Help: "whose"},
			{Name: "role", Type: command.Enum, Help: "which", Choices: []string{
				chat.Registered.String(), chat.Moderator.String(), chat.Operator.String(), chat.Admin.String(),
			}},
		},
	}, func(ctx context.Context, c *command.Call) error {
		acc, err := d.accountOf(c, c.String("name"))
		if err != nil {
			return err
		}
		role, err := chat.ParseRole(c.String("role"))
		if err != nil {
			return err
		}
		if acc.Role == role {
			return tell(c, "%s is %s already.", acc.Name.Display, role)
		}
		by, err := actor(ctx, c)
		if err != nil {
			return err
		}
		if err := d.Accounts.Grant(ctx, acc.Name.Key, role, by); err != nil {
			return err
		}
		d.tellStaff(c, account.CanGrant, by.Name+" made "+acc.Name.Display+" "+role.String()+", who was "+acc.Role.String())
		return tell(c, "%s is %s now%s", acc.Name.Display, role, undoable(c, "role "+acc.Name.Display+" "+acc.Role.String()))
	})
}

// accountOf is the account that a word names: by its own name, or by the one that
// its owner has at the moment.
func (d *Deps) accountOf(c *command.Call, word string) (account.Account, error) {
	word = strings.TrimPrefix(word, "@")
	key := text.Fold(word)
	if u := d.Hub.User(key); u != nil {
		if u.Account() == "" {
			return account.Account{}, orSay(c, chat.Errorf(chat.NotFound, "%s is a guest and has no account; it takes register to get one.", u.Name().Display))
		}
		key = u.Account()
	}
	acc, err := d.Accounts.Get(key)
	if err != nil {
		return account.Account{}, orSay(c, missing("There is no account "+word, word, d.userNames(), "check the spelling"))
	}
	return acc, nil
}
