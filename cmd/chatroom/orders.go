package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// An order is what the operator of the machine wants done: by the running server,
// through the admin socket, or by this process on the store.
type order struct {
	Op       string           `json:"op"`
	Name     string           `json:"name,omitempty"`
	Role     string           `json:"role,omitempty"`
	Password account.Password `json:"-"`
	Secrets  bool             `json:"secrets,omitempty"`
}

// Orders carry orders out. They answer with lines for the operator; errors are
// *chat.Error or to be explained.
type orders struct {
	accounts *account.Accounts
	mail     *account.Mail
	roles    *account.Roles
	disown   func(ctx context.Context, key string) error // ends what a deleted account has in rooms
}

func (o orders) do(ctx context.Context, req order, by account.Actor) ([]string, error) {
	switch req.Op {
	case "roles":
		return o.holders(), nil
	case "accounts":
		return o.list(), nil
	}
	name, err := text.ParseName(req.Name)
	if err != nil {
		return nil, err
	}
	switch req.Op {
	case "grant":
		return o.grant(ctx, name, req.Role, by)
	case "revoke":
		return o.revoke(ctx, name, by)
	case "create":
		if _, err := o.accounts.Create(ctx, name, req.Password, by); err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("%s is registered", name.Display)}, nil
	case "passwd":
		if err := o.accounts.SetPassword(ctx, name.Key, req.Password, by); err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("the password of %s is changed", name.Display)}, nil
	case "delete":
		if err := o.accounts.Delete(ctx, name.Key, by); err != nil {
			return nil, err
		}
		if err := errors.Join(o.mail.Forget(ctx, name.Key), o.disown(ctx, name.Key)); err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("%s is deleted", name.Display)}, nil
	}
	return nil, chat.Errorf(chat.Invalid, "There is no request %q.", req.Op)
}

func (o orders) grant(ctx context.Context, name chat.Name, to string, by account.Actor) ([]string, error) {
	role, err := chat.ParseRole(to)
	if err != nil {
		return nil, err
	}
	if !o.accounts.Registered(name.Key) {
		return nil, chat.Errorf(chat.NotFound, "There is no account %s. Roles are of accounts: have %s register first, or make the account with chatroom account create %s.",
			name.Display, name.Display, name.Display)
	}
	if err := o.accounts.Grant(ctx, name.Key, role, by); err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%s is %s", name.Display, o.accounts.Role(name.Key))}, nil
}

func (o orders) revoke(ctx context.Context, name chat.Name, by account.Actor) ([]string, error) {
	granted := false
	for _, h := range o.roles.Holders() {
		granted = granted || h.Key == name.Key && h.Granted
	}
	if !granted {
		return nil, chat.Errorf(chat.NotFound, "Nothing was granted to %s.", name.Display)
	}
	if err := o.accounts.Grant(ctx, name.Key, chat.Registered, by); err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%s is %s again", name.Display, o.accounts.Role(name.Key))}, nil
}

// holders are those with a role, one a line.
func (o orders) holders() []string {
	var lines []string
	for _, h := range o.roles.Holders() {
		by := "by the config"
		switch {
		case h.Granted:
			by = "granted"
		case !o.accounts.Registered(h.Key):
			by += ", once it is registered"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", text.Pad(h.Key, 20), text.Pad(h.Role.String(), 10), by))
	}
	return lines
}

// list are all accounts, one a line.
func (o orders) list() []string {
	var lines []string
	for _, a := range o.accounts.All() {
		seen := "never seen"
		if !a.Seen.IsZero() {
			seen = "seen " + a.Seen.UTC().Format("2006-01-02 15:04Z")
		}
		lines = append(lines, strings.Join([]string{
			text.Pad(a.Name.Display, 20), text.Pad(a.Role.String(), 10), "registered " + a.Created.UTC().Format("2006-01-02"), seen,
		}, " "))
	}
	return lines
}
