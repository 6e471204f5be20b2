package command

import (
	"math"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Limits bound a line of several commands. The zero value bounds nothing, and so
// does each field that is zero.
type Limits struct {
	Stages int           // commands in a line; setting pipeline.stages
	Bytes  int64         // bytes that one command takes from the one before it; setting pipeline.bytes
	Time   time.Duration // from the start of the first command to the end of the last; setting pipeline.time
}

// bytes is the bound of a pipe.
func (l *Limits) bytes() int64 {
	if l.Bytes <= 0 {
		return math.MaxInt64
	}
	return l.Bytes
}

func (l *Limits) tooManyStages(n int) *chat.Error {
	return chat.Errorf(chat.Limited, "These are %d commands, and a line may have %d (pipeline.stages); make it shorter.", n, l.Stages)
}

func (l *Limits) tooManyBytes(from, to string) *chat.Error {
	return chat.Errorf(chat.Limited, "%s writes more than the %d bytes that may go through a pipe to %s (pipeline.bytes), so the line was stopped; ask for less.", from, l.Bytes, to)
}

func (l *Limits) tooLong() *chat.Error {
	return chat.Errorf(chat.Limited, "The line took longer than %v (pipeline.time) and was stopped; ask for less.", l.Time)
}
