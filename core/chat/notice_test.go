package chat_test

import (
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestAnnounce(t *testing.T) {
	w := newWorld(t, 2, rules)
	ann, bob := w.login(0, "ann"), w.login(1, "bob")
	second := w.attach(1, ann)
	w.quiet(ann, bob, second)
	w.hub.Announce("tea is ready", w.now)
	w.turn()
	for _, m := range []*member{ann, bob, second} {
		expect(t, m, "!(tea is ready) ")
	}
	bob.user.Notify(&chat.Event{Kind: chat.Notice, Time: w.now, Text: "for you"})
	w.turn()
	expect(t, ann, "")
	expect(t, bob, "!(for you) ")
}

func TestMaySpeak(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann := w.login(0, "ann")
	ok(t, ann.user.MaySpeak(w.now))
	ann.user.Mute(w.now.Add(1), "")
	wantCode(t, ann.user.MaySpeak(w.now), chat.Forbidden)
	ok(t, ann.user.MaySpeak(w.now.Add(1)))
	w.hub.Logout(ann.user, "", w.now)
	wantCode(t, ann.user.MaySpeak(w.now), chat.Unauthenticated)
}
