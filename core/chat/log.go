package chat

import "time"

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
	// Recent are the last messages of a room that satisfy q, oldest first.
	// The events are shared and must not be changed.
	Recent(room string, q Query) ([]*Event, error)
	// Forget drops all that is kept of a room.
	Forget(room string)
}

// A Query says which messages of a room are wanted. Zero fields don't limit.
type Query struct {
	Last  int       // at most so many, the newest
	Since time.Time // not older
	Upto  uint64    // no higher sequence number
}
