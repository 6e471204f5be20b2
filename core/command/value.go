package command

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// maxRoom is the length of the longest room name, in bytes.
const maxRoom = 32

// normal is the normal form of a word, or the error that says what it must be.
// It checks all that can be checked without knowing who and what is there; that
// a User and a CommandName exist is the binder's to check. The label is what
// the error calls the argument.
func (a *Arg) normal(label, word string) (string, *chat.Error) {
	switch a.Type {
	case Int:
		if n, err := strconv.Atoi(word); err == nil && a.inRange(int64(n)) {
			return strconv.Itoa(n), nil
		}
		return "", misfit(label, "a whole number"+a.bounds(), word)
	case Duration:
		if d, err := parseDuration(word); err == nil {
			return d.String(), nil
		}
		return "", misfit(label, aDuration, word)
	case Count:
		if n, err := strconv.Atoi(word); err == nil && a.inRange(int64(n)) {
			return strconv.Itoa(n), nil
		}
		if d, err := parseDuration(word); err == nil && d > 0 {
			return d.String(), nil
		}
		return "", misfit(label, "a whole number"+a.bounds()+" or "+aDuration, word)
	case Enum:
		for _, c := range a.Choices {
			if strings.EqualFold(c, word) {
				return c, nil
			}
		}
		err := misfit(label, listOr(a.Choices), word)
		if near := text.Nearest(word, slices.Values(a.Choices), 3); len(near) > 0 {
			err.Text = strings.TrimSuffix(err.Text, ".") + "; did you mean " + listOr(near) + "?"
		}
		return "", err
	case Room:
		name := strings.ToLower(strings.TrimPrefix(word, "#"))
		if name != "" && len(name) <= maxRoom && consistsOf(name, "_-") {
			return name, nil
		}
		return "", misfit(label, "a room name of 1 to 32 of a-z, 0-9, _ and -", word)
	case User:
		return strings.TrimPrefix(word, "@"), nil
	case CommandName:
		return strings.TrimPrefix(word, "/"), nil
	}
	return word, nil
}

const aDuration = "a time such as 30s, 1h30m or 2d"

// label is what errors and help call the argument.
func (a *Arg) label() string {
	if a.Type == Count {
		return "N|DURATION"
	}
	return strings.ToUpper(a.Name)
}

func (f *Flag) label() string { return "--" + f.Name }

// misfit is the error for a word that is not what it must be.
func misfit(label, must, word string) *chat.Error {
	return chat.Errorf(chat.Invalid, "%s must be %s, not %s.", label, must, quote(word))
}

// limits are the least and the greatest number that fit.
func (a *Arg) limits() (least, most int64) {
	least, most = a.Min, a.Max
	if a.Min == 0 && a.Max == 0 {
		least = math.MinInt64
	}
	if a.Max == 0 {
		most = math.MaxInt64
	}
	if a.Type == Count {
		least = max(least, 1) // there is no asking for none
	}
	return least, most
}

func (a *Arg) inRange(n int64) bool {
	least, most := a.limits()
	return least <= n && n <= most
}

// bounds names the limits, with a space before them; "" if there are none.
func (a *Arg) bounds() string {
	switch least, most := a.limits(); {
	case most != math.MaxInt64:
		return fmt.Sprintf(" from %d to %d", least, most)
	case least != math.MinInt64:
		return fmt.Sprintf(" of at least %d", least)
	}
	return ""
}

var errDuration = errors.New("not a duration")

// parseDuration reads what time.ParseDuration reads, but in any case, not
// negative, and with the units d (24 hours) and w (7 days).
func parseDuration(s string) (time.Duration, error) {
	switch {
	case s == "0":
		return 0, nil
	case s == "":
		return 0, errDuration
	}
	var sum time.Duration
	for s = strings.ToLower(s); s != ""; {
		number := digits(s)
		unit := number
		for unit < len(s) && s[unit] != '.' && (s[unit] < '0' || s[unit] > '9') {
			unit++
		}
		part, err := parsePart(s[:number], s[number:unit])
		if err != nil || part > math.MaxInt64-sum {
			return 0, errDuration
		}
		sum += part
		s = s[unit:]
	}
	return sum, nil
}

// digits is the length of the number that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && (s[n] == '.' || '0' <= s[n] && s[n] <= '9') {
		n++
	}
	return n
}

// parsePart reads one number with its unit.
func parsePart(number, unit string) (time.Duration, error) {
	var hours time.Duration
	switch unit {
	case "":
		return 0, errDuration
	case "d":
		hours = 24
	case "w":
		hours = 7 * 24
	default:
		return time.ParseDuration(number + unit)
	}
	d, err := time.ParseDuration(number + "h")
	if err != nil || d > math.MaxInt64/hours {
		return 0, errDuration
	}
	return d * hours, nil
}
