package session_test

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

func TestSecondSessionJoinsTheFirst(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	one := b.enter("fish", "secret12")
	one.feed("join ops\n")
	bob := b.login("bob")
	bob.feed("join ops\n")
	one.take()
	bob.take()
	two := b.dial("two", false)
	two.take()
	two.feed("login fish secret12\n")
	b.await(two, "You are in ops")
	b.settle(two)
	two.expect("-- Welcome, fish.", "-- You are logged in 2 times now.", "-- You are in ops with 1 other.")
	bob.expect()
	bob.feed("hello\n")
	one.expect("bob: hello")
	two.expect("bob: hello")
	two.feed("hi bob\n")
	one.expect("fish: hi bob")
	two.expect("fish: hi bob")
	if users, _ := b.env.Hub.Count(); users != 2 || a.sessions("fish") != 2 {
		t.Errorf("%d users, %d sessions of the account", users, a.sessions("fish"))
	}
	bob.take()
	one.feed("logout\n")
	bob.expect()
	two.expect()
	two.feed("logout\n")
	bob.expect("[lobby] -- fish has left", "-- fish has left")
	if n := a.sessions("fish"); n != 0 {
		t.Errorf("%d sessions of the account", n)
	}
}

func TestSecondSessionTakesOver(t *testing.T) {
	b, a := newIdentities(t, func(s *session.Settings) { s.Takeover = true })
	a.add("fish", "secret12")
	one := b.enter("fish", "secret12")
	one.feed("join ops\n")
	one.take()
	bob := b.login("bob")
	two := b.dial("two", false)
	two.take()
	two.feed("login fish secret12\n")
	b.await(two, "You are in ops")
	b.settle(two)
	two.expect("-- Welcome, fish.", "-- You are in ops with 0 others.")
	one.expect("-- You have logged in from elsewhere, which ends this session.")
	bob.expect()
	if !one.closed || a.sessions("fish") != 1 {
		t.Errorf("closed %v, %d sessions of the account", one.closed, a.sessions("fish"))
	}
	two.feed("hi\n")
	two.expect("fish: hi")
}

// Dead sessions keep nobody out, however many there are.
func TestManySessionsAreTakenOver(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	for range 16 {
		b.enter("fish", "secret12")
	}
	last := b.enter("fish", "secret12")
	if n := a.sessions("fish"); n != 1 || len(last.User().Sessions()) != 1 {
		t.Errorf("%d sessions of the account, %d of the user", n, len(last.User().Sessions()))
	}
}

func TestWhatFollowsAnAccount(t *testing.T) {
	b, a := newIdentities(t, func(s *session.Settings) { s.MaxLine = 200 })
	a.add("fish", "secret12")
	a.add("bird", "secret12")
	p := b.enter("fish", "secret12")
	b.enter("bird", "secret12")
	p.feed("set theme mono\nset bell off\nset prompt %n>\nset prompt off\nalias hi echo $*, world\njoin ops\njoin dev\njoin ops\nevery 1h echo tea\n")
	if err := p.User().Ignore(b.env.Hub.Account("bird")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Schedule(2*time.Hour, false, "echo cake"); err != nil {
		t.Fatal(err)
	}
	p.feed("logout\n")
	got, now := b.kept("fish"), b.loop.Now
	for i := range got.Rooms {
		got.Rooms[i].Read = 0
	}
	want := session.Carried{
		Settings: map[string]string{"theme": "mono", "bell": "off"}, Aliases: map[string]string{"hi": "echo $*, world"},
		Ignores: []session.Ignored{{Account: "bird", Name: "bird"}},
		Rooms:   []session.JoinedRoom{{Name: "lobby"}, {Name: "ops"}, {Name: "dev"}}, Current: "ops",
		Jobs: []session.Job{{ID: 1, Line: "echo tea", Next: now.Add(time.Hour), Every: time.Hour}, {ID: 2, Line: "echo cake", Next: now.Add(2 * time.Hour)}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("kept\n%+v, want\n%+v", got, want)
	}
	if len(p.Aliases())+len(p.Jobs()) != 0 || setting(p, "theme") != "default" {
		t.Errorf("after the logout: %v, %v, theme %s", p.Aliases(), p.Jobs(), setting(p, "theme"))
	}

	b.advance(3*time.Hour + time.Minute)
	q := b.dial("q", false)
	q.take()
	q.feed("login fish secret12\nhi there\n")
	b.await(q, "there, world")
	b.advance(time.Second)
	q.expect("-- Welcome, fish.", "-- You are in lobby, dev as before.", "-- You are in ops with 0 others.",
		"-- While you were not here 1 job came due, which runs now.", "there, world", "-- job 2: echo cake", "cake")
	if setting(q, "theme") != "mono" || setting(q, "bell") != "off" || len(q.User().Ignored()) != 1 {
		t.Errorf("theme %s, bell %s, ignored %v", setting(q, "theme"), setting(q, "bell"), q.User().Ignored())
	}
	b.advance(time.Hour)
	q.expect("-- job 1: echo tea", "tea")
}

// setting is the value of a setting.
func setting(p *peer, name string) string {
	for _, s := range p.Settings() {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

func TestWhatWasSetOnTheConnectionStays(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.put("fish", session.Carried{Settings: map[string]string{"noise": "on", "theme": "mono", "bell": "gone"}})
	p := b.dial("p", false)
	p.set("theme", "bright")
	p.feed("login fish secret12\n")
	b.await(p, "You are in")
	if got := setting(p, "theme"); got != "bright" {
		t.Errorf("theme %s", got)
	}
	b.settle(p)
	p.feed("set bell all\n")
	b.advance(5 * time.Second)
	if got := b.kept("fish").Settings; got["theme"] != "mono" || got["bell"] != "all" {
		t.Errorf("kept %v", got)
	}
}

func TestProfileIsSavedBehind(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	p := b.enter("fish", "secret12")
	b.advance(5 * time.Second)
	saves := func() (n int) {
		b.turn()
		a.change(func() { n = a.saves })
		return n
	}
	b.kept("fish")
	before := saves()
	p.feed("join a\njoin b\nset theme mono\nhello\nhello\n")
	if n := saves(); n != before {
		t.Errorf("%d saves at once", n-before)
	}
	b.advance(5 * time.Second)
	if c := b.kept("fish"); saves() != before+1 || c.Current != "b" {
		t.Errorf("%d saves, current room %q", saves()-before, c.Current)
	}
	p.feed("hello\n/echo x\nset theme mono\n")
	b.advance(5 * time.Second)
	b.kept("fish")
	if n := saves(); n != before+1 {
		t.Errorf("%d saves without a change", n-before-1)
	}
	p.Abort("")
	p.closed = true
	if c := b.kept("fish"); c.Rooms[len(c.Rooms)-1].Read == 0 {
		t.Error("what was read is not kept at the logout")
	}
}

// What can't be loaded at once holds up nobody else.
func TestSlowStore(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.gate = make(chan struct{})
	p := b.dial("p", false)
	p.take()
	p.feed("login fish secret12\nhi 1\nhi 2\n")
	b.await(p, "Welcome")
	bob := b.login("bob")
	bob.feed("hello\n")
	bob.expect("bob: hello")
	p.expect()
	a.put("fish", session.Carried{Aliases: map[string]string{"hi": "echo hi $*"}})
	close(a.gate)
	b.await(p, "hi 2")
	p.expect("-- You are in lobby with 1 other.", "hi 1", "hi 2")

	a.change(func() { a.gate = make(chan struct{}) })
	q := b.dial("q", false)
	q.feed("login fish secret12\n") // shares what is there
	b.await(q, "You are in lobby")
}

func TestLeftWhileLoading(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.put("fish", session.Carried{Current: "ops", Rooms: []session.JoinedRoom{{Name: "ops", Read: 7}}})
	a.gate = make(chan struct{})
	p := b.dial("p", false)
	p.feed("login fish secret12\n")
	b.await(p, "Welcome")
	p.Abort("")
	p.closed = true
	close(a.gate)
	if c := b.kept("fish"); c.Current != "ops" || len(c.Rooms) != 1 || c.Rooms[0].Read != 7 {
		t.Errorf("kept %+v", c)
	}
	q := b.dial("q", false)
	q.feed("login fish secret12\n")
	b.await(q, "You are in ops")
	if _, read := q.LastHere(); read["ops"] != 7 {
		t.Errorf("read %v", read)
	}
}

func TestStoreIsAway(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.put("fish", session.Carried{Current: "ops", Rooms: []session.JoinedRoom{{Name: "ops"}}})
	a.broken = chat.Errorf(chat.Unavailable, "It is away.")
	p := b.dial("p", false)
	p.take()
	p.feed("login fish secret12\n")
	b.await(p, "You are in lobby")
	b.settle(p)
	p.expect("-- Welcome, fish.", "-- What the server keeps for you can't be read at the moment: your settings, aliases and rooms are missing.",
		"-- You are in lobby with 0 others.")
	p.feed("set theme mono\nlogout\n")
	q := b.dial("q", false) // before it could be saved
	q.feed("login fish secret12\n")
	b.await(q, "You are in lobby")
	if got := setting(q, "theme"); got != "mono" {
		t.Errorf("theme %s", got)
	}
	a.change(func() { a.broken = nil })
	if c := b.kept("fish"); c.Settings["theme"] != "mono" {
		t.Errorf("kept %+v", c)
	}
}

func TestMessagesThatCameMeanwhile(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	mail := []*chat.Event{{Kind: chat.Private, Time: b.loop.Now.Add(-time.Hour), From: "bird", To: "fish", Text: "are you there?"}}
	a.mail["fish"] = mail
	p := b.dial("p", false)
	p.take()
	p.feed("login fish secret12\n")
	b.await(p, "are you there?")
	p.expect("-- Welcome, fish.", "-- You are in lobby with 0 others.", "-- 1 message came while you were not here:", "[2026-01-02 14:04] *bird* are you there?")
	b.settle(p)
	p.feed("logout\nset output json\n")
	p.take()
	b.flush() // else that it was shown is noted of what comes now
	a.change(func() { a.mail["fish"] = mail })
	p.feed("login fish secret12\n")
	b.await(p, "are you there?")
	if got := p.take(); !strings.Contains(got, `{"type":"private","time":"2026-01-02T14:04:05.000000Z","from":"bird","to":"fish","text":"are you there?"}`) {
		t.Errorf("got %q", got)
	}
}

// A message is kept until it is on its way to its reader, and is shown once.
func TestMessagesAreKeptUntilShown(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.mail["fish"] = []*chat.Event{{Kind: chat.Private, Time: b.loop.Now, From: "bird", To: "fish", Text: "are you there?"}}
	a.gate = make(chan struct{})
	gone := b.dial("gone", false)
	gone.feed("login fish secret12\n")
	b.await(gone, "-- Welcome, fish.")
	gone.Abort("")
	gone.closed = true
	close(a.gate)
	b.flush()

	note := make(chan struct{})
	a.change(func() { a.gate, a.noteGate = nil, note })
	p := b.dial("p", false)
	p.feed("login fish secret12\n")
	b.await(p, "are you there?")
	p.feed("logout\nlogin fish secret12\n") // while it is being noted that it was shown
	p.take()
	a.change(func() { a.noteGate = nil })
	close(note)
	b.await(p, "You are in lobby")
	b.settle(p)
	if got := p.take(); strings.Contains(got, "are you there?") {
		t.Errorf("shown twice: %q", got)
	}
}

func TestGuestRegisters(t *testing.T) {
	b, a := newIdentities(t, nil)
	p, bob := b.login("fish"), b.login("bob")
	p.take()
	p.feed("set theme mono\nalias hi echo hi\njoin ops\n")
	p.take()
	p.feed("register fish\n")
	b.await(p, "New password: ")
	p.take()
	p.feed("secret12\nhi\n")
	b.await(p, "hi")
	b.settle(p)
	p.expect("-- Your role is user now; help lists what you may do.", "hi")
	bob.expect()
	if u := p.User(); u.Account() != "fish" || u.Role() != chat.Registered || a.sessions("fish") != 1 {
		t.Errorf("account %q, role %v, %d sessions", u.Account(), u.Role(), a.sessions("fish"))
	}
	b.advance(5 * time.Second)
	if c := b.kept("fish"); c.Current != "ops" || c.Settings["theme"] != "mono" || c.Aliases["hi"] != "echo hi" {
		t.Errorf("kept %+v", c)
	}
	p.feed("register rabbit\n")
	b.await(p, "New password: ")
	p.feed("secret12\n")
	b.await(p, "You are logged in to the account fish already.")
}

func TestNames(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	ann, fish := b.login("ann"), b.enter("fish", "secret12")
	ann.feed("nick fish\n")
	ann.expect("-- The name fish is registered; choose another, or logout and log in with its password.")
	fish.feed("nick bird\n")
	fish.expect("-- fish is now bird")
	if r := fish.User().Role(); r != chat.Registered {
		t.Errorf("the role is %v", r)
	}
	fish.feed("nick ann\nnick fish\n")
	fish.expect("-- The name ann is taken; choose another.", "-- bird is now fish")
	ann.take()
	fish.feed("logout\n")

	a.add("Ann", "secret12") // while a guest has the name
	owner := b.dial("owner", false)
	owner.feed("login ann secret12\n")
	b.await(owner, "Welcome, Ann.")
	if got := ann.User().Name().Display; !strings.HasPrefix(got, "guest") {
		t.Errorf("the guest is %s", got)
	}
	if got := ann.take(); !strings.Contains(got, "-- The name Ann is that of an account whose owner is here now, so you are guest") {
		t.Errorf("the guest was shown %q", got)
	}
}

func TestSanctionsOfLiveSessions(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	fish, ann, bob := b.enter("fish", "secret12"), b.login("ann"), b.login("bob")
	for _, p := range []*peer{fish, ann, bob} {
		p.take()
	}
	covers := func(key string) func(netip.Addr, string) bool {
		return func(_ netip.Addr, k string) bool { return k == key }
	}
	recheck := func(key string) {
		b.env.Recheck(covers(key))
		b.turn()
	}
	a.change(func() { a.muted["fish"], a.muted["ann"] = true, true })
	recheck("fish")
	fish.feed("hello\n")
	if got := fish.take(); !strings.HasPrefix(got, "-- You are muted") {
		t.Errorf("muted: %q", got)
	}
	ann.feed("hello\n")
	ann.expect("ann: hello") // was not told to ask again
	recheck("ann")
	ann.feed("hello\n")
	bob.expect("ann: hello")
	a.change(func() { delete(a.muted, "fish") })
	recheck("fish")
	fish.take()
	fish.feed("hello\n")
	fish.expect("fish: hello")

	a.change(func() { a.roles["fish"] = chat.Moderator })
	b.env.Recheck(nil)
	b.turn()
	fish.expect("-- Your role is moderator now; help lists what you may do.")

	a.change(func() { a.banned = func(_ netip.Addr, key string) bool { return key == "fish" } })
	recheck("fish")
	fish.expect("-- You are banned.")
	if !fish.closed || b.env.Hub.HasUser("fish") {
		t.Error("a banned session goes on")
	}
	again := b.dial("again", false)
	again.feed("login fish secret12\n")
	b.await(again, "You are banned.")
	if again.LoggedIn() || a.sessions("fish") != 0 {
		t.Errorf("logged in %v, %d sessions", again.LoggedIn(), a.sessions("fish"))
	}
	a.change(func() { a.banned = func(_ netip.Addr, key string) bool { return true } })
	again.take()
	again.feed("login cat\n")
	again.expect("-- You are banned.")
}

// Who comes in muted is muted from the first word on, and in all sessions.
func TestMutedAtLogin(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.muted["fish"] = true
	fish := b.enter("fish", "secret12")
	fish.feed("hello\n")
	if got := fish.take(); !strings.HasPrefix(got, "-- You are muted") {
		t.Errorf("got %q", got)
	}
}

func TestCut(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	one, two, bob := b.enter("fish", "secret12"), b.enter("fish", "secret12"), b.login("bob")
	if one.Since().IsZero() || !b.dial("x", false).Since().IsZero() {
		t.Error("Since does not tell who is logged in")
	}
	one.take()
	two.take()
	one.Cut("This session was revoked.")
	b.turn()
	one.expect("-- This session was revoked.")
	if !one.closed || two.closed {
		t.Errorf("closed: one %v, two %v", one.closed, two.closed)
	}
	two.Cut("Never seen.")
	two.feed("logout\n") // comes before
	b.turn()
	if two.closed {
		t.Error("a session was cut that is logged in to no account any more")
	}
	three, four := b.enter("fish", "secret12"), b.enter("fish", "secret12")
	three.take()
	b.env.CutUser(three.User(), "Out.\x1b[31m")
	b.turn()
	three.expect("-- Out.[31m")
	if !three.closed || !four.closed || bob.closed {
		t.Error("CutUser ends all sessions of a user, and no other")
	}
	bobs := bob.User()
	bob.feed("logout\nlogin bob\n")
	bob.take()
	b.env.CutUser(bobs, "Not you.")
	b.turn()
	if bob.closed {
		t.Error("another login was cut")
	}
}

func TestAccountsAreNotGuests(t *testing.T) {
	b, a := newIdentities(t, func(s *session.Settings) { s.GuestIdle, s.Grace = time.Minute, time.Minute })
	a.add("fish", "secret12")
	fish, ann, late := b.enter("fish", "secret12"), b.login("ann"), b.dial("late", false)
	b.advance(2 * time.Minute)
	if fish.closed || !ann.closed || !late.closed {
		t.Errorf("closed: account %v, guest %v, newcomer %v", fish.closed, ann.closed, late.closed)
	}
	a.change(func() {
		if a.over != 1 {
			t.Errorf("%d overstayed", a.over)
		}
	})
}

func TestJobsOfTwoSessions(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	one, two := b.enter("fish", "secret12"), b.enter("fish", "secret12")
	one.take()
	one.feed("every 1m echo tea\n")
	if len(two.Jobs()) != 1 {
		t.Errorf("the other session sees %v", two.Jobs())
	}
	b.advance(time.Minute)
	one.expect("-- job 1: echo tea", "tea")
	two.expect()
	one.feed("logout\n")
	b.advance(time.Minute)
	two.expect("-- job 1: echo tea", "tea")
	if err := two.CancelJob(1); err != nil {
		t.Fatal(err)
	}
}

func TestOldJobs(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	now := b.loop.Now
	a.put("fish", session.Carried{Jobs: []session.Job{
		{ID: 1, Line: "echo old", Next: now.Add(-25 * time.Hour)}, {ID: 4, Line: "echo often", Next: now.Add(-90 * time.Second), Every: time.Minute},
	}})
	p := b.dial("p", false)
	p.feed("login fish secret12\n")
	b.await(p, "A job was due more than 1 day ago and is dropped: echo old")
	if jobs := p.Jobs(); len(jobs) != 1 || !jobs[0].Next.Equal(now.Add(30*time.Second)) {
		t.Errorf("jobs %v", jobs)
	}
	j, err := p.Schedule(time.Minute, false, "echo x")
	if err != nil || j.ID != 5 {
		t.Errorf("the next job is %v, %v", j, err)
	}
}

// Rooms that do not let the user in again are told of, and the rest is entered.
func TestRoomsThatAreShut(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	a.put("fish", session.Carried{Rooms: []session.JoinedRoom{{Name: "lobby"}, {Name: "den"}, {Name: "ops"}}, Current: "den"})
	b.env.Hub.ConfigureRooms([]chat.RoomSpec{{Name: "den", Private: true}})
	p := b.dial("p", false)
	p.take()
	p.feed("login fish secret12\n")
	b.await(p, "You are in lobby")
	got := p.take()
	if !strings.HasPrefix(got, lines("-- Welcome, fish.", "-- You are in lobby, ops as before.")+"-- You are no longer in den: ") || p.User().Room().Name() != "lobby" {
		t.Errorf("got %q, in %s", got, p.User().Room().Name())
	}
}

// TestHangUpWhileLoading: whoever comes while the profile is being loaded for
// somebody who has hung up since gets it, once, and nothing is loaded beside.
func TestHangUpWhileLoading(t *testing.T) {
	b, a := newIdentities(t, nil)
	a.add("fish", "secret12")
	gate := make(chan struct{})
	a.mu.Lock()
	a.gate = gate
	a.mu.Unlock()
	for range 3 {
		gone := b.dial("gone", false)
		gone.feed("login fish secret12\n")
		b.await(gone, "-- Welcome, fish.")
		gone.Abort("")
		gone.closed = true
		b.turn()
	}
	stays := b.dial("stays", false)
	stays.feed("login fish secret12\n")
	b.await(stays, "-- Welcome, fish.")
	close(gate)
	b.await(stays, "-- You are in lobby")
	b.settle(stays)
	if n := a.loaded(); n != 1 {
		t.Errorf("the profile was loaded %d times", n)
	}
}
