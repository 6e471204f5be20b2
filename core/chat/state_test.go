package chat_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A keeper keeps what it is told of rooms, as JSON.
type keeper struct {
	kept map[string]string
	told []string // the names, "-" before those that are gone
}

func (w *world) keep() *keeper {
	k := &keeper{kept: map[string]string{}}
	w.hub.OnRoomChange(func(st chat.RoomState) {
		if st.Gone {
			delete(k.kept, st.Name)
			k.told = append(k.told, "-"+st.Name)
			return
		}
		p, err := json.Marshal(st)
		if err != nil {
			w.t.Fatal(err)
		}
		k.kept[st.Name] = string(p)
		k.told = append(k.told, st.Name)
	})
	return k
}

// restart is the world after the server has stopped and started with what was kept of
// rooms, and all that was said.
func (w *world) restart(k *keeper) *world {
	w.t.Helper()
	next := newWorld(w.t, len(w.loops), w.hub.Rules())
	next.now, next.log = w.now.Add(time.Minute), w.log
	next.hub = chat.NewHub(w.log, strings.ToLower, w.hub.Rules())
	var states []chat.RoomState
	for _, p := range k.kept {
		var st chat.RoomState
		if err := json.Unmarshal([]byte(p), &st); err != nil {
			w.t.Fatal(err)
		}
		states = append(states, st)
	}
	if err := next.hub.Restore(states, next.now); err != nil {
		w.t.Fatal(err)
	}
	return next
}

func TestRoomsLast(t *testing.T) {
	w := newWorld(t, 1, rules)
	k := w.keep()
	owen, gus := w.loginAs(0, account("Owen", chat.Registered)), w.login(0, "gus")
	mia, ivy := w.loginAs(0, account("Mia", chat.Registered)), w.loginAs(0, account("Ivy", chat.Registered))
	w.join(owen, "ops")
	ops := owen.user.Room()
	ok(t, w.hub.SetKey(owen.user, ops, "sesame", w.now))
	ok(t, w.hub.SetPrivate(owen.user, ops, true, w.now))
	ok(t, w.hub.SetModerator(owen.user, ops, mia.user, true, w.now))
	ok(t, w.hub.SetModerator(owen.user, ops, gus.user, true, w.now))
	ok(t, w.hub.Invite(owen.user, ops, ivy.user, w.now))
	ok(t, w.hub.Invite(owen.user, ops, gus.user, w.now))
	ok(t, w.hub.SetSlow(owen.user, ops, time.Minute, w.now))
	ok(t, w.hub.SetTopic(owen.user, ops, "<tea>", w.now))
	w.say(owen, "secret")
	w.join(gus, "den")
	ok(t, w.hub.SetPrivate(gus.user, gus.user.Room(), true, w.now))
	w.say(gus, "hush")
	w.join(gus, "open")
	w.say(gus, "hello")
	if strings.Contains(fmt.Sprint(k.kept), "sesame") {
		t.Error("the key is kept")
	}
	before, made := ops.Door(), w.now

	w = w.restart(k)
	ops = w.hub.Room("ops")
	after := ops.Door()
	before.Moderators = []string{"Mia"} // gus was a guest
	if !after.Since.Equal(made) || !before.Since.Equal(made) {
		t.Errorf("made at %v, was at %v", after.Since, made)
	}
	if fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the door of ops is\n%+v, was\n%+v", after, before)
	}
	if topic := ops.Topic(); topic.Text != "<tea>" || topic.By != "Owen" || !topic.At.Equal(made) {
		t.Errorf("the topic is %+v", topic)
	}
	if den := w.hub.Room("den").Door(); !den.Private || den.Owner != "" {
		t.Errorf("the door of den is %+v", den)
	}

	gus, ivy = w.login(0, "gus"), w.loginAs(0, account("Ivy", chat.Registered))
	for _, room := range []string{"ops", "den"} {
		wantCode(t, w.enter(gus, room, ""), chat.Forbidden)
		if w.hub.Room(room).Visible(gus.user) {
			t.Errorf("%s is shown to a stranger", room)
		}
	}
	ok(t, w.enter(ivy, "ops", ""))
	ok(t, w.enter(gus, "ops", "sesame"))
	mia = w.loginAs(0, account("Mia", chat.Registered))
	if !ops.Governs(mia.user) || ops.Governs(gus.user) {
		t.Error("the moderators are not those of before")
	}
	ok(t, w.hub.Post(gus.user, ops, chat.Say, "x", w.now))
	wantCode(t, w.hub.Post(gus.user, ops, chat.Say, "x", w.now), chat.Limited)
	for room, want := range map[string]string{"ops": "secret", "open": "hello"} {
		r, upto, _, err := w.hub.Join(ivy.user, room, "", w.now)
		ok(t, err)
		if room == "open" && upto != 1 {
			t.Errorf("the last message of open is %d", upto)
		}
		if events, err := w.hub.History(r, chat.Query{}); err != nil || len(events) == 0 || events[0].Text != want {
			t.Errorf("the history of %s is %v (%v)", room, events, err)
		}
	}
}

// Each change is told once and in order, what was refused is not.
func TestRoomChanges(t *testing.T) {
	w := newWorld(t, 1, rules)
	k := w.keep()
	owen, bob := w.loginAs(0, account("owen", chat.Registered)), w.login(0, "bob")
	mod := w.loginAs(0, account("mod", chat.Moderator))
	lobby := w.hub.Room("lobby")
	told := func(what, want string) {
		t.Helper()
		if got := strings.Join(k.told, " "); got != want {
			t.Errorf("after %s the changes are %q, want %q", what, got, want)
		}
		k.told = nil
	}
	told("logins", "")
	w.join(owen, "ops")
	ops := owen.user.Room()
	told("a room is made", "ops")
	w.join(bob, "ops")
	w.say(bob, "hi")
	told("another joins", "")
	for _, change := range []struct {
		name string
		f    func(u *chat.User) error
	}{
		{"private", func(u *chat.User) error { return w.hub.SetPrivate(u, ops, true, w.now) }},
		{"key", func(u *chat.User) error { return w.hub.SetKey(u, ops, "k", w.now) }},
		{"slow", func(u *chat.User) error { return w.hub.SetSlow(u, ops, time.Second, w.now) }},
		{"topic", func(u *chat.User) error { return w.hub.SetTopic(u, ops, "tea", w.now) }},
		{"invite", func(u *chat.User) error { return w.hub.Invite(u, ops, mod.user, w.now) }},
	} {
		if change.name != "private" { // until then everyone may do some of it
			wantCode(t, change.f(bob.user), chat.Forbidden)
		}
		told("a refused "+change.name, "")
		ok(t, change.f(owen.user))
		told(change.name, "ops")
	}
	ok(t, w.hub.SetModerator(owen.user, ops, bob.user, true, w.now))
	told("moderator", "ops")
	ok(t, w.hub.Expel(owen.user, ops, bob.user, "", w.now))
	told("expel", "ops")
	ok(t, w.hub.SetTopic(mod.user, lobby, "tea", w.now))
	told("a topic of the start room", "lobby")
	w.join(bob, "den")
	told("a guest's room is made", "den")
	ok(t, w.hub.Identify(bob.user, account("bob", chat.Registered), w.now))
	told("identify", "den")
	if !strings.Contains(k.kept["den"], `"owner":{"account":"bob","name":"bob"}`) {
		t.Errorf("den is kept as %s", k.kept["den"])
	}
	w.hub.Disown("bob")
	told("disown", "den")
	w.hub.ConfigureRooms([]chat.RoomSpec{{Name: "staff", Private: true}})
	told("configure", "staff")
	w.hub.ConfigureRooms(nil)
	told("configure nothing", "staff")
	r := w.hub.Rules()
	r.Start = "ops"
	w.hub.SetRules(r)
	told("another start room", "ops")
	if ops.State().Private || strings.Contains(k.kept["ops"], "private") || strings.Contains(k.kept["ops"], "key") {
		t.Errorf("the start room is kept as %s", k.kept["ops"])
	}
	w.hub.SetRules(rules)
	told("the rules of before", "")

	for _, m := range []*member{owen, bob} {
		w.hub.Logout(m.user, "", w.now)
	}
	told("logouts", "")
	w.hub.Sweep(w.now.Add(rules.Keep))
	slices.Sort(k.told)
	told("a sweep", "-den -ops") // staff, which the config named, is empty from now on
	w.hub.Sweep(w.now.Add(2 * rules.Keep))
	told("the next sweep", "-staff")
	if len(k.kept) != 1 || !strings.Contains(k.kept["lobby"], "tea") {
		t.Errorf("kept are %v", k.kept)
	}
	w.hub.OnRoomChange(nil)
	ok(t, w.hub.SetTopic(mod.user, lobby, "coffee", w.now))
	told("nobody asks", "")
}

// Of a change of a door that is under way the keeper hears before anything that is said
// behind it can be stored: who stores asks for it.
func TestReportRoom(t *testing.T) {
	w := newWorld(t, 1, rules)
	k := w.keep()
	gus := w.login(0, "gus")
	w.join(gus, "den")
	k.told = nil
	w.hub.ReportRoom("den")
	w.hub.ReportRoom("nowhere")
	if got := strings.Join(k.told, " "); got != "" {
		t.Errorf("told %s without a change", got)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			ok(t, w.hub.SetPrivate(gus.user, gus.user.Room(), i%2 == 0, w.now))
		}
	}()
	for range 200 {
		w.hub.ReportRoom("den")
	}
	<-done
	// Two that follow each other may be told as one; the last one is what is kept.
	if n := len(k.told); n == 0 || n > 200 || !strings.Contains(k.kept["den"], `"name":"den"`) || strings.Contains(k.kept["den"], "private") {
		t.Errorf("told %d changes of 200; kept %s", n, k.kept["den"])
	}
}

// What was said in a private room is never read by somebody who makes the room again:
// neither when it was forgotten, nor when the server has started again, nor when what
// was kept of the room was lost.
func TestPrivateHistoryStaysPrivate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		happen func(w *world, k *keeper) *world
		enter  bool
	}{
		{"nothing", func(w *world, k *keeper) *world { return w }, false},
		{"forgotten", func(w *world, k *keeper) *world { w.hub.Sweep(w.now.Add(time.Hour)); return w }, true},
		{"restart", func(w *world, k *keeper) *world { return w.restart(k) }, false},
		{"two restarts", func(w *world, k *keeper) *world {
			w = w.restart(k)
			return w.restart(k)
		}, false},
		{"restart, the state is lost", func(w *world, k *keeper) *world { return w.restart(&keeper{}) }, true},
		{"forgotten, restart, the log has it still", func(w *world, k *keeper) *world {
			w.hub.Sweep(w.now.Add(time.Hour))
			if err := w.log.Append(&chat.Event{Kind: chat.Say, Room: "den", From: "gus", Author: "gus", Text: "secret"}); err != nil {
				t.Fatal(err)
			}
			return w.restart(k)
		}, true},
		{"restart, forgotten", func(w *world, k *keeper) *world {
			w = w.restart(k)
			w.hub.Sweep(w.now.Add(time.Hour))
			return w
		}, true},
		{"another room takes its place", func(w *world, k *keeper) *world {
			r := w.hub.Rules()
			r.MaxRooms = 2
			w.hub.SetRules(r)
			w.join(w.login(0, "eve"), "other")
			return w
		}, false}, // there are as many as may be
	} {
		w := newWorld(t, 1, rules)
		k := w.keep()
		gus := w.login(0, "gus")
		w.join(gus, "den")
		ok(t, w.hub.SetPrivate(gus.user, gus.user.Room(), true, w.now))
		w.say(gus, "secret")
		w.hub.Logout(gus.user, "", w.now)

		w = tt.happen(w, k)
		mallory := w.loginAs(0, account("gus", chat.Registered)) // even under that name
		err := w.enter(mallory, "den", "")
		if (err == nil) != tt.enter {
			t.Errorf("%s: den is entered: %v", tt.name, err)
		}
		if err != nil {
			continue
		}
		den := mallory.user.Room()
		w.say(mallory, "mine")
		for what, search := range map[string]func() ([]*chat.Event, error){
			"history": func() ([]*chat.Event, error) { return w.hub.History(den, chat.Query{}) },
			"search":  func() ([]*chat.Event, error) { return w.hub.Search(t.Context(), den, chat.Query{}) },
		} {
			events, err := search()
			if err != nil || len(events) != 1 || events[0].Text != "mine" {
				t.Errorf("%s: the %s of den is %v (%v)", tt.name, what, events, err)
			}
		}
	}
}

// A topic that was set stands against the one that the config had already.
func TestConfigTopicLasts(t *testing.T) {
	w := newWorld(t, 1, rules)
	k := w.keep()
	spec := []chat.RoomSpec{{Name: "staff", Topic: "work", Private: true, Key: "k"}}
	w.hub.ConfigureRooms(spec)
	mod := w.loginAs(0, account("mod", chat.Moderator))
	ok(t, w.hub.SetTopic(mod.user, w.hub.Room("staff"), "play", w.now))
	w = w.restart(k)
	k = w.keep()
	w.hub.ConfigureRooms(spec)
	topic := func() string { return w.hub.Room("staff").Topic().Text }
	if topic() != "play" {
		t.Errorf("the topic is %q, want play", topic())
	}
	spec[0].Topic = "rest"
	w = w.restart(k)
	k = w.keep()
	w.hub.ConfigureRooms(spec)
	if topic() != "rest" {
		t.Errorf("the topic is %q, want rest", topic())
	}
	// Named no longer it keeps its door.
	w = w.restart(k)
	w.hub.ConfigureRooms(nil)
	bob := w.login(0, "bob")
	wantCode(t, w.enter(bob, "staff", ""), chat.Forbidden)
	ok(t, w.enter(bob, "staff", "k"))
}

func TestRestoreRefuses(t *testing.T) {
	w := newWorld(t, 1, rules)
	who := &chat.Holder{Account: "ann", Name: "Ann"}
	err := w.hub.Restore([]chat.RoomState{
		{Name: "Bad Name"},
		{Name: "key", Key: []byte("short")},
		{Name: "role", Role: 9},
		{Name: "slow", Slow: time.Millisecond},
		{Name: "owner", Owner: &chat.Holder{}},
		{Name: "moderators", Moderators: []chat.Holder{*who, {}}},
		{Name: "gone", Gone: true},
		{Name: "lobby", Private: true},
		{Name: "good", Owner: who},
	}, w.now)
	for _, bad := range []string{"Bad Name", "key", "role", "slow", "owner", "moderators"} {
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", bad)) {
			t.Errorf("the error does not name %s: %v", bad, err)
		}
	}
	var names []string
	for _, r := range w.hub.Rooms() {
		names = append(names, r.Name())
	}
	if got := strings.Join(names, " "); got != "good lobby" {
		t.Errorf("the rooms are %s", got)
	}
	if w.hub.Room("lobby").Door().Private {
		t.Error("the start room is private")
	}
	// A room that is there stays as it is.
	ok(t, w.hub.Restore([]chat.RoomState{{Name: "good", Topic: "x"}}, w.now))
	if r := w.hub.Room("good"); r.Topic().Text != "" || r.Door().Owner != "Ann" {
		t.Error("a room that was there was replaced")
	}
}
