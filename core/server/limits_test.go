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
		if got := g.enter(from, now); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("enter(%s) = %q, want %q", from, got, want)
		}
	}
	enter(a, "")
	enter(netip.MustParseAddr("::ffff:192.0.2.1"), "") // the same source
	enter(a, "too many connections")
	g.leave(a)
	enter(a, "")
	g.leave(a)
	enter(a, "")
	g.leave(a)
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
		if got := g.enter(a, time.Time{}) == ""; got != want {
			t.Errorf("enter(%s) = %v, want %v", a, got, want)
		}
	}
	if why := g.enter(netip.MustParseAddr("2001:db8:0:1::1"), time.Time{}); why != "" {
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
	if g.enter(a, now) == "" {
		t.Error("a fourth is let in with a limit of three")
	}
	g.leave(a)
	if why := g.enter(a, now); why != "" {
		t.Errorf("refused with two there: %s", why)
	}
}

// The table forgets sources that nothing is known against.
func TestGateSweep(t *testing.T) {
	g := newGate(Limits{ConnectsPerMinute: 10})
	now := time.Unix(1_000_000, 0)
	for i := range 1000 {
		a := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		g.enter(a, now)
		g.leave(a)
	}
	now = now.Add(2 * time.Minute)
	g.enter(netip.MustParseAddr("192.0.2.1"), now)
	if n := len(g.sources); n != 1 {
		t.Errorf("%d sources are remembered, want 1", n)
	}
}
