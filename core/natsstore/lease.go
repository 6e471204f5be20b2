package natsstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A lease is renewed three times in its life, so that a slow call does not lose
// it. A store of which the lease has ended is free.
const (
	leaseTime  = 6 * time.Second
	leaseRenew = leaseTime / 3
)

// A lease admits one server to a store.
type lease struct {
	value []byte // what this server writes, unlike that of any other
	rev   uint64
}

// A claim is the value of a lease.
type claim struct {
	Holder string `json:"holder"`
	ID     string `json:"id"` // of the run of the server
}

func newClaim(holder string) []byte {
	value, _ := json.Marshal(claim{Holder: holder, ID: rand.Text()}) // strings can't fail
	return value
}

func holder(value []byte) string {
	var c claim
	if err := json.Unmarshal(value, &c); err != nil || c.Holder == "" {
		return "another server"
	}
	return c.Holder
}

const leaseKey = "lease"

// takeLease takes the lease. One that is there may be that of a server that was
// killed: it is waited for, until it ends or is seen to be renewed.
func (s *Store) takeLease(ctx context.Context) (*lease, error) {
	value, began := newClaim(s.o.Holder), time.Now()
	seen := uint64(0)
	for {
		rev, err := s.meta.Put(ctx, leaseKey, value, 0, leaseTime)
		if err == nil {
			return &lease{value: value, rev: rev}, nil
		}
		if chat.ErrorCode(err) != chat.Conflict {
			return nil, fmt.Errorf("take the store: %w", err)
		}
		r, err := s.meta.Get(ctx, leaseKey)
		switch {
		case chat.ErrorCode(err) == chat.NotFound:
			continue
		case err != nil:
			return nil, fmt.Errorf("take the store: %w", err)
		case seen != 0 && r.Rev != seen, time.Since(began) > 2*leaseTime:
			return nil, held(holder(r.Value))
		}
		seen = r.Rev
		select {
		case <-ctx.Done():
			return nil, held(holder(r.Value))
		case <-time.After(leaseRenew / 4):
		}
	}
}

// keepLease renews the lease. If that fails for as long as it lasts, or if it is
// seen to be somebody else's, the store is lost for this server.
func (s *Store) keepLease() {
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		call, cancel := s.call(s.ctx)
		key, _ := encodeKey(leaseKey)
		rev, err := s.meta.put(call, key, s.lease.value, s.lease.rev, leaseTime)
		cancel()
		switch {
		case err == nil:
			s.lease.rev = rev
		case isConflict(err):
			if !s.regain() {
				return
			}
		case s.ctx.Err() == nil:
			s.health.fail(fmt.Errorf("renew the lease: %w", err))
		}
	}
}

// regain looks whose the lease is after a renewal was refused. A renewal that was
// not confirmed may have happened, and a lease that has ended is free to take. It
// returns false if the store is somebody else's.
func (s *Store) regain() bool {
	call, cancel := s.call(s.ctx)
	defer cancel()
	r, err := s.meta.Get(call, leaseKey)
	switch {
	case err == nil && bytes.Equal(r.Value, s.lease.value):
		s.lease.rev = r.Rev
		return true
	case err == nil:
		s.health.lose(&HeldError{Holder: holder(r.Value)})
		return false
	}
	s.lease.rev = 0
	return true
}

// dropLease gives the lease back.
func (s *Store) dropLease(ctx context.Context) error {
	err := s.meta.Delete(ctx, leaseKey, s.lease.rev)
	if code := chat.ErrorCode(err); code == chat.NotFound || code == chat.Conflict {
		return nil // it was lost already
	}
	return err
}
