package chat_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
)

// A crowd is a hub whose loops turn on goroutines of their own, and people who use
// it from others, all at once.
type crowd struct {
	*testing.T
	hub    *chat.Hub
	loops  []*testLoop
	rooms  []string // that last; in others people come and go unwatched
	people []*actor

	mu    sync.Mutex
	names int
	all   []*watched // every session there ever was
}

// An actor is somebody in the crowd. Wild ones do as they like at any time; of the
// others one thing happens at a time, so that it is known what each must see.
type actor struct {
	*crowd
	*rand.Rand // of the actor's goroutine alone
	id         string
	role       chat.Role
	wild       bool
	latest     atomic.Pointer[chat.User] // the session that began last

	mu       sync.Mutex // held while something happens to a tame one
	sessions []*watched
	said     int
}

// A watched is a session with the rooms that it has been in.
type watched struct {
	*member
	who   *actor
	stays map[string][]stay
}

// A stay is from when to when a session was in a room, in messages of that room:
// after at least one and at most the other number of them.
type stay struct {
	from, to bounds
	open     bool
}

type bounds struct{ least, most uint64 }

// newCrowd starts the loops; stop ends them.
func newCrowd(t *testing.T, loops int) (c *crowd, stop func()) {
	log := memstore.NewLog(memstore.Limits{Lines: 1 << 20, Bytes: 1 << 30})
	c = &crowd{T: t, hub: chat.NewHub(log, strings.ToLower, chat.Rules{Start: "lobby", JoinNoise: 5}), rooms: []string{"lobby", "ops", "dev"}}
	var turning sync.WaitGroup
	quit := make(chan struct{})
	for range loops {
		bell := make(chan struct{}, 1)
		box := chat.NewMailbox(func() {
			select {
			case bell <- struct{}{}:
			default:
			}
		})
		l := &testLoop{fanout: chat.NewFanout(box, encoder{})}
		c.loops = append(c.loops, l)
		turning.Go(func() {
			for {
				box.Awake()
				l.turn()
				if !box.Sleep() {
					continue
				}
				select {
				case <-bell:
				case <-quit:
					return
				}
			}
		})
	}
	return c, func() {
		close(quit)
		turning.Wait()
		for _, l := range c.loops {
			l.turn()
		}
	}
}

func (c *crowd) newName() chat.Name {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names++
	return name(fmt.Sprintf("u%d", c.names))
}

// posts is how many messages a room has delivered.
func (c *crowd) posts(room string) uint64 { return c.hub.Room(room).Stats().Posts }

// seat has a session for a on one of the loops, which is in no room yet.
func (a *actor) seat() *watched {
	s := &watched{member: &member{loop: a.loops[a.IntN(len(a.loops))]}, who: a, stays: map[string][]stay{}}
	s.member.seat.Init(s.loop.fanout, chat.Class(a.IntN(3))<<1)
	a.crowd.mu.Lock()
	a.all = append(a.all, s)
	a.crowd.mu.Unlock()
	return s
}

// enter notes that the sessions are in a room from then on.
func (c *crowd) enter(room string, from bounds, sessions ...*watched) {
	for _, s := range sessions {
		s.stays[room] = append(s.stays[room], stay{from: from, open: true})
	}
}

// exit notes that the sessions were in a room until then, if they were.
func (c *crowd) exit(room string, to bounds, sessions ...*watched) {
	for _, s := range sessions {
		if n := len(s.stays[room]); n > 0 && s.stays[room][n-1].open {
			s.stays[room][n-1].to, s.stays[room][n-1].open = to, false
		}
	}
}

// measured is how many messages each room has delivered before and after f.
func (c *crowd) measured(f func()) map[string]bounds {
	all := map[string]bounds{}
	for _, room := range c.rooms {
		all[room] = bounds{least: c.posts(room)}
	}
	f()
	for _, room := range c.rooms {
		all[room] = bounds{all[room].least, c.posts(room)}
	}
	return all
}

func (a *actor) one() *watched { return a.sessions[a.IntN(len(a.sessions))] }

func (a *actor) login() {
	s := a.seat()
	who := chat.Identity{Name: a.newName(), Role: a.role}
	if a.role > chat.Guest {
		who.Account = a.id
	}
	u, err := a.hub.Login(s.member, who, time.Unix(1, 0))
	if err != nil {
		a.Error(err)
		return
	}
	s.user = u
	a.latest.Store(u)
	a.sessions = []*watched{s}
	a.join("lobby")
}

func (a *actor) join(room string) {
	s := a.one()
	_, upto, joined, err := a.hub.Join(s.user, room, "", time.Unix(1, 0))
	if err != nil && !a.wild {
		a.Errorf("%s can't join %s: %v", a.id, room, err)
	}
	if err == nil && joined {
		a.enter(room, bounds{upto, upto}, a.sessions...) // a number of the log, which has no gaps here
	}
}

func (a *actor) leave(room string) {
	var err error
	at := a.measured(func() { err = a.hub.Leave(a.one().user, room, time.Unix(1, 0)) })
	if err == nil {
		a.exit(room, at[room], a.sessions...)
	}
}

// attach has one more session, or, if it takes over, one instead of all others.
func (a *actor) attach(takeover bool) {
	s, to := a.seat(), a.one()
	var err error
	at := a.measured(func() {
		if takeover {
			s.user, _, _, err = a.hub.Takeover(s.member, to.user, time.Unix(1, 0))
		} else {
			s.user, _, err = a.hub.Attach(s.member, to.user, time.Unix(1, 0))
		}
	})
	if err != nil {
		if !a.wild {
			a.Errorf("%s can't attach: %v", a.id, err)
		}
		return
	}
	a.latest.Store(s.user)
	for _, room := range a.rooms {
		if n := len(to.stays[room]); n > 0 && to.stays[room][n-1].open {
			a.enter(room, at[room], s)
		}
		if takeover {
			a.exit(room, at[room], a.sessions...)
		}
	}
	if takeover {
		a.sessions = nil
	}
	a.sessions = append(a.sessions, s)
}

func (a *actor) logout() {
	i := a.IntN(len(a.sessions))
	s := a.sessions[i]
	at := a.measured(func() { a.hub.Logout(s.user, "", time.Unix(1, 0)) })
	for _, room := range a.rooms {
		a.exit(room, at[room], s)
	}
	if a.sessions = slices.Delete(a.sessions, i, i+1); len(a.sessions) == 0 {
		a.login()
	}
}

// expel puts somebody out of a room, who may be doing anything at the moment.
func (a *actor) expel(victim *actor, room string) {
	if !victim.wild {
		victim.mu.Lock()
		defer victim.mu.Unlock()
	}
	u := a.hub.User(victim.name())
	if u == nil {
		return
	}
	var err error
	at := a.measured(func() { err = a.hub.Expel(a.one().user, a.hub.Room(room), u, "", time.Unix(1, 0)) })
	if err == nil && !victim.wild {
		victim.exit(room, at[room], victim.sessions...)
	}
}

// name is the key of the name that the actor has, or had.
func (a *actor) name() string { return a.latest.Load().Name().Key }

func (a *actor) say(other *actor) {
	u := a.one().user
	r := u.Room()
	if r == nil {
		return
	}
	a.said++
	text := fmt.Sprintf("%s/%s/%d", r.Name(), a.id, a.said)
	if err := a.hub.Post(u, r, chat.Say, text+" "+other.name(), time.Unix(1, 0)); err != nil && !a.wild {
		a.Errorf("%s can't speak: %v", a.id, err)
	}
}

func (a *actor) tell(other *actor) {
	to := a.hub.User(other.name())
	if to == nil {
		return
	}
	a.said++
	if err := a.hub.Tell(a.one().user, to, fmt.Sprintf("private/%s/%d", a.id, a.said), time.Unix(1, 0)); err != nil && !a.wild {
		a.Errorf("%s can't tell: %v", a.id, err)
	}
}

// act does one thing.
func (a *actor) act() {
	other := a.people[a.IntN(len(a.people))]
	room := a.rooms[1+a.IntN(len(a.rooms)-1)]
	if a.role >= chat.Moderator {
		if a.IntN(4) == 0 {
			a.expel(other, room)
			return
		}
		if a.IntN(20) == 0 {
			a.hub.Sweep(time.Unix(2, 0))
		}
	} else if !a.wild {
		a.mu.Lock()
		defer a.mu.Unlock()
	}
	if a.wild && a.IntN(3) == 0 {
		room = "brief"
	}
	switch n := a.IntN(100); {
	case n < 45:
		a.say(other)
	case n < 50:
		a.tell(other)
	case n < 65:
		a.join(room)
	case n < 78:
		a.leave(room)
	case n < 84 && len(a.sessions) < 4:
		a.attach(false)
	case n < 86:
		a.attach(true)
	case n < 90:
		if err := a.hub.Rename(a.one().user, a.newName(), time.Unix(1, 0)); err != nil && !a.wild {
			a.Errorf("%s can't be renamed: %v", a.id, err)
		}
	case n < 94:
		s := a.one()
		c := chat.Class(a.IntN(3)) << 1
		s.member.seat.Call(func() { s.member.seat.SetClass(c) })
	default:
		a.logout()
	}
}

// Many do what they like at once, on several loops: each room keeps one order, a
// session sees exactly what was said between its joining and its leaving, and nobody
// else sees it.
func TestDeliveryConcurrent(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("the seed is %d", seed)
	c, stop := newCrowd(t, 3)
	for i := range 10 {
		a := &actor{crowd: c, id: fmt.Sprintf("p%d", i), wild: i%3 == 2, Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		if i%5 == 0 {
			a.role = chat.Moderator
		}
		c.people = append(c.people, a)
	}
	for _, a := range c.people {
		a.login()
	}
	keeper := c.people[0] // who makes the rooms, and stays so that they last
	keep := &actor{crowd: c, id: "keeper", Rand: keeper.Rand}
	keep.login()
	for _, room := range c.rooms[1:] {
		keep.join(room)
	}
	var acting sync.WaitGroup
	for _, a := range c.people {
		acting.Go(func() {
			for range 400 {
				a.act()
			}
		})
	}
	acting.Wait()
	stop()
	index := map[string]uint64{} // of each message in its room, from 1
	sizes := map[string]uint64{}
	for _, room := range c.rooms {
		events, err := c.hub.History(c.hub.Room(room), chat.Query{Last: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for i, ev := range events {
			if ev.Seq != uint64(i)+1 {
				t.Fatalf("message %d of %s has the number %d", i+1, room, ev.Seq)
			}
			text, _, _ := strings.Cut(ev.Text, " ")
			index[text] = ev.Seq
		}
		sizes[room] = uint64(len(events))
	}
	if len(index) < 500 {
		t.Errorf("only %d messages were said", len(index))
	}
	for _, s := range c.all {
		s.check(index, sizes)
	}
}

// check holds what the session saw against where it was.
func (s *watched) check(index, sizes map[string]uint64) {
	t := s.who.T
	t.Helper()
	seen := map[string][]uint64{} // by room; in private by who told it
	for token := range strings.FieldsSeq(s.take()) {
		_, text, ok := strings.Cut(token, ":")
		if parts := strings.Split(text, "/"); ok && len(parts) == 3 && parts[0] == "private" {
			var n uint64
			fmt.Sscan(parts[2], &n)
			seen["from "+parts[1]] = append(seen["from "+parts[1]], n)
		} else if ok && len(parts) == 3 {
			seen[parts[0]] = append(seen[parts[0]], index[text])
		}
	}
	for what, numbers := range seen {
		if what == "brief" {
			continue // it is made anew again and again
		}
		if !slices.IsSortedFunc(numbers, cmp.Compare) || len(slices.Compact(slices.Clone(numbers))) != len(numbers) {
			t.Errorf("%s saw %s in the order %v", s.who.id, what, numbers)
		}
	}
	if s.who.wild || s.who.role >= chat.Moderator {
		return // others did not wait for them, and they for nobody
	}
	for room, size := range sizes {
		must, may := make([]bool, size+1), make([]bool, size+1)
		for _, st := range s.stays[room] {
			if st.open {
				st.to = bounds{size, size}
			}
			for n := st.from.least + 1; n <= st.to.most; n++ {
				may[n] = true
				must[n] = must[n] || n > st.from.most && n <= st.to.least
			}
			contiguous(t, s, room, seen[room], st)
		}
		for _, n := range seen[room] {
			if !may[n] {
				t.Errorf("%s saw message %d of %s and was not there: %+v", s.who.id, n, room, s.stays[room])
			}
			must[n] = false
		}
		if n := slices.Index(must, true); n >= 0 {
			t.Errorf("%s was in %s and did not see message %d: %+v", s.who.id, room, n, s.stays[room])
		}
	}
}

// contiguous fails if there is a gap in what was seen in one stay.
func contiguous(t *testing.T, s *watched, room string, seen []uint64, st stay) {
	t.Helper()
	last := uint64(0)
	for _, n := range seen {
		if n <= st.from.least || n > st.to.most {
			continue
		}
		if last > 0 && n != last+1 {
			t.Errorf("%s saw in %s message %d after %d: %+v", s.who.id, room, n, last, st)
		}
		last = n
	}
}
