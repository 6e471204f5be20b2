package chat_test

import (
	"slices"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A guest who registers or logs in stays where it is, and what it governs is the
// account's.
func TestIdentify(t *testing.T) {
	w := newWorld(t, 1, rules)
	gus, owen, bob := w.login(0, "gus"), w.login(0, "owen"), w.login(0, "bob")
	w.join(gus, "ops") // which is his
	ops := gus.user.Room()
	ok(t, w.hub.SetPrivate(gus.user, ops, true, w.now))
	w.join(owen, "dev") // of which he is a moderator
	dev := owen.user.Room()
	w.join(gus, "dev")
	ok(t, w.hub.SetModerator(owen.user, dev, gus.user, true, w.now))
	w.join(owen, "den") // to which he is invited
	den := owen.user.Room()
	ok(t, w.hub.SetPrivate(owen.user, den, true, w.now))
	ok(t, w.hub.Invite(owen.user, den, gus.user, w.now))
	w.say(gus, "mine")
	ok(t, w.hub.Tell(bob.user, gus.user, "psst", w.now))
	gus.user.SetAway("lunch")
	w.quiet(gus, owen, bob)

	wantCode(t, w.hub.Identify(gus.user, chat.Identity{Name: name("gus")}, w.now), chat.Invalid)
	wantCode(t, w.hub.Identify(gus.user, account("bob", chat.Registered), w.now), chat.Conflict) // the name
	ann := w.loginAs(0, account("ann", chat.Registered))
	wantCode(t, w.hub.Identify(gus.user, chat.Identity{Name: name("gustav"), Account: "ann"}, w.now), chat.Conflict)
	w.quiet(gus, owen, bob, ann)
	if gus.user.Account() != "" || gus.user.Name().Key != "gus" || ops.Door().Owner != "gus" {
		t.Error("an Identify that failed changed something")
	}

	id := gus.user.ID()
	ok(t, w.hub.Identify(gus.user, account("Gustav", chat.Registered), w.now))
	w.turn()
	expect(t, bob, "gus=Gustav ")
	expect(t, owen, "[lobby]gus=Gustav [dev]gus=Gustav ")
	u := gus.user
	if u.Account() != "gustav" || u.Name().Display != "Gustav" || u.Role() != chat.Registered || u.ID() != id ||
		u.Room() != dev || len(u.Rooms()) != 3 || u.ReplyTo() != bob.user || u.Away() != "lunch" {
		t.Error("something was lost on the way")
	}
	if w.hub.Account("gustav") != u || w.hub.User("gustav") != u || w.hub.User("gus") != nil {
		t.Error("the user is not found")
	}
	ok(t, w.hub.Redact(t.Context(), u, dev, 1, w.now)) // said as a guest
	wantCode(t, w.hub.Identify(u, account("other", chat.Registered), w.now), chat.Conflict)
	ok(t, w.hub.Identify(u, account("Gustav", chat.Moderator), w.now)) // once more, told to nobody
	u.SetRole(chat.Registered)
	if got := w.visits(w.now, "", 0); got != "Gustav 0-, ann 0-, bob 0-, owen 0-, gus 0-0" {
		t.Errorf("the visits are %s", got)
	}

	// The rights are there at the next login.
	w.hub.Logout(u, "", w.now)
	gus = w.loginAs(0, account("Gustav", chat.Registered))
	if !ops.Governs(gus.user) || !dev.Governs(gus.user) || ops.Door().Owner != "Gustav" || !slices.Equal(dev.Door().Moderators, []string{"Gustav"}) {
		t.Error("a right was lost")
	}
	ok(t, w.enter(gus, "den", ""))
	wantCode(t, w.hub.Identify(u, account("Gustav", chat.Registered), w.now), chat.Unauthenticated)

	// Until the account is deleted.
	w.hub.Disown("")
	if !ops.Governs(gus.user) {
		t.Error("nobody's rights were taken from somebody")
	}
	w.hub.Disown("gustav")
	if ops.Governs(gus.user) || dev.Governs(gus.user) || ops.Door().Owner != "" || den.Door().Owner != "owen" {
		t.Error("a deleted account has rights")
	}
}

// An account is ignored whenever its owner is here, a guest until it logs out.
func TestIgnoreAccounts(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.loginAs(0, account("ann", chat.Registered))
	ok(t, ann.user.IgnoreAccount("bob", "Bob"))
	ok(t, ann.user.IgnoreAccount("bob", "Bob"))
	wantCode(t, ann.user.IgnoreAccount("ann", "ann"), chat.Invalid)
	for range 2 {
		bob, gus := w.loginAs(0, account("bob", chat.Registered)), w.login(0, "gus")
		if !ann.user.Ignores(bob.user) || ann.user.Ignores(gus.user) {
			t.Error("who is ignored is not right")
		}
		w.quiet(ann)
		w.say(bob, "unheard of ann")
		ok(t, w.hub.Tell(bob.user, ann.user, "psst", w.now))
		w.say(gus, "heard")
		w.turn()
		expect(t, ann, "gus:heard ")
		ok(t, ann.user.Ignore(gus.user))
		w.say(gus, "unheard")
		w.turn()
		expect(t, ann, "")
		w.hub.Logout(bob.user, "", w.now)
		w.hub.Logout(gus.user, "", w.now)
	}
	if !ann.user.Hides(&chat.Event{Author: "bob"}) || ann.user.Hides(&chat.Event{From: "bob"}) {
		t.Error("what is hidden of earlier is not right")
	}
	if all := ann.user.Ignored(); len(all) != 3 {
		t.Errorf("ignored are %v", all)
	}
	bob := w.loginAs(0, account("bob", chat.Registered))
	if n := ann.user.Unignore(func(i chat.Ignored) bool { return i.Is(bob.user) && i.Account == "bob" && i.Name == "Bob" }); n != 1 || ann.user.Ignores(bob.user) {
		t.Errorf("Unignore ended %d, want 1", n)
	}
}
