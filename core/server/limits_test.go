package server

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestGate(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	g := newGate(Limits{Sessions: 5, SessionsPerSource: 2, ConnectsPerMinute: 4})
	enter := func(from netip.Addr, want string) {
		t.Helper()
		if got, _ := g.enter(from, now); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("enter(%s) = %q, want %q", from, got, want)
		}
	}
	enter(a, "")
	enter(netip.MustParseAddr("::ffff:192.0.2.1"), "") // the same source
	enter(a, "too many connections")
	g.leave(a, false)
	enter(a, "")
	g.leave(a, false)
	enter(a, "")
	g.leave(a, false)
	enter(a, "too often")
	now = now.Add(15 * time.Second) // a quarter of four a minute
	enter(a, "")
	enter(b, "")
	enter(b, "")
	enter(netip.MustParseAddr("192.0.2.3"), "")
	enter(netip.MustParseAddr("192.0.2.4"), "full")
	if g.count() != 5 {
		t.Errorf("%d are in, want 5", g.count())
	}
}

// One network of 64 bits is one source.
func TestGateIPv6(t *testing.T) {
	g := newGate(Limits{SessionsPerSource: 1})
	for i, want := range []bool{true, false} {
		a := netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1))
		if why, _ := g.enter(a, time.Time{}); (why == "") != want {
			t.Errorf("enter(%s) = %q, want entry: %v", a, why, want)
		}
	}
	if why, _ := g.enter(netip.MustParseAddr("2001:db8:0:1::1"), time.Time{}); why != "" {
		t.Errorf("another network is refused: %s", why)
	}
}

// What came in while there was no limit counts once there is one.
func TestGateLimitsChange(t *testing.T) {
	g := newGate(Limits{})
	a, now := netip.MustParseAddr("192.0.2.1"), time.Unix(1_000_000, 0)
	for range 3 {
		g.enter(a, now)
	}
	g.setLimits(Limits{SessionsPerSource: 3})
	if why, _ := g.enter(a, now); why == "" {
		t.Error("a fourth is let in with a limit of three")
	}
	g.leave(a, false)
	if why, _ := g.enter(a, now); why != "" {
		t.Errorf("refused with two there: %s", why)
	}
}

// Of the places that nobody who is logged in has, half are for strangers; when
// they are taken, one goes for each that comes. A few strangers are no crowd.
func TestGateStrangers(t *testing.T) {
	g := newGate(Limits{Sessions: 1000})
	now := time.Unix(1_000_000, 0)
	strangers := 0
	come := func(want bool) {
		t.Helper()
		a := netip.AddrFrom4([4]byte{10, 0, byte(strangers >> 8), byte(strangers)})
		strangers++
		if why, crowded := g.enter(a, now); why != "" || crowded != want {
			t.Fatalf("stranger %d: %q, crowded: %v, want %v", strangers, why, crowded, want)
		}
	}
	for range 500 {
		come(false)
	}
	come(true)
	for range 300 {
		g.know(true)
	}
	for range 149 { // 201 strangers are left, and half of 700 are theirs
		come(false)
	}
	come(true)
	g.know(false)
	come(true)
	for range 352 {
		g.leave(netip.Addr{}, false)
	}
	if g.strangers != 1 || g.open != 300 {
		t.Errorf("%d strangers of %d are left, want 1 of 300", g.strangers, g.open)
	}

	small := newGate(Limits{Sessions: 50})
	for i := range 50 {
		if why, crowded := small.enter(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), now); why != "" || crowded {
			t.Errorf("%d of 50: %q, crowded: %v", i, why, crowded)
		}
	}
}

// The table forgets sources that nothing is known against.
func TestGateSweep(t *testing.T) {
	g := newGate(Limits{ConnectsPerMinute: 10})
	now := time.Unix(1_000_000, 0)
	for i := range 1000 {
		a := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		g.enter(a, now)
		g.leave(a, false)
	}
	now = now.Add(2 * time.Minute)
	g.enter(netip.MustParseAddr("192.0.2.1"), now)
	if n := len(g.sources); n != 1 {
		t.Errorf("%d sources are remembered, want 1", n)
	}
}
