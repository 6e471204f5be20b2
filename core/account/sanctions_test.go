package account_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestParseTarget(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		code     chat.Code
	}{
		{"192.0.2.7", "192.0.2.7", ""}, {"192.0.2.7/24", "192.0.2.0/24", ""}, {"10.0.0.0/8", "10.0.0.0/8", ""},
		{"2001:db8::1", "2001:db8::/64", ""}, {"2001:db8::1/128", "2001:db8::1", ""}, {"2001:db8::/32", "2001:db8::/32", ""},
		{"::ffff:192.0.2.7", "192.0.2.7", ""}, {"::ffff:192.0.2.7/120", "192.0.2.0/24", ""}, {"fe80::1%eth0", "fe80::/64", ""},
		{"0.0.0.0/0", "", chat.Invalid}, {"10.0.0.0/7", "", chat.Invalid}, {"::/0", "", chat.Invalid}, {"2001::/15", "", chat.Invalid},
		{"ann", "name", ""}, {"192.0.2", "name", ""}, {"192.0.2.0/33", "name", ""}, {"", "name", ""},
	} {
		got, network, err := account.ParseTarget(tt.in)
		code(t, tt.in, err, tt.code)
		if tt.code == "" && network && got.String() != tt.want || !network && tt.want != "name" {
			t.Errorf("%s: %s, %t", tt.in, got, network)
		}
	}
}

func TestImpose(t *testing.T) {
	long := strings.Repeat("x", account.MaxReason)
	hour := time.Hour
	for _, tt := range []struct {
		by     string // "" is the machine
		kind   account.Kind
		target string
		d      time.Duration
		reason string
		want   chat.Code
	}{
		{"", account.Ban, "ann", 0, "", ""},
		{"", account.Ban, "adm", 0, long, ""},
		{"", account.Ban, "ann", 0, long + "x", chat.Invalid},
		{"", account.Ban, "ann", -1, "", chat.Invalid},
		{"", account.Ban, "ann", time.Millisecond, "", chat.Invalid},
		{"", account.Ban, "ann", 101 * 365 * 24 * hour, "", chat.Invalid},
		{"", "kiss", "ann", hour, "", chat.Invalid},
		{"ann", account.Ban, "bob", hour, "", chat.Forbidden},
		{"ghost", account.Mute, "bob", hour, "", chat.Forbidden},
		{"mod", account.Ban, "ann", hour, "", ""},
		{"mod", account.Mute, "ann", hour, "", ""},
		{"mod", account.Mute, "guest7", hour, "", ""},
		{"mod", account.Allow, "ann", hour, "", chat.Forbidden},
		{"mod", account.Ban, "ann", 0, "", chat.Forbidden},
		{"mod", account.Ban, "198.51.100.0/24", hour, "", chat.Forbidden},
		{"mod", account.Ban, "mod", hour, "", chat.Forbidden},
		{"mod", account.Ban, "opa", hour, "", chat.Forbidden},
		{"opa", account.Ban, "ann", 0, "", ""},
		{"opa", account.Ban, "198.51.100.0/24", 0, "", ""},
		{"opa", account.Ban, "192.0.0.0/16", hour, "", chat.Forbidden}, // opa's own
		{"opa", account.Allow, "192.0.0.0/16", 0, "", ""},
		{"opa", account.Allow, "adm", 0, "", ""},
		{"opa", account.Mute, "adm", hour, "", chat.Forbidden},
	} {
		w := newWorld(t, account.Options{})
		w.register("ann", "bob")
		w.staff(map[string]chat.Role{"mod": chat.Moderator, "opa": chat.Operator, "adm": chat.Admin})
		w.changes = nil
		by := machine
		if tt.by != "" {
			by = as(tt.by)
		}
		target, is, err := account.ParseTarget(tt.target)
		if err != nil {
			t.Fatal(err)
		}
		if !is {
			target = named(tt.target)
		}
		what := fmt.Sprintf("%s: %s %s for %s", tt.by, tt.kind, tt.target, tt.d)
		s, err := w.Sanctions.Impose(t.Context(), tt.kind, target, tt.d, tt.reason, by)
		code(t, what, err, tt.want)
		got := w.audited(1)
		if result := string(tt.want); !has(got, string(tt.kind)+" "+by.Name+" "+tt.target+" ") || result != "" && !strings.HasSuffix(got[0], result) {
			t.Errorf("%s: audited %q", what, got)
		}
		if err != nil {
			if w.Sanctions.Len() != 0 || len(w.changes) != 0 {
				t.Errorf("%s: there is one", what)
			}
			continue
		}
		if len(w.changes) != 1 || w.changes[0] != target {
			t.Errorf("%s: told %v", what, w.changes)
		}
		for range 2 {
			if got, ok := w.Sanctions.Find(tt.kind, target, time.Now()); !ok || got != s {
				t.Errorf("%s: %v, want %v", what, got, s)
			}
			w.restart()
		}
	}
}

// A8: who is sanctioned, for how long, and over a restart.
func TestA8Expiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{})
		w.register("Ann")
		w.staff(map[string]chat.Role{"mod": chat.Moderator, "opa": chat.Operator})
		impose := func(k account.Kind, target account.Target, d time.Duration, by account.Actor) account.Sanction {
			t.Helper()
			s, err := w.Sanctions.Impose(t.Context(), k, target, d, "spam", by)
			code(t, "impose", err, "")
			return s
		}
		banned := func(n string, want ...account.Sanction) {
			t.Helper()
			for range 2 {
				for i, from := range []string{"198.51.100.1", "10.9.0.1"} {
					got, ok := w.Sanctions.Banned(network(t, from).Prefix.Addr(), n, time.Now())
					if ok != (want[i].ID != "") || got.ID != want[i].ID {
						t.Errorf("%s from %s: %v, want %v", n, from, got, want[i])
					}
				}
				w.restart()
			}
		}
		none := account.Sanction{}
		ann := impose(account.Ban, named("Ann"), time.Hour, as("mod"))
		net := impose(account.Ban, network(t, "198.51.100.0/24"), 2*time.Hour, as("opa"))
		one := impose(account.Ban, network(t, "198.51.100.1"), time.Minute, as("opa"))
		mute := impose(account.Mute, network(t, "10.0.0.0/8"), 90*time.Minute, as("opa"))
		banned("ann", ann, ann)
		banned("bob", one, none)
		if got, ok := w.Sanctions.Muted(nth(7), "ann", time.Now()); !ok || got.ID != mute.ID {
			t.Errorf("muted: %v", got)
		}
		if _, ok := w.Sanctions.Muted(other, "ann", time.Now()); ok {
			t.Error("a ban mutes")
		}
		if got := w.Sanctions.List(time.Now(), account.Ban); len(got) != 3 {
			t.Errorf("%v", got)
		}
		want := "You are banned from this server until " + ann.Until.UTC().Format("2 January 2006, 15:04:05 UTC") + ": spam (sanction " + ann.ID + "; name it if you ask a moderator about it)."
		if err := ann.Refusal().(*chat.Error); err.Text != want {
			t.Errorf("got  %s\nwant %s", err.Text, want)
		}

		// An exception for one address of a network.
		allow := impose(account.Allow, network(t, "198.51.100.1"), 0, as("opa"))
		banned("bob", none, none)
		banned("ann", ann, ann)
		_, err := w.Sanctions.Lift(t.Context(), allow.ID, as("mod"))
		code(t, "lift by a moderator", err, chat.Forbidden)
		_, err = w.Sanctions.Lift(t.Context(), strings.ToUpper(allow.ID), as("opa"))
		code(t, "lift", err, "")

		time.Sleep(time.Minute)
		banned("bob", net, none)
		time.Sleep(time.Hour)
		banned("ann", net, none)
		w.Sweep(time.Now())
		if got := w.Sanctions.List(time.Now()); len(got) != 2 || w.Sanctions.Len() != 2 {
			t.Errorf("%v", got)
		}
		_, err = w.Sanctions.Lift(t.Context(), ann.ID, as("opa"))
		code(t, "what is over", err, chat.NotFound)
		time.Sleep(time.Hour)
		banned("bob", none, none)
		if got := w.Sanctions.List(time.Now()); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

func TestReplaceAndLift(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.staff(map[string]chat.Role{"mod": chat.Moderator, "opa": chat.Operator})
	ctx := t.Context()
	first, err := w.Sanctions.Impose(ctx, account.Ban, named("Eve"), time.Hour, "", as("mod"))
	code(t, "first", err, "")
	second, err := w.Sanctions.Impose(ctx, account.Ban, named("Eve"), 2*time.Hour, "more", as("opa"))
	code(t, "second", err, "")
	if _, err := w.Sanctions.Get(first.ID, time.Now()); chat.ErrorCode(err) != chat.NotFound || w.Sanctions.Len() != 1 {
		t.Errorf("both are there: %v", err)
	}
	_, err = w.Sanctions.Impose(ctx, account.Ban, named("Eve"), time.Minute, "", as("mod"))
	code(t, "a moderator shortens an operator's", err, chat.Forbidden)
	_, err = w.Sanctions.Lift(ctx, second.ID, as("mod"))
	code(t, "a moderator lifts an operator's", err, chat.Forbidden)
	_, err = w.Sanctions.Lift(ctx, "nosuch", as("opa"))
	code(t, "an unknown one", err, chat.NotFound)

	// Of many at once one is there in the end.
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := w.Sanctions.Impose(ctx, account.Ban, named("Eve"), time.Hour, "", as("opa")); err != nil && chat.ErrorCode(err) != chat.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	now, _ := w.Sanctions.Find(account.Ban, named("Eve"), time.Now())
	w.restart()
	after, ok := w.Sanctions.Find(account.Ban, named("Eve"), time.Now())
	if !ok || now != after || w.Sanctions.Len() != 1 {
		t.Errorf("before the restart %v, after it %v", now, after)
	}
	lifted, err := w.Sanctions.Lift(ctx, after.ID, as("opa"))
	if err != nil || lifted != after || w.Sanctions.Len() != 0 {
		t.Errorf("%v, %v", lifted, err)
	}
	if got := w.changes[len(w.changes)-1]; got != after.Target {
		t.Errorf("told %v", got)
	}

	// Neither is done if the store does not say so.
	ban, err := w.Sanctions.Impose(ctx, account.Ban, named("Eve"), time.Hour, "", as("opa"))
	code(t, "ban", err, "")
	w.store.fail(func(op, part, key string) (error, bool) { return errDown(), false })
	_, err = w.Sanctions.Impose(ctx, account.Ban, named("Mal"), time.Hour, "", as("opa"))
	code(t, "impose while down", err, chat.Unavailable)
	_, err = w.Sanctions.Lift(ctx, ban.ID, as("opa"))
	code(t, "lift while down", err, chat.Unavailable)
	code(t, "lockdown while down", w.Sanctions.SetLockdown(ctx, account.LockAll, "", as("opa")), chat.Unavailable)
	w.store.fail(nil)
	if w.Sanctions.Len() != 1 || w.Sanctions.Lockdown().Level != account.LockOff {
		t.Error("it was done all the same")
	}
}

func TestLockdown(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann", "Friend")
	w.staff(map[string]chat.Role{"mod": chat.Moderator, "opa": chat.Operator})
	ctx := t.Context()
	for _, target := range []account.Target{named("Friend"), network(t, "10.0.0.0/8")} {
		_, err := w.Sanctions.Impose(ctx, account.Allow, target, 0, "", as("opa"))
		code(t, "allow", err, "")
	}
	const no = chat.Forbidden
	for i, tt := range []struct {
		level                                  account.Level
		guest, register, ann, friend, mod      chat.Code
		guestInside, registerInside, annFrom10 chat.Code
	}{
		{level: account.LockAll, guest: no, register: no, ann: no},
		{level: account.LockGuests, guest: no},
		{level: account.LockRegistrations, guest: no, register: no},
		{level: account.LockOff},
	} {
		code(t, "set", w.Sanctions.SetLockdown(ctx, tt.level, "raid", as("opa")), "")
		if got := w.changes[len(w.changes)-1]; got != (account.Target{}) {
			t.Errorf("told %v", got)
		}
		w.restart()
		l := w.Sanctions.Lockdown()
		if l.Level != tt.level || l.Reason != "raid" || l.By != "opa" {
			t.Errorf("%v", l)
		}
		what := l.Level.String() + ": "
		guest := name(t, "Guest7")
		code(t, what+"guest", w.Guest(guest, home, time.Now()), tt.guest)
		code(t, what+"guest inside", w.Guest(guest, nth(1), time.Now()), tt.guestInside)
		_, err := w.Register(ctx, name(t, fmt.Sprint("new", i, "x")), secret, home)
		code(t, what+"register", err, tt.register)
		_, err = w.Register(ctx, name(t, fmt.Sprint("new", i, "y")), secret, nth(2))
		code(t, what+"register inside", err, tt.registerInside)
		code(t, what+"ann", w.login("ann", home), tt.ann)
		code(t, what+"ann inside", w.login("ann", nth(3)), tt.annFrom10)
		code(t, what+"friend", w.login("friend", home), tt.friend)
		code(t, what+"mod", w.login("mod", home), tt.mod)
		code(t, what+"a guest called friend", w.Sanctions.Enter(account.Visitor{Addr: home, Key: "friend"}, time.Now()), tt.guest)
	}
	code(t, "by a moderator", w.Sanctions.SetLockdown(ctx, account.LockGuests, "", as("mod")), chat.Forbidden)
	code(t, "no level", w.Sanctions.SetLockdown(ctx, 9, "", as("opa")), chat.Invalid)
	code(t, "long reason", w.Sanctions.SetLockdown(ctx, 1, strings.Repeat("x", 500), as("opa")), chat.Invalid)
	for _, s := range []string{"off", "guests", "registrations", "all"} {
		if l, err := account.ParseLevel(s); err != nil || l.String() != s {
			t.Errorf("%s: %v, %v", s, l, err)
		}
	}
	_, err := account.ParseLevel("some")
	code(t, "some", err, chat.Invalid)
}

func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		target account.Target
		want   bool
	}{
		{account.Target{}, true}, {named("Ann"), true}, {named("Bob"), false},
		{network(t, "192.0.2.0/24"), true}, {network(t, "198.51.100.0/24"), false},
	} {
		if got := tt.target.Covers(home, "ann"); got != tt.want {
			t.Errorf("%v: %t", tt.target, got)
		}
	}
}
