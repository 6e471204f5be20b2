package natsstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// retryEvery is how often a store that is not well is looked at.
const retryEvery = 500 * time.Millisecond

// health is whether the store works.
type health struct {
	mu     sync.Mutex
	reason error // why not; nil: it works
	lost   error // set once another server has taken the store: it stays unwell
	wake   chan struct{}
}

func (h *health) init() { h.wake = make(chan struct{}, 1) }

// fail notes what went wrong. The first reason is kept until the store is well.
func (h *health) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.reason == nil {
		h.reason = err
	}
	h.nudge()
}

// lose notes that the store belongs to another server now.
func (h *health) lose(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reason, h.lost = err, err
	h.nudge()
}

func (h *health) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// refuse is the error for a write while the store is not well: to try each would
// have each wait for its deadline.
func (h *health) refuse() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.reason != nil {
		return unavailable(textUnsaved, h.reason)
	}
	return nil
}

func (h *health) get() (reason, lost error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reason, h.lost
}

// recovered notes that a write has worked.
func (h *health) recovered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reason = h.lost
}

// Health reports whether the store works, and if not, why, for operators. While
// it does not, writes are refused at once with the code Unavailable; reads and
// Append are tried all the same.
func (s *Store) Health() (ok bool, reason string) {
	err, _ := s.health.get()
	if err != nil {
		return false, err.Error()
	}
	return true, ""
}

// watch brings a store that is not well back, and tells who wants to know.
func (s *Store) watch() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.health.wake:
		}
		reason, lost := s.health.get()
		if reason == nil {
			continue
		}
		s.log.Error("the store is not well: nothing can be saved", "err", reason)
		s.changed(false, reason.Error())
		if lost != nil || !s.recover() {
			if lost == nil {
				return // closed
			}
			continue
		}
		s.log.Info("the store is well again")
		s.changed(true, "")
	}
}

// recover tries until the store works; false if it was closed, or lost, first.
func (s *Store) recover() bool {
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	last := ""
	for {
		err := s.tryRecover()
		if err == nil {
			s.health.recovered()
			_, lost := s.health.get()
			return lost == nil
		}
		if what := err.Error(); what != last && s.ctx.Err() == nil {
			s.log.Warn("the store is not back yet", "err", err)
			last = what
		}
		select {
		case <-s.ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

func (s *Store) tryRecover() error {
	if _, lost := s.health.get(); lost != nil {
		return lost
	}
	if s.o.Recover != nil {
		ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
		defer cancel()
		if err := s.o.Recover(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := s.call(s.ctx)
	defer cancel()
	_, err := s.meta.kv.Put(ctx, "probe", nil)
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		err = errors.New("the NATS server does not answer for the store")
	}
	return err
}

func (s *Store) changed(ok bool, reason string) {
	if s.o.Changed != nil {
		s.o.Changed(ok, reason)
	}
}
