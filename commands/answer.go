package commands

import (
	"errors"
	"fmt"
	"slices"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// tell says one line to the caller in the server's voice.
func tell(c *command.Call, format string, args ...any) error {
	_, err := fmt.Fprintf(c.Err, "-- "+format+"\n", args...)
	return err
}

// instead is what follows the answer to a line that changed what others see: if
// it was bare it may have been meant as chat, so the caller learns how to take it
// back with the line undo, if there is one, and how to say it. Otherwise it is "".
func instead(c *command.Call, undo string) string {
	switch {
	case !c.Bare:
		return ""
	case undo == "":
		return fmt.Sprintf(" (to say it: %s)", saying(c))
	}
	return fmt.Sprintf(" (to undo it: %s; to say it: %s)", undo, saying(c))
}

const putSay = "put say before it"

// saying is how the line of the call is said. A line with a secret is not shown.
func saying(c *command.Call) string {
	if slices.ContainsFunc(c.Spec.Args, func(a command.Arg) bool { return a.Secret }) {
		return putSay
	}
	return "say " + c.Line
}

// orSay is the error of a line that named something that is not there. If the line
// was bare it may have been meant as chat, so the text also tells how to say it.
func orSay(c *command.Call, err *chat.Error) *chat.Error {
	if !c.Bare {
		return err
	}
	hint := saying(c)
	if hint == putSay {
		hint += "."
	}
	return &chat.Error{Code: err.Code, Text: err.Text + "\nTo say it: " + hint, Err: err.Err}
}

// orSayIfWrong is orSay for an error that says that the line makes no sense or names
// what is not there, and err itself for any other.
func orSayIfWrong(c *command.Call, err error) error {
	if e, ok := errors.AsType[*chat.Error](err); ok && (e.Code == chat.Invalid || e.Code == chat.NotFound) {
		return orSay(c, e)
	}
	return err
}

// plural is "1 room", "2 rooms".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
