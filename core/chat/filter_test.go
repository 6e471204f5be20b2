package chat_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A holder holds what begins with "?" and refuses what begins with "!".
type holder struct{ drafts []chat.Draft }

func (h *holder) Hold(d chat.Draft) (bool, *chat.Error) {
	switch {
	case strings.HasPrefix(d.Event.Text, "?"):
		h.drafts = append(h.drafts, d)
		return true, nil
	case strings.HasPrefix(d.Event.Text, "!"):
		return false, chat.Errorf(chat.Limited, "Too many.")
	}
	return false, nil
}

func TestFilter(t *testing.T) {
	w := newWorld(t, 2, chat.Rules{Start: "lobby", JoinNoise: 0})
	ann, ben := w.login(0, "ann"), w.login(1, "ben")
	f := &holder{}
	w.hub.SetFilter(f)

	w.say(ann, "?hey ben")
	w.say(ann, "other")
	if err := w.hub.Post(ann.user, ann.user.Room(), chat.Emote, "!x", w.now); chat.ErrorCode(err) != chat.Limited {
		t.Errorf("a refused message: %v, want limited", err)
	}
	w.turn()
	expect(t, ann, "ann:other ")
	expect(t, ben, "ann:other ")

	if err := f.drafts[0].Post("hi ben"); err != nil {
		t.Fatal(err)
	}
	w.turn()
	expect(t, ann, "ann:hi ben ")
	expect(t, ben, "!ann:hi ben ") // mentioned in the text that was posted

	w.say(ann, "?hidden")
	f.drafts[1].Echo()
	w.turn()
	expect(t, ann, "ann:?hidden ")
	expect(t, ben, "")

	w.say(ann, "?bad")
	f.drafts[2].Refuse("Be nice.")
	w.turn()
	expect(t, ann, "!(Your message was not sent: Be nice.) ")
	expect(t, ben, "")

	ok(t, w.hub.Tell(ann.user, ben.user, "?psst", w.now))
	wantCode(t, w.hub.Tell(ann.user, ben.user, "!psst", w.now), chat.Limited)
	w.turn()
	expect(t, ann, "")
	expect(t, ben, "")
	if ben.user.ReplyTo() != nil {
		t.Error("a held message can be replied to")
	}
	if err := f.drafts[3].Post("psst"); err != nil {
		t.Fatal(err)
	}
	w.turn()
	expect(t, ben, "!ann:psst ")
	if ben.user.ReplyTo() != ann.user {
		t.Error("a message that was held can't be replied to")
	}

	w.hub.SetFilter(nil)
	w.say(ann, "?free")
	w.turn()
	expect(t, ben, "ann:?free ")
}

// TestEchoKeepsItsPlace: a message that is shown to its sender alone stands
// between what was said before and after it.
func TestEchoKeepsItsPlace(t *testing.T) {
	w := newWorld(t, 1, chat.Rules{Start: "lobby", JoinNoise: 0})
	ann, ben := w.login(0, "ann"), w.login(0, "ben")
	f := &holder{}
	w.hub.SetFilter(f)
	w.join(ann, "den")
	w.say(ben, "one")
	if err := w.hub.Post(ann.user, w.hub.Room("lobby"), chat.Say, "?two", w.now); err != nil {
		t.Fatal(err)
	}
	f.drafts[0].Echo()
	w.say(ben, "three")
	w.turn()
	expect(t, ann, "[lobby]ben:one [lobby]ann:?two [lobby]ben:three ")
	expect(t, ben, "ben:one ben:three ")
}

func TestSpeak(t *testing.T) {
	w := newWorld(t, 1, chat.Rules{Start: "lobby", JoinNoise: 0})
	ann := w.login(0, "ann")
	var seen []chat.Event
	w.hub.Observe(func(ev *chat.Event) { seen = append(seen, *ev) })
	seq, err := w.hub.Speak("dice", 2, w.hub.Room("lobby"), "ann rolls 3", w.now)
	if err != nil || seq == 0 {
		t.Fatalf("Speak returned %d, %v", seq, err)
	}
	w.hub.SpeakTo("dice", ann.user, "psst", w.now)
	w.turn()
	expect(t, ann, "!dice:ann rolls 3 !dice:psst ")
	if len(seen) != 1 || !seen[0].Plugin || seen[0].Hops != 2 || seen[0].Seq != seq {
		t.Errorf("the observer saw %+v", seen)
	}
}

func TestObserve(t *testing.T) {
	w := newWorld(t, 1, chat.Rules{Start: "lobby", JoinNoise: 0})
	var seen []string
	w.hub.Observe(func(ev *chat.Event) { seen = append(seen, string(encoder{}.Encode(nil, 0, ev))+ev.Room) })
	ann := w.loginAs(0, chat.Identity{Name: name("ann"), Role: chat.Moderator})
	ben := w.login(0, "ben")
	w.say(ann, "hi")
	w.join(ben, "den")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(w.hub.Rename(ben.user, name("bob"), w.now))
	check(w.hub.SetTopic(ann.user, w.hub.Room("lobby"), "tea", w.now))
	check(w.hub.Redact(t.Context(), ann.user, w.hub.Room("lobby"), 1, w.now))
	w.join(ann, "den")
	check(w.hub.Expel(ann.user, w.hub.Room("den"), ben.user, "why", w.now))
	w.hub.Logout(ben.user, "bye", w.now)
	w.hub.Tell(ann.user, ann.user, "private", w.now)
	want := "+ann lobby,+ben lobby,ann:hi lobby,+ben den,ben=bob ,ann:tea lobby,ann~1 lobby,+ann den,ann<bob#den:why den,-bob lobby"
	if got := strings.Join(seen, ","); got != want {
		t.Errorf("the observer saw\n%s\nwant\n%s", got, want)
	}
	w.hub.Observe(nil)
	w.say(ann, "unseen")
	if strings.Count(strings.Join(seen, ","), "unseen") > 0 {
		t.Error("an observer that was taken away still sees")
	}
}
