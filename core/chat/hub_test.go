package chat_test

import (
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

var rules = chat.Rules{Start: "lobby", JoinNoise: 50, Keep: time.Hour}

func wantCode(t *testing.T, err error, code chat.Code) {
	t.Helper()
	if got := chat.ErrorCode(err); got != code {
		t.Errorf("error %v has code %q, want %q", err, got, code)
	}
}

func TestTalk(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann, bob := w.login(0, "ann"), w.login(1, "bob")
	w.turn()
	expect(t, ann, "+bob ")
	expect(t, bob, "")
	w.say(ann, "hi")
	w.say(bob, "ho")
	w.turn()
	expect(t, ann, "ann:hi bob:ho ")
	expect(t, bob, "ann:hi bob:ho ")
	if ann.frames != 2 {
		t.Errorf("ann got %d frames, want one a batch", ann.frames)
	}
}

func TestNames(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.login(0, "Ann")
	login := func(n chat.Name) error {
		m := &member{loop: w.loops[0]}
		m.seat.Init(m.loop.fanout, 0)
		_, err := w.hub.Login(m, chat.Identity{Name: n}, w.now)
		return err
	}
	wantCode(t, login(name("ann")), chat.Conflict)
	wantCode(t, login(chat.Name{Display: "Änn", Key: "änn", Skeleton: "ann"}), chat.Conflict)

	if err := w.hub.Rename(ann.user, name("ANN"), w.now); err != nil {
		t.Errorf("rename to another case: %v", err)
	}
	bob := w.login(0, "bob")
	wantCode(t, w.hub.Rename(bob.user, name("ann"), w.now), chat.Conflict)
	if got := bob.user.Name().Display; got != "bob" || w.hub.User("bob") != bob.user {
		t.Errorf("after a refused rename bob is called %q", got)
	}
	if err := w.hub.Rename(bob.user, name("ben"), w.now); err != nil {
		t.Fatal(err)
	}
	if w.hub.HasUser("bob") || !w.hub.HasUser("ben") {
		t.Error("the old name is taken or the new one free after a rename")
	}
	w.turn()
	expect(t, ann, "Ann=ANN +bob bob=ben ")

	w.hub.Logout(bob.user, "", w.now)
	w.hub.Logout(bob.user, "", w.now)
	w.turn()
	expect(t, ann, "-ben ")
	if err := login(name("ben")); err != nil {
		t.Errorf("the name is not free after a logout: %v", err)
	}
	wantCode(t, w.hub.Rename(bob.user, name("bill"), w.now), chat.Unauthenticated)
	_, _, _, err := w.hub.Join(bob.user, "ops", "", w.now)
	wantCode(t, err, chat.Unauthenticated)
}

func TestRooms(t *testing.T) {
	w := newWorld(t, 1, chat.Rules{Start: "lobby", JoinNoise: 50, PerUser: 2, MaxRooms: 3})
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	w.join(ann, "ops")
	w.join(bob, "ops")
	w.turn()
	ann.take()
	bob.take()

	w.join(ann, "lobby") // back to it, still in both
	w.say(bob, "in ops")
	w.say(ann, "in lobby")
	w.turn()
	expect(t, ann, "[ops]bob:in ops ann:in lobby ")
	expect(t, bob, "bob:in ops [lobby]ann:in lobby ")

	wantCode(t, w.hub.Leave(ann.user, "lobby", w.now), chat.Forbidden)
	wantCode(t, w.hub.Leave(ann.user, "nowhere", w.now), chat.NotFound)
	w.join(bob, "dev")
	_, _, _, err := w.hub.Join(bob.user, "more", "", w.now)
	wantCode(t, err, chat.Limited) // PerUser
	_, _, _, err = w.hub.Join(ann.user, "more", "", w.now)
	wantCode(t, err, chat.Limited) // MaxRooms
	for _, bad := range []string{"", "Ops", "a b", "#ops", "é", "abcdefghijklmnopqrstuvwxyz0123456"} {
		_, _, _, err := w.hub.Join(ann.user, bad, "", w.now)
		wantCode(t, err, chat.Invalid)
	}

	if err := w.hub.Leave(bob.user, "dev", w.now); err != nil {
		t.Fatal(err)
	}
	w.join(ann, "more") // takes the place of dev, where nobody is
	if w.hub.Room("dev") != nil {
		t.Error("the empty room still stands in the way")
	}
	w.join(ann, "ops")
	if got := bob.user.Room().Name(); got != "ops" {
		t.Errorf("after leaving dev bob's room is %s, want ops", got)
	}
	if err := w.hub.Leave(bob.user, "ops", w.now); err != nil {
		t.Fatal(err)
	}
	w.turn()
	bob.take()
	w.join(ann, "ops")
	w.say(ann, "alone")
	w.turn()
	expect(t, bob, "")
}

func TestSweep(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.login(0, "ann")
	w.join(ann, "ops")
	w.say(ann, "x")
	if err := w.hub.SetTopic(ann.user, ann.user.Room(), "work", w.now); err != nil {
		t.Fatal(err)
	}
	if err := w.hub.Leave(ann.user, "ops", w.now); err != nil {
		t.Fatal(err)
	}
	w.hub.Sweep(w.now.Add(59 * time.Minute))
	if r := w.hub.Room("ops"); r == nil || r.Topic().Text != "work" {
		t.Fatal("the empty room was forgotten before its time")
	}
	w.hub.Sweep(w.now.Add(time.Hour))
	if w.hub.Room("ops") != nil || w.log.Bytes() != 0 {
		t.Error("the empty room or its history was kept beyond its time")
	}
	w.hub.Logout(ann.user, "", w.now)
	w.hub.Sweep(w.now.Add(100 * time.Hour))
	if w.hub.Room("lobby") == nil {
		t.Error("the start room was forgotten")
	}
}

// A room that is empty for long is not listed any more, and is there with its door and
// what was said until it is forgotten.
func TestSweepKeepsHistory(t *testing.T) {
	last := rules
	last.Forget = 30 * 24 * time.Hour
	w := newWorld(t, 1, last)
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	w.join(ann, "ops")
	ok(t, w.hub.SetKey(ann.user, ann.user.Room(), "sesame", w.now))
	w.say(ann, "x")
	ok(t, w.hub.Leave(ann.user, "ops", w.now))
	listed := func() bool {
		for _, r := range w.hub.Rooms() {
			if r.Name() == "ops" {
				return true
			}
		}
		return false
	}
	w.hub.Sweep(w.now.Add(59 * time.Minute))
	if !listed() {
		t.Error("a room that was left lately is not listed")
	}
	w.hub.Sweep(w.now.Add(last.Forget - time.Minute))
	if listed() {
		t.Error("a room that nobody was in for weeks is listed")
	}
	wantCode(t, w.enter(bob, "ops", ""), chat.Forbidden)
	ok(t, w.enter(bob, "ops", "sesame"))
	if !listed() {
		t.Error("a room with somebody in it is not listed")
	}
	if events, err := w.hub.History(w.hub.Room("ops"), chat.Query{}); err != nil || len(events) != 1 {
		t.Errorf("the history is %v, %v", events, err)
	}
	ok(t, w.hub.Leave(bob.user, "ops", w.now))
	w.hub.Sweep(w.now.Add(last.Forget))
	if w.hub.Room("ops") != nil || w.log.Bytes() != 0 {
		t.Error("the empty room or its history was kept beyond its time")
	}
}

// A room that the config does not name any more is empty from then on: what was said
// there does not go at once.
func TestSweepReleased(t *testing.T) {
	w := newWorld(t, 1, rules)
	w.hub.ConfigureRooms([]chat.RoomSpec{{Name: "staff"}})
	w.hub.ConfigureRooms(nil)
	w.hub.Sweep(w.now)
	w.hub.Sweep(w.now.Add(rules.Keep - 1))
	if w.hub.Room("staff") == nil {
		t.Error("a room that the config named was forgotten at once")
	}
	w.hub.Sweep(w.now.Add(rules.Keep))
	if w.hub.Room("staff") != nil {
		t.Error("an empty room was kept beyond its time")
	}
}

func TestJoinNoise(t *testing.T) {
	w := newWorld(t, 1, chat.Rules{Start: "lobby", JoinNoise: 2})
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	cid := w.login(0, "cid")
	w.hub.Logout(cid.user, "", w.now)
	w.hub.Logout(bob.user, "", w.now)
	w.turn()
	expect(t, ann, "+bob -bob ")
}

func TestIgnore(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob, cid := w.login(0, "ann"), w.login(0, "bob"), w.login(0, "cid")
	w.turn()
	ann.take()
	if err := ann.user.Ignore(bob.user); err != nil {
		t.Fatal(err)
	}
	wantCode(t, ann.user.Ignore(ann.user), chat.Invalid)
	w.say(cid, "1")
	w.say(bob, "ann: 2")
	w.say(cid, "3")
	w.hub.Tell(bob.user, ann.user, "psst", w.now)
	w.turn()
	expect(t, ann, "cid:1 cid:3 ")
	if got := ann.user.Ignored(); len(got) != 1 || got[0].Name != "bob" {
		t.Errorf("Ignored() = %v", got)
	}
	if n := ann.user.Unignore(func(i chat.Ignored) bool { return i.Name == "bob" }); n != 1 {
		t.Errorf("Unignore ended %d, want 1", n)
	}
	w.say(bob, "4")
	w.turn()
	expect(t, ann, "bob:4 ")
}

func TestMentionsAndPrivate(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann, bob, cid := w.login(0, "Ann"), w.login(0, "bob"), w.login(1, "cid")
	w.turn()
	for _, m := range []*member{ann, bob, cid} {
		m.take()
	}
	w.say(bob, "a")
	w.say(bob, "@ann, and cid: hi ann")
	w.say(bob, "annabel bob")
	w.turn()
	expect(t, bob, "bob:a bob:@ann, and cid: hi ann bob:annabel bob ")
	expect(t, ann, "bob:a !bob:@ann, and cid: hi ann bob:annabel bob ")
	expect(t, cid, "bob:a !bob:@ann, and cid: hi ann bob:annabel bob ")

	w.hub.Tell(bob.user, ann.user, "psst", w.now)
	w.turn()
	expect(t, ann, "!bob:psst ")
	expect(t, cid, "")
	if got := ann.user.ReplyTo(); got != bob.user {
		t.Errorf("ReplyTo() = %v", got)
	}
}

// Who is in a class with OwnApart gets by Receive what it said, in its place, and
// who tells something sees that before the answer.
func TestOwnApart(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann, bob := w.login(0, "ann"), w.login(1, "bob")
	w.turn()
	ann.seat.SetClass(chat.OwnApart)
	w.turn()
	ann.take()
	w.say(bob, "1")
	w.say(ann, "2")
	w.say(bob, "3")
	w.turn()
	expect(t, ann, "bob:1 !ann:2 bob:3 ")
	ann.seat.SetClass(0)
	w.say(ann, "4")
	ok(t, w.hub.Told(ann.user, "bob,cid", "psst", w.now))
	ok(t, w.hub.Tell(bob.user, ann.user, "what?", w.now))
	w.turn()
	expect(t, ann, "ann:4 !ann:psst !bob:what? ")
}

// Private output that is settled stands after what was said before it and
// before what is said after it, within one batch.
func TestSettle(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	w.turn()
	ann.take()
	w.say(bob, "1")
	ann.seat.Settle()
	ann.Queue([]byte("(private) "))
	w.say(bob, "2")
	ann.seat.SetClass(chat.OwnApart << 1)
	w.say(bob, "3")
	w.turn()
	expect(t, ann, "bob:1 (private) bob:2 bob:3 ")
	expect(t, bob, "bob:1 bob:2 bob:3 ")
}

func TestCallRunsAfterWhatWasPutBefore(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.login(0, "ann")
	w.say(ann, "1")
	ann.seat.Call(func() {
		w.say(ann, "2")
		ann.seat.Settle()
		ann.Queue([]byte("called "))
	})
	w.say(ann, "3")
	w.turn()
	expect(t, ann, "ann:1 ann:3 ann:2 called ")
}

func TestMailboxWakesOnce(t *testing.T) {
	wakes := 0
	b := chat.NewMailbox(func() { wakes++ })
	b.Call(func() {})
	if wakes != 0 {
		t.Error("a loop that does not wait was woken")
	}
	if b.Sleep() {
		t.Error("Sleep allows a wait with something in the mailbox")
	}
	chat.NewFanout(b, encoder{}).Drain()
	if !b.Sleep() {
		t.Error("Sleep forbids a wait with an empty mailbox")
	}
	b.Call(func() {})
	b.Call(func() {})
	if wakes != 1 {
		t.Errorf("two entries woke the loop %d times, want once", wakes)
	}
	b.Awake()
	b.Call(func() {})
	if wakes != 1 {
		t.Error("a loop that is awake was woken")
	}
}

// A batch ends when its segments are full, so that a burst does not overflow
// the outbox of a reader that keeps up.
func TestFullBatch(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.login(0, "ann")
	text := string(make([]byte, 1000))
	for range 100 {
		w.say(ann, text)
	}
	frames := ann.frames
	w.turn()
	if n := ann.frames - frames; n < 3 || n > 5 {
		t.Errorf("100 KB came in %d frames, want about one for each 32 KiB", n)
	}
	if got := len(ann.take()); got != 100*(len("ann:")+1000+1) {
		t.Errorf("%d bytes arrived", got)
	}
}
