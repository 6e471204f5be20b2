package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestMute(t *testing.T) {
	w := newWorld(t, 1, rules)
	ann, bob := w.login(0, "ann"), w.login(0, "bob")
	second := w.attach(0, ann)
	w.join(ann, "ops")
	lobby := w.hub.Room("lobby")
	speak := map[string]func() error{
		"post":   func() error { return w.hub.Post(second.user, lobby, chat.Say, "x", w.now) },
		"emote":  func() error { return w.hub.Post(ann.user, lobby, chat.Emote, "x", w.now) },
		"tell":   func() error { return w.hub.Tell(ann.user, bob.user, "x", w.now) },
		"topic":  func() error { return w.hub.SetTopic(ann.user, lobby, "x", w.now) },
		"invite": func() error { return w.hub.Invite(ann.user, w.hub.Room("ops"), bob.user, w.now) },
	}
	end := w.now.Add(10*time.Minute + 500*time.Millisecond)
	for _, tt := range []struct {
		name  string
		until time.Time
		why   string
		text  string
	}{
		{"for a time", end, "flooding (#7)", "You are muted until 1970-01-12 13:56:40 UTC, 10 minutes 1 second from now: flooding (#7). You can still read."},
		{"for ever", time.Time{}, "", "You are muted until a moderator ends it. You can still read."},
	} {
		w.quiet(bob)
		ann.user.Mute(tt.until, tt.why)
		if until, why, on := second.user.Muted(w.now); !on || until != tt.until || why != tt.why {
			t.Errorf("%s: Muted() = %v %q %t", tt.name, until, why, on)
		}
		for what, f := range speak {
			err := f()
			wantCode(t, err, chat.Forbidden)
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%s: %s says %v, want %s", tt.name, what, err, tt.text)
			}
		}
		w.turn()
		expect(t, bob, "")
	}
	second.user.Unmute()
	if _, _, on := ann.user.Muted(w.now); on {
		t.Error("muted after Unmute")
	}
	for _, f := range speak {
		ok(t, f())
	}

	ann.user.Mute(w.now.Add(time.Minute), "")
	wantCode(t, speak["post"](), chat.Forbidden)
	w.now = w.now.Add(time.Minute)
	ok(t, speak["post"]())
	if _, _, on := ann.user.Muted(w.now); on {
		t.Error("a mute does not end by itself")
	}
}
