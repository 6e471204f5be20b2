package session

import "time"

// A moment is a point in a loop's time: nanoseconds on the monotonic clock since
// the loop's origin, in a third of the memory of a time.Time. The zero value is
// none.
type moment int64

func (m moment) add(d time.Duration) moment { return m + moment(d) }

func (m moment) sub(earlier moment) time.Duration { return time.Duration(m - earlier) }

// moment is the present one.
func (l *Loop) moment() moment { return moment(l.Now.Sub(l.origin)) }

// time is the time at m.
func (l *Loop) time(m moment) time.Time { return l.origin.Add(time.Duration(m)) }

// at is the moment of a time, at the earliest the first one.
func (l *Loop) at(t time.Time) moment { return max(1, moment(t.Sub(l.origin))) }
