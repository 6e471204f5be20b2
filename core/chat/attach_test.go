package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Both sessions of a user see everything once, wherever they are; to the others
// the user is one.
func TestAttach(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann := w.loginAs(0, account("ann", chat.Registered))
	bob := w.login(0, "bob")
	w.join(ann, "ops")
	w.quiet(ann, bob)

	second := w.attach(1, ann)
	w.quiet()
	expect(t, bob, "")
	expect(t, ann, "")
	expect(t, second, "")
	if got := second.user.Room().Name(); got != "ops" {
		t.Errorf("a second session begins in %s, want ops", got)
	}
	if !second.user.Is(ann.user) || second.user == ann.user || second.user.ID() != ann.user.ID() || ann.user.Is(bob.user) {
		t.Error("the sessions are not of one user")
	}
	w.say(bob, "hi ann")
	ok(t, w.hub.Post(ann.user, w.hub.Room("lobby"), chat.Say, "ho", w.now))
	w.turn()
	expect(t, bob, "bob:hi ann ann:ho ")
	for _, m := range []*member{ann, second} {
		expect(t, m, "!bob:hi ann [lobby]ann:ho ")
	}
	ok(t, w.hub.Tell(bob.user, ann.user, "psst", w.now))
	w.turn()
	expect(t, ann, "!bob:psst ")
	expect(t, second, "!bob:psst ")

	// The current room is the session's, the rooms are the user's.
	w.join(second, "lobby")
	w.say(bob, "x")
	w.turn()
	expect(t, ann, "[lobby]bob:x ")
	expect(t, second, "bob:x ")
	w.join(second, "dev")
	w.turn()
	expect(t, second, "")
	expect(t, ann, "!+ann ")
	if got := ann.user.Room().Name(); got != "ops" {
		t.Errorf("joining in another session moved this one to %s", got)
	}
	ok(t, w.hub.Leave(ann.user, "dev", w.now))
	w.turn()
	expect(t, ann, "")
	expect(t, second, "!-ann ")
	if got := second.user.Room().Name(); got != "ops" {
		t.Errorf("leaving dev in another session leads to %s, want ops", got)
	}
	wantCode(t, w.hub.Leave(second.user, "dev", w.now), chat.NotFound)

	// One line in all lists, in the session that typed last.
	lobby := w.hub.Room("lobby")
	if users, _ := w.hub.Count(); users != 2 || len(w.hub.Users()) != 2 || lobby.Len() != 2 || len(lobby.Members()) != 2 || lobby.Stats().Members != 2 {
		t.Errorf("%d users, %d listed, %d in the lobby, want 2", users, len(w.hub.Users()), lobby.Len())
	}
	for _, m := range []*member{ann, second, ann} {
		w.now = w.now.Add(time.Second)
		m.user.Touch(w.now)
		if w.hub.User("ann") != m.user || !slices.Contains(lobby.Members(), m.user) || m.user.Active() != w.now {
			t.Error("the session that typed last is not the one that is listed")
		}
		if all := second.user.Sessions(); len(all) != 2 || all[0] != m {
			t.Errorf("the sessions are %v", all)
		}
	}

	// What is decided in one holds in the other.
	second.user.SetAway("lunch")
	second.user.SetRole(chat.Moderator)
	ok(t, second.user.Ignore(bob.user))
	ok(t, w.hub.Rename(second.user, name("anna"), w.now))
	if ann.user.Away() != "lunch" || ann.user.Role() != chat.Moderator || !ann.user.Ignores(bob.user) || ann.user.Name().Key != "anna" {
		t.Error("the sessions differ")
	}
	w.quiet(ann, bob, second)
	w.say(bob, "unheard")
	w.turn()
	expect(t, ann, "")
	expect(t, second, "")
	expect(t, bob, "bob:unheard ")

	// Only the end of the last one is told.
	w.hub.Logout(ann.user, "", w.now)
	w.hub.Logout(ann.user, "", w.now)
	w.turn()
	expect(t, bob, "")
	if ann.user.Gone() || w.hub.User("anna") != second.user || lobby.Len() != 2 || w.hub.Account("ann") != second.user {
		t.Error("the end of one session is taken for the user's")
	}
	wantCode(t, w.hub.Post(ann.user, lobby, chat.Say, "x", w.now), chat.Unauthenticated)
	wantCode(t, w.hub.Tell(ann.user, bob.user, "x", w.now), chat.Unauthenticated)
	_, _, _, err := w.hub.Join(ann.user, "dev", "", w.now)
	wantCode(t, err, chat.Unauthenticated)
	w.hub.Logout(second.user, "bye", w.now)
	w.turn()
	expect(t, bob, "-anna ")
	if !second.user.Gone() || w.hub.User("anna") != nil || w.hub.Account("ann") != nil || lobby.Len() != 1 || len(second.user.Sessions()) != 0 {
		t.Error("the user is here after the last session's end")
	}
	_, _, err = w.hub.Attach(w.newMember(0), second.user, w.now)
	wantCode(t, err, chat.NotFound)
}

func TestAttachBounds(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.loginAs(0, account("ann", chat.Registered))
	_, err := w.hub.Login(w.newMember(0), chat.Identity{Name: name("anna"), Account: "ann"}, w.now)
	wantCode(t, err, chat.Conflict)
	for range 15 {
		w.attach(0, ann)
	}
	_, _, err = w.hub.Attach(w.newMember(0), ann.user, w.now)
	wantCode(t, err, chat.Limited)
	if _, _, old, err := w.hub.Takeover(w.newMember(0), ann.user, w.now); err != nil || len(old) != 16 {
		t.Errorf("%d sessions were taken over: %v", len(old), err)
	}
}

// A session that is attached is told what comes after Upto, and nothing before.
func TestAttachUpto(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann := w.login(0, "ann")
	w.say(ann, "one")
	m := w.newMember(1)
	u, upto, err := w.hub.Attach(m, ann.user, w.now)
	ok(t, err)
	if upto != 1 || u.Room() != ann.user.Room() {
		t.Errorf("Attach gives %d in %s", upto, u.Room().Name())
	}
	m.user = u
	w.say(ann, "two")
	w.turn()
	expect(t, m, "ann:two ")
}

// A session that is attached before the first has entered a room enters with it.
func TestAttachEarly(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann := w.newMember(0)
	var err error
	ann.user, err = w.hub.Login(ann, account("ann", chat.Registered), w.now)
	ok(t, err)
	second := w.attach(1, ann)
	if second.user.Room() != nil {
		t.Error("there is a room already")
	}
	w.join(ann, "lobby")
	w.turn()
	if second.user.Room() == nil || w.hub.Room("lobby").Len() != 1 {
		t.Error("the second session was left outside")
	}
	w.say(second, "hi")
	w.turn()
	expect(t, ann, "ann:hi ")
	expect(t, second, "!+ann ann:hi ")
}

func TestTakeover(t *testing.T) {
	w := newWorld(t, 3, rules)
	ann := w.loginAs(0, account("ann", chat.Registered))
	ghost := w.attach(1, ann)
	bob := w.login(2, "bob")
	w.join(ann, "ops")
	w.join(bob, "ops")
	ok(t, w.hub.Tell(bob.user, ann.user, "psst", w.now))
	w.quiet(ann, bob, ghost)
	ann.user.Touch(w.now)

	m := w.newMember(2)
	u, _, old, err := w.hub.Takeover(m, ann.user, w.now)
	ok(t, err)
	m.user = u
	if len(old) != 2 || !slices.Contains(old, chat.Member(ann)) || !slices.Contains(old, chat.Member(ghost)) {
		t.Errorf("the old sessions are %v", old)
	}
	if u.Room().Name() != "ops" || u.ReplyTo() != bob.user || u.ID() != ann.user.ID() || w.hub.User("ann") != u {
		t.Error("the new session did not take the place of the old")
	}
	wantCode(t, w.hub.Post(ann.user, w.hub.Room("lobby"), chat.Say, "x", w.now), chat.Unauthenticated)
	wantCode(t, w.hub.SetPrivate(ann.user, w.hub.Room("ops"), true, w.now), chat.Unauthenticated)
	w.hub.Logout(ann.user, "late", w.now)
	w.say(bob, "hi")
	w.loops[2].turn() // the loops of the old sessions hang
	expect(t, bob, "bob:hi ")
	expect(t, m, "bob:hi ")
	w.say(bob, "ho")
	w.turn()
	expect(t, ann, "")
	expect(t, ghost, "")
	expect(t, m, "bob:ho ")
}

// Sessions of one user come, go, speak and move on several goroutines.
func TestAttachConcurrently(t *testing.T) {
	w := newWorld(t, 4, rules)
	seen := 0
	w.hub.OnRoomChange(func(chat.RoomState) { seen++ }) // never twice at once
	watcher := w.login(0, "watcher")
	w.loginAs(0, account("ann", chat.Registered))
	const workers, rounds = 3, 100
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for n := range rounds {
				m := w.newMember(1 + i)
				if to := w.hub.Account("ann"); to == nil {
					u, err := w.hub.Login(m, account("ann", chat.Registered), w.now)
					if err != nil {
						continue
					}
					m.user = u
				} else if n%3 == 0 {
					u, _, old, err := w.hub.Takeover(m, to, w.now)
					if err != nil {
						continue
					}
					m.user = u
					for _, o := range old {
						_ = o.Seat()
					}
				} else {
					u, _, err := w.hub.Attach(m, to, w.now)
					if err != nil {
						continue
					}
					m.user = u
				}
				_, _, _, _ = w.hub.Join(m.user, "lobby", "", w.now)
				room := fmt.Sprintf("r%d", n%4)
				if r, _, _, err := w.hub.Join(m.user, room, "", w.now); err == nil {
					_ = w.hub.Post(m.user, r, chat.Say, "watcher", w.now)
					_ = w.hub.SetTopic(m.user, r, "t", w.now)
					_ = r.Members()
				}
				m.user.Touch(w.now)
				_ = w.hub.Leave(m.user, room, w.now)
				m.loop.turn()
				if n%2 == 0 {
					w.hub.Logout(m.user, "", w.now)
				}
				w.hub.Sweep(w.now.Add(24 * time.Hour))
			}
		})
	}
	group.Wait()
	w.turn()
	for {
		u := w.hub.Account("ann")
		if u == nil {
			break
		}
		w.hub.Logout(u, "", w.now)
	}
	w.turn()
	if users, _ := w.hub.Count(); users != 1 || watcher.user.Room().Len() != 1 {
		t.Errorf("%d users are left, %d in the lobby, want 1", users, watcher.user.Room().Len())
	}
	if seen == 0 {
		t.Error("no change of a room was told")
	}
}
