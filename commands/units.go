package commands

import (
	"fmt"
	"strings"
	"time"
)

// span is a duration as people read it: 42s, 3m, 2h05m, 4d. Less than nothing,
// as between two loops' clocks, is nothing.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, d)/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd", d/day)
}

// compact is a duration as an argument of a command may be written: 90s, 2h30m,
// 30d, 2w.
func compact(d time.Duration) string {
	const day, week = 24 * time.Hour, 7 * 24 * time.Hour
	switch rest := d % day; {
	case d >= week && d%week == 0:
		return fmt.Sprintf("%dw", d/week)
	case d >= day && rest == 0:
		return fmt.Sprintf("%dd", d/day)
	case d >= day:
		return fmt.Sprintf("%dd", d/day) + compact(rest)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// size is a number of bytes as people read it: 512 B, 3.4 MiB.
func size(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1024, 0
	for ; v >= 1024; i++ {
		v /= 1024
	}
	return fmt.Sprintf("%.1f %ciB", v, units[i])
}
