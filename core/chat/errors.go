package chat

import (
	"errors"
	"fmt"
)

// A Code says what kind of thing went wrong. The set is small and stable:
// machine sessions and plugins branch on it.
type Code string

// The codes. Internal is also what any error without a code counts as.
const (
	Invalid         Code = "invalid"         // the request makes no sense as it stands
	Unauthenticated Code = "unauthenticated" // log in first
	Forbidden       Code = "forbidden"       // not with this role
	NotFound        Code = "not_found"       // no such user, room or command
	Conflict        Code = "conflict"        // taken, or already so
	Limited         Code = "limited"         // a bound or a rate was reached
	Unavailable     Code = "unavailable"     // try again later
	Internal        Code = "internal"        // our fault
)

// An Error carries a text that may be shown to the user who caused it.
type Error struct {
	Code Code
	Text string // a full sentence that says what to do next; no address, path or Go type
	Err  error  // the cause, for logs only; may be nil
}

// Errorf returns an *Error whose text is the formatted sentence.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Error implements error. It holds the cause and is meant for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Text, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Text)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode is the code of the first *Error in err's chain, "" for nil, and
// Internal if there is none.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
