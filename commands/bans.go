package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

// allSanctions is the choice of bans for every kind.
const allSanctions = "all"

func (d *Deps) bans() command.Command {
	return command.New(command.Spec{
		Name: "bans", Group: groupModeration, Role: d.least(account.CanBan), Records: true, Cost: costList,
		Summary: "list who is banned, muted or allowed",
		Help: `
Lists the sanctions that hold, the latest first: the id, by which unban and
unmute end it, what it does, whom it is for, how much longer, who imposed it,
and why. Alone it lists bans and mutes. Addresses are for those who may see
them. At most 200 are shown.
`,
		Examples: []string{"bans", "bans mute", "bans all --json", "bans | grep spam"},
		Args: []command.Arg{{
			Name: "kind", Type: command.Enum, Optional: true, Help: "which alone",
			Choices: []string{string(account.Ban), string(account.Mute), string(account.Allow), allSanctions},
		}},
	}, func(ctx context.Context, c *command.Call) error {
		kinds := []account.Kind{account.Ban, account.Mute}
		switch kind := c.String("kind"); kind {
		case "":
		case allSanctions:
			kinds = nil
		default:
			kinds = []account.Kind{account.Kind(kind)}
		}
		if _, err := d.authorized(ctx, c, account.CanBan, ""); err != nil {
			return err
		}
		return d.listSanctions(c, "Nobody is, and no network.", kinds...)
	})
}

// listSanctions lists the sanctions of those kinds; none is what it tells if
// there are none.
func (d *Deps) listSanctions(c *command.Call, none string, kinds ...account.Kind) error {
	list := d.Accounts.Sanctions.List(c.Now, kinds...)
	rest := len(list) - maxListed
	list = list[:min(len(list), maxListed)]
	var t table
	t.row("ID", "KIND", "WHOM", "ENDS", "BY", "REASON")
	for _, s := range list {
		if c.JSON {
			if err := c.Object(d.newSanctionObject(c, s)); err != nil {
				return err
			}
			continue
		}
		ends := forever
		if !s.Until.IsZero() {
			ends = "in " + span(s.Until.Sub(c.Now))
		}
		t.row(s.ID, string(s.Kind), d.shown(c, s.Target), ends, s.By, s.Reason)
	}
	switch {
	case c.JSON:
	case len(list) == 0:
		return tell(c, "%s", none)
	default:
		if err := t.write(c.Out, 0); err != nil { // with the whole reasons
			return err
		}
	}
	if rest > 0 {
		return tell(c, "%d older ones are not shown; name a kind to see fewer.", rest)
	}
	return nil
}

func (d *Deps) newSanctionObject(c *command.Call, s account.Sanction) sanctionObject {
	o := sanctionObject{
		Type: "sanction", ID: s.ID, Kind: string(s.Kind), Name: s.Target.Name, Account: s.Target.Key,
		Reason: s.Reason, By: s.By, Since: stamp(s.At), Until: stamp(s.Until),
	}
	if s.Target.Prefix.IsValid() && d.can(c, account.CanSeeAddresses) {
		o.Network = s.Target.Prefix.String()
	}
	return o
}
