package host

import (
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// logged waits until the plugin has written text, and returns all that it wrote.
func (w *world) logged(name, text string) string {
	w.t.Helper()
	for range 500 {
		if all := strings.Join(must(w.host.Logs(name, 0)), "\n"); strings.Contains(all, text) {
			return all
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.t.Fatalf("%s did not write %q, but\n%s", name, text, strings.Join(must(w.host.Logs(name, 0)), "\n"))
	return ""
}

func TestEvents(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("events", func(t *Table) {
		t.Grant = []string{"events.say", "events.join", "events.rename", "events.leave", "say.room"}
	}), fixture("good"))
	ann, ben := w.login("ann"), w.login("ben")
	ann.say("hello")
	ann.join("den")
	if err := w.hub.SetPrivate(ann.user, w.hub.Room("den"), true, time.Now()); err != nil {
		t.Fatal(err)
	}
	ann.say("a secret")
	if err := w.hub.Post(ann.user, w.hub.Room("lobby"), chat.Emote, "waves", time.Now()); err != nil { // not granted
		t.Fatal(err)
	}
	if err := w.hub.Rename(ben.user, chat.Name{Display: "Bob", Key: "bob", Skeleton: "bob"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	ann.wants("events:speak lobby of my own", "")
	ann.wants("good:speak lobby of another", "")
	w.hub.Logout(ben.user, "bye", time.Now())
	all := w.logged("events", `"Kind":"leave"`)
	for _, want := range []string{
		`"Kind":"join","Room":"lobby","Name":"ann","Key":"ann"`,
		`"Kind":"say","Room":"lobby","Name":"ann","Key":"ann","Account":"","To":"","Text":"hello"`,
		`"Kind":"rename","Room":"","Name":"ben","Key":"ben","Account":"","To":"","Text":"Bob"`,
		`"Text":"of another"`, `"Origin":"good"`, `"Text":"bye"`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("it was not told of %s in\n%s", want, all)
		}
	}
	for _, not := range []string{"a secret", "waves", "of my own"} {
		if strings.Contains(all, not) {
			t.Errorf("it was told of %q", not)
		}
	}
}

// TestEventsSlow: nobody waits for a plugin that does not take its events.
func TestEventsSlow(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("deaf"))
	ann := w.login("ann")
	text := strings.Repeat("x", 900)
	begun := time.Now()
	for range 5000 {
		ann.say(text)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	for end := time.Now().Add(10 * time.Second); must(w.host.StatusOf("deaf")).Dropped == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing is counted as dropped")
		}
	}
	ann.wants("echo hello", "hello")
	nothingLeftAfter(t, w, "deaf")
}

// TestLoop: plugins that answer each other stop after some turns.
func TestLoop(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("echoing-1"), fixture("echoing-2"))
	ann := w.login("ann")
	ann.say("ping")
	ann.sees("echoing-1: ping echoing-2")
	time.Sleep(500 * time.Millisecond) // for what must not come
	shown := ann.seenSoFar()
	if n := strings.Count(shown, ": ping echoing-"); n < 2 || n > 2*maxHops {
		t.Errorf("they answered each other %d times:\n%s", n, shown)
	}
}

func TestHops(t *testing.T) {
	var h hops
	now := time.Unix(0, 0)
	if n, ok := h.next(now); n != 1 || !ok {
		t.Errorf("of its own accord: %d, %v", n, ok)
	}
	for n := range uint32(6) {
		h.heard(now, n)
		got, ok := h.next(now)
		if got != uint8(n+1) || ok != (n < maxHops) {
			t.Errorf("after %d: %d, %v", n, got, ok)
		}
	}
	if n, ok := h.next(now.Add(hopTime + 1)); n != 1 || !ok {
		t.Errorf("later: %d, %v", n, ok)
	}
}
