package chat

import (
	"context"
	"time"
)

// History are the last messages of a room that satisfy q, oldest first, of those
// that are in memory. The events must not be changed.
func (h *Hub) History(r *Room, q Query) ([]*Event, error) {
	q.fold = h.fold
	return h.log.Recent(r.name, q)
}

// Search is History for all that is kept. It may block, until ctx ends.
func (h *Hub) Search(ctx context.Context, r *Room, q Query) ([]*Event, error) {
	q.fold = h.fold
	return h.log.Search(ctx, r.name, q)
}

// Redact removes the text of a message for good and tells the room's members. It
// may block, until ctx ends. Errors: NotFound if there is no such message;
// Forbidden if u neither wrote it, by the same account or in this login, nor
// governs the room; Conflict if the text is gone already.
func (h *Hub) Redact(ctx context.Context, u *User, r *Room, seq uint64, now time.Time) error {
	found, err := h.log.Search(ctx, r.name, Query{Upto: seq, Last: 1})
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Seq != seq {
		return Errorf(NotFound, "There is no message %d in %s; history --ids shows the numbers.", seq, r.name)
	}
	switch ev := found[0]; {
	case !u.wrote(ev) && !r.Governs(u):
		return Errorf(Forbidden, "Only who wrote the message %d, and who governs %s, may remove it.", seq, r.name)
	case ev.Removed:
		return Errorf(Conflict, "The message %d of %s is removed already.", seq, r.name)
	}
	by := u.Name().Display
	if err := h.log.Redact(ctx, r.name, seq, by); err != nil {
		return err
	}
	told := u.event(Redacted, r.name, now)
	told.Seq, told.To = seq, found[0].From
	h.observed(told)
	r.deliver(told, nil)
	return nil
}

// wrote reports whether u is the author of ev.
func (u *User) wrote(ev *Event) bool {
	if ev.Author != "" {
		return ev.Author == u.Account()
	}
	return ev.FromID == u.id
}
