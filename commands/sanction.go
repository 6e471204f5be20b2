package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// A verb is what commands say of a kind of sanction.
type verb struct {
	done string // what was done to whom it is for
	undo string // the command that ends it
	need account.Capability
}

var verbs = map[account.Kind]verb{
	account.Ban:   {"banned", "unban", account.CanBan},
	account.Mute:  {"muted", "unmute", account.CanMute},
	account.Allow: {"on the allowlist", "allowlist remove", account.CanAllow},
}

// impose makes a sanction for t, for as long and for the reason that the text of
// the call says, and tells those whom it concerns.
func (d *Deps) impose(ctx context.Context, c *command.Call, k account.Kind, t account.Target, usual time.Duration) error {
	long, why, err := term(c.Text(), usual)
	if err != nil {
		return err
	}
	by, err := actor(ctx, c)
	if err != nil {
		return err
	}
	made, err := d.Accounts.Sanctions.Impose(ctx, k, t, long, why, by)
	if err != nil {
		return err
	}
	v := verbs[k]
	if u := d.present(t); u != nil && k == account.Mute { // who is banned is told so as they are cut
		u.Notify(&chat.Event{Kind: chat.Notice, Time: c.Now, Text: refusal(made)})
	}
	d.tellStaff(c, v.need, fmt.Sprintf("%s is %s %s, by %s, sanction %s%s", heard(t), v.done, made.Ends(), by.Name, made.ID, because(made.Reason)))
	return tell(c, "%s is %s %s, sanction %s%s%s", t, v.done, made.Ends(), made.ID, because(made.Reason), undoable(c, v.undo+" "+made.ID))
}

// refusal is what a sanction tells whom it is for.
func refusal(s account.Sanction) string { return s.Refusal().(*chat.Error).Text }

// lift ends the sanction of that kind that the word names, and tells those whom it
// concerns.
func (d *Deps) lift(ctx context.Context, c *command.Call, k account.Kind, word string) error {
	found, err := d.sanctioned(c, k, word)
	if err != nil {
		return err
	}
	by, err := actor(ctx, c)
	if err != nil {
		return err
	}
	was, err := d.Accounts.Sanctions.Lift(ctx, found.ID, by)
	if err != nil {
		return err
	}
	v := verbs[k]
	if u := d.present(was.Target); u != nil && k == account.Mute {
		u.Notify(&chat.Event{Kind: chat.Notice, Time: c.Now, Text: "You are no longer muted."})
	}
	d.tellStaff(c, v.need, fmt.Sprintf("%s is no longer %s, by %s, sanction %s", heard(was.Target), v.done, by.Name, was.ID))
	return tell(c, "%s is no longer %s, sanction %s%s", d.shown(c, was.Target), v.done, was.ID, undoable(c, again(was, c.Now)))
}

// again is the line that imposes a sanction once more that was lifted.
func again(s account.Sanction, now time.Time) string {
	long := forever
	if !s.Until.IsZero() {
		long = compact(max(time.Minute, s.Until.Sub(now).Round(time.Minute)))
	}
	words := []string{map[account.Kind]string{account.Ban: "ban", account.Mute: "mute", account.Allow: "allowlist add"}[s.Kind], s.Target.String(), long}
	if s.Reason != "" {
		words = append(words, s.Reason)
	}
	return strings.Join(words, " ")
}

// shown is the target as the caller may know it.
func (d *Deps) shown(c *command.Call, t account.Target) string {
	if d.can(c, account.CanSeeAddresses) {
		return t.String()
	}
	return heard(t)
}

// heard is the target as those may know it who may not see addresses.
func heard(t account.Target) string {
	if t.Prefix.IsValid() {
		return "a network"
	}
	return t.String()
}
