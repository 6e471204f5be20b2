package host

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// How many events may wait: for all plugins together to be looked at, and for one
// plugin to be sent.
const (
	feedSize   = 1024
	streamSize = 256
)

// A feed takes what happens in the rooms to the plugins that want to know. Who
// reports it never waits: beyond a bound events are dropped, and counted.
type feed struct {
	host    *Host
	ring    chan *chat.Event
	dropped atomic.Uint64
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
}

// newFeed returns a feed that nobody reports to yet.
func newFeed(h *Host) *feed {
	return &feed{host: h, ring: make(chan *chat.Event, feedSize), quit: make(chan struct{}), done: make(chan struct{})}
}

// observe is the hub's observer.
func (f *feed) observe(ev *chat.Event) {
	if eventKind(ev.Kind) == "" {
		return
	}
	select {
	case f.ring <- ev:
	default:
		f.dropped.Add(1)
	}
}

// listen has the hub report what happens, and hold what is filtered, if one of the
// plugins wants that.
func (h *Host) listen(order []*plugin) {
	events, filters := false, false
	for _, p := range order {
		s := p.supervisor()
		m := s.known()
		events = events || m != nil && len(m.events) > 0
		filters = filters || p.filters()
	}
	h.gate.set(order, filters)
	if !events {
		h.options.Hub.Observe(nil)
		return
	}
	h.feed.once.Do(func() { go h.feed.run() })
	h.options.Hub.Observe(h.feed.observe)
}

// run looks at events, one at a time, until close.
func (f *feed) run() {
	defer close(f.done)
	for {
		select {
		case ev := <-f.ring:
			f.host.mu.Lock()
			order := f.host.order
			f.host.mu.Unlock()
			f.give(ev, order, f.dropped.Swap(0))
		case <-f.quit:
			return
		}
	}
}

// give offers an event to all plugins.
func (f *feed) give(ev *chat.Event, order []*plugin, dropped uint64) {
	kind := eventKind(ev.Kind)
	hidden := f.hidden(ev)
	var out *pluginpb.Event
	for _, p := range order {
		i := p.supervisor().instance()
		if i == nil || i.events == nil {
			continue
		}
		if dropped > 0 {
			i.events.lost(dropped)
		}
		if hidden || ev.Plugin && (ev.From == p.name || ev.Hops > maxHops) || !i.events.wants(kind, ev.Room, ev.Text) {
			continue
		}
		if out == nil {
			out = eventOf(ev)
		}
		i.events.put(out)
	}
}

// hidden reports whether an event is of a room that guests may not know of.
func (f *feed) hidden(ev *chat.Event) bool {
	if ev.Room == "" {
		return false
	}
	r := f.host.options.Hub.Room(ev.Room)
	return r != nil && !readable(r, nil)
}

func (f *feed) close() {
	f.host.options.Hub.Observe(nil)
	f.once.Do(func() { close(f.done) }) // if it never ran
	close(f.quit)
	<-f.done
}

// A stream takes events to one process. It never waits for it. The nil stream takes
// none.
type stream struct {
	plugin   *plugin
	instance *instance
	selected []selection // those of the kinds that are granted
	queue    chan *pluginpb.Event
	dropped  atomic.Uint64 // since the last one that was sent
	quit     context.CancelFunc
	ctx      context.Context
	closed   chan struct{} // the queue is to be sent, and no more
	once     sync.Once
	done     chan struct{}
}

// openStream opens the stream of events to a process; nil if it wants none that it
// may have.
func openStream(p *plugin, i *instance) *stream {
	var granted []selection
	for _, sel := range i.manifest.events {
		sel.kinds = slices.DeleteFunc(slices.Clone(sel.kinds), func(k string) bool { return !slices.Contains(i.granted, pluginpb.CapEvents+k) })
		if len(sel.kinds) > 0 {
			granted = append(granted, sel)
		}
	}
	if len(granted) == 0 {
		return nil
	}
	s := &stream{
		plugin: p, instance: i, selected: granted, queue: make(chan *pluginpb.Event, streamSize),
		closed: make(chan struct{}), done: make(chan struct{}),
	}
	s.ctx, s.quit = context.WithCancel(i.process.life)
	go s.run()
	return s
}

func (s *stream) wants(kind, room, text string) bool { return anyTakes(s.selected, kind, room, text) }

// lost notes events that were dropped before anybody could look at them.
func (s *stream) lost(n uint64) {
	s.dropped.Add(n)
	s.plugin.dropped.Add(n)
}

// put queues an event, or drops it.
func (s *stream) put(ev *pluginpb.Event) {
	select {
	case s.queue <- ev:
	default:
		s.lost(1)
	}
}

// run sends what is queued.
func (s *stream) run() {
	defer close(s.done)
	defer s.quit()
	out, err := s.instance.rpc.Events(s.ctx)
	if err != nil {
		return // the process ends, or can't take events: Describe says why
	}
	for {
		select {
		case ev := <-s.queue:
			if !s.send(out, ev) {
				return
			}
		case <-s.closed:
			s.finish(out)
			return
		case <-out.Context().Done():
			return
		}
	}
}

func (s *stream) send(out grpc.ClientStreamingClient[pluginpb.Event, pluginpb.EventsReply], ev *pluginpb.Event) bool {
	if ev.Origin != "" {
		s.plugin.hops.heard(time.Now(), ev.Hops)
	}
	if n := s.dropped.Swap(0); n > 0 { // the event is shared
		ev = &pluginpb.Event{
			Kind: ev.Kind, Room: ev.Room, Name: ev.Name, Key: ev.Key, Account: ev.Account, Text: ev.Text,
			UnixMs: ev.UnixMs, Seq: ev.Seq, Origin: ev.Origin, Hops: ev.Hops, To: ev.To, Dropped: n,
		}
	}
	if err := out.Send(ev); err != nil {
		_, err = out.CloseAndRecv() // tells why
		if s.ctx.Err() == nil && !unimplemented(err) {
			s.plugin.log.Warn("plugin takes no more events", "err", err)
		}
		return false
	}
	return true
}

// finish sends what is queued still and waits for the plugin's answer.
func (s *stream) finish(out grpc.ClientStreamingClient[pluginpb.Event, pluginpb.EventsReply]) {
	for {
		select {
		case ev := <-s.queue:
			if !s.send(out, ev) {
				return
			}
			continue
		default:
		}
		_, _ = out.CloseAndRecv()
		return
	}
}

// close ends the stream; what is queued is sent, as far as the process takes it in
// a second. It does not wait.
func (s *stream) close() {
	if s == nil {
		return
	}
	s.once.Do(func() {
		close(s.closed)
		time.AfterFunc(time.Second, s.quit)
	})
}

// eventKind is the kind as plugins know it; "" is none of theirs.
func eventKind(k chat.Kind) string {
	switch k {
	case chat.Say:
		return pluginpb.KindSay
	case chat.Emote:
		return pluginpb.KindEmote
	case chat.Private:
		return pluginpb.KindPrivate
	case chat.Joined:
		return pluginpb.KindJoin
	case chat.Left, chat.Expelled:
		return pluginpb.KindLeave
	case chat.Renamed:
		return pluginpb.KindRename
	case chat.Topic:
		return pluginpb.KindTopic
	case chat.Redacted:
		return pluginpb.KindRedact
	}
	return ""
}

// eventOf is an event as plugins see it.
func eventOf(ev *chat.Event) *pluginpb.Event {
	out := &pluginpb.Event{
		Kind: eventKind(ev.Kind), Room: ev.Room, Name: ev.From, Account: ev.Author, Text: ev.Text,
		UnixMs: ev.Time.UnixMilli(), Seq: ev.Seq, Hops: uint32(ev.Hops),
	}
	switch {
	case ev.Plugin:
		out.Origin = ev.From
	case ev.Kind == chat.Expelled: // who left is the one who was put out
		out.Name, out.Account = ev.To, ""
	case ev.Kind == chat.Private:
		out.To = ev.To
	}
	out.Key = text.Fold(out.Name)
	return out
}

// maxHops is how many plugins in a row may answer each other.
const maxHops = 4

// hopTime is how long after an event what a plugin says may be an answer to it.
const hopTime = 5 * time.Second

// hops counts for a plugin how many in a row answered each other before it.
type hops struct {
	mu    sync.Mutex
	last  uint32 // of the last event that another plugin caused
	until time.Time
}

// heard notes an event that another plugin caused.
func (h *hops) heard(now time.Time, n uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.After(h.until) || n > h.last {
		h.last = n
	}
	h.until = now.Add(hopTime)
}

// next is the number for what the plugin says now; false if there are too many.
func (h *hops) next(now time.Time) (uint8, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.After(h.until) {
		h.last = 0
	}
	return uint8(min(h.last+1, 255)), h.last < maxHops
}
