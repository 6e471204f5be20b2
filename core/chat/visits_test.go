package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// visits shows them as NAME IN-OUT in seconds since the world began.
func (w *world) visits(start time.Time, key string, n int) string {
	var all []string
	for _, v := range w.hub.Visits(key, n) {
		out := ""
		if !v.Out.IsZero() {
			out = fmt.Sprint(v.Out.Sub(start).Seconds())
		}
		all = append(all, fmt.Sprintf("%s %v-%s", v.Name, v.In.Sub(start).Seconds(), out))
	}
	return strings.Join(all, ", ")
}

func TestVisits(t *testing.T) {
	w := newWorld(t, 1, rules)
	start := w.now
	at := func(s int) { w.now = start.Add(time.Duration(s) * time.Second) }
	want := func(key string, n int, want string) {
		t.Helper()
		if got := w.visits(start, key, n); got != want {
			t.Errorf("Visits(%q, %d) = %s, want %s", key, n, got, want)
		}
	}
	want("", 0, "")
	ann := w.login(0, "Ann")
	at(1)
	bob := w.login(0, "bob")
	want("", 0, "bob 1-, Ann 0-")
	at(2)
	w.hub.Logout(ann.user, "", w.now)
	w.hub.Logout(ann.user, "", w.now)
	at(3)
	ann = w.login(0, "ann")
	want("ann", 0, "ann 3-, Ann 0-2")
	want("ann", 1, "ann 3-")
	want("", 2, "ann 3-, bob 1-")
	want("nobody", 0, "")
	at(4)
	ok(t, w.hub.Rename(bob.user, name("ben"), w.now))
	want("bob", 0, "bob 1-4")
	want("ben", 0, "ben 4-")

	// 1,000 are remembered; whose visit is forgotten and who leaves then is
	// remembered again, by when it came.
	for i := range 1000 {
		at(10 + i)
		w.hub.Logout(w.login(0, fmt.Sprint("u", i)).user, "", w.now)
	}
	if got := len(w.hub.Visits("", 0)); got != 1000 {
		t.Errorf("%d visits are remembered, want 1000", got)
	}
	want("ann", 0, "")
	at(2000)
	w.hub.Logout(ann.user, "", w.now)
	want("ann", 0, "ann 3-2000")
	want("", 1, "u999 1009-1009")
	all := w.hub.Visits("", 0)
	if got := all[len(all)-1].Name; got != "ann" {
		t.Errorf("the oldest visit is of %s, want ann", got)
	}
}
