package account_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

func (w *world) mail() *account.Mail {
	w.t.Helper()
	m, err := account.OpenMail(w.t.Context(), w.store, w.Accounts)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// from is a letter of the owner of an account.
func from(name, text string) account.Letter {
	return account.Letter{From: name, Account: strings.ToLower(name), Text: text}
}

// texts are the letters without what differs from run to run.
func texts(t *testing.T) func([]account.Letter, error) string {
	return func(letters []account.Letter, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, l := range letters {
			all = append(all, fmt.Sprintf("%d %s(%s): %s", l.ID, l.From, l.Account, l.Text))
		}
		return strings.Join(all, "; ")
	}
}

func TestMail(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("ann", "bob")
	m, ctx := w.mail(), t.Context()
	is := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	is("at first", texts(t)(m.Waiting(ctx, "ann")), "")
	code(t, "keep", m.Keep(ctx, "ann", from("Bob", "one"), account.Letter{From: "eve", Text: "two\x1b[2J"}), "")
	is("two", texts(t)(m.Waiting(ctx, "ann")), "1 Bob(bob): one; 2 eve(): two[2J")
	code(t, "shown", m.Shown(ctx, "ann", 1), "")
	is("one is shown", texts(t)(m.Waiting(ctx, "ann")), "2 eve(): two[2J")
	code(t, "shown less", m.Shown(ctx, "ann", 0), "")
	code(t, "shown too much", m.Shown(ctx, "ann", 99), "")
	code(t, "keep", m.Keep(ctx, "ann", from("Bob", "three")), "")
	w.restart()
	m = w.mail()
	is("after a restart", texts(t)(m.Waiting(ctx, "ann")), "3 Bob(bob): three")
	is("since ever", texts(t)(m.Since(ctx, "ann", time.Time{})), "1 Bob(bob): one; 2 eve(): two[2J; 3 Bob(bob): three")
	is("since later", texts(t)(m.Since(ctx, "ann", time.Now().Add(time.Hour))), "")
	is("of somebody else", texts(t)(m.Since(ctx, "bob", time.Time{})), "")

	code(t, "to nobody", m.Keep(ctx, "nobody", from("Bob", "one")), chat.NotFound)
	_, err := m.Waiting(ctx, "nobody")
	code(t, "of nobody", err, chat.NotFound)
	_, err = m.Since(ctx, "nobody", time.Time{})
	code(t, "of nobody", err, chat.NotFound)
	code(t, "shown to nobody", m.Shown(ctx, "nobody", 1), chat.NotFound)

	code(t, "forget", m.Forget(ctx, "ann"), "")
	code(t, "forget again", m.Forget(ctx, "ann"), "")
	is("forgotten", texts(t)(m.Since(ctx, "ann", time.Time{})), "")
}

func TestLetterEvent(t *testing.T) {
	at := time.Now()
	ev := account.Letter{ID: 3, At: at, From: "Bob", Account: "bob", Text: "hello"}.Event("Ann")
	want := chat.Event{Kind: chat.Private, Time: at, From: "Bob", Author: "bob", To: "Ann", Text: "hello"}
	if fmt.Sprint(*ev) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", *ev, want)
	}
}

func TestMailOfTheIgnored(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("ann", "bob")
	m, ctx := w.mail(), t.Context()
	_, err := w.UpdateProfile(ctx, "ann", func(p *account.Profile) error {
		p.Ignores = []account.Ignored{{Key: "bob", Display: "Bob"}}
		return nil
	})
	code(t, "ignore", err, "")
	code(t, "keep", m.Keep(ctx, "ann", from("Bob", "one")), "")
	code(t, "keep", m.Keep(ctx, "ann", account.Letter{From: "Bob", Text: "a guest"}), "")
	if got := texts(t)(m.Waiting(ctx, "ann")); got != "1 Bob(): a guest" {
		t.Errorf("%q is kept", got)
	}
}

func TestMailIsBounded(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("ann")
	m, ctx := w.mail(), t.Context()
	var many []account.Letter
	for i := range 21 {
		many = append(many, from("Bob", fmt.Sprint(i)))
	}
	code(t, "21 at once", m.Keep(ctx, "ann", many...), chat.Limited)
	if got := texts(t)(m.Waiting(ctx, "ann")); got != "" {
		t.Errorf("some are kept: %q", got)
	}
	code(t, "20 at once", m.Keep(ctx, "ann", many[:20]...), "")
	code(t, "one more", m.Keep(ctx, "ann", many[20]), chat.Limited)
	for i := range 20 {
		code(t, "of a guest", m.Keep(ctx, "ann", account.Letter{From: fmt.Sprint("guest", i), Text: "hello"}), "")
	}
	code(t, "of one more guest", m.Keep(ctx, "ann", account.Letter{From: "eve", Text: "hello"}), chat.Limited)
	for i := range account.MaxLetters - 40 {
		code(t, "of many", m.Keep(ctx, "ann", from(fmt.Sprint("user", i), "hello")), "")
	}
	code(t, "when it is full", m.Keep(ctx, "ann", from("cid", "hello")), chat.Limited)
	code(t, "30 are shown", m.Shown(ctx, "ann", 30), "")
	code(t, "then", m.Keep(ctx, "ann", from("cid", "hello")), "")
	code(t, "and of Bob", m.Keep(ctx, "ann", many[20]), "")
	all, err := m.Since(ctx, "ann", time.Time{})
	if err != nil || len(all) != account.MaxLetters || all[0].ID != 3 {
		t.Errorf("%d letters from %d on, %v", len(all), all[0].ID, err)
	}
	code(t, "forget", m.Forget(ctx, "ann"), "")
	long := strings.Repeat("x", 30<<10)
	code(t, "long", m.Keep(ctx, "ann", from("Bob", long), from("Bob", long)), "")
	code(t, "too long", m.Keep(ctx, "ann", from("cid", long)), chat.Limited)
	code(t, "shown", m.Shown(ctx, "ann", 1), "")
	code(t, "then", m.Keep(ctx, "ann", from("cid", long)), "")
	code(t, "much too long", m.Keep(ctx, "ann", from("dan", strings.Repeat("x", 65<<10))), chat.Limited)
}

func TestMailEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{})
		w.register("ann")
		m, ctx := w.mail(), t.Context()
		code(t, "keep", m.Keep(ctx, "ann", from("Bob", "one")), "")
		time.Sleep(20 * 24 * time.Hour)
		code(t, "keep", m.Keep(ctx, "ann", from("Bob", "two")), "")
		time.Sleep(11 * 24 * time.Hour)
		if got := texts(t)(m.Since(ctx, "ann", time.Time{})); got != "2 Bob(bob): two" {
			t.Errorf("after 31 days: %q", got)
		}
		time.Sleep(20 * 24 * time.Hour)
		if got := texts(t)(m.Since(ctx, "ann", time.Time{})); got != "" {
			t.Errorf("after 51 days: %q", got)
		}
	})
}

// Of two accounts that have one name, one after the other, the second does not get
// what was written to the first.
func TestMailOfTheDeleted(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("ann")
	m, ctx := w.mail(), t.Context()
	code(t, "keep", m.Keep(ctx, "ann", from("Bob", "one")), "")
	code(t, "delete", w.Delete(ctx, "ann", machine), "")
	code(t, "to who is gone", m.Keep(ctx, "ann", from("Bob", "two")), chat.NotFound)
	code(t, "release", w.Release(ctx, "ann", machine), "")
	w.register("ann")
	if got := texts(t)(m.Waiting(ctx, "ann")); got != "" {
		t.Errorf("the next one reads %q", got)
	}
	code(t, "keep", m.Keep(ctx, "ann", from("Bob", "three")), "")
	if got := texts(t)(m.Waiting(ctx, "ann")); got != "1 Bob(bob): three" {
		t.Errorf("the next one reads %q", got)
	}
}

// All who write at the same time are kept.
func TestMailFromMany(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("ann")
	m, ctx := w.mail(), t.Context()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for {
				err := m.Keep(ctx, "ann", from(fmt.Sprint("user", i), "hello"))
				if chat.ErrorCode(err) != chat.Conflict {
					code(t, "keep", err, "")
					return
				}
			}
		})
	}
	wg.Wait()
	if all, err := m.Waiting(ctx, "ann"); err != nil || len(all) != 8 {
		t.Errorf("%d letters, %v", len(all), err)
	}
}

func TestMailWithoutAStore(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("ann")
	m, ctx := w.mail(), t.Context()
	code(t, "keep", m.Keep(ctx, "ann", from("Bob", "one")), "")
	w.store.fail(func(op, part, key string) (error, bool) { return errDown(), false })
	code(t, "keep", m.Keep(ctx, "ann", from("Bob", "two")), chat.Unavailable)
	_, err := m.Waiting(ctx, "ann")
	code(t, "waiting", err, chat.Unavailable)
	code(t, "shown", m.Shown(ctx, "ann", 1), chat.Unavailable)
	code(t, "forget", m.Forget(ctx, "ann"), chat.Unavailable)
	w.store.fail(nil)
	if got := texts(t)(m.Waiting(ctx, "ann")); got != "1 Bob(bob): one" {
		t.Errorf("afterwards: %q", got)
	}
}

// A mailbox that can't be read is refused.
func TestCorruptMail(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("ann")
	m, ctx := w.mail(), t.Context()
	b, err := w.store.Bucket(ctx, "mail")
	if err != nil {
		t.Fatal(err)
	}
	rev := uint64(0)
	for _, value := range []string{
		`{`, `{"v":2,"born":"2026-03-01T12:00:00Z","last":0}`,
		`{"v":1,"born":"2026-03-01T12:00:00Z","last":0,"letters":[{"id":1,"at":"2026-03-01T12:00:00Z","from":"b","text":"x"}]}`,
		`{"v":1,"born":"2026-03-01T12:00:00Z","last":2,"letters":[{"id":2,"at":"2026-03-01T12:00:00Z","from":"b","text":"x"},{"id":1,"at":"2026-03-01T12:00:00Z","from":"b","text":"x"}]}`,
		`{"v":1,"born":"2026-03-01T12:00:00Z","last":1,"letters":[{"id":1,"at":"2026-03-01T12:00:00Z","from":"b","text":"\u001b"}]}`,
		`{"v":1,"born":"2026-03-01T12:00:00Z","last":1,"letters":[{"id":1,"at":"2026-03-01T12:00:00Z","from":"","text":"x"}]}`,
		`{"v":1,"born":"2026-03-01T12:00:00Z","last":1,"shown":2}`,
	} {
		if rev, err = b.Put(context.Background(), "ann", []byte(value), rev, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Waiting(ctx, "ann"); err == nil || !strings.Contains(err.Error(), `corrupt record "ann" in bucket mail`) {
			t.Errorf("%s: %v", value, err)
		}
		if err := m.Keep(ctx, "ann", from("Bob", "one")); err == nil {
			t.Errorf("%s: it is written over", value)
		}
	}
}

// Left is the end of the stay before the present one.
func TestLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{})
		w.register("ann")
		enter := func() *terminal {
			t.Helper()
			code(t, "login", w.login("ann", home), "")
			s := &terminal{id: 1, addr: home}
			code(t, "attach", w.Attach("ann", s, time.Now()), "")
			return s
		}
		if got := w.Left("ann"); !got.IsZero() {
			t.Errorf("before any login: %v", got)
		}
		one := enter()
		if got := w.Left("ann"); !got.IsZero() {
			t.Errorf("in the first stay: %v", got)
		}
		time.Sleep(time.Hour)
		two := enter()
		w.Detach("ann", one, time.Now())
		if got := w.Left("ann"); !got.IsZero() {
			t.Errorf("in the first stay, of two sessions: %v", got)
		}
		time.Sleep(time.Hour)
		end := time.Now()
		w.Detach("ann", two, end)
		time.Sleep(time.Hour)
		three := enter()
		if got := w.Left("ann"); !got.Equal(end) {
			t.Errorf("in the second stay: %v, want %v", got, end)
		}
		w.Detach("ann", three, time.Now())
		if got := w.Left("nobody"); !got.IsZero() {
			t.Errorf("of nobody: %v", got)
		}
	})
}
