package chat

import "time"

// A Filter may hold messages back, to judge them before anybody else sees them.
type Filter interface {
	// Hold is asked about every message that a user sends, and reports whether it
	// takes it: then it ends the draft later, from another goroutine and in the
	// order in which the messages of one user came. Any other message goes on at
	// once. The error refuses the message and is what the sender reads. Hold is
	// called on event loops and must not block.
	Hold(d Draft) (held bool, err *Error)
}

// SetFilter has f see every message that is sent from now on; nil: nobody does, and
// messages cost nothing more.
func (h *Hub) SetFilter(f Filter) {
	if f == nil {
		h.filter.Store(nil)
		return
	}
	h.filter.Store(&f)
}

// A Draft is a message that a [Filter] holds. One of Post, Echo and Refuse ends
// it; none of them blocks.
type Draft struct {
	From  *User
	To    *User  // of a Private message, else nil
	Event *Event // the message, without Mentions; must not be changed
	hub   *Hub
}

// Post sends the message on, with that text: one clean line.
func (d Draft) Post(text string) error {
	ev := *d.Event
	ev.Text = text
	if d.To != nil {
		d.hub.tell(d.From, d.To, &ev)
		return nil
	}
	return d.hub.append(&ev, d.From.Name().Key)
}

// Echo shows the message to its sender, as if it had been sent, and to nobody
// else.
func (d Draft) Echo() {
	if d.To == nil { // else Told has shown it
		d.From.member.Seat().box().put(item{op: opEcho, user: d.From, ev: d.Event})
	}
}

// Refuse tells the sender why the message is not sent: a sentence.
func (d Draft) Refuse(why string) {
	d.From.show(&Event{Kind: Notice, Time: d.Event.Time, Room: d.Event.Room, Text: "Your message was not sent: " + why})
}

// hold offers a message to the filter.
func (h *Hub) hold(from, to *User, ev *Event) (bool, *Error) {
	f := h.filter.Load()
	if f == nil {
		return false, nil
	}
	return (*f).Hold(Draft{From: from, To: to, Event: ev, hub: h})
}

// append gives a message of the user with that key to the log, which delivers it.
func (h *Hub) append(ev *Event, key string) error {
	ev.Mentions = h.mentions(ev.Text, key)
	return h.log.Append(ev)
}

// tell delivers a private message.
func (h *Hub) tell(from, to *User, ev *Event) {
	to.setReply(from)
	to.receive(ev)
}

// echo shows ev, which was not sent, to the user alone, in the place that it
// would have had.
func (f *Fanout) echo(u *User, ev *Event) {
	seat := u.member.Seat()
	for _, m := range seat.in {
		m.settle()
	}
	class := seat.class
	if seat.current == nil || seat.current.name != ev.Room {
		class |= OtherRoom
	}
	if frame := f.enc.Encode(nil, class, ev); len(frame) > 0 {
		u.member.Queue(frame)
	}
}

// Speak has a plugin say text, one clean line, in a room, under its own name. Hops
// is how many plugins in a row have answered each other, this one included. It
// returns the message's sequence number, 0 if it is not known yet. No filter is
// asked: the plugin's host does that.
func (h *Hub) Speak(plugin string, hops uint8, r *Room, text string, now time.Time) (uint64, error) {
	ev := &Event{Kind: Say, Plugin: true, Hops: hops, Time: now, Room: r.name, From: plugin, Text: text}
	err := h.append(ev, "")
	return ev.Seq, err
}

// SpeakTo has a plugin tell one user text, one clean line, under its own name.
func (h *Hub) SpeakTo(plugin string, to *User, text string, now time.Time) {
	to.receive(&Event{Kind: Private, Plugin: true, Time: now, Text: text, From: plugin, To: to.Name().Display})
}

// Observe has f see what happens in rooms, from now on: messages once they have
// their place, who comes, goes and is called otherwise (once, with no room), topics
// and redactions; also what members are not shown because a room is crowded. F is
// called with locks held: it must neither block nor use the hub, nor change the
// event. Nil: nobody looks, and it costs nothing.
func (h *Hub) Observe(f func(*Event)) {
	if f == nil {
		h.observer.Store(nil)
		return
	}
	h.observer.Store(&f)
}

// observed shows ev to the observer.
func (h *Hub) observed(ev *Event) {
	if f := h.observer.Load(); f != nil {
		(*f)(ev)
	}
}
