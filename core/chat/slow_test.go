package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestSlow(t *testing.T) {
	w := newWorld(t, 1, rules)
	owen, ann, bob := w.login(0, "owen"), w.loginAs(0, account("ann", chat.Registered)), w.login(0, "bob")
	for _, m := range []*member{owen, ann, bob} {
		w.join(m, "ops")
	}
	r := owen.user.Room()
	wantCode(t, w.hub.SetSlow(ann.user, r, time.Minute, w.now), chat.Forbidden)
	wantCode(t, w.hub.SetSlow(owen.user, r, 0, w.now), chat.Conflict)
	for _, bad := range []time.Duration{-time.Second, time.Millisecond, 1500 * time.Millisecond, 7 * time.Hour} {
		wantCode(t, w.hub.SetSlow(owen.user, r, bad, w.now), chat.Invalid)
	}
	w.quiet(owen, ann, bob)
	ok(t, w.hub.SetSlow(owen.user, r, 90*time.Second, w.now))
	wantCode(t, w.hub.SetSlow(owen.user, r, 90*time.Second, w.now), chat.Conflict)
	w.turn()
	expect(t, bob, "(owen made ops slow: one message from each in 1 minute 30 seconds.) ")
	if r.Door().Slow != 90*time.Second || r.Slow() != 90*time.Second {
		t.Errorf("the door says %s", r.Door().Slow)
	}

	post := func(m *member) error { return w.hub.Post(m.user, r, chat.Say, "x", w.now) }
	second := w.attach(0, ann)
	ok(t, post(owen))
	ok(t, post(owen)) // who governs it is not held back
	ok(t, post(ann))
	ok(t, post(bob))
	ok(t, w.hub.Post(ann.user, w.hub.Room("lobby"), chat.Say, "x", w.now)) // another room is
	for _, tt := range []struct {
		after time.Duration
		wait  string // "": none
	}{
		{0, "1 minute 30 seconds"},
		{29*time.Second + 1, "1 minute 1 second"},
		{time.Minute - 29*time.Second - 1, "30 seconds"},
		{29*time.Second + 500*time.Millisecond, "1 second"},
		{500 * time.Millisecond, ""},
	} {
		w.now = w.now.Add(tt.after)
		err := post(second) // of the same user
		if tt.wait == "" {
			ok(t, err)
			continue
		}
		wantCode(t, err, chat.Limited)
		if want := "ops is slow; wait " + tt.wait + " and send it again."; !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
	// Another login is no way round it for an account.
	w.hub.Logout(ann.user, "", w.now)
	w.hub.Logout(second.user, "", w.now)
	ann = w.loginAs(0, account("ann", chat.Registered))
	wantCode(t, post(ann), chat.Limited)

	// A message that is refused does not count.
	w.now = w.now.Add(2 * time.Minute)
	w.hub.SetFilter(&holder{})
	wantCode(t, w.hub.Post(bob.user, r, chat.Say, "!x", w.now), chat.Limited)
	ok(t, post(bob))
	w.hub.SetFilter(nil)

	w.quiet(bob)
	ok(t, w.hub.SetSlow(owen.user, r, 0, w.now))
	w.turn()
	expect(t, bob, "(owen ended the slow mode of ops.) ")
	ok(t, post(bob))
}

// However many speak in a slow room, it remembers 4,096; the one that gives way
// may speak earlier.
func TestSlowIsBounded(t *testing.T) {
	w := newWorld(t, 1, rules)
	owen := w.login(0, "owen")
	w.join(owen, "ops")
	r := owen.user.Room()
	ok(t, w.hub.SetSlow(owen.user, r, 6*time.Hour, w.now))
	var all []*member
	for i := range 4097 {
		m := w.login(0, fmt.Sprint("u", i))
		all = append(all, m)
		ok(t, w.hub.Post(m.user, r, chat.Say, "x", w.now))
	}
	wantCode(t, w.hub.Post(all[4096].user, r, chat.Say, "x", w.now), chat.Limited)
	wantCode(t, w.hub.Post(all[1].user, r, chat.Say, "x", w.now), chat.Limited)
	ok(t, w.hub.Post(all[0].user, r, chat.Say, "x", w.now))
}
