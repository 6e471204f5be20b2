package host

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A fault is why a plugin is not there. A hopeless one would be the same the next
// time, so it waits for the operator.
type fault struct {
	err      error
	hopeless bool
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

func hopeless(format string, args ...any) error {
	return &fault{err: fmt.Errorf(format, args...), hopeless: true}
}

// isHopeless reports whether a new try can't help.
func isHopeless(err error) bool {
	f, ok := errors.AsType[*fault](err)
	return ok && f.hopeless
}

// unimplemented reports whether the plugin does not have the call.
func unimplemented(err error) bool { return status.Code(err) == codes.Unimplemented }

// grants are the capabilities that a plugin asks for and is granted.
func grants(asked, granted []string) []string {
	var out []string
	for _, c := range asked {
		if slices.Contains(granted, c) {
			out = append(out, c)
		}
	}
	return out
}
