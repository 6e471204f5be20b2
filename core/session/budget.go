package session

import (
	"math"
	"time"
)

// A budget is a token bucket: a line takes one token, a costly command more. An
// overdrawn one delays the next line; it never drops any. It is the moment at
// which the bucket is full again; the zero value is full.
type budget moment

// A rate is how fast lines may come.
type rate struct {
	burst  int     // at once; 0: no limit
	perSec float64 // in the long run; 0: no limit
}

func (r rate) limited() bool { return r.burst > 0 && r.perSec > 0 }

// token is how long one takes to come.
func (r rate) token() float64 { return float64(time.Second) / r.perSec }

// delay is how long the next line must wait; 0: it may run.
func (b budget) delay(r rate, now moment) time.Duration {
	if !r.limited() {
		return 0
	}
	missing := moment(b).sub(now) // a line may run while fewer than burst tokens are
	return max(0, missing-time.Duration(float64(r.burst-1)*r.token()))
}

// charge takes n tokens.
func (b *budget) charge(r rate, now moment, n int) {
	if r.limited() {
		*b = budget(max(moment(*b), now).add(time.Duration(math.Ceil(float64(n) * r.token()))))
	}
}

// rate is how fast the session's lines may come. A program must log in before it
// has more than a person.
func (s *Session) rate() rate {
	set := s.loop.Env.Settings()
	if s.machine() != nil && s.user != nil {
		return rate{set.MachineBurst, set.MachinePerSec}
	}
	return rate{set.LinesBurst, set.LinesPerSec}
}

// Charge implements command.Session.
func (s *Session) Charge(tokens int) { s.budget.charge(s.rate(), s.loop.moment(), tokens) }
