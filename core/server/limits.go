package server

import (
	"net/netip"
	"sync"
	"time"
)

// Limits bound who may connect. Zero means no limit, for each.
type Limits struct {
	Sessions          int // in all
	SessionsPerSource int // at once from one source
	ConnectsPerMinute int // new ones from one source
}

// maxSources bounds the table of sources. When it is full, sources that are not
// in it are not limited.
const maxSources = 1 << 16

// fewStrangers is how many connections that are not logged in are always left in
// peace.
const fewStrangers = 64

// A gate counts connections, in all and by source: an IPv4 address or an IPv6
// network of 64 bits. It is safe for concurrent use.
type gate struct {
	mu        sync.Mutex
	limits    Limits
	open      int
	strangers int // those of open that are not logged in
	sources   map[netip.Prefix]*source
	swept     time.Time
}

type source struct {
	open   int
	tokens float64 // connects that it may make now
	at     time.Time
}

func newGate(l Limits) *gate { return &gate{limits: l, sources: map[netip.Prefix]*source{}} }

func (g *gate) setLimits(l Limits) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limits.ConnectsPerMinute == 0 {
		for _, s := range g.sources { // nothing was counted so far
			s.tokens = float64(l.ConnectsPerMinute)
		}
	}
	g.limits = l
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

func sourceOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the bits fit the address
	return p
}

// enter admits a connection, which must leave later, or returns the line that
// tells its peer why not. Crowded says that a stranger should go for it: there are
// many who don't log in, and they must not keep out those who would.
func (g *gate) enter(a netip.Addr, now time.Time) (refusal string, crowded bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if refusal := g.refusalLocked(a, now); refusal != "" {
		return refusal, false
	}
	l := g.limits
	left := l.Sessions - (g.open - g.strangers)
	crowded = l.Sessions > 0 && g.strangers >= max(fewStrangers, left/2)
	g.open++
	g.strangers++
	return "", crowded
}

// refusalLocked is why a connection can't come in, "" if it counts as one of its
// source's now.
func (g *gate) refusalLocked(a netip.Addr, now time.Time) string {
	l := g.limits
	if l.Sessions > 0 && g.open >= l.Sessions {
		return "The server is full; try again later."
	}
	g.sweep(now)
	p := sourceOf(a)
	s := g.sources[p]
	if s == nil {
		if len(g.sources) >= maxSources {
			return ""
		}
		s = &source{tokens: float64(l.ConnectsPerMinute), at: now}
		g.sources[p] = s
	}
	if l.SessionsPerSource > 0 && s.open >= l.SessionsPerSource {
		return "There are too many connections from your address; close one first."
	}
	if rate := float64(l.ConnectsPerMinute); rate > 0 {
		s.tokens, s.at = min(rate, s.tokens+now.Sub(s.at).Minutes()*rate), now
		if s.tokens < 1 {
			return "Your address connects too often; wait a minute."
		}
		s.tokens--
	}
	s.open++
	return ""
}

// know notes that an admitted connection logged in, or that it logged out.
func (g *gate) know(in bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if in {
		g.strangers--
	} else {
		g.strangers++
	}
}

// leave takes back an admission of one who is logged in, or of a stranger.
func (g *gate) leave(a netip.Addr, in bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if !in {
		g.strangers--
	}
	if s := g.sources[sourceOf(a)]; s != nil && s.open > 0 {
		s.open--
	}
}

// sweep forgets, once a minute, the sources that nothing is known against.
func (g *gate) sweep(now time.Time) {
	if now.Sub(g.swept) < time.Minute {
		return
	}
	g.swept = now
	for p, s := range g.sources {
		if s.open == 0 && now.Sub(s.at) >= time.Minute {
			delete(g.sources, p)
		}
	}
}
