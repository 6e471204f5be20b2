package account

import (
	"net/netip"
	"time"
)

// networks finds the sanction of an address. A lookup takes one step for each
// length of prefix in use, however many there are.
type networks struct {
	by      map[netip.Prefix]*Sanction
	lengths [2][129]int // how many of each length: IPv4, IPv6
}

func newNetworks() networks { return networks{by: map[netip.Prefix]*Sanction{}} }

func (n *networks) family(a netip.Addr) *[129]int {
	if a.Is4() {
		return &n.lengths[0]
	}
	return &n.lengths[1]
}

// put adds s, or replaces that of the same network.
func (n *networks) put(s *Sanction) {
	p := s.Target.Prefix
	if n.by[p] == nil {
		n.family(p.Addr())[p.Bits()]++
	}
	n.by[p] = s
}

func (n *networks) remove(p netip.Prefix) {
	if n.by[p] != nil {
		n.family(p.Addr())[p.Bits()]--
		delete(n.by, p)
	}
}

// find is the sanction of the smallest network that a is of, nil if there is none.
func (n *networks) find(a netip.Addr, now time.Time) *Sanction {
	if len(n.by) == 0 || !a.IsValid() {
		return nil
	}
	a = plain(a)
	lengths := n.family(a)
	for bits := a.BitLen(); bits >= 0; bits-- {
		if lengths[bits] == 0 {
			continue
		}
		p, _ := a.Prefix(bits) // the bits fit
		if s := n.by[p]; s != nil && !s.over(now) {
			return s
		}
	}
	return nil
}
