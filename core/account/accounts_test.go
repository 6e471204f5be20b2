package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A1: of those who register one name at once, one succeeds.
func TestA1RegisterAtOnce(t *testing.T) {
	for round, spelling := range [][]string{{"Ann"}, {"Ann", "ANN", "ann"}, {"Bill", "BilI", "BiII"}} {
		w := newWorld(t, account.Options{})
		var wg sync.WaitGroup
		errs := make([]error, 50)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = w.Register(t.Context(), name(t, spelling[i%len(spelling)]), secret, home)
			})
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won >= 0:
				t.Errorf("round %d: %d and %d have it", round, won, i)
			case err == nil:
				won = i
			case chat.ErrorCode(err) == chat.Unavailable: // the queue was full
			default:
				code(t, "the others", err, chat.Conflict)
			}
		}
		if won < 0 {
			t.Fatalf("round %d: nobody has it", round)
		}
		check := func() {
			t.Helper()
			key := text.Fold(spelling[won%len(spelling)])
			if w.Len() != 1 || !w.Registered(key) {
				t.Errorf("round %d: %d accounts", round, w.Len())
			}
			code(t, "login", w.login(key, home), "")
		}
		check()
		w.restart()
		check()
	}
}

// A2: nobody has a name that looks like a registered one.
func TestA2Lookalikes(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Bill", "Tom", "oca", "IAN")
	for _, s := range []string{"BilI", "BiII", "Bi1l", "Torn", "оса", "Lan", "lan", "Ｂill"} {
		n, err := text.ParseName(s)
		if err != nil {
			continue // no name at all
		}
		want := chat.Conflict
		if n.Key == "bill" || n.Key == "oca" {
			want = chat.Unauthenticated
		}
		code(t, "guest "+s, w.Guest(n, home, time.Now()), want)
		_, err = w.Register(t.Context(), n, secret, home)
		code(t, "register "+s, err, chat.Conflict)
		if a, ok := w.Lookalike(n); !ok || a.Name.Skeleton != n.Skeleton && a.Name.Key != n.Key {
			t.Errorf("Lookalike(%s): %v, %t", s, a, ok)
		}
	}
	code(t, "the owner", w.Guest(name(t, "tom"), home, time.Now()), chat.Unauthenticated)
	code(t, "another", w.Guest(name(t, "Eve"), home, time.Now()), "")
	if _, ok := w.Lookalike(name(t, "Eve")); ok {
		t.Error("Eve looks like somebody")
	}
}

// A3: what the config calls an operator is not whoever comes first.
func TestA3ConfiguredNames(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.roles.Configure(map[string]chat.Role{"cyd": chat.Operator})
	_, err := w.Register(t.Context(), name(t, "Cyd"), secret, home)
	code(t, "from elsewhere", err, chat.Forbidden)
	if got := w.Role("cyd"); got != chat.Guest {
		t.Errorf("without an account cyd is %s", got)
	}
	acc, err := w.Register(t.Context(), name(t, "Cyd"), secret, loopback)
	code(t, "from this machine", err, "")
	if acc.Role != chat.Operator || w.Role("cyd") != chat.Operator {
		t.Errorf("cyd is %s", acc.Role)
	}

	w.roles.Configure(map[string]chat.Role{"cyd": chat.Operator, "dee": chat.Admin})
	_, err = w.Create(t.Context(), name(t, "Dee"), secret, as("Cyd"))
	code(t, "by an operator", err, chat.Forbidden)
	_, err = w.Create(t.Context(), name(t, "Dee"), secret, machine)
	code(t, "by the machine", err, "")
}

// A4: wrong passwords from one place, and from everywhere, and the owner.
func TestA4Guessing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{Limits: account.DefaultLimits()})
		w.register("Ann")
		code(t, "the owner", w.login("ann", home), "")
		wrong := account.Password("wrong password")
		for i := range 5 {
			_, err := w.Verify(t.Context(), "ann", wrong, other)
			want := chat.Unauthenticated
			if i >= 3 {
				want = chat.Limited
			}
			code(t, fmt.Sprint("try ", i), err, want)
		}
		code(t, "the right one is not let in from there", w.login("ann", other), chat.Limited)
		code(t, "nor may it connect", w.Accept(other, time.Now()), chat.Limited)
		code(t, "the owner may", w.Accept(home, time.Now()), "")
		for i := range 100 { // from everywhere
			_, err := w.Verify(t.Context(), "ann", wrong, nth(i))
			if c := chat.ErrorCode(err); c != chat.Unauthenticated && c != chat.Limited {
				t.Fatal(err)
			}
		}
		code(t, "a stranger", w.login("ann", nth(1000)), chat.Limited)
		code(t, "the owner, from home", w.login("ann", home), "")
		w.restart()
		code(t, "and after a restart", w.login("ann", home), "")
		time.Sleep(time.Hour)
		synctest.Wait()
		code(t, "a stranger, later", w.login("ann", nth(1000)), "")
	})
}

// A4: guesses of strangers keep the owner out neither where the account was
// registered nor where its owner is.
func TestA4Known(t *testing.T) {
	w := newWorld(t, account.Options{Limits: account.DefaultLimits()})
	acc, err := w.Register(t.Context(), name(t, "Ann"), secret, home)
	code(t, "register", err, "")
	if acc.Seen.IsZero() {
		t.Error("the owner was never seen")
	}
	code(t, "attach", w.Attach("ann", &terminal{addr: other}, time.Now()), "")
	for i := range 20 {
		_, _ = w.Verify(t.Context(), "ann", account.Password("wrong password"), nth(i))
	}
	code(t, "a stranger", w.login("ann", nth(1000)), chat.Limited)
	code(t, "where it was registered", w.login("ann", home), "")
	code(t, "where the owner is", w.login("ann", other), "")
}

// A5: an unknown name reads as a wrong password; BenchmarkLogin shows the time.
func TestA5SameText(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	for _, p := range []string{"wrong password", "short", strings.Repeat("x", 1025), ""} {
		_, known := w.Verify(t.Context(), "ann", account.Password(p), home)
		for _, key := range []string{"nobody", "", strings.Repeat("n", 300), "no/body", "лев"} {
			_, unknown := w.Verify(t.Context(), key, account.Password(p), home)
			code(t, "unknown", unknown, chat.Unauthenticated)
			if known.Error() != unknown.Error() {
				t.Errorf("%q and %q", known, unknown)
			}
		}
	}
}

// A6: passwords are taken whole, or not at all, and shown nowhere.
func TestA6Passwords(t *testing.T) {
	w := newWorld(t, account.Options{})
	long := strings.Repeat("0123456789abcdef", 64)
	for i, tt := range []struct {
		password string
		want     chat.Code
	}{
		{"", chat.Invalid}, {"seven77", chat.Invalid}, {"eight888", ""}, {long[:73], ""}, {long, ""}, {long + "x", chat.Invalid},
		{"with spaces and \"quotes\" 'too'", ""}, {"пароль из слов", ""}, {" leading and trailing ", ""}, {"\x00\x01 zero bytes", ""},
		{"xxxxxxxx", chat.Invalid},
	} {
		n := name(t, fmt.Sprintf("user%d.x", i))
		_, err := w.Register(t.Context(), n, account.Password(tt.password), home)
		code(t, fmt.Sprintf("%.20q", tt.password), err, tt.want)
		if err != nil {
			if tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Errorf("the error shows it: %v", err)
			}
			continue
		}
		for _, p := range []string{tt.password[:len(tt.password)-1], tt.password + " ", strings.ToUpper(tt.password)} {
			if _, err := w.Verify(t.Context(), n.Key, account.Password(p), home); err == nil && p != tt.password {
				t.Errorf("%.20q passes for %.20q", p, tt.password)
			}
		}
		_, err = w.Verify(t.Context(), n.Key, account.Password(tt.password), home)
		code(t, "login", err, "")
	}
	_, err := w.Register(t.Context(), name(t, "Elizabeth"), account.Password("elizabeth"), home)
	code(t, "the name", err, chat.Invalid)
	w.close()
	// Neither the store nor the audit has one.
	for _, part := range w.dump() {
		for _, p := range []string{"eight888", long[:73], "quotes", "пароль", "leading"} {
			if strings.Contains(part, p) {
				t.Errorf("%q is in %.200s", p, part)
			}
		}
	}
}

// A8: a ban during a registration, and every way in.
func TestA8EveryDoor(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	now := time.Now()
	ban, err := w.Sanctions.Impose(t.Context(), account.Ban, network(t, "192.0.2.0/24"), 0, "spam", machine)
	code(t, "ban", err, "")
	doors := func(want chat.Code) {
		t.Helper()
		n := name(t, "Newcomer")
		code(t, "accept", w.Accept(home, now), want)
		code(t, "guest", w.Guest(n, home, now), want)
		code(t, "login", w.login("ann", home), want)
		_, err := w.Register(t.Context(), n, secret, home)
		code(t, "register", err, want)
		s := &terminal{id: 1, addr: home}
		code(t, "attach", w.Attach("ann", s, now), want)
		w.Detach("ann", s, now)
	}
	doors(chat.Forbidden)
	w.restart()
	doors(chat.Forbidden)
	if _, err := w.Sanctions.Lift(t.Context(), ban.ID, machine); err != nil {
		t.Fatal(err)
	}
	doors("")

	// A ban of the account, while its password is being checked.
	w.store.fail(func(op, part, key string) (error, bool) {
		if op == "get" && part == "accounts" && key == "ann" {
			w.store.fail(nil)
			_, err := w.Sanctions.Impose(t.Context(), account.Ban, named("Ann"), time.Hour, "", machine)
			code(t, "ban", err, "")
		}
		return nil, false
	})
	code(t, "login meanwhile", w.login("ann", home), chat.Forbidden)
	code(t, "from elsewhere", w.login("ann", other), chat.Forbidden)
}

// A registration that the store did not confirm keeps the name from others until
// it is known whether it was saved.
func TestUnconfirmedRegistration(t *testing.T) {
	for _, saved := range []bool{true, false} {
		t.Run(fmt.Sprintf("saved=%t", saved), func(t *testing.T) {
			w := newWorld(t, account.Options{})
			w.store.fail(func(op, part, key string) (error, bool) {
				if op == "put" && part == "accounts" {
					return context.DeadlineExceeded, saved
				}
				return nil, false
			})
			n := name(t, "Ann")
			_, err := w.Register(t.Context(), n, secret, home)
			code(t, "register", err, chat.Unavailable)
			if !w.Registered("ann") {
				t.Error("the name is free")
			}
			code(t, "guest", w.Guest(n, other, time.Now()), chat.Unauthenticated)
			code(t, "another", w.Guest(name(t, "Bob"), other, time.Now()), "")

			w.store.fail(func(op, part, key string) (error, bool) { return errDown(), false })
			_, err = w.Register(t.Context(), n, secret, home)
			code(t, "while the store is down", err, chat.Unavailable)
			if !w.Registered("ann") {
				t.Error("the name is free while the store is down")
			}

			w.store.fail(nil)
			code(t, "it may be tried again", w.MayRegister(n, home), "")
			_, err = w.Register(t.Context(), n, secret, home)
			if saved {
				code(t, "again", err, chat.Conflict)
			} else {
				code(t, "again", err, "")
			}
			code(t, "login", w.login("ann", home), "")
		})
	}
}

// What the store can't read is never taken for a name that is free.
func TestMissingAccount(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	b, err := w.store.Bucket(t.Context(), "accounts")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := b.Get(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), "ann", rec.Rev); err != nil {
		t.Fatal(err)
	}
	code(t, "login", w.login("ann", home), chat.Unavailable)
	code(t, "guest", w.Guest(name(t, "Ann"), home, time.Now()), chat.Unauthenticated)
}

func TestCorruptStore(t *testing.T) {
	for _, tt := range []struct{ bucket, key, value string }{
		{"accounts", "ann", ""},
		{"accounts", "ann", "{"},
		{"accounts", "ann", `{"v":2}`},
		{"seen", "ann", `{"v":1,"at":"yesterday"}`},
		{"sanctions", "ban/ann", `{"v":1}`},
		{"sanctions", "lockdown", `{"v":1,"level":"some"}`},
	} {
		w := newWorld(t, account.Options{})
		w.close()
		b, err := w.store.Bucket(t.Context(), tt.bucket)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Put(t.Context(), tt.key, []byte(tt.value), 0, 0); err != nil {
			t.Fatal(err)
		}
		_, err = account.Open(t.Context(), w.store, w.opts)
		corrupt, ok := errors.AsType[*account.CorruptError](err)
		if !ok || corrupt.Bucket != tt.bucket || corrupt.Key != tt.key {
			t.Errorf("%v: %v", tt, err)
		}
	}
	w := newWorld(t, account.Options{})
	w.close()
	w.store.fail(func(op, part, key string) (error, bool) { return errDown(), false })
	if _, err := account.Open(t.Context(), w.store, w.opts); chat.ErrorCode(err) != chat.Unavailable {
		t.Errorf("with the store down: %v", err)
	}
}

func TestPasswordChanges(t *testing.T) {
	w := newWorld(t, account.Options{Retire: time.Hour})
	w.register("Ann")
	w.staff(map[string]chat.Role{"opa": chat.Operator, "mod": chat.Moderator})
	here, there := &terminal{id: 1, addr: home}, &terminal{id: 2, addr: other}
	for _, s := range []*terminal{here, there} {
		code(t, "attach", w.Attach("ann", s, time.Now()), "")
	}
	ctx, next := t.Context(), account.Password("another one")
	code(t, "wrong", w.ChangePassword(ctx, "ann", account.Password("not the one"), next, here, as("Ann")), chat.Unauthenticated)
	code(t, "short", w.ChangePassword(ctx, "ann", secret, account.Password("short"), here, as("Ann")), chat.Invalid)
	if there.isCut() {
		t.Error("cut for nothing")
	}
	code(t, "right", w.ChangePassword(ctx, "ann", secret, next, here, as("Ann")), "")
	if !there.isCut() || here.isCut() {
		t.Error("the other session has to end, and only that")
	}
	code(t, "the old one", w.login("ann", home), chat.Unauthenticated)
	code(t, "by a moderator", w.SetPassword(ctx, "ann", secret, as("mod")), chat.Forbidden)
	code(t, "of an equal", w.SetPassword(ctx, "opa", next, as("opa")), chat.Forbidden)
	code(t, "of nobody", w.SetPassword(ctx, "eve", secret, machine), chat.NotFound)
	code(t, "by an operator", w.SetPassword(ctx, "ann", secret, as("opa")), "")
	if !here.isCut() {
		t.Error("all sessions have to end")
	}
	code(t, "the new one", w.login("ann", home), "")
	acc, err := w.Get("ann")
	if err != nil || !acc.Password.After(acc.Created) {
		t.Errorf("%v, %v", acc, err)
	}
	// An old hash is renewed, and the owner notices nothing.
	w.opts.Hashing.Memory *= 2
	w.restart()
	for range 2 {
		code(t, "after new parameters", w.login("ann", home), "")
	}
	code(t, "and passwd", w.ChangePassword(ctx, "mod", secret, next, nil, as("mod")), "")
}

func TestDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{Retire: 24 * time.Hour})
		ctx := t.Context()
		w.register("Ann", "Bob")
		w.staff(map[string]chat.Role{"mod": chat.Moderator, "opa": chat.Operator})
		_, err := w.UpdateProfile(ctx, "mod", func(p *account.Profile) error { p.Current = "ops"; return nil })
		code(t, "profile", err, "")
		s := &terminal{id: 1}
		code(t, "attach", w.Attach("mod", s, time.Now()), "")
		code(t, "by another", w.Delete(ctx, "mod", as("Bob")), chat.Forbidden)
		code(t, "by a guest", w.Delete(ctx, "mod", account.Actor{Name: "mod"}), chat.Forbidden)
		code(t, "nobody", w.Delete(ctx, "", account.Actor{}), chat.Forbidden)
		code(t, "own", w.Delete(ctx, "mod", as("mod")), "")
		code(t, "again", w.Delete(ctx, "mod", as("mod")), chat.NotFound)
		check := func() {
			t.Helper()
			if w.Registered("mod") || w.Role("mod") != chat.Guest || w.Len() != 3 {
				t.Errorf("still there: %t, %s, %d", w.Registered("mod"), w.Role("mod"), w.Len())
			}
			code(t, "login", w.login("mod", home), chat.Unauthenticated)
			code(t, "guest", w.Guest(name(t, "Mod"), home, time.Now()), chat.Conflict)
			_, err := w.Register(ctx, name(t, "Mod"), secret, home)
			code(t, "register", err, chat.Conflict)
			_, err = w.LoadProfile(ctx, "mod")
			code(t, "profile", err, chat.NotFound)
		}
		if !s.isCut() {
			t.Error("the session goes on")
		}
		check()
		w.restart()
		check()
		time.Sleep(24 * time.Hour)
		w.Sweep(time.Now())
		code(t, "guest, later", w.Guest(name(t, "Mod"), home, time.Now()), "")
		_, err = w.Register(ctx, name(t, "Mod"), secret, home)
		code(t, "register, later", err, "")
		if got := w.Role("mod"); got != chat.Registered {
			t.Errorf("the name's next owner is %s", got)
		}
		if p, err := w.LoadProfile(ctx, "mod"); err != nil || p.Current != "" {
			t.Errorf("and has %v, %v", p, err)
		}

		code(t, "by an operator", w.Delete(ctx, "ann", as("opa")), "")
		code(t, "release by ann", w.Release(ctx, "ann", as("Ann")), chat.Forbidden)
		code(t, "release of bob", w.Release(ctx, "bob", as("opa")), chat.NotFound)
		code(t, "release", w.Release(ctx, "ann", as("opa")), "")
		_, err = w.Register(ctx, name(t, "Ann"), secret, home)
		code(t, "register", err, "")
	})
}

// A7: the sessions of an account.
func TestA7Sessions(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann", "Bob")
	w.staff(map[string]chat.Role{"opa": chat.Operator})
	ctx := t.Context()
	var s [4]*terminal
	for i := range s {
		s[i] = &terminal{id: uint64(i + 1), addr: nth(i)}
		code(t, "attach", w.Attach("ann", s[i], time.Now()), "")
	}
	code(t, "of nobody", w.Attach("eve", s[0], time.Now()), chat.Unauthenticated)
	w.Detach("ann", s[3], time.Now())
	w.Detach("ann", s[3], time.Now())
	if got := w.Sessions("ann"); len(got) != 3 || got[0] != account.Session(s[0]) {
		t.Errorf("sessions %v", got)
	}
	_, err := w.Revoke(ctx, "ann", 2, nil, as("Bob"))
	code(t, "another's", err, chat.Forbidden)
	_, err = w.Revoke(ctx, "ann", 9, nil, as("Ann"))
	code(t, "unknown", err, chat.NotFound)
	n, err := w.Revoke(ctx, "ann", 2, nil, as("Ann"))
	if n != 1 || err != nil || !s[1].isCut() || s[0].isCut() {
		t.Errorf("one: %d, %v", n, err)
	}
	w.Detach("ann", s[1], time.Now())
	if n, err = w.Revoke(ctx, "ann", 0, s[0], as("Ann")); n != 1 || err != nil || s[0].isCut() || !s[2].isCut() || s[3].isCut() {
		t.Errorf("the others: %d, %v", n, err)
	}
	w.Detach("ann", s[2], time.Now())
	if n, err = w.Revoke(ctx, "ann", 0, nil, as("opa")); n != 1 || err != nil || !s[0].isCut() {
		t.Errorf("all: %d, %v", n, err)
	}
	if len(w.Sessions("bob")) != 0 || len(w.Sessions("eve")) != 0 {
		t.Error("sessions of nobody")
	}
}

func TestSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{})
		w.register("Ann")
		if acc, _ := w.Get("ann"); !acc.Seen.IsZero() {
			t.Errorf("seen %s before the first login", acc.Seen)
		}
		for i := range 6 {
			time.Sleep(time.Minute)
			code(t, "login", w.login("ann", nth(i)), "")
		}
		code(t, "login", w.login("ann", nth(3)), "")
		s := &terminal{addr: nth(3)}
		code(t, "attach", w.Attach("ann", s, time.Now()), "")
		code(t, "flush", w.Flush(t.Context()), "")
		time.Sleep(time.Minute)
		// A write that is lost is made again, and one that only its answer is lost of
		// does no harm.
		for _, saved := range []bool{false, true} {
			w.Detach("ann", s, time.Now())
			w.store.fail(func(op, part, key string) (error, bool) { return errDown(), saved })
			code(t, "flush", w.Flush(t.Context()), chat.Unavailable)
			w.store.fail(nil)
			w.Seen("ann", time.Now())
		}
		want := time.Now()
		w.restart()
		acc, err := w.Get("ann")
		if err != nil || !acc.Seen.Equal(want) || len(acc.From) != 4 || acc.From[0].Addr() != nth(3) || acc.From[1].Addr() != nth(5) {
			t.Errorf("%v, %v", acc, err)
		}
		w.Seen("eve", time.Now())
	})
}

func TestAll(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Zed", "Ann")
	w.staff(map[string]chat.Role{"mod": chat.Moderator})
	check := func() {
		t.Helper()
		all := w.All()
		if len(all) != 3 || all[0].Name.Display != "Ann" || all[1].Role != chat.Moderator || all[2].Name.Display != "Zed" || w.Len() != 3 {
			t.Errorf("%v", all)
		}
	}
	check()
	w.restart()
	check()
	if _, err := w.Get("eve"); chat.ErrorCode(err) != chat.NotFound {
		t.Error(err)
	}
}

func TestClosedRegistration(t *testing.T) {
	r, err := account.NewRights(map[string]string{"register": "operator"})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, account.Options{Rights: r})
	w.staff(map[string]chat.Role{"opa": chat.Operator, "mod": chat.Moderator})
	_, err = w.Register(t.Context(), name(t, "Ann"), secret, home)
	code(t, "register", err, chat.Forbidden)
	_, err = w.Create(t.Context(), name(t, "Ann"), secret, as("mod"))
	code(t, "create by a moderator", err, chat.Forbidden)
	_, err = w.Create(t.Context(), name(t, "Ann"), secret, as("opa"))
	code(t, "create by an operator", err, "")
	w.SetRights(account.Rights{})
	_, err = w.Register(t.Context(), name(t, "Bob"), secret, home)
	code(t, "opened", err, "")
}

// Who may not register learns so before they choose a password.
func TestMayRegister(t *testing.T) {
	limits := account.DefaultLimits()
	w := newWorld(t, account.Options{Limits: limits})
	w.register("Bob", "Ada")
	w.roles.Configure(map[string]chat.Role{"cyd": chat.Operator})
	ann := name(t, "Ann")
	ban, err := w.Sanctions.Impose(t.Context(), account.Ban, named("Eve"), time.Hour, "", machine)
	code(t, "ban", err, "")
	for _, tt := range []struct {
		what string
		name string
		want chat.Code
	}{
		{"a free name", "Ann", ""},
		{"a taken name", "bob", chat.Conflict},
		{"one that looks like it", "B0b", chat.Conflict},
		{"a banned one", "eve", chat.Forbidden},
		{"one that the config gives a role", "cyd", chat.Forbidden},
	} {
		n := name(t, tt.name)
		code(t, tt.what, w.MayRegister(n, home), tt.want)
		if tt.want != "" {
			_, err := w.Register(t.Context(), n, secret, home)
			code(t, tt.what+", registered", err, tt.want)
		}
	}
	_, err = w.Sanctions.Lift(t.Context(), ban.ID, machine)
	code(t, "lift", err, "")
	code(t, "after it", w.MayRegister(name(t, "Eve"), home), "")

	code(t, "lockdown", w.Sanctions.SetLockdown(t.Context(), account.LockRegistrations, "raid", machine), "")
	code(t, "during a lockdown", w.MayRegister(ann, home), chat.Forbidden)
	code(t, "lockdown", w.Sanctions.SetLockdown(t.Context(), account.LockGuests, "raid", machine), "")
	code(t, "when it keeps guests out", w.MayRegister(ann, home), "")

	for range 10 { // to be asked counts for nothing
		code(t, "asked", w.MayRegister(ann, home), "")
	}
	for i := range limits.RegistrationsPerSource {
		_, err := w.Register(t.Context(), name(t, fmt.Sprint("user", i)), secret, home)
		code(t, "register", err, "")
	}
	code(t, "after too many", w.MayRegister(ann, home), chat.Limited)
	code(t, "from elsewhere", w.MayRegister(ann, other), "")

	r, err := account.NewRights(map[string]string{"register": "operator"})
	if err != nil {
		t.Fatal(err)
	}
	w.SetRights(r)
	code(t, "on a private server", w.MayRegister(ann, other), chat.Forbidden)
	w.restart() // which writes the audit
	if lines := w.audited(1); lines[0] != "register Ann ann forbidden" {
		t.Errorf("the audit ends in %q", lines)
	}
}

func TestRegisterLimits(t *testing.T) {
	w := newWorld(t, account.Options{Limits: account.DefaultLimits()})
	for i := range 5 {
		_, err := w.Register(t.Context(), name(t, fmt.Sprint("user", i)), secret, home)
		want := chat.Code("")
		if i >= 3 {
			want = chat.Limited
		}
		code(t, fmt.Sprint(i), err, want)
		_, err = w.Register(t.Context(), name(t, "user0"), secret, other)
		code(t, "a taken name does not count", err, chat.Conflict)
	}
	w.SetLimits(account.Limits{})
	_, err := w.Register(t.Context(), name(t, "more"), secret, home)
	code(t, "without limits", err, "")
}

// A deleted account's record that outlived its time, because the store's clock is
// another, holds nobody up; one whose time is not over does, whatever memory
// thinks.
func TestOverRetired(t *testing.T) {
	for _, tt := range []struct {
		over time.Duration
		want chat.Code
	}{{-time.Hour, ""}, {time.Hour, chat.Conflict}} {
		w := newWorld(t, account.Options{})
		b, err := w.store.Bucket(t.Context(), "accounts")
		if err != nil {
			t.Fatal(err)
		}
		at := time.Now().UTC()
		value := fmt.Sprintf(`{"v":1,"display":"Ann","key":"ann","skeleton":"ann","created":%q,"changed":%[1]q,"retired":%q}`,
			at.Format(time.RFC3339Nano), at.Add(tt.over).Format(time.RFC3339Nano))
		if _, err := b.Put(t.Context(), "ann", []byte(value), 0, 0); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err = w.Register(t.Context(), name(t, "Ann"), secret, home)
			code(t, fmt.Sprint(tt.over), err, tt.want)
			if tt.want == "" {
				break
			}
		}
		if tt.want == "" {
			code(t, "login", w.login("ann", home), "")
		}
		w.restart()
		if w.Registered("ann") != (tt.want == "") {
			t.Error("another after a restart")
		}
	}
}

// What another server on the same store registered is known once it is met.
func TestRegisteredElsewhere(t *testing.T) {
	w := newWorld(t, account.Options{})
	a, err := account.Open(t.Context(), w.store, w.opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Create(t.Context(), name(t, "Ann"), secret, machine); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = w.Register(t.Context(), name(t, "Ann"), secret, home)
	code(t, "register", err, chat.Conflict)
	if !w.Registered("ann") {
		t.Error("not known afterwards")
	}
	code(t, "login", w.login("ann", home), "")
}

// The penalties of OpenSSH's kinds add up.
func TestOffences(t *testing.T) {
	w := newWorld(t, account.Options{Limits: account.DefaultLimits()})
	now := time.Now()
	for i, o := range []account.Offence{account.NoLogin, account.GraceExceeded, account.NoLogin, account.NoLogin, account.NoLogin} {
		code(t, fmt.Sprint(i), w.Accept(home, now), "")
		w.Penalize(home, o, now)
	}
	code(t, "14 seconds", w.Accept(home, now), "")
	w.Penalize(home, account.NoLogin, now)
	code(t, "15 seconds", w.Accept(home, now), chat.Limited)
	code(t, "then", w.Accept(home, now.Add(15*time.Second)), "")
}

// What a deleted account left behind, because it was written at the same time, is
// not its successor's.
func TestLeftBehind(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	code(t, "login", w.login("ann", home), "")
	code(t, "flush", w.Flush(t.Context()), "")
	_, err := w.UpdateProfile(t.Context(), "ann", func(p *account.Profile) error { p.Current = "ops"; return nil })
	code(t, "profile", err, "")
	left := map[string][]byte{}
	for _, part := range []string{"profiles", "seen"} {
		left[part] = w.record(part, "ann").Value
	}
	code(t, "delete", w.Delete(t.Context(), "ann", as("Ann")), "")
	code(t, "release", w.Release(t.Context(), "ann", machine), "")
	for part, value := range left {
		b, err := w.store.Bucket(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Put(t.Context(), "ann", value, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	w.register("Ann")
	w.restart()
	if acc, err := w.Get("ann"); err != nil || !acc.Seen.IsZero() || acc.From != nil {
		t.Errorf("%v, %v", acc, err)
	}
	if p, err := w.LoadProfile(t.Context(), "ann"); err != nil || p.Current != "" {
		t.Errorf("%v, %v", p, err)
	}
	// And it is written over.
	_, err = w.UpdateProfile(t.Context(), "ann", func(p *account.Profile) error { p.Current = "tea"; return nil })
	code(t, "profile", err, "")
	code(t, "login", w.login("ann", home), "")
	w.restart()
	if acc, err := w.Get("ann"); err != nil || acc.Seen.IsZero() {
		t.Errorf("%v, %v", acc, err)
	}
}

// Of two who change a password at once, knowing the old one, one succeeds.
func TestPasswordChangedMeanwhile(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	mine, theirs := account.Password("mine is this"), account.Password("theirs is that")
	reads := 0
	w.store.fail(func(op, part, key string) (error, bool) {
		if op == "get" && part == "accounts" {
			if reads++; reads == 2 { // the old one was right, the new one is not written
				w.store.fail(nil)
				code(t, "theirs", w.ChangePassword(t.Context(), "ann", secret, theirs, nil, as("Ann")), "")
			}
		}
		return nil, false
	})
	code(t, "mine", w.ChangePassword(t.Context(), "ann", secret, mine, nil, as("Ann")), chat.Conflict)
	_, err := w.Verify(t.Context(), "ann", theirs, home)
	code(t, "login", err, "")
}

// A record with a field of a later version is not half understood.
func TestLaterRecord(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	w.close()
	b, err := w.store.Bucket(t.Context(), "accounts")
	if err != nil {
		t.Fatal(err)
	}
	rec := w.record("accounts", "ann")
	if _, err := b.Put(t.Context(), "ann", append([]byte(`{"suspended":true,`), rec.Value[1:]...), rec.Rev, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := account.Open(t.Context(), w.store, w.opts); err == nil {
		t.Error("it is taken")
	}
}
