package host

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestFilter(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("filter"), fixture("second"))
	ann, ben := w.login("ann"), w.login("ben")
	ann.say("hello")
	ben.sees("[lobby] ann: hello\n")
	ann.say("an old hat")
	ben.sees("[lobby] ann: an new hat!\n")
	ann.say("this is bad")
	ann.sees("!" + "[lobby] : Your message was not sent: That is no nice word.\n")
	ann.say("hide this")
	ann.sees("[lobby] ann: hide this\n")
	ann.say("die") // the filter panics, and fails open
	ben.sees("[lobby] ann: die\n")
	if err := w.hub.Tell(ann.user, ben.user, "a bad secret", time.Now()); err != nil {
		t.Fatal(err)
	}
	ben.sees("*ann* a bad secret\n")
	shown := ben.seenSoFar()
	if strings.Contains(shown, "hide") || strings.Contains(shown, "this is bad") {
		t.Errorf("ben is shown\n%s", shown)
	}
	// Plugins are judged too, but not by themselves.
	ann.fails("filter:speak lobby bad words", "")
	ann.fails("second:speak lobby bad words", "That is no nice word.")
	// The order of one user's messages stays.
	for i := range 7 {
		ann.say(fmt.Sprintf("old %d", i))
		ann.say(fmt.Sprintf("free %d", i))
	}
	shown = ben.sees("free 6")
	at := -1
	for i := range 7 {
		for _, s := range []string{fmt.Sprintf("ann: new %d!", i), fmt.Sprintf("ann: free %d", i)} {
			n := strings.Index(shown, s)
			if n <= at {
				t.Fatalf("%q is not in its place in\n%s", s, shown)
			}
			at = n
		}
	}
	w.apply(fixture("good"))
	ann.say("old and bad")
	ben.sees("[lobby] ann: old and bad\n")
}

func TestFilterPrivate(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("private"))
	ann, ben := w.login("ann"), w.login("ben")
	if err := w.hub.Tell(ann.user, ben.user, "psst", time.Now()); err != nil {
		t.Fatal(err)
	}
	ben.sees("*ann* psst (read)\n")
	w.apply(fixture("private", func(t *Table) { t.Grant = []string{"filter"} }))
	if err := w.hub.Tell(ann.user, ben.user, "again", time.Now()); err != nil {
		t.Fatal(err)
	}
	ben.sees("*ann* again\n")
}

// TestFilterSlow: a slow filter costs a message its limit, and after some it is
// left alone.
func TestFilterSlow(t *testing.T) {
	set := quick
	set.Filter, set.Failures, set.FailurePause = 100*time.Millisecond, 3, 300*time.Millisecond
	w := newWorld(t, set)
	w.ready(fixture("filter"))
	ann, ben := w.login("ann"), w.login("ben")
	for i := range 3 {
		ann.say(fmt.Sprintf("slow %d", i))
	}
	ben.say("not held up")
	shown := ann.sees("ben: not held up")
	if strings.Contains(shown, "slow 2") {
		t.Log("the machine is slow: the filter was faster than a message")
	}
	ben.sees("ann: slow 2")
	w.await("filter", Degraded)
	if st := must(w.host.StatusOf("filter")); !st.Paused {
		t.Error("the filter is not left alone")
	}
	ann.say("bad now")
	ben.sees("ann: bad now")
	time.Sleep(set.FailurePause)
	ann.say("bad again") // which is tried, and answered
	ann.sees("That is no nice word.")
	if st := must(w.host.StatusOf("filter")); st.Paused {
		t.Error("the filter is left alone though it answers")
	}
}

func TestFilterClosed(t *testing.T) {
	set := quick
	set.FirstPause, set.LongestPause = 500*time.Millisecond, 500*time.Millisecond
	w := newWorld(t, set)
	closed := fixture("filter", func(t *Table) { t.Closed = true })
	w.apply(closed)
	ann := w.login("ann")
	ann.say("before anything is known") // is refused, or posted if the machine is quick
	w.await("filter", Ready)
	ann.say("free")
	ann.sees("ann: free")
	ann.say("die")
	ann.sees("Your message was not sent: It can't be checked at the moment; try again later.")
	if err := w.host.Stop("filter"); err != nil {
		t.Fatal(err)
	}
	w.await("filter", Stopped)
	ann.say("bad")
	ann.say("and free")
	shown := ann.sees("ann: and free")
	if strings.Contains(shown, "ann: bad") {
		t.Error("what can't be checked is posted")
	}
}

// TestFilterBound: a user can't have more than so many messages wait.
func TestFilterBound(t *testing.T) {
	set := quick
	set.Filter, set.Failures = 200*time.Millisecond, 1000
	w := newWorld(t, set)
	w.ready(fixture("filter"))
	ann := w.login("ann")
	var refused error
	for i := range maxHeldOfUser + 2 {
		if err := w.hub.Post(ann.user, ann.user.Room(), chat.Say, fmt.Sprintf("slow %d", i), time.Now()); err != nil {
			refused = err
		}
	}
	if chat.ErrorCode(refused) != chat.Limited {
		t.Errorf("more wait than may: %v", refused)
	}
}

func TestBreaker(t *testing.T) {
	set := Settings{Failures: 2, FailurePause: time.Second}.or()
	now := time.Unix(0, 0)
	var b breaker
	for range 2 {
		if !b.allows(now, &set) {
			t.Fatal("it opens too early")
		}
		b.note(now, false, &set)
	}
	if b.allows(now.Add(999*time.Millisecond), &set) {
		t.Error("it does not open")
	}
	later := now.Add(time.Second)
	if !b.allows(later, &set) || b.allows(later, &set) {
		t.Error("after the pause one is tried, not none or two")
	}
	b.note(later, false, &set)
	if b.allows(later.Add(time.Millisecond), &set) {
		t.Error("a failed try closes it")
	}
	if !b.allows(later.Add(time.Second), &set) {
		t.Error("it is not tried again")
	}
	b.note(later, true, &set)
	for range 2 {
		if !b.allows(later, &set) {
			t.Error("a good try does not close it")
		}
	}
}
