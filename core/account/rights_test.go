package account_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestRights(t *testing.T) {
	var r account.Rights
	for _, tt := range []struct {
		role chat.Role
		c    account.Capability
		want bool
	}{
		{chat.Guest, account.CanSay, true}, {chat.Guest, account.CanRegister, true},
		{chat.Guest, account.CanKick, false}, {chat.Registered, account.CanKick, false}, {chat.Moderator, account.CanKick, true}, {chat.Admin, account.CanKick, true},
		{chat.Moderator, account.CanReadAudit, false}, {chat.Operator, account.CanReadAudit, true},
		{chat.Operator, "no such thing", false}, {chat.Admin, "no such thing", true},
	} {
		if err := r.Check(tt.role, tt.c); (err == nil) != tt.want {
			t.Errorf("%s %s: %v", tt.role, tt.c, err)
		}
	}
	r, err := account.NewRights(map[string]string{"kick": "user", "audit.read": "admin", "say": "user"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Least(account.CanKick) != chat.Registered || r.Least(account.CanReadAudit) != chat.Admin || r.Least(account.CanSay) != chat.Registered || r.Least(account.CanMute) != chat.Moderator {
		t.Errorf("%v", r)
	}
	all := slices.Collect(account.Capabilities())
	if len(all) < 20 || !slices.IsSorted(all) {
		t.Errorf("%v", all)
	}

	_, err = account.NewRights(map[string]string{"kik": "moderator", "ban": "operater", "mute": "guest", "xyzzy": "user", "slow": "nobody", "wall": "user"})
	want := []string{
		`ban: there is no role "operater"; did you mean operator?`,
		`there is no right "kik"; did you mean kick?`,
		`mute: guests can't have it, because nobody knows who they are; the least role is user`,
		`slow: there is no role "nobody"`,
		`there is no right "xyzzy"`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("got:\n%v", err)
	}
}

// Who may give whom what.
func TestGrant(t *testing.T) {
	const (
		forbidden = chat.Forbidden
		ok        = ""
	)
	for _, tt := range []struct {
		by   string // "" is the machine
		to   string
		role chat.Role
		want chat.Code
	}{
		{"", "ann", chat.Admin, ok},
		{"", "nobody", chat.Admin, chat.NotFound},
		{"", "ann", chat.Guest, chat.Invalid},
		{"", "ann", chat.Role(9), chat.Invalid},
		{"", "cfg", chat.Moderator, chat.Conflict},
		{"", "cfg", chat.Admin, ok},
		{"ann", "ann", chat.Admin, forbidden},
		{"ann", "bob", chat.Moderator, forbidden},
		{"ghost", "ann", chat.Moderator, forbidden},
		{"mod", "ann", chat.Moderator, forbidden},
		{"mod", "mod", chat.Operator, forbidden},
		{"mod", "mod", chat.Registered, ok},
		{"opa", "ann", chat.Moderator, ok},
		{"opa", "ann", chat.Operator, ok},
		{"opa", "ann", chat.Admin, forbidden},
		{"opa", "mod", chat.Registered, ok},
		{"opa", "opb", chat.Registered, forbidden},
		{"opa", "adm", chat.Registered, forbidden},
		{"opa", "opa", chat.Admin, forbidden},
		{"opa", "opa", chat.Moderator, ok},
		{"cfg", "cfg", chat.Operator, forbidden}, // it would outlive the config
		{"cfg", "ann", chat.Operator, ok},
		{"adm", "opa", chat.Registered, ok},
		{"adm", "adb", chat.Registered, ok},
		{"adm", "ann", chat.Admin, ok},
	} {
		w := newWorld(t, account.Options{})
		w.register("ann", "bob", "cfg")
		w.staff(map[string]chat.Role{"mod": chat.Moderator, "opa": chat.Operator, "opb": chat.Operator, "adm": chat.Admin, "adb": chat.Admin})
		w.roles.Configure(map[string]chat.Role{"cfg": chat.Operator})
		before, by := w.Role(tt.to), machine
		if tt.by != "" {
			by = as(tt.by)
		}
		w.changes = nil
		err := w.Grant(t.Context(), tt.to, tt.role, by)
		what := tt.by + " makes " + tt.to + " " + tt.role.String()
		code(t, what, err, tt.want)
		want := before
		if tt.want == ok {
			want = tt.role
			if len(w.changes) != 1 || w.changes[0].Key != tt.to {
				t.Errorf("%s: told %v", what, w.changes)
			}
		} else if len(w.changes) != 0 {
			t.Errorf("%s: told %v", what, w.changes)
		}
		if got := w.audited(1); !has(got, "role "+by.Name+" "+tt.to) {
			t.Errorf("%s: audited %v", what, got)
		}
		for range 2 {
			if got := w.Role(tt.to); got != want {
				t.Errorf("%s: %s is %s, want %s", what, tt.to, got, want)
			}
			w.restart()
		}
	}
}

// A9: a right that is taken away ends at once, whatever runs.
func TestA9Revoked(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.staff(map[string]chat.Role{"mod": chat.Moderator, "opa": chat.Operator})
	w.register("ann")
	ctx, by := t.Context(), as("mod") // as a command has it that began before
	code(t, "before", w.Authorize(by, account.CanKick, "ann"), "")
	ban, err := w.Sanctions.Impose(ctx, account.Ban, named("ann"), 1e12, "", by)
	code(t, "before", err, "")
	code(t, "revoke", w.Grant(ctx, "mod", chat.Registered, as("opa")), "")
	code(t, "kick", w.Authorize(by, account.CanKick, "ann"), chat.Forbidden)
	_, err = w.Sanctions.Impose(ctx, account.Mute, named("ann"), 1e12, "", by)
	code(t, "mute", err, chat.Forbidden)
	_, err = w.Sanctions.Lift(ctx, ban.ID, by)
	code(t, "unban", err, chat.Forbidden)
	code(t, "lockdown", w.Sanctions.SetLockdown(ctx, account.LockAll, "", as("mod")), chat.Forbidden)
	code(t, "role", w.Grant(ctx, "ann", chat.Moderator, by), chat.Forbidden)
	_, err = w.Create(ctx, name(t, "new"), secret, by)
	code(t, "create", err, chat.Forbidden)

	// A guest of the same name has nothing of it.
	guest := account.Actor{Name: "opa"}
	for c := range account.Capabilities() {
		if w.Rights().Least(c) > chat.Guest {
			code(t, string(c), w.Authorize(guest, c, ""), chat.Forbidden)
		}
	}
	// All of it is audited, who was refused too.
	if got := w.audited(8); !has(got, "role opa mod ok") || !has(got, "mute mod ann forbidden") || !has(got, "lift mod ann forbidden") || !has(got, "lockdown mod all forbidden") {
		t.Errorf("%q", got)
	}
	code(t, "against an equal", w.Authorize(as("opa"), account.CanKick, "opa"), chat.Forbidden)
	code(t, "the machine", w.Authorize(machine, account.CanKick, "opa"), "")
}

// An unconfirmed grant can be given again, whether it was saved or not.
func TestUnconfirmedGrant(t *testing.T) {
	for _, saved := range []bool{true, false} {
		w := newWorld(t, account.Options{})
		w.register("ann")
		w.store.fail(func(op, part, key string) (error, bool) {
			if op == "put" {
				return errDown(), saved
			}
			return nil, false
		})
		code(t, "lost", w.Grant(t.Context(), "ann", chat.Moderator, machine), chat.Unavailable)
		w.store.fail(nil)
		code(t, "again", w.Grant(t.Context(), "ann", chat.Moderator, machine), "")
		w.restart()
		if got := w.Role("ann"); got != chat.Moderator {
			t.Errorf("saved %t: ann is %s", saved, got)
		}
	}
}
