package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// enter tries to join a room.
func (w *world) enter(m *member, room, key string) error {
	_, _, _, err := w.hub.Join(m.user, room, key, w.now)
	return err
}

// quiet forgets what everyone was shown.
func (w *world) quiet(all ...*member) {
	w.turn()
	for _, m := range all {
		m.take()
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func account(s string, role chat.Role) chat.Identity {
	return chat.Identity{Name: name(s), Role: role, Account: strings.ToLower(s)}
}

// Who may do what to the room of owen, whose moderator is mia.
func TestRights(t *testing.T) {
	actors := []struct {
		name string
		who  chat.Identity
		// What a call says: empty is yes.
		govern, kickMember, kickMod, kickOwner, unmod chat.Code
	}{
		{"owen", chat.Identity{Name: name("owen")}, "", "", "", chat.Invalid, ""},
		{"mia", chat.Identity{Name: name("mia")}, "", "", chat.Invalid, chat.Forbidden, ""},
		{"max", chat.Identity{Name: name("max")}, "", "", chat.Forbidden, chat.Forbidden, chat.Forbidden},
		{"member", chat.Identity{Name: name("member")}, chat.Forbidden, chat.Forbidden, chat.Forbidden, chat.Forbidden, chat.Forbidden},
		{"guest outside", chat.Identity{Name: name("gus")}, chat.Forbidden, chat.Forbidden, chat.Forbidden, chat.Forbidden, chat.Forbidden},
		{"registered outside", account("rea", chat.Registered), chat.Forbidden, chat.Forbidden, chat.Forbidden, chat.Forbidden, chat.Forbidden},
		{"server moderator outside", account("sam", chat.Moderator), "", "", "", "", ""},
		{"operator", account("opa", chat.Operator), "", "", "", "", ""},
		{"admin", account("ada", chat.Admin), "", "", "", "", ""},
	}
	for _, tt := range actors {
		scene := func() (w *world, r *chat.Room, actor, owen, mia *member) {
			w = newWorld(t, 1, rules)
			owen, mia = w.login(0, "owen"), w.login(0, "mia")
			others := []*member{mia, w.login(0, "max"), w.login(0, "member")}
			w.join(owen, "ops")
			r = owen.user.Room()
			for _, m := range others {
				w.join(m, "ops")
			}
			ok(t, w.hub.SetModerator(owen.user, r, mia.user, true, w.now))
			ok(t, w.hub.SetModerator(owen.user, r, others[1].user, true, w.now))
			for _, m := range append(others, owen) {
				if m.user.Name().Display == tt.name {
					actor = m
				}
			}
			if actor == nil {
				actor = w.loginAs(0, tt.who)
			}
			return w, r, actor, owen, mia
		}
		for _, call := range []struct {
			name string
			want chat.Code
			do   func(w *world, r *chat.Room, u *chat.User, owen, mia *member) error
		}{
			{"private", tt.govern, func(w *world, r *chat.Room, u *chat.User, _, _ *member) error {
				return w.hub.SetPrivate(u, r, true, w.now)
			}},
			{"key", tt.govern, func(w *world, r *chat.Room, u *chat.User, _, _ *member) error {
				return w.hub.SetKey(u, r, "sesame", w.now)
			}},
			{"topic of a private room", tt.govern, func(w *world, r *chat.Room, u *chat.User, owen, _ *member) error {
				ok(t, w.hub.SetPrivate(owen.user, r, true, w.now))
				return w.hub.SetTopic(u, r, "x", w.now)
			}},
			{"topic of an open room", "", func(w *world, r *chat.Room, u *chat.User, _, _ *member) error {
				return w.hub.SetTopic(u, r, "x", w.now)
			}},
			{"invite into a private room", tt.govern, func(w *world, r *chat.Room, u *chat.User, owen, _ *member) error {
				ok(t, w.hub.SetPrivate(owen.user, r, true, w.now))
				return w.hub.Invite(u, r, w.login(0, "new").user, w.now)
			}},
			{"make a moderator", tt.govern, func(w *world, r *chat.Room, u *chat.User, _, _ *member) error {
				return w.hub.SetModerator(u, r, w.login(0, "new").user, true, w.now)
			}},
			{"unmake a moderator", tt.unmod, func(w *world, r *chat.Room, u *chat.User, _, mia *member) error {
				return w.hub.SetModerator(u, r, mia.user, false, w.now)
			}},
			{"put a member out", tt.kickMember, func(w *world, r *chat.Room, u *chat.User, _, _ *member) error {
				m := w.login(0, "new")
				w.join(m, "ops")
				return w.hub.Expel(u, r, m.user, "", w.now)
			}},
			{"put a moderator out", tt.kickMod, func(w *world, r *chat.Room, u *chat.User, _, mia *member) error {
				return w.hub.Expel(u, r, mia.user, "", w.now)
			}},
			{"put the owner out", tt.kickOwner, func(w *world, r *chat.Room, u *chat.User, owen, _ *member) error {
				return w.hub.Expel(u, r, owen.user, "", w.now)
			}},
		} {
			t.Run(tt.name+"/"+call.name, func(t *testing.T) {
				w, r, actor, owen, mia := scene()
				if got, want := r.Governs(actor.user), tt.govern == ""; got != want {
					t.Errorf("Governs is %t, want %t", got, want)
				}
				wantCode(t, call.do(w, r, actor.user, owen, mia), call.want)
			})
		}
	}
}

func TestPrivateRoom(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann, bob := w.login(0, "ann"), w.login(1, "bob")
	sam := w.loginAs(0, account("sam", chat.Moderator))
	w.join(ann, "den")
	den := ann.user.Room()
	if d := den.Door(); d.Owner != "ann" || d.Private || d.Keyed || d.Configured || d.Moderators != nil || !d.Since.Equal(w.now) {
		t.Errorf("the door of a new room is %+v", d)
	}
	ok(t, w.hub.SetPrivate(ann.user, den, true, w.now))
	wantCode(t, w.hub.SetPrivate(ann.user, den, true, w.now), chat.Conflict)
	if !den.Door().Private || !den.Visible(ann.user) || den.Visible(bob.user) || !den.Visible(sam.user) {
		t.Error("who may see the private room is wrong")
	}
	w.quiet(ann, bob, sam)

	err := w.enter(bob, "den", "")
	wantCode(t, err, chat.Forbidden)
	if again := w.enter(bob, "den", "guess"); again.Error() != err.Error() {
		t.Errorf("a guess at a key says %q, no key %q", again, err)
	}
	ok(t, w.hub.Invite(ann.user, den, bob.user, w.now))
	w.turn()
	expect(t, bob, "!ann>bob#den ")
	expect(t, ann, "")
	if !den.Visible(bob.user) {
		t.Error("the room is hidden from who is invited")
	}
	w.join(bob, "den")
	wantCode(t, w.hub.Invite(ann.user, den, bob.user, w.now), chat.Conflict)
	ok(t, w.hub.Leave(bob.user, "den", w.now))
	w.join(bob, "den") // an invitation is not used up
	w.quiet(ann, bob, sam)

	w.say(bob, "psst")
	w.turn()
	expect(t, sam, "")
	expect(t, ann, "bob:psst ")

	w.join(sam, "den")
	ok(t, w.hub.SetPrivate(sam.user, den, false, w.now))
	cid := w.login(0, "cid")
	w.join(cid, "den")
	w.turn()
	expect(t, bob, "bob:psst +sam (sam made den public.) +cid [lobby]+cid ")
}

// An invitation is told to nobody who ignores, and ends with the login or when
// its receiver is put out.
func TestInvitation(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	w.join(ann, "den")
	den := ann.user.Room()
	wantCode(t, w.hub.Invite(bob.user, den, bob.user, w.now), chat.Forbidden) // not in it
	ok(t, w.hub.SetPrivate(ann.user, den, true, w.now))
	ok(t, bob.user.Ignore(ann.user))
	w.quiet(ann, bob)
	ok(t, w.hub.Invite(ann.user, den, bob.user, w.now))
	w.turn()
	expect(t, bob, "")
	if den.Visible(bob.user) {
		t.Error("who ignores the inviter learns of the room")
	}
	wantCode(t, w.enter(bob, "den", ""), chat.Forbidden)
	bob.user.Unignore(func(chat.Ignored) bool { return true })

	ok(t, w.hub.Invite(ann.user, den, bob.user, w.now))
	w.hub.Logout(bob.user, "", w.now)
	wantCode(t, w.hub.Invite(ann.user, den, bob.user, w.now), chat.NotFound)
	bob = w.login(0, "bob")
	wantCode(t, w.enter(bob, "den", ""), chat.Forbidden)

	ok(t, w.hub.Invite(ann.user, den, bob.user, w.now))
	w.join(bob, "den")
	ok(t, w.hub.Expel(ann.user, den, bob.user, "", w.now))
	wantCode(t, w.enter(bob, "den", ""), chat.Forbidden)

	// An account is invited whenever it logs in.
	eve := w.loginAs(0, account("eve", chat.Registered))
	ok(t, w.hub.Invite(ann.user, den, eve.user, w.now))
	w.hub.Logout(eve.user, "", w.now)
	eve = w.loginAs(0, account("eve", chat.Registered))
	w.join(eve, "den")

	// The oldest of too many gives way.
	ok(t, w.hub.Leave(eve.user, "den", w.now))
	for i := range 100 {
		if i == 99 {
			ok(t, w.enter(eve, "den", ""))
			ok(t, w.hub.Leave(eve.user, "den", w.now))
		}
		ok(t, w.hub.Invite(ann.user, den, w.login(0, fmt.Sprint("u", i)).user, w.now))
	}
	wantCode(t, w.enter(eve, "den", ""), chat.Forbidden)
}

// Into an open room every member may invite, which opens no door later.
func TestInvitationIntoAnOpenRoom(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob, cid := w.login(0, "ann"), w.login(0, "bob"), w.login(0, "cid")
	w.join(ann, "pub")
	w.join(bob, "pub")
	pub := bob.user.Room()
	w.quiet(cid)
	ok(t, w.hub.Invite(bob.user, pub, cid.user, w.now))
	w.turn()
	expect(t, cid, "!bob>cid#pub ")
	ok(t, w.hub.SetPrivate(ann.user, pub, true, w.now))
	wantCode(t, w.enter(cid, "pub", ""), chat.Forbidden)
}

func TestKey(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	w.join(ann, "den")
	den := ann.user.Room()
	for _, bad := range []string{"two words", "tab\tbed", strings.Repeat("x", 65), "\x1b"} {
		err := w.hub.SetKey(ann.user, den, bad, w.now)
		wantCode(t, err, chat.Invalid)
		if strings.Contains(err.Error(), bad) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
	wantCode(t, w.hub.SetKey(ann.user, den, "", w.now), chat.Conflict)
	w.quiet(ann)
	ok(t, w.hub.SetKey(ann.user, den, "sesame", w.now))
	if !den.Door().Keyed || !den.Visible(bob.user) {
		t.Error("a room with a key is hidden, or shows no key")
	}
	for _, key := range []string{"", "Sesame", "sesame ", "sesam"} {
		wantCode(t, w.enter(bob, "den", key), chat.Forbidden)
	}
	ok(t, w.enter(bob, "den", "sesame"))
	ok(t, w.enter(bob, "den", "")) // is there already
	ok(t, w.hub.Leave(bob.user, "den", w.now))
	wantCode(t, w.enter(bob, "den", ""), chat.Forbidden)

	ok(t, w.hub.SetKey(ann.user, den, "other", w.now))
	wantCode(t, w.enter(bob, "den", "sesame"), chat.Forbidden)
	ok(t, w.hub.Invite(ann.user, den, bob.user, w.now))
	ok(t, w.enter(bob, "den", "")) // who is invited needs none
	ok(t, w.hub.Expel(ann.user, den, bob.user, "", w.now))

	ok(t, w.hub.SetPrivate(ann.user, den, true, w.now))
	wantCode(t, w.enter(bob, "den", "sesame"), chat.Forbidden)
	ok(t, w.enter(bob, "den", "other")) // the key opens a private room too
	ok(t, w.hub.Leave(bob.user, "den", w.now))
	ok(t, w.hub.SetKey(ann.user, den, "", w.now))
	wantCode(t, w.enter(bob, "den", "other"), chat.Forbidden)
	w.turn()
	shown := ann.take()
	for _, want := range []string{"(ann set a key for den.)", "(ann changed the key of den.)", "(ann took the key off den.)"} {
		if !strings.Contains(shown, want) {
			t.Errorf("ann was not told %s", want)
		}
	}
	if strings.Contains(shown, "sesame") || strings.Contains(shown, "other ") {
		t.Errorf("a key was told: %s", shown)
	}
}

func TestExpel(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann, bob, cid := w.login(0, "ann"), w.login(1, "bob"), w.login(0, "cid")
	for _, m := range []*member{ann, bob, cid} {
		w.join(m, "ops")
	}
	ops := ann.user.Room()
	ok(t, w.hub.SetModerator(ann.user, ops, bob.user, true, w.now))
	w.quiet(ann, bob, cid)

	w.say(cid, "before")
	ok(t, w.hub.Expel(ann.user, ops, bob.user, "spam", w.now))
	w.say(cid, "after")
	w.turn()
	expect(t, bob, "cid:before !ann<bob#ops:spam ")
	expect(t, cid, "cid:before ann<bob#ops:spam cid:after ")
	if got := bob.user.Room().Name(); got != "lobby" {
		t.Errorf("bob's room is %s, want lobby", got)
	}
	if ops.Governs(bob.user) {
		t.Error("who was put out still governs")
	}
	wantCode(t, w.hub.Expel(ann.user, ops, bob.user, "", w.now), chat.NotFound)
	w.join(bob, "ops") // it is open

	lobby := w.hub.Room("lobby")
	sam := w.loginAs(0, account("sam", chat.Moderator))
	wantCode(t, w.hub.Expel(sam.user, lobby, bob.user, "", w.now), chat.Forbidden)
	sue := w.loginAs(0, account("sue", chat.Moderator))
	ada := w.loginAs(0, account("ada", chat.Admin))
	w.join(sue, "ops")
	wantCode(t, w.hub.Expel(sam.user, ops, sue.user, "", w.now), chat.Forbidden)
	ok(t, w.hub.Expel(ada.user, ops, sue.user, "", w.now))
}

func TestModerators(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "ann"), w.login(0, "Bob")
	w.join(ann, "ops")
	ops := ann.user.Room()
	w.quiet(ann, bob)
	ok(t, w.hub.SetModerator(ann.user, ops, bob.user, true, w.now))
	w.turn()
	expect(t, ann, "(ann made Bob a moderator of ops.) ")
	expect(t, bob, "!(ann made Bob a moderator of ops.) ") // not in it, but told
	wantCode(t, w.hub.SetModerator(ann.user, ops, bob.user, true, w.now), chat.Conflict)
	ok(t, w.hub.SetPrivate(ann.user, ops, true, w.now))
	ok(t, w.enter(bob, "ops", ""))
	ok(t, w.hub.Rename(bob.user, name("Ben"), w.now))
	if got := ops.Door().Moderators; !slices.Equal(got, []string{"Ben"}) {
		t.Errorf("the moderators are %v, want Ben alone", got)
	}
	ok(t, w.hub.SetModerator(bob.user, ops, bob.user, false, w.now)) // oneself
	wantCode(t, w.hub.SetModerator(ann.user, ops, bob.user, false, w.now), chat.Conflict)
	gone := w.login(0, "gone")
	w.hub.Logout(gone.user, "", w.now)
	wantCode(t, w.hub.SetModerator(ann.user, ops, gone.user, true, w.now), chat.NotFound)
	for i := range 50 {
		ok(t, w.hub.SetModerator(ann.user, ops, w.login(0, fmt.Sprint("m", i)).user, true, w.now))
	}
	wantCode(t, w.hub.SetModerator(ann.user, ops, bob.user, true, w.now), chat.Limited)
	w.hub.Logout(w.hub.User("m7"), "", w.now) // gives its place
	ok(t, w.hub.SetModerator(ann.user, ops, bob.user, true, w.now))
}

// A guest's rights end with the login, an account's don't.
func TestOwnership(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.login(0, "ann")
	eve := w.loginAs(0, account("Eve", chat.Registered))
	w.join(ann, "den")
	w.join(eve, "eves")
	den, eves := ann.user.Room(), eve.user.Room()
	for _, m := range []*member{ann, eve} {
		w.hub.Logout(m.user, "", w.now)
	}
	w.hub.Sweep(w.now)
	ann = w.login(0, "ann")
	if got := den.Door().Owner; got != "" || den.Governs(ann.user) {
		t.Errorf("den is owned by %q after its owner logged out", got)
	}
	wantCode(t, w.hub.SetPrivate(ann.user, den, true, w.now), chat.Forbidden)
	if got := eves.Door().Owner; got != "Eve" {
		t.Errorf("eves is owned by %q while eve is away", got)
	}
	other := w.loginAs(0, chat.Identity{Name: name("evelyn"), Role: chat.Registered, Account: "eve"})
	ok(t, w.hub.SetPrivate(other.user, eves, true, w.now)) // the account counts, not the name
	if den.Governs(other.user) {
		t.Error("a newcomer governs a room that nobody owns")
	}
	sam := w.loginAs(0, account("sam", chat.Moderator))
	ok(t, w.hub.SetPrivate(sam.user, den, true, w.now))
	w.join(sam, "den")

	lobby := w.hub.Room("lobby")
	if got := lobby.Door(); got.Owner != "" || !got.Since.IsZero() {
		t.Errorf("the start room has the door %+v", got)
	}
	for _, err := range []error{w.hub.SetPrivate(sam.user, lobby, true, w.now), w.hub.SetKey(sam.user, lobby, "k", w.now)} {
		wantCode(t, err, chat.Forbidden)
	}
}

func TestConfiguredRooms(t *testing.T) {
	w := newWorld(t, 1, chat.Rules{Start: "lobby", JoinNoise: 50, MaxRooms: 5})
	guest, own := w.login(0, "gus"), w.login(0, "own")
	w.join(own, "den")
	specs := func() []chat.RoomSpec {
		return []chat.RoomSpec{
			{Name: "lobby", Topic: "hello", Private: true, Key: "k", Role: chat.Admin},
			{Name: "staff", Topic: "work", Private: true, Role: chat.Registered, Moderators: []string{"mia"}},
			{Name: "club", Key: "sesame"},
			{Name: "ops", Role: chat.Operator},
			{Name: "den"},
		}
	}
	w.hub.ConfigureRooms(specs())
	w.hub.Sweep(w.now.Add(1000 * time.Hour))
	for _, s := range specs() {
		r := w.hub.Room(s.Name)
		if r == nil {
			t.Fatalf("there is no %s", s.Name)
		}
		if d := r.Door(); !d.Configured || d.Owner != "" || r.Topic().Text != s.Topic {
			t.Errorf("%s has the door %+v and the topic %+v", s.Name, d, r.Topic())
		}
	}
	if d := w.hub.Room("lobby").Door(); d.Private || d.Keyed || d.Role != chat.Guest {
		t.Errorf("the start room has the door %+v", d)
	}
	ok(t, w.enter(w.login(0, "new"), "lobby", ""))
	if w.hub.Room("den").Governs(own.user) {
		t.Error("the owner of a room that is configured now still governs it")
	}

	staff, club, ops := w.hub.Room("staff"), w.hub.Room("club"), w.hub.Room("ops")
	mia := w.loginAs(0, account("mia", chat.Registered))
	fake := w.loginAs(0, chat.Identity{Name: name("mia2")})
	sam, opa := w.loginAs(0, account("sam", chat.Moderator)), w.loginAs(0, account("opa", chat.Operator))
	ok(t, w.hub.Rename(mia.user, name("maria"), w.now))
	ok(t, w.hub.Rename(fake.user, name("mia"), w.now)) // a name is not an account
	ok(t, w.enter(mia, "staff", ""))
	wantCode(t, w.enter(fake, "staff", ""), chat.Forbidden)
	if got := staff.Door(); !slices.Equal(got.Moderators, []string{"mia"}) || got.Role != chat.Registered {
		t.Errorf("the door of staff is %+v", got)
	}
	ok(t, w.hub.Invite(mia.user, staff, guest.user, w.now))
	wantCode(t, w.enter(guest, "staff", ""), chat.Forbidden) // the role is asked of all
	ok(t, w.hub.SetModerator(mia.user, staff, guest.user, true, w.now))
	ok(t, w.enter(guest, "staff", ""))
	wantCode(t, w.hub.SetModerator(sam.user, staff, mia.user, false, w.now), chat.Forbidden)
	wantCode(t, w.hub.SetPrivate(mia.user, staff, false, w.now), chat.Forbidden)
	wantCode(t, w.hub.SetKey(sam.user, club, "x", w.now), chat.Forbidden)
	wantCode(t, w.hub.SetTopic(guest.user, w.hub.Room("lobby"), "x", w.now), chat.Forbidden)
	ok(t, w.hub.SetTopic(mia.user, staff, "play", w.now))
	wantCode(t, w.enter(guest, "club", "no"), chat.Forbidden)
	ok(t, w.enter(guest, "club", "sesame"))
	wantCode(t, w.enter(guest, "ops", ""), chat.Forbidden)
	ok(t, w.enter(sam, "ops", "")) // governs every room
	ok(t, w.enter(opa, "ops", ""))
	wantCode(t, w.enter(guest, "more", ""), chat.Limited) // no configured room gives way

	// The same again leaves the topic that was set since and the moderators that
	// were made; a new one takes effect; what is gone is an ordinary room.
	next := specs()[1:3]
	next[1].Key, next[1].Topic = "", "new"
	w.hub.ConfigureRooms(next)
	if got := staff.Topic().Text; got != "play" || !staff.Governs(guest.user) {
		t.Errorf("after a reload staff has the topic %q; its moderator governs: %t", got, staff.Governs(guest.user))
	}
	if got := club.Topic(); got.Text != "new" || got.By != "" {
		t.Errorf("club has the topic %+v", got)
	}
	ok(t, w.enter(own, "club", ""))
	if d := ops.Door(); d.Configured || d.Role != chat.Operator {
		t.Errorf("ops, no longer configured, has the door %+v", d)
	}
	ok(t, w.hub.Leave(sam.user, "ops", w.now))
	ok(t, w.hub.Leave(opa.user, "ops", w.now))
	w.hub.Sweep(w.now)
	if w.hub.Room("ops") != nil || w.hub.Room("staff") == nil {
		t.Error("the wrong rooms were forgotten")
	}
}

// The room where everyone starts opens, whatever it was.
func TestNewStartRoomOpens(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	w.join(ann, "den")
	ok(t, w.hub.SetPrivate(ann.user, ann.user.Room(), true, w.now))
	ok(t, w.hub.SetKey(ann.user, ann.user.Room(), "k", w.now))
	w.hub.SetRules(chat.Rules{Start: "den"})
	ok(t, w.enter(bob, "den", ""))
	wantCode(t, w.hub.SetPrivate(ann.user, ann.user.Room(), true, w.now), chat.Forbidden)
}

// For the race detector: all of it at once.
func TestDoorsConcurrently(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann := w.login(0, "ann")
	w.join(ann, "den")
	den := ann.user.Room()
	mods := []*member{w.login(0, "m0"), w.login(1, "m1"), w.login(0, "m2")}
	var wg sync.WaitGroup
	for i, m := range mods {
		ok(t, w.hub.SetModerator(ann.user, den, m.user, true, w.now))
		wg.Go(func() {
			guest := mods[(i+1)%len(mods)].user
			for n := range 200 {
				_ = w.hub.SetPrivate(m.user, den, n%2 == 0, w.now)
				_ = w.hub.SetKey(m.user, den, fmt.Sprint(n%3), w.now)
				_ = w.hub.Invite(m.user, den, guest, w.now)
				_, _, _, _ = w.hub.Join(m.user, "den", "", w.now)
				_ = w.hub.Post(m.user, den, chat.Say, "x", w.now)
				_ = w.hub.SetTopic(m.user, den, "t", w.now)
				_ = w.hub.Expel(ann.user, den, m.user, "", w.now)
				_ = w.hub.SetModerator(ann.user, den, m.user, true, w.now)
				_ = w.hub.Rename(m.user, name(fmt.Sprintf("m%d-%d", i, n)), w.now)
				_ = w.hub.Redact(t.Context(), m.user, den, uint64(n), w.now)
				den.Door()
				den.Visible(guest)
				w.hub.ConfigureRooms([]chat.RoomSpec{{Name: fmt.Sprint("room", n%2)}})
				w.hub.Visits("", 5)
				w.hub.Sweep(w.now)
			}
		})
	}
	wg.Wait()
	w.turn()
}
