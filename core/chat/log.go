package chat

import (
	"context"
	"strings"
	"time"
)

// A Log keeps what was said. It orders the messages of a room: the one way of a
// message to the members is the function that the hub subscribes.
type Log interface {
	// Subscribe sets the function that delivers. It is called once, before
	// the first Append.
	Subscribe(deliver func(*Event))
	// Append gives ev its sequence number, keeps it and delivers it, in this
	// order and for one message of a room at a time. It must not wait for a
	// disk or a network. After it returned without an error the event is or
	// will be delivered.
	Append(ev *Event) error
	// Recent are the last messages of a room that satisfy q, oldest first, of
	// those that are in memory. The events are shared and must not be changed.
	// It does not block.
	Recent(room string, q Query) ([]*Event, error)
	// Search is Recent for all that is kept, wherever it is. It may block, until
	// ctx ends.
	Search(ctx context.Context, room string, q Query) ([]*Event, error)
	// Redact takes the text out of a message for good; by is the display name
	// of who asked. In what Recent and Search return from then on the message has
	// its place, as [Event.WithoutText] makes it. It may block, until ctx
	// ends. The error is NotFound if no such message is kept; redacting once more
	// changes nothing.
	Redact(ctx context.Context, room string, seq uint64, by string) error
	// Forget drops all that is kept of a room.
	Forget(room string)
}

// A Query says which messages of a room are wanted. Zero fields don't limit.
type Query struct {
	Last   int       // at most so many, the newest of those that fit the rest
	Since  time.Time // not older
	Upto   uint64    // no higher sequence number
	Before uint64    // a lower sequence number
	By     string    // key of the author's name
	Text   string    // part of the message's text, whatever the case of either

	fold func(string) string // from a name to its key; nil: to lower case
}

// Match returns the test for all fields but Last. It is made once for many
// messages, and safe for concurrent use.
func (q Query) Match() func(*Event) bool {
	fold, text := q.fold, strings.ToLower(q.Text)
	if fold == nil {
		fold = strings.ToLower
	}
	return func(ev *Event) bool {
		return (q.Upto == 0 || ev.Seq <= q.Upto) &&
			(q.Before == 0 || ev.Seq < q.Before) &&
			!ev.Time.Before(q.Since) &&
			(q.By == "" || fold(ev.From) == q.By) &&
			(text == "" || strings.Contains(strings.ToLower(ev.Text), text))
	}
}
