package command

import "time"

// ParseDuration reads a duration as an argument of that type has it: 30s, 1h30m,
// 2d, 1w. It is for what a Spec can't describe, such as a time that may stand
// before text; the error is not for users.
func ParseDuration(s string) (time.Duration, error) { return parseDuration(s) }
