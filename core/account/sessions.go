package account

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Session is a live connection that is logged in to an account. Its methods
// never block and may be called from any goroutine.
type Session interface {
	ID() uint64        // unique among the live ones
	Peer() netip.Addr  // where from
	Since() time.Time  // of the login
	Cut(reason string) // ends it, after a line with the reason
}

// Attach notes that a session is logged in to an account. Whatever kept the owner
// out since Verify holds here too. Errors: Unauthenticated if the account is
// gone; those of Sanctions.Enter.
func (a *Accounts) Attach(key string, s Session, now time.Time) error {
	a.mu.Lock()
	e := a.findLocked(key)
	if e == nil {
		a.mu.Unlock()
		return chat.Errorf(chat.Unauthenticated, "The account %s was deleted; choose another name.", key)
	}
	e.live = append(e.live, s)
	a.mu.Unlock()
	// Only now: a sanction that comes later finds the session.
	if err := a.Sanctions.Enter(Visitor{Addr: s.Peer(), Key: key, Registered: true, Role: a.Role(key)}, now); err != nil {
		a.Detach(key, s, now)
		return err
	}
	return nil
}

// Detach notes that a session is no longer logged in, and that its owner was here
// until now.
func (a *Accounts) Detach(key string, s Session, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.byKey[key]
	if e == nil {
		return
	}
	if i := slices.Index(e.live, s); i >= 0 {
		e.live = slices.Delete(e.live, i, i+1)
	}
	if len(e.live) == 0 {
		e.live = nil
	}
	if e.state == registered {
		a.noteLocked(e, now)
	}
}

// Sessions are the live sessions of an account, the longest first. The slice is
// the caller's.
func (a *Accounts) Sessions(key string) []Session {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if e := a.byKey[key]; e != nil {
		return slices.Clone(e.live)
	}
	return nil
}

// Revoke ends the session of that id, or all but keep if it is 0, for the owner
// or an operator, and returns how many. Keep may be nil. Errors: Forbidden;
// NotFound for an id that is not the account's.
func (a *Accounts) Revoke(ctx context.Context, key string, id uint64, keep Session, by Actor) (int, error) {
	n, err := a.revoke(key, id, keep, by)
	a.Audit.Record(ctx, by, Revocation{key, n}, err)
	return n, err
}

func (a *Accounts) revoke(key string, id uint64, keep Session, by Actor) (int, error) {
	if by.Account != key || key == "" {
		if err := a.Authorize(by, CanManageAccounts, key); err != nil {
			return 0, err
		}
	}
	n := a.cut(key, func(s Session) bool {
		if id == 0 {
			return keep == nil || s != keep
		}
		return s.ID() == id
	}, "This session was revoked.")
	if n == 0 && id != 0 {
		return 0, chat.Errorf(chat.NotFound, "The account has no session %d; account sessions lists them.", id)
	}
	return n, nil
}

// cut ends the sessions of an account that which chooses, nil for all.
func (a *Accounts) cut(key string, which func(Session) bool, reason string) int {
	n := 0
	for _, s := range a.Sessions(key) {
		if which == nil || which(s) {
			s.Cut(reason)
			n++
		}
	}
	return n
}
