package main

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

const (
	keep  = 30 * 24 * time.Hour // how long a reminder waits for somebody who is away
	retry = time.Minute         // after the server could not say it
)

// reminders tells people in the background what is due. All there is to know is
// in the store; changed says that it is to be read again.
type reminders struct {
	changed chan struct{}
}

// store is the reminders by their numbers; one that is due in so long goes by
// itself some time after that.
func store(h *sdk.Host, in time.Duration) sdk.Map[reminder] {
	return sdk.Map[reminder]{Host: h, Prefix: "due/", TTL: in + keep}
}

// wake makes deliver look again: there is another reminder, or somebody came who
// may have one.
func (r *reminders) wake() {
	select {
	case r.changed <- struct{}{}:
	default: // it is to look anyway
	}
}

func (r *reminders) deliver(ctx context.Context, h *sdk.Host) error {
	for {
		wait, err := due(ctx, h, time.Now())
		if err != nil && ctx.Err() == nil {
			slog.Warn("reminders can't be told now", "err", err)
			wait = retry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-r.changed:
			timer.Stop()
		}
	}
}

// due tells what has become due to those who are here, and returns in how long
// the next one will be.
func due(ctx context.Context, h *sdk.Host, now time.Time) (next time.Duration, err error) {
	next = 24 * time.Hour
	all, err := store(h, 0).All(ctx)
	if err != nil {
		return next, err
	}
	var here []sdk.Person // asked for once, if at all
	for id, one := range all {
		if wait := one.Due.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		if here == nil {
			if here, err = h.Users(ctx, ""); err != nil {
				return next, err
			}
		}
		i := slices.IndexFunc(here, func(p sdk.Person) bool { return one.of(p.Account, p.Key) })
		if i < 0 {
			continue // until they come
		}
		// Told twice is better than never: it is forgotten afterwards.
		switch err := h.SendUser(ctx, here[i].Name, "Reminder: "+one.Text); {
		case sdk.CodeOf(err) == sdk.NotFound:
			continue // they left this moment
		case err != nil:
			return next, err
		}
		if err := store(h, 0).Delete(ctx, id); err != nil && sdk.CodeOf(err) != sdk.NotFound {
			return next, err
		}
	}
	return next, nil
}
