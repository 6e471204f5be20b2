package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// export writes all that the store holds as a dump. Without secrets it has no
// password hashes, no keys of rooms and no letters.
func (s *store) export(ctx context.Context, w io.Writer, secrets bool) error {
	if s.durable == nil {
		return errMemoryOnly
	}
	if err := s.history.Flush(ctx); err != nil {
		return err
	}
	d := newDumpWriter(w, secrets)
	buckets, journals, err := s.durable.Names(ctx)
	if err != nil {
		return err
	}
	slices.Sort(buckets)
	slices.Sort(journals)
	for _, name := range buckets {
		if err := s.exportBucket(ctx, d, name, secrets); err != nil {
			return err
		}
	}
	for _, name := range journals {
		if err := s.exportJournal(ctx, d, name); err != nil {
			return err
		}
	}
	rooms, err := s.history.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, name := range rooms {
		for ev, err := range s.history.All(ctx, name) {
			if err != nil {
				return err
			}
			at := ev.Time.UTC()
			if !d.write(&dumpLine{Type: "message", Message: newMessage(ev), At: &at}) {
				return d.err
			}
		}
	}
	return d.close()
}

func (s *store) exportBucket(ctx context.Context, d *dumpWriter, name string, secrets bool) error {
	b, err := s.durable.Bucket(ctx, name)
	if err != nil {
		return err
	}
	for rec, err := range b.List(ctx, "") {
		if err != nil {
			return err
		}
		value := rec.Value
		if !secrets {
			shown, ok, err := withoutSecrets(name, value)
			if err != nil {
				return fmt.Errorf("record %q in %s: %w", rec.Key, name, err)
			}
			if !ok {
				continue
			}
			value = shown
		}
		l := &dumpLine{Type: "record", Bucket: name, Key: rec.Key}
		l.setStored(value)
		if !rec.Until.IsZero() {
			until := rec.Until.UTC()
			l.Until = &until
		}
		if !d.write(l) {
			return d.err
		}
	}
	return nil
}

func (s *store) exportJournal(ctx context.Context, d *dumpWriter, name string) error {
	j, err := s.durable.Journal(ctx, name)
	if err != nil {
		return err
	}
	entries, err := j.Last(ctx, math.MaxInt)
	if err != nil {
		return err
	}
	for _, e := range entries {
		at := e.Time.UTC()
		l := &dumpLine{Type: "entry", Journal: name, At: &at}
		l.setStored(e.Data)
		if !d.write(l) {
			return d.err
		}
	}
	return nil
}

// export is that of the running server: what waits to be written is written
// first.
func (a *App) export(ctx context.Context, w io.Writer, secrets bool) error {
	if a.rooms == nil {
		return errMemoryOnly
	}
	wait, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := errors.Join(a.rooms.flush(wait), a.accounts.Flush(wait)); err != nil {
		return err
	}
	return a.store.export(ctx, w, secrets)
}
