package commands

import (
	"fmt"

	"github.com/chatroom-shell/chatroom/core/command"
)

// tell says one line to the caller in the server's voice.
func tell(c *command.Call, format string, args ...any) error {
	_, err := fmt.Fprintf(c.Err, "-- "+format+"\n", args...)
	return err
}

// instead is what follows the answer to a line that changed what others see: if
// it was bare it may have been meant as chat, so the caller learns how to take it
// back with the line undo, and how to say it. Otherwise it is "".
func instead(c *command.Call, undo string) string {
	if !c.Bare {
		return ""
	}
	return fmt.Sprintf(" (to undo it: %s; to say it: say %s)", undo, c.Line)
}

// plural is "1 room", "2 rooms".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
