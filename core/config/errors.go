package config

import (
	"errors"
	"fmt"
	"strconv"
)

// An Error is one thing that is wrong with a config, in one line. Whatever Load
// and Validate return is an *Error, or several of them joined, one a line. For
// a program it means bad usage: exit code 2.
type Error struct {
	Where string // where to mend it: "chatroom.toml:12", "CHATROOM_LOG_LEVEL" or "--log.level"; "" if unknown
	Key   string // the setting: "log.level"; "" if it is no setting's fault
	Err   error  // what is wrong, with the value unless it is secret
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Err.Error()
	if e.Key != "" {
		s = e.Key + ": " + s
	}
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	return s
}

// Unwrap returns what is wrong; fs.ErrNotExist is found through it.
func (e *Error) Unwrap() error { return e.Err }

// maxErrors is the number of problems listed at once; a file that is no config
// at all has thousands.
const maxErrors = 20

// join makes one error of the problems found, nil if there are none.
func join(problems []*Error) error {
	if len(problems) == 1 {
		return problems[0]
	}
	var all []error
	for i, p := range problems {
		if i == maxErrors {
			all = append(all, &Error{Err: fmt.Errorf("and %d more", len(problems)-i)})
			break
		}
		all = append(all, p)
	}
	return errors.Join(all...)
}

// isRange reports whether strconv refused a number for its size.
func isRange(err error) bool { return errors.Is(err, strconv.ErrRange) }
