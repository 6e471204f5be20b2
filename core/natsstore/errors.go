package natsstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A HeldError says that another server works on the store.
type HeldError struct {
	Holder string // as the other one has named itself
}

// Error implements error.
func (e *HeldError) Error() string { return "the store is held by " + e.Holder }

func held(holder string) error {
	return &chat.Error{
		Code: chat.Conflict,
		Text: fmt.Sprintf("The store is in use by %s; stop that server first.", holder),
		Err:  &HeldError{Holder: holder},
	}
}

// A FormatError says that a newer version of the program has written the store.
type FormatError struct {
	Found, Known int
}

// Error implements error.
func (e *FormatError) Error() string {
	return fmt.Sprintf("the store has the format %d, and this program knows %d: use the version that wrote it", e.Found, e.Known)
}

// The texts that users see.
const (
	textDown    = "The storage can't be reached at the moment; nothing was lost, try again in a minute."
	textUnsaved = "That was not saved: the storage is unavailable. Try again in a minute."
	textDoubt   = "It could not be confirmed that this was saved; look, or try it once more."
)

func unavailable(text string, err error) error {
	return &chat.Error{Code: chat.Unavailable, Text: text, Err: err}
}

func notFound() error { return chat.Errorf(chat.NotFound, "There is nothing saved under that name.") }

func conflict() error {
	return chat.Errorf(chat.Conflict, "That was changed by somebody else meanwhile; look at it and try again.")
}

// isConflict reports whether the server has refused a compare-and-set.
func isConflict(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// conflicting is the newest place of the subject as the refusal err tells it, 0 if there
// is none or it is not told.
func conflicting(err error) (at uint64) {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		_, _ = fmt.Sscanf(api.Description, "wrong last sequence: %d", &at)
	}
	return at
}

// inDoubt reports whether a write that ended with err may have happened.
func inDoubt(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// read turns what went wrong while reading into what a caller gets.
func (s *Store) read(parent context.Context, what string, err error) error {
	return s.failed(parent, what, textDown, err)
}

// write is read for what went wrong while writing.
func (s *Store) write(parent context.Context, what string, err error) error {
	text := textUnsaved
	if inDoubt(err) {
		text = textDoubt
	}
	return s.failed(parent, what, text, err)
}

// failed notes that the store is not well, unless it was the caller who gave up.
func (s *Store) failed(parent context.Context, what, text string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	if parent.Err() == nil {
		s.health.fail(err)
	}
	return unavailable(text, err)
}
