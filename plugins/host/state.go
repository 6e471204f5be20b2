package host

import "time"

// A State says where a plugin's life is.
type State uint8

// The states.
const (
	Stopped     State = iota // switched off, or not asked for yet
	Starting                 // a process is on its way
	Ready                    // it answers
	Degraded                 // it answers, but not as it should
	Backoff                  // it crashed, and starts again in a moment
	Quarantined              // it waits for an operator
	Draining                 // it takes no more calls; those that run may finish
)

var stateNames = [...]string{"stopped", "starting", "ready", "degraded", "backoff", "quarantined", "draining"}

// String is the state in lower case.
func (s State) String() string { return stateNames[s] }

// serves reports whether calls are taken.
func (s State) serves() bool { return s == Ready || s == Degraded }

// off reports whether nothing will change that without an operator.
func (s State) off() bool { return s == Stopped || s == Quarantined }

// A backoff says how long to wait before the next start.
type backoff struct {
	pause   time.Duration
	crashes []time.Time
}

// crashed notes a crash after so long a life and returns the pause, about which
// jitter, 0 to 1, decides by a fifth; false: there were too many.
func (b *backoff) crashed(s *Settings, now time.Time, life time.Duration, jitter float64) (time.Duration, bool) {
	if life >= s.Well {
		b.pause = 0
	}
	b.pause = min(max(2*b.pause, s.FirstPause), s.LongestPause)
	recent := b.crashes[:0]
	for _, at := range b.crashes {
		if now.Sub(at) < s.CrashWindow {
			recent = append(recent, at)
		}
	}
	b.crashes = append(recent, now)
	return time.Duration(float64(b.pause) * (0.8 + 0.4*jitter)), len(b.crashes) < s.Crashes
}
