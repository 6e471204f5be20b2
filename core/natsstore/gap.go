package natsstore

import (
	"fmt"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// The notices that mark a gap.
const (
	textGap     = "%d lines are missing here."
	textOneGap  = "One line is missing here."
	textUnknown = "Lines may be missing here: the server stopped unexpectedly."
	textDamaged = "Lines are missing here: they can't be read any more."
)

// gap is the event that marks what is missing before a line.
func gap(before *chat.Event, lost int) *chat.Event {
	text := textUnknown
	switch {
	case lost == 1:
		text = textOneGap
	case lost > 1:
		text = fmt.Sprintf(textGap, lost)
	}
	return notice(before, text)
}

func notice(before *chat.Event, text string) *chat.Event {
	return &chat.Event{Kind: chat.Notice, Room: before.Room, Seq: before.Seq - 1, Time: before.Time, Text: text}
}
