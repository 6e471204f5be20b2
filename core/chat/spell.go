package chat

import (
	"fmt"
	"time"
)

// The units of Spell beyond those of package time.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Spell writes a duration as people do, in its two greatest units and rounded up,
// so that a wait is never said to be over too early: "1 minute 30 seconds", "30
// days". Whole weeks are weeks, and other long times days. Less than nothing is
// "0 seconds".
func Spell(d time.Duration) string {
	d = max(0, roundUp(d, time.Second))
	if d >= time.Hour {
		d = roundUp(d, time.Minute)
	}
	if d >= day {
		d = roundUp(d, time.Hour)
	}
	switch {
	case d >= week && d%week == 0:
		return units(d, week, "week", week, "")
	case d >= day:
		return units(d, day, "day", time.Hour, "hour")
	case d >= time.Hour:
		return units(d, time.Hour, "hour", time.Minute, "minute")
	case d >= time.Minute:
		return units(d, time.Minute, "minute", time.Second, "second")
	}
	return units(d, time.Second, "second", time.Second, "")
}

// units is d, which has no rest, in a great and a small unit.
func units(d, great time.Duration, name string, small time.Duration, smallName string) string {
	said := count(d/great, name)
	if rest := d % great / small; rest > 0 {
		said += " " + count(rest, smallName)
	}
	return said
}

func count(n time.Duration, name string) string {
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}

// roundUp is the least multiple of unit that is not below d; near the greatest
// duration there is none, and it is the one before.
func roundUp(d, unit time.Duration) time.Duration {
	if down := d.Truncate(unit); down == d || d < 0 || down+unit < 0 {
		return down
	}
	return d.Truncate(unit) + unit
}
