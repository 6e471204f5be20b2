package host

import (
	"slices"
	"time"
)

// keptTimes is of how many runs the times are kept.
const keptTimes = 512

// calls counts runs and knows how long the last ones took.
type calls struct {
	total, failed uint64
	times         []time.Duration // a ring once it is full
}

func (c *calls) add(took time.Duration, failed bool) {
	if failed {
		c.failed++
	}
	if len(c.times) < keptTimes {
		c.times = append(c.times, took)
	} else {
		c.times[c.total%keptTimes] = took
	}
	c.total++
}

// quantile is the time within which that part, 0 to 1, of the last runs ended; 0
// if there were none.
func (c *calls) quantile(q float64) time.Duration {
	if len(c.times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(c.times))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
