package chat

import "time"

// A Kind says what happened.
type Kind uint8

// The kinds of event. Say and Emote are kept by the log; the others pass by.
const (
	Say      Kind = iota + 1 // From said Text in Room
	Emote                    // From did Text in Room
	Private                  // From told To Text
	Told                     // the same, as From is shown it; To may be several, with commas
	Joined                   // From came into Room
	Left                     // From left Room; Text is the reason, may be empty
	Renamed                  // From is called Text now
	Topic                    // From set the topic of Room to Text, empty: cleared it
	Notice                   // the server says Text
	Invited                  // From invites To into Room
	Expelled                 // From put To out of Room; Text is the reason, may be empty
	Redacted                 // From removed the message Seq of Room, written by To
)

// An Event is one thing that happened. It is immutable from the moment it is
// posted and shared by everyone who gets it.
type Event struct {
	Kind     Kind
	Removed  bool   // of a Say or Emote in a log: it was redacted, and Text is gone
	Plugin   bool   // From is the name of a plugin
	Hops     uint8  // of a plugin's message: how many plugins in a row answered each other
	Seq      uint64 // the place in its room, strictly rising, not contiguous; 0: not kept
	Time     time.Time
	Room     string   // the room's name, without '#'; empty for private events
	From     string   // display name of who caused it; empty: the server
	Author   string   // account of From; empty: a guest
	To       string   // display name of the other one of a Private, Told, Invited, Expelled or Redacted event
	Text     string   // one clean line
	Mentions []string // keys of the users named in Text, the sender left out
	FromID   UserID   // who caused it; 0: the server, or a login of an earlier run
}

// WithoutText is what a log keeps of a message whose text is removed: its place, its
// time and who wrote it.
func (ev *Event) WithoutText() *Event {
	r := *ev
	r.Removed, r.Text, r.Mentions = true, "", nil
	return &r
}
