package sdk

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Code says what kind of thing went wrong. The server's own commands use the
// same ones; programs that talk to it branch on them.
type Code string

// The codes.
const (
	Invalid         Code = "invalid"         // the request makes no sense as it stands
	Unauthenticated Code = "unauthenticated" // log in first
	Forbidden       Code = "forbidden"       // not this caller, or not granted to the plugin
	NotFound        Code = "not_found"       // there is no such thing
	Conflict        Code = "conflict"        // taken, or changed by somebody else meanwhile
	Limited         Code = "limited"         // a bound or a rate was reached
	Unavailable     Code = "unavailable"     // try again later
	Internal        Code = "internal"        // our fault: the text is for the log only
)

// An Error is a failure that the caller may read about. Any other error that a
// command returns counts as Internal: the caller reads a fixed phrase and the
// server's log has the error.
type Error struct {
	Code   Code
	Text   string // a full sentence that says what to do next
	Status int    // the exit status; 0 is 1
	Usage  bool   // the command's usage is shown below the text
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Text }

// Errorf is an *Error with this code, whose text is the formatted sentence:
//
//	return sdk.Errorf(sdk.NotFound, "There is no poll %s; poll list shows them.", id)
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Usagef is an *Error for a line that does not fit in a way that the arguments'
// types could not tell. Its code is Invalid, and the usage is shown below it.
func Usagef(format string, args ...any) error {
	return &Error{Code: Invalid, Text: fmt.Sprintf(format, args...), Usage: true}
}

// CodeOf is the code of the first *Error in err's chain, "" for nil, and
// Internal if there is none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// exit is how a run that returned err ended.
func exit(err error) *pluginpb.Exit {
	if err == nil {
		return &pluginpb.Exit{}
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return &pluginpb.Exit{Status: 1, Code: string(Internal), Message: valid(err.Error())}
	}
	x := &pluginpb.Exit{Status: int32(e.Status), Code: string(e.Code), Message: valid(e.Text), Usage: e.Usage}
	if x.Status == 0 {
		x.Status = 1
	}
	if e.Code == Internal {
		x.Message = valid(err.Error()) // with what was wrapped around it: it is for the log
	}
	return x
}

// fromServer turns the error of a call of Host into an *Error, or into that of
// ctx if it ended first.
func fromServer(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s := status.Convert(err)
	code := Code(pluginpb.ExitCode(s.Code()))
	if code == Unavailable {
		return &Error{Code: Unavailable, Text: "The server did not answer in time; try again in a moment."}
	}
	return &Error{Code: code, Text: s.Message()}
}
