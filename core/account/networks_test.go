package account

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The lookup finds what a look at every network finds.
func TestNetworksModel(t *testing.T) {
	addr := rapid.Custom(func(t *rapid.T) netip.Addr {
		b := rapid.SliceOfN(rapid.ByteRange(0, 3), 4, 4).Draw(t, "bytes")
		if rapid.Bool().Draw(t, "six") {
			return netip.AddrFrom16([16]byte{0x20, 1, b[0], b[1], 8: b[2], 15: b[3]})
		}
		return netip.AddrFrom4([4]byte(b))
	})
	rapid.Check(t, func(t *rapid.T) {
		n, model := newNetworks(), map[netip.Prefix]*Sanction{}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			a := addr.Draw(t, "network")
			p, _ := a.Prefix(rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
			if rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				n.remove(p)
				delete(model, p)
				continue
			}
			s := &Sanction{Target: Target{Prefix: p}}
			if rapid.Bool().Draw(t, "ends") {
				s.Until = epoch
			}
			n.put(s)
			model[p] = s
		}
		a := addr.Draw(t, "address")
		for _, now := range []time.Time{epoch.Add(-1), epoch} {
			var want *Sanction
			for p, s := range model {
				if p.Contains(a) && !s.over(now) && (want == nil || p.Bits() > want.Target.Prefix.Bits()) {
					want = s
				}
			}
			if got := n.find(a, now); got != want {
				t.Fatalf("find(%s): %v, want %v", a, got, want)
			}
			if mapped := netip.AddrFrom16(a.As16()); n.find(mapped, now) != want {
				t.Fatalf("find(%s) differs", mapped)
			}
		}
		if n.find(netip.Addr{}, epoch) != nil {
			t.Fatal("an invalid address is found")
		}
	})
}

// The lookup of an address that is not banned, with 10,000 bans of every length.
func BenchmarkBanLookup(b *testing.B) {
	for _, six := range []bool{false, true} {
		b.Run(fmt.Sprintf("six=%t", six), func(b *testing.B) {
			n, r := newNetworks(), rand.New(rand.NewPCG(1, 2))
			random := func() netip.Addr {
				if six {
					var a [16]byte
					for i := range a {
						a[i] = byte(r.Uint32())
					}
					return netip.AddrFrom16(a)
				}
				return netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
			}
			for len(n.by) < 10_000 {
				a := random()
				p, _ := a.Prefix(16 + r.IntN(a.BitLen()-15))
				n.put(&Sanction{Target: Target{Prefix: p}})
			}
			var addrs [1024]netip.Addr
			for i := range addrs {
				addrs[i] = random()
			}
			i := 0
			for b.Loop() {
				n.find(addrs[i%len(addrs)], epoch)
				i++
			}
		})
	}
}
