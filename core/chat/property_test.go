package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Whatever the order in which people come, go, speak, change settings and
// names, and in which the loops turn: a member sees exactly what was said in a
// room between its join and its leave, in the room's order, and nobody else does.
func TestDeliveryProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 3, chat.Rules{Start: "lobby"})
		rooms := []string{"lobby", "ops", "dev"}
		type person struct {
			*member
			want map[string][]string // by room
		}
		var people []*person
		said := 0
		names := 0
		pick := func() *person { return people[rapid.IntRange(0, len(people)-1).Draw(t, "who")] }
		in := func(p *person, room string) bool {
			return slices.ContainsFunc(p.user.Rooms(), func(r *chat.Room) bool { return r.Name() == room })
		}
		gone := []*person{}
		login := func() {
			names++
			m := w.login(rapid.IntRange(0, len(w.loops)-1).Draw(t, "loop"), fmt.Sprintf("u%d", names))
			people = append(people, &person{m, map[string][]string{}})
		}
		login()
		t.Repeat(map[string]func(*rapid.T){
			"login": func(t *rapid.T) {
				if len(people) < 6 {
					login()
				}
			},
			"join": func(t *rapid.T) { w.join(pick().member, rapid.SampledFrom(rooms).Draw(t, "room")) },
			"leave": func(t *rapid.T) {
				p, room := pick(), rapid.SampledFrom(rooms[1:]).Draw(t, "room")
				was := in(p, room)
				if err := w.hub.Leave(p.user, room, w.now); (err == nil) != was {
					t.Fatalf("leave %s: %v, was in it: %v", room, err, was)
				}
			},
			"say": func(t *rapid.T) {
				p := pick()
				room := p.user.Room().Name()
				said++
				text := fmt.Sprintf("%s/%d", room, said)
				w.say(p.member, text)
				for _, q := range people {
					if in(q, room) {
						q.want[room] = append(q.want[room], text)
					}
				}
			},
			"rename": func(t *rapid.T) {
				names++
				if err := w.hub.Rename(pick().user, name(fmt.Sprintf("u%d", names)), w.now); err != nil {
					t.Fatal(err)
				}
			},
			"settle": func(t *rapid.T) { pick().seat.Settle() },
			"class": func(t *rapid.T) {
				pick().seat.SetClass(chat.Class(rapid.IntRange(0, 3).Draw(t, "class")) << 1)
			},
			"logout": func(t *rapid.T) {
				if len(people) > 1 {
					p := pick()
					w.hub.Logout(p.user, "", w.now)
					people = slices.DeleteFunc(people, func(q *person) bool { return q == p })
					gone = append(gone, p)
				}
			},
			"turn": func(t *rapid.T) { w.loops[rapid.IntRange(0, len(w.loops)-1).Draw(t, "loop")].turn() },
		})
		w.turn()
		for _, p := range append(people, gone...) {
			got := map[string][]string{}
			for token := range strings.FieldsSeq(p.take()) {
				if _, text, ok := strings.Cut(token, ":"); ok {
					room, _, _ := strings.Cut(text, "/")
					got[room] = append(got[room], text)
				}
			}
			for _, room := range rooms {
				if !slices.Equal(got[room], p.want[room]) {
					t.Fatalf("%s saw in %s %v, want %v", p.user.Name().Display, room, got[room], p.want[room])
				}
			}
		}
	})
}
