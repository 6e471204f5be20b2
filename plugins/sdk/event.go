package sdk

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// The kinds of event.
const (
	Say       = pluginpb.KindSay     // somebody said Text in Room
	Emote     = pluginpb.KindEmote   // somebody did Text in Room
	Private   = pluginpb.KindPrivate // somebody tells To Text; for a Filter only
	Join      = pluginpb.KindJoin    // somebody came into Room
	Leave     = pluginpb.KindLeave   // somebody left Room; Text is why, maybe ""
	Rename    = pluginpb.KindRename  // somebody is called Text now
	TopicSet  = pluginpb.KindTopic   // somebody set the topic of Room to Text
	Redaction = pluginpb.KindRedact  // the message Seq of Room is gone
)

// An Event is something that happened.
type Event struct {
	Kind    string // one of the constants, maybe others in a later server
	Room    string // "" for a Rename and a Private
	Name    string // who caused it, as shown; "" is the server
	Key     string // the name folded: equal for names that count as one
	Account string // "" for a guest
	To      string // of a Private
	Text    string
	Time    time.Time
	Seq     uint64 // the place in the room, strictly rising; 0: not kept
	Origin  string // the plugin that said it; "" for people
	Dropped uint64 // events that were lost just before this one, as the plugin was slow
}

// A Selection picks events. An empty field takes any.
type Selection struct {
	Kinds []string // for OnEvent required; for a Filter Say, Emote and Private, and empty is Say and Emote
	Rooms []string
	Match string // an RE2 pattern that is found in the text; the server looks for it
}

// OnEvent calls f for what happens and is selected, one event after the other,
// in order. The server never waits: it drops events if f is slow, see
// Event.Dropped. An error or a panic is logged, and the next event comes. It
// asks for the capability "events.KIND" of each kind. The plugin's own messages
// are no events for it.
func OnEvent(sel Selection, f func(ctx context.Context, h *Host, e Event) error) Part {
	return partFunc(func(p *parts) {
		p.events = append(p.events, subscription{matcher: newMatcher(sel), run: f})
		for _, k := range sel.Kinds {
			p.need(pluginpb.CapEvents + k)
		}
	})
}

type subscription struct {
	matcher
	run func(context.Context, *Host, Event) error
}

// A matcher is a Selection that is ready to be compared with. The server has
// done so already; but it asks whether any selection fits, not which.
type matcher struct {
	Selection
	match *regexp.Regexp // nil: any, or err
	err   error
}

func newMatcher(sel Selection) matcher {
	m := matcher{Selection: sel}
	if sel.Match != "" {
		m.match, m.err = regexp.Compile(sel.Match)
	}
	return m
}

func (m *matcher) fits(e *Event) bool {
	return (len(m.Kinds) == 0 || slices.Contains(m.Kinds, e.Kind)) &&
		(len(m.Rooms) == 0 || slices.Contains(m.Rooms, e.Room)) &&
		(m.match == nil || m.match.MatchString(e.Text))
}

func (m *matcher) proto() *pluginpb.Selection {
	return &pluginpb.Selection{Kinds: m.Kinds, Rooms: m.Rooms, Match: m.Match}
}

func event(e *pluginpb.Event) Event {
	return Event{
		Kind: e.GetKind(), Room: e.GetRoom(), Name: e.GetName(), Key: e.GetKey(), Account: e.GetAccount(), To: e.GetTo(), Text: e.GetText(),
		Time: time.UnixMilli(e.GetUnixMs()), Seq: e.GetSeq(), Origin: e.GetOrigin(), Dropped: e.GetDropped(),
	}
}
