package chat

import "time"

// A Kind says what happened.
type Kind uint8

// The kinds of event. Say and Emote are kept by the log; the others pass by.
const (
	Say     Kind = iota + 1 // From said Text in Room
	Emote                   // From did Text in Room
	Private                 // From told To Text
	Joined                  // From came into Room
	Left                    // From left Room; Text is the reason, may be empty
	Renamed                 // From is called Text now
	Topic                   // From set the topic of Room to Text, empty: cleared it
	Notice                  // the server says Text
)

// An Event is one thing that happened. It is immutable from the moment it is
// posted and shared by everyone who gets it.
type Event struct {
	Kind     Kind
	Seq      uint64 // the place in its room, strictly rising, not contiguous; 0: not kept
	Time     time.Time
	Room     string   // the room's name, without '#'; empty for private events
	From     string   // display name of who caused it; empty: the server
	To       string   // display name of the receiver of a Private event
	Text     string   // one clean line
	Mentions []string // keys of the users named in Text, the sender left out
	FromID   UserID   // who caused it, 0: the server
}
