package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is a number of bytes.
type Size int64

// The units of a Size; each is 1024 of the one before.
const (
	KiB Size = 1 << (10 * (iota + 1))
	MiB
	GiB
	TiB
)

var sizeUnits = []struct {
	name string
	size Size
}{{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}, {"B", 1}}

// ParseSize reads a whole number that is followed by nothing, B, KiB, MiB, GiB
// or TiB. A sign, a fraction, a space or another unit is an error, because
// people do not agree on what MB is.
func ParseSize(s string) (Size, error) {
	digits, unit := s, Size(1)
	for _, u := range sizeUnits {
		if d, ok := strings.CutSuffix(s, u.name); ok {
			digits, unit = d, u.size
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	switch {
	case isRange(err) || err == nil && n > uint64(math.MaxInt64/unit):
		return 0, fmt.Errorf("%s is too large for a size", show(s))
	case err != nil:
		return 0, fmt.Errorf(`%s is no size; write it like "128KiB", "64MiB" or "1GiB"`, show(s))
	}
	return Size(n) * unit, nil
}

// String is the size in the largest unit that divides it, such as "128KiB".
// ParseSize reads it back unless it is negative.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return "0"
}

// MarshalText implements encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; see ParseSize.
func (s *Size) UnmarshalText(p []byte) error {
	v, err := ParseSize(string(p))
	if err == nil {
		*s = v
	}
	return err
}
