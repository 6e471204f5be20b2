package main

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

// An identity is what sessions know of accounts.
type identity struct {
	accounts *account.Accounts
	mail     *account.Mail
}

var _ session.Accounts = identity{}

// Guest implements session.Accounts.
func (i identity) Guest(name chat.Name, from netip.Addr, now time.Time) error {
	return i.accounts.Guest(name, from, now)
}

// Attach implements session.Accounts.
func (i identity) Attach(key string, s *session.Session, now time.Time) error {
	return i.accounts.Attach(key, s, now)
}

// Detach implements session.Accounts.
func (i identity) Detach(key string, s *session.Session, now time.Time) {
	i.accounts.Detach(key, s, now)
}

// Standing implements session.Accounts.
func (i identity) Standing(key, name string, from netip.Addr, now time.Time) session.Standing {
	st := session.Standing{Role: i.accounts.Role(key)}
	if key == "" {
		key = name
	}
	if ban, banned := i.accounts.Sanctions.Banned(from, key, now); banned {
		st.Banned = sentence(ban.Refusal())
	}
	if mute, muted := i.accounts.Sanctions.Muted(from, key, now); muted {
		st.Muted, st.Until, st.Why = true, mute.Until, mute.Reason+" (sanction "+mute.ID+")"
		return st
	}
	if err := i.accounts.Rights().Check(st.Role, account.CanSay); err != nil {
		st.Muted, st.Why = true, "here one must be "+i.accounts.Rights().Least(account.CanSay).String()+" to speak"
	}
	return st
}

// Overstayed implements session.Accounts.
func (i identity) Overstayed(from netip.Addr, now time.Time) {
	i.accounts.Penalize(from, account.GraceExceeded, now)
}

// Load implements session.Accounts.
func (i identity) Load(ctx context.Context, key string) (session.Carried, error) {
	p, err := i.accounts.LoadProfile(ctx, key)
	if err != nil {
		return session.Carried{}, err
	}
	c := carried(p)
	c.Seen = i.accounts.Left(key)
	return c, nil
}

// Save implements session.Accounts.
func (i identity) Save(ctx context.Context, key string, base, mine session.Carried) error {
	_, err := i.accounts.SaveProfile(ctx, key, profile(base), profile(mine))
	return err
}

// Arrived implements session.Accounts.
func (i identity) Arrived(ctx context.Context, key string) (mail []*chat.Event, upto uint64, err error) {
	acc, err := i.accounts.Get(key)
	if err != nil {
		return nil, 0, err
	}
	letters, err := i.mail.Waiting(ctx, key)
	for _, l := range letters {
		mail, upto = append(mail, l.Event(acc.Name.Display)), l.ID
	}
	return mail, upto, err
}

// Shown implements session.Accounts.
func (i identity) Shown(ctx context.Context, key string, upto uint64) error {
	return i.mail.Shown(ctx, key, upto)
}

// sentence is what an error tells whom it is for.
func sentence(err error) string {
	if e, ok := errors.AsType[*chat.Error](err); ok {
		return e.Text
	}
	return err.Error()
}

// carried is a profile as sessions have it.
func carried(p account.Profile) session.Carried {
	c := session.Carried{Settings: p.Settings, Aliases: p.Aliases, Current: p.Current}
	for _, g := range p.Ignores {
		c.Ignores = append(c.Ignores, session.Ignored{Account: g.Key, Name: g.Display})
	}
	for _, r := range p.Rooms {
		c.Rooms = append(c.Rooms, session.JoinedRoom(r))
	}
	for _, j := range p.Jobs {
		c.Jobs = append(c.Jobs, session.Job(j))
	}
	return c
}

// profile is the reverse of carried.
func profile(c session.Carried) account.Profile {
	p := account.Profile{Settings: c.Settings, Aliases: c.Aliases, Current: c.Current}
	for _, g := range c.Ignores {
		p.Ignores = append(p.Ignores, account.Ignored{Key: g.Account, Display: g.Name})
	}
	for _, r := range c.Rooms {
		p.Rooms = append(p.Rooms, account.JoinedRoom(r))
	}
	for _, j := range c.Jobs {
		p.Jobs = append(p.Jobs, account.Job(j))
	}
	return p
}
