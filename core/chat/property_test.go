package chat_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A modelPerson is somebody who is or was logged in.
type modelPerson struct {
	id       string // the account, or the login of a guest
	role     chat.Role
	sessions int
}

// A modelSession is one of a person's.
type modelSession struct {
	*member
	*modelPerson
	want map[string][]string // what was said where the person was, by room; and in private
}

// A modelDoor is what doors do, as simple as can be.
type modelDoor struct {
	owner         string
	private       bool
	key           string
	mods, invited map[string]bool
}

func newModelDoor(owner string) *modelDoor {
	return &modelDoor{owner: owner, mods: map[string]bool{}, invited: map[string]bool{}}
}

func (d *modelDoor) rank(p *modelSession) int {
	switch {
	case p.role >= chat.Moderator:
		return 10 + int(p.role)
	case d.owner == p.id:
		return 2
	case d.mods[p.id]:
		return 1
	}
	return 0
}

func (d *modelDoor) admits(p *modelSession, key string) bool {
	switch {
	case d.rank(p) > 0 || d.invited[p.id]:
		return true
	case d.key != "":
		return key == d.key
	}
	return !d.private
}

// Whatever the order in which people come, go, speak, change settings and
// names, open and close doors and put each other out, and in which the loops
// turn: a member sees exactly what was said in a room between its join and its
// leave, in the room's order, and nobody else does; and a room takes in whom its
// door lets in, and nobody else. Of somebody with several sessions each sees
// everything once.
func TestDeliveryProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 3, chat.Rules{Start: "lobby"})
		rooms := []string{"lobby", "ops", "dev"}
		doors := map[string]*modelDoor{} // of the rooms that there are but for the lobby
		var people, gone []*modelSession
		said, names := 0, 0
		one := func(label string) *modelSession {
			return people[rapid.IntRange(0, len(people)-1).Draw(t, label)]
		}
		in := func(p *modelSession, room string) bool {
			return slices.ContainsFunc(p.user.Rooms(), func(r *chat.Room) bool { return r.Name() == room })
		}
		agree := func(what string, err error, may bool) {
			if (err == nil) != may {
				t.Fatalf("%s: %v, allowed: %t", what, err, may)
			}
		}
		live := func(account string) bool {
			return slices.ContainsFunc(people, func(p *modelSession) bool { return p.id == account })
		}
		anyAccount := func() string { return rapid.SampledFrom([]string{"a1", "a2", "mod"}).Draw(t, "account") }
		roleOf := func(account string) chat.Role {
			if account == "mod" {
				return chat.Moderator
			}
			return chat.Registered
		}
		newMember := func() *member { return w.newMember(rapid.IntRange(0, len(w.loops)-1).Draw(t, "loop")) }
		login := func() {
			names++
			p := &modelPerson{id: fmt.Sprintf("u%d", names), sessions: 1}
			who := chat.Identity{Name: name(p.id)}
			if rapid.Bool().Draw(t, "registered") {
				p.id = anyAccount()
				p.role = roleOf(p.id)
				who.Role, who.Account = p.role, p.id
			}
			m := newMember()
			may := !live(p.id)
			agree("login", w.enterAs(m, who), may)
			if may {
				people = append(people, &modelSession{m, p, map[string][]string{}})
			}
		}
		// end has the session over.
		end := func(p *modelSession) {
			people = slices.DeleteFunc(people, func(q *modelSession) bool { return q == p })
			gone = append(gone, p)
			p.sessions--
		}
		// add adds a session of who to the model.
		add := func(m *member, who *modelPerson) {
			who.sessions++
			people = append(people, &modelSession{m, who, map[string][]string{}})
		}
		// one of the rooms with a door, and who does something to it
		governed := func() (p *modelSession, r *chat.Room, d *modelDoor) {
			name := rapid.SampledFrom(slices.Sorted(maps.Keys(doors))).Draw(t, "room")
			return one("who"), w.hub.Room(name), doors[name]
		}
		act := func(f func()) func(*rapid.T) {
			return func(*rapid.T) {
				if len(doors) > 0 {
					f()
				}
			}
		}
		login()
		t.Repeat(map[string]func(*rapid.T){
			"login": func(t *rapid.T) {
				if len(people) < 6 {
					login()
				}
			},
			"join": func(t *rapid.T) {
				p, room := one("who"), rapid.SampledFrom(rooms).Draw(t, "room")
				key := rapid.SampledFrom([]string{"", "k1", "k2"}).Draw(t, "key")
				d := doors[room]
				may := d == nil || in(p, room) || d.admits(p, key)
				agree("join "+room, w.enter(p.member, room, key), may)
				if d == nil && room != "lobby" {
					doors[room] = newModelDoor(p.id)
				}
			},
			"leave": func(t *rapid.T) {
				p, room := one("who"), rapid.SampledFrom(rooms[1:]).Draw(t, "room")
				was := in(p, room)
				agree("leave "+room, w.hub.Leave(p.user, room, w.now), was)
			},
			"say": func(t *rapid.T) {
				p := one("who")
				room := p.user.Room().Name()
				said++
				text := fmt.Sprintf("%s/%d", room, said)
				w.say(p.member, text+" "+rapid.SampledFrom([]string{"", one("named").user.Name().Key}).Draw(t, "mention"))
				for _, q := range people {
					if in(q, room) {
						q.want[room] = append(q.want[room], text)
					}
				}
			},
			"tell": func(t *rapid.T) {
				p, to := one("who"), one("whom")
				said++
				text := fmt.Sprintf("private/%d", said)
				if err := w.hub.Tell(p.user, to.user, text, w.now); err != nil {
					t.Fatal(err)
				}
				for _, q := range people {
					if q.modelPerson == to.modelPerson {
						q.want["private"] = append(q.want["private"], text)
					}
				}
			},
			"attach": func(t *rapid.T) {
				if len(people) == 9 {
					return
				}
				p, m := one("whom"), newMember()
				u, _, err := w.hub.Attach(m, p.user, w.now)
				if err != nil {
					t.Fatal(err)
				}
				m.user = u
				add(m, p.modelPerson)
			},
			"takeover": func(t *rapid.T) {
				p, m := one("whom"), newMember()
				u, _, old, err := w.hub.Takeover(m, p.user, w.now)
				if err != nil || len(old) != p.sessions {
					t.Fatalf("%d sessions were taken over, of %d: %v", len(old), p.sessions, err)
				}
				m.user = u
				for _, q := range slices.Clone(people) {
					if q.modelPerson == p.modelPerson {
						end(q)
						if w.hub.Post(q.user, w.hub.Room("lobby"), chat.Say, "x", w.now) == nil {
							t.Fatal("a session that was taken over speaks")
						}
						w.hub.Logout(q.user, "", w.now)
					}
				}
				add(m, p.modelPerson)
			},
			"type": func(t *rapid.T) { one("who").user.Touch(w.now) },
			"identify": func(t *rapid.T) {
				p, account := one("who"), anyAccount()
				names++
				who := chat.Identity{Name: name(fmt.Sprintf("u%d", names)), Role: roleOf(account), Account: account}
				may := p.id == account || p.role == chat.Guest && !live(account)
				agree("identify", w.hub.Identify(p.user, who, w.now), may)
				if !may {
					return
				}
				for _, d := range doors {
					if d.owner == p.id {
						d.owner = account
					}
					for _, held := range []map[string]bool{d.mods, d.invited} {
						if held[p.id] {
							delete(held, p.id)
							held[account] = true
						}
					}
				}
				p.id, p.role = account, who.Role
			},
			"private": act(func() {
				p, r, d := governed()
				agree("private", w.hub.SetPrivate(p.user, r, !d.private, w.now), d.rank(p) > 0)
				if d.rank(p) > 0 {
					d.private = !d.private
				}
			}),
			"key": act(func() {
				p, r, d := governed()
				key := rapid.SampledFrom([]string{"", "k1", "k2"}).Draw(t, "key")
				may := d.rank(p) > 0 && key+d.key != ""
				agree("key", w.hub.SetKey(p.user, r, key, w.now), may)
				if may {
					d.key = key
				}
			}),
			"invite": act(func() {
				p, r, d := governed()
				q, open := one("whom"), !d.private && d.key == ""
				may := (d.rank(p) > 0 || open && in(p, r.Name())) && !in(q, r.Name())
				agree("invite", w.hub.Invite(p.user, r, q.user, w.now), may)
				if may && !open {
					d.invited[q.id] = true
				}
			}),
			"expel": act(func() {
				p, r, d := governed()
				q := one("whom")
				may := in(q, r.Name()) && d.rank(p) > d.rank(q) && p.id != q.id
				agree("expel", w.hub.Expel(p.user, r, q.user, "", w.now), may)
				if may {
					delete(d.mods, q.id)
					delete(d.invited, q.id)
				}
			}),
			"moderator": act(func() {
				p, r, d := governed()
				q, on := one("whom"), rapid.Bool().Draw(t, "on")
				may := d.rank(p) > 0 && on && d.rank(q) == 0 ||
					d.rank(p) > 0 && !on && d.mods[q.id] && (d.rank(p) > d.rank(q) || p.id == q.id)
				agree("moderator", w.hub.SetModerator(p.user, r, q.user, on, w.now), may)
				switch {
				case may && on:
					d.mods[q.id] = true
				case may:
					delete(d.mods, q.id)
				}
			}),
			"see": act(func() {
				p, r, d := governed()
				want := !d.private || in(p, r.Name()) || d.rank(p) > 0 || d.invited[p.id]
				if r.Visible(p.user) != want || r.Governs(p.user) != (d.rank(p) > 0) {
					t.Fatalf("%s sees %s: %t, governs it: %t", p.id, r.Name(), r.Visible(p.user), r.Governs(p.user))
				}
			}),
			"sweep": func(t *rapid.T) {
				w.hub.Sweep(w.now)
				for room := range doors {
					if !slices.ContainsFunc(people, func(p *modelSession) bool { return in(p, room) }) {
						delete(doors, room)
					}
				}
			},
			"rename": func(t *rapid.T) {
				names++
				if err := w.hub.Rename(one("who").user, name(fmt.Sprintf("u%d", names)), w.now); err != nil {
					t.Fatal(err)
				}
			},
			"settle": func(t *rapid.T) { one("who").seat.Settle() },
			"class": func(t *rapid.T) {
				one("who").seat.SetClass(chat.Class(rapid.IntRange(0, 3).Draw(t, "class")) << 1)
			},
			"logout": func(t *rapid.T) {
				if len(people) == 1 {
					return
				}
				p := one("who")
				w.hub.Logout(p.user, "", w.now)
				if end(p); p.sessions > 0 {
					return
				}
				for _, d := range doors {
					if p.role > chat.Guest {
						continue
					}
					delete(d.mods, p.id)
					delete(d.invited, p.id)
					if d.owner == p.id {
						d.owner = ""
					}
				}
			},
			"": func(t *rapid.T) {
				persons := map[*modelPerson]bool{}
				members := map[string]int{}
				for _, p := range people {
					if !in(p, p.user.Room().Name()) {
						t.Fatalf("%s is in %s by its current room only", p.id, p.user.Room().Name())
					}
					if persons[p.modelPerson] {
						continue
					}
					persons[p.modelPerson] = true
					for _, r := range p.user.Rooms() {
						members[r.Name()]++
					}
				}
				if users, _ := w.hub.Count(); users != len(persons) || len(w.hub.Users()) != users {
					t.Fatalf("%d users, want %d", users, len(persons))
				}
				for _, r := range w.hub.Rooms() {
					if n := members[r.Name()]; r.Len() != n || len(r.Members()) != n || r.Stats().Members != n {
						t.Fatalf("%d are in %s, want %d", r.Len(), r.Name(), n)
					}
				}
			},
			"turn": func(t *rapid.T) { w.loops[rapid.IntRange(0, len(w.loops)-1).Draw(t, "loop")].turn() },
		})
		w.turn()
		for _, p := range append(people, gone...) {
			got := map[string][]string{}
			for token := range strings.FieldsSeq(p.take()) {
				if _, text, ok := strings.Cut(token, ":"); ok && strings.Contains(text, "/") {
					room, _, _ := strings.Cut(text, "/")
					got[room] = append(got[room], text)
				}
			}
			for _, room := range rooms {
				if !slices.Equal(got[room], p.want[room]) {
					t.Fatalf("%s saw in %s %v, want %v", p.user.Name().Display, room, got[room], p.want[room])
				}
			}
			private := p.want["private"]
			if slices.Contains(gone, p) { // then what the loop had not come to is lost
				private = private[:min(len(private), len(got["private"]))]
			}
			if !slices.Equal(got["private"], private) {
				t.Fatalf("%s saw in private %v, want %v", p.user.Name().Display, got["private"], private)
			}
		}
	})
}
