package account

import (
	"fmt"
	"time"
)

// span is d in words, rounded up to a unit that is worth saying.
func span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= 2*u.unit {
			return count(int64((d+u.unit-1)/u.unit), u.name)
		}
	}
	return count(max(1, int64((d+time.Second-1)/time.Second)), "second")
}

func count(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// moment is t as a user reads it.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }
