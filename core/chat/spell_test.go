package chat_test

import (
	"math"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestSpell(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		-time.Second:            "0 seconds",
		0:                       "0 seconds",
		time.Millisecond:        "1 second",
		1500 * time.Millisecond: "2 seconds",
		59*time.Second + 1:      "1 minute",
		time.Minute:             "1 minute",
		90 * time.Second:        "1 minute 30 seconds",
		time.Hour - 1:           "1 hour",
		2*time.Hour + 5*time.Minute + time.Second: "2 hours 6 minutes",
		day - time.Second:                         "1 day",
		day:                                       "1 day",
		day + time.Hour:                           "1 day 1 hour",
		6*day + 23*time.Hour + 1:                  "1 week",
		7 * day:                                   "1 week",
		7*day + time.Hour:                         "7 days 1 hour",
		8 * day:                                   "8 days",
		14 * day:                                  "2 weeks",
		30 * day:                                  "30 days",
		30*day - time.Nanosecond:                  "30 days",
		365 * day:                                 "365 days",
		math.MaxInt64:                             "106751 days 23 hours",
		math.MinInt64:                             "0 seconds",
	} {
		if got := chat.Spell(d); got != want {
			t.Errorf("Spell(%v) = %q, want %q", d, got, want)
		}
	}
}
