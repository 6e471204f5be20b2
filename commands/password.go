package commands

import (
	"context"
	"net/netip"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// passwordFrom is where the caller is, if they may type a password here.
func passwordFrom(ctx context.Context, c *command.Call) (from netip.Addr, err error) {
	err = c.Do(ctx, func(s command.Session) error {
		from = s.Peer()
		return s.Secret()
	})
	return from, err
}

// givenPassword is the password in an argument, or if there is none what the caller
// answers to the prompt. Who gets it wipes it.
func givenPassword(ctx context.Context, c *command.Call, arg, prompt string) (account.Password, error) {
	if c.Has(arg) {
		return account.Password(c.String(arg)), nil
	}
	typed, err := c.Ask(ctx, prompt, true)
	return account.Password(typed), err
}

// wrong is err, which came of a password; the session counts the wrong ones.
func wrong(ctx context.Context, c *command.Call, err error) error {
	if chat.ErrorCode(err) != chat.Unauthenticated {
		return err
	}
	if lost := c.Do(ctx, func(s command.Session) error { s.Wrong(); return nil }); lost != nil {
		return lost
	}
	return err
}

// newPassword is the new password of name in an argument, or if there is none what
// the caller answers when asked twice.
func newPassword(ctx context.Context, c *command.Call, arg string, name chat.Name) (account.Password, error) {
	first, err := givenPassword(ctx, c, arg, "New password: ")
	if err == nil {
		err = first.Check(name)
	}
	if err != nil || c.Has(arg) {
		return first, err
	}
	second, err := givenPassword(ctx, c, arg, "Again: ")
	defer second.Wipe()
	switch {
	case err != nil:
		return nil, err
	case string(first) != string(second):
		return nil, chat.Errorf(chat.Invalid, "The two passwords differ, so nothing was changed; try again.")
	}
	return first, nil
}
