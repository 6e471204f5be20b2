package server

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A connection that is looked at when the wheel says so, and is put in again if
// its deadline lies further off, is woken at its deadline or up to two ticks
// after, however often the deadline is moved.
func TestWheel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(1_000_000, 0)
		now := start
		w := newWheel(now)
		deadline := map[*conn]time.Time{}
		wake := func(c *conn) {
			at, ok := deadline[c]
			switch {
			case !ok:
				t.Fatal("a connection that was removed is woken")
			case at.After(now):
				w.schedule(c, at)
			case now.Sub(at) > 2*wheelTick:
				t.Fatalf("woken %v after its deadline", now.Sub(at))
			default:
				delete(deadline, c)
			}
		}
		var all []*conn
		t.Repeat(map[string]func(*rapid.T){
			"schedule": func(t *rapid.T) {
				c := &conn{}
				if len(all) > 0 && rapid.Bool().Draw(t, "again") {
					c = all[rapid.IntRange(0, len(all)-1).Draw(t, "conn")]
				} else {
					all = append(all, c)
				}
				at := now.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "ms")) * time.Millisecond)
				deadline[c] = at
				w.schedule(c, at)
			},
			"remove": func(t *rapid.T) {
				for c := range deadline {
					w.remove(c)
					delete(deadline, c)
					break
				}
			},
			"pass": func(t *rapid.T) {
				for range rapid.IntRange(1, 2000).Draw(t, "ticks") {
					d := w.next(now)
					if d < 0 && len(deadline) > 0 {
						t.Fatal("the wheel is empty with deadlines to come")
					}
					now = now.Add(wheelTick)
					w.advance(now, wake)
				}
			},
		})
		for range 1100 {
			now = now.Add(wheelTick)
			w.advance(now, wake)
		}
		if len(deadline) > 0 || w.next(now) >= 0 {
			t.Fatalf("%d deadlines were forgotten", len(deadline))
		}
	})
}
