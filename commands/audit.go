package commands

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) audit() command.Command {
	return command.New(command.Spec{
		Name: "audit", Group: groupModeration, Role: d.least(account.CanReadAudit), Blocking: true, Records: true, Cost: costList,
		Summary: "show who did what with their rights",
		Help: `
Shows the last entries of the audit, oldest first: logins and registrations,
roles, sanctions, reports, and what was changed in the config and the plugins;
when, by whom and from where, against whom, and what came of it. It holds no
password and nothing that was said in a room. Times are UTC, and addresses are
for those who may see them.
`,
		Examples: []string{"audit", "audit 100", "audit 500 | grep ban"},
		Args:     []command.Arg{{Name: "n", Type: command.Int, Optional: true, Default: "20", Min: 1, Max: 1000, Help: "how many entries"}},
	}, func(ctx context.Context, c *command.Call) error {
		if _, err := d.authorized(ctx, c, account.CanReadAudit, ""); err != nil {
			return err
		}
		entries, err := d.Accounts.Audit.Last(ctx, c.Int("n"))
		if err != nil {
			return err
		}
		addresses := d.can(c, account.CanSeeAddresses)
		var t table
		t.row("N", "TIME", "WHAT", "BY", "FROM", "WHOM", "RESULT", "DETAILS")
		for _, e := range entries {
			o := newAuditObject(e)
			if !addresses {
				o.From = ""
			}
			if c.JSON {
				if err := c.Object(o); err != nil {
					return err
				}
				continue
			}
			by := o.By
			if o.Machine {
				by += " (machine)"
			}
			t.row(strconv.FormatUint(o.Seq, 10), o.Time.Format("2006-01-02 15:04:05"), o.What, orDash(by), orDash(o.From), orDash(o.Target), string(o.Result), details(o.Details))
		}
		switch {
		case c.JSON:
			return nil
		case len(entries) == 0:
			return tell(c, "The audit is empty.")
		}
		return t.write(c.Out, 0) // whole: what is left out may be what matters
	})
}

// details are the details of an entry in words.
func details(d map[string]string) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(d)) {
		words = append(words, k+": "+d[k])
	}
	return strings.Join(words, ", ")
}

// orDash is a cell of a table that may be empty.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func newAuditObject(e account.AuditEntry) auditObject {
	return auditObject{
		Type: "audit", Seq: e.Seq, Time: stamp(e.At), What: e.Type, By: e.By, Account: e.Account, Machine: e.Machine,
		From: e.Addr, Target: e.Target, Result: e.Result, Details: e.Details,
	}
}
