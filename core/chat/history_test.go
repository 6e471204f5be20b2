package chat_test

import (
	"context"
	"slices"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func seqs(events []*chat.Event) []uint64 {
	var all []uint64
	for _, ev := range events {
		all = append(all, ev.Seq)
	}
	return all
}

// A query that goes through the hub knows authors by the keys of their names.
func TestSearch(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "Ann"), w.loginAs(0, account("bob", chat.Registered))
	w.say(ann, "deploy at noon")
	w.say(bob, "why?")
	w.say(ann, "because")
	lobby := ann.user.Room()
	q := chat.Query{By: "ann", Before: 3}
	for name, ask := range map[string]func() ([]*chat.Event, error){
		"History": func() ([]*chat.Event, error) { return w.hub.History(lobby, q) },
		"Search":  func() ([]*chat.Event, error) { return w.hub.Search(t.Context(), lobby, q) },
	} {
		events, err := ask()
		ok(t, err)
		if got := seqs(events); !slices.Equal(got, []uint64{1}) {
			t.Errorf("%s(%+v) = %v, want 1 alone", name, q, got)
		}
	}
	all, err := w.hub.History(lobby, chat.Query{})
	ok(t, err)
	if all[0].Author != "" || all[1].Author != "bob" {
		t.Errorf("the authors are %q and %q, want none and bob", all[0].Author, all[1].Author)
	}
}

func TestRedact(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	eve := w.loginAs(0, account("eve", chat.Registered))
	all := []*member{ann, bob, eve}
	for _, m := range all {
		w.join(m, "ops")
	}
	ops := ann.user.Room()
	redact := func(m *member, seq uint64) error { return w.hub.Redact(t.Context(), m.user, ops, seq, w.now) }
	for _, m := range []*member{ann, bob, bob, eve, eve} { // 1 to 5
		w.say(m, "secret")
	}
	w.quiet(all...)

	wantCode(t, redact(bob, 1), chat.Forbidden)
	wantCode(t, redact(bob, 4), chat.Forbidden)
	wantCode(t, redact(eve, 2), chat.Forbidden)
	wantCode(t, redact(ann, 0), chat.NotFound)
	wantCode(t, redact(ann, 6), chat.NotFound)
	ok(t, redact(bob, 2))
	w.turn()
	expect(t, ann, "bob~2 ")
	wantCode(t, redact(bob, 2), chat.Conflict)
	w.say(ann, "after")
	w.turn()
	expect(t, ann, "ann:after ")

	// A guest who comes back is another; an account is the same under any name.
	for _, m := range []*member{bob, eve} {
		w.hub.Logout(m.user, "", w.now)
	}
	bob = w.login(0, "bob")
	eve = w.loginAs(0, chat.Identity{Name: name("evelyn"), Role: chat.Registered, Account: "eve"})
	wantCode(t, redact(bob, 3), chat.Forbidden)
	ok(t, redact(eve, 4))
	ok(t, redact(ann, 3)) // owns the room
	ok(t, redact(w.loginAs(0, account("sam", chat.Moderator)), 5))

	kept, err := w.hub.History(ops, chat.Query{})
	ok(t, err)
	for i, ev := range kept {
		if removed := 2 <= ev.Seq && ev.Seq <= 5; ev.Seq != uint64(i+1) || ev.Removed != removed || (ev.Text == "") != removed {
			t.Errorf("history has %+v in place %d", ev, i+1)
		}
	}
	if _, upto, _, err := w.hub.Join(bob.user, "ops", "", w.now); err != nil || upto != 6 {
		t.Errorf("after a removal the last message is %d (%v), want 6", upto, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantCode(t, w.hub.Redact(ctx, ann.user, ops, 1, w.now), chat.Unavailable)
}

// A room of the config goes on behind the history that was kept; one that somebody
// makes has none.
func TestJoinBehindKeptHistory(t *testing.T) {
	w := newWorld(t, 1, rules)
	for range 3 {
		ok(t, w.log.Append(&chat.Event{Kind: chat.Say, Room: "ops", From: "ann", Text: "x"}))
		ok(t, w.log.Append(&chat.Event{Kind: chat.Say, Room: "staff", From: "ann", Text: "x"}))
	}
	w.hub.ConfigureRooms([]chat.RoomSpec{{Name: "staff"}})
	bob := w.login(0, "bob")
	for room, want := range map[string]uint64{"ops": 0, "staff": 3} {
		r, upto, _, err := w.hub.Join(bob.user, room, "", w.now)
		if err != nil || upto != want {
			t.Errorf("the last message of %s is %d (%v), want %d", room, upto, err, want)
		}
		if events, err := w.hub.History(r, chat.Query{}); err != nil || len(events) != int(want) {
			t.Errorf("%s has %d messages (%v), want %d", room, len(events), err, want)
		}
	}
}
