package natsstore

import (
	"context"
	"iter"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Rooms are the names of the rooms that have a history in the store, sorted.
func (l *Log) Rooms(ctx context.Context) ([]string, error) {
	call, cancel := l.store.call(ctx)
	defer cancel()
	info, err := l.stream.Info(call, jetstream.WithSubjectFilter(l.subject+"*.lines"))
	if err != nil {
		return nil, l.store.read(ctx, "list the rooms", err)
	}
	names := make([]string, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		names = append(names, subject[len(l.subject):len(subject)-len(".lines")])
	}
	slices.Sort(names)
	return names, nil
}

// All yields all that is kept of a room in the store, oldest first, with gaps marked and
// redactions applied. What is waiting to be written is not in it: see Flush.
func (l *Log) All(ctx context.Context, room string) iter.Seq2[*chat.Event, error] {
	return func(yield func(*chat.Event, error) bool) {
		if l.purging(room) {
			return
		}
		gone := l.redacted(room)
		for m, err := range l.forward(ctx, l.subject+room+".lines") {
			if err != nil {
				yield(nil, l.store.read(ctx, "read the history", err))
				return
			}
			b, err := parseBlock(room, m.data)
			if err != nil {
				l.store.log.Warn("a block of the history can't be read", "room", room, "place", m.at)
				continue
			}
			if b.lost != 0 && !yield(gap(b.lines[0], b.lost), nil) {
				return
			}
			for _, ev := range b.lines {
				if _, ok := gone[ev.Seq]; ok {
					ev = ev.WithoutText()
				}
				if !yield(ev, nil) {
					return
				}
			}
		}
	}
}

// importLines is how many lines wait at most while a history is imported.
const importLines = 1000

// Import adds what All has yielded of a room, oldest first, to a room that has no
// messages, or only such of lower numbers. It is for a log to which nothing is
// appended and that is closed afterwards: memory does not learn of what comes.
// When it returns without an error all is in the store. The error has the code
// Invalid for a name that is no room's, and Conflict if a number does not come
// after those that are there.
func (l *Log) Import(ctx context.Context, name string, events []*chat.Event) error {
	if err := chat.CheckRoomName(name); err != nil {
		return err
	}
	isMark := func(ev *chat.Event) bool { return ev.Kind == chat.Notice }
	for len(events) > 0 {
		lost := 0
		if isMark(events[0]) {
			lost, events = unknown, events[1:]
		}
		n := min(len(events), importLines)
		if i := slices.IndexFunc(events[:n], isMark); i >= 0 {
			n = i
		}
		if n == 0 {
			continue
		}
		if err := l.add(name, events[:n], lost); err != nil {
			return err
		}
		if err := l.Flush(ctx); err != nil {
			return unavailable(textUnsaved, err)
		}
		events = events[n:]
	}
	return nil
}

// add queues messages that have their numbers.
func (l *Log) add(name string, events []*chat.Event, lost int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[name]
	if r == nil {
		r = &room{name: name}
		l.rooms[name] = r
	}
	last := r.top
	for _, ev := range events {
		if ev.Seq <= last {
			return chat.Errorf(chat.Conflict, "The message %d of %s does not come after the message %d that is there; import into an empty store.", ev.Seq, name, last)
		}
		last = ev.Seq
	}
	if lost != 0 {
		r.lost = lost
	}
	for _, ev := range events {
		r.lines = append(r.lines, ev)
		r.size += lineSize(ev)
		l.waiting += lineSize(ev)
	}
	r.top, r.idle = last, false
	l.high = max(l.high, last)
	l.mem.Restore(name, nil, last)
	l.mark(r)
	return nil
}
