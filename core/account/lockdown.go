package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A Level is how far the doors are closed; each includes those before it.
type Level uint8

// The levels. None cuts who is here already.
const (
	LockOff           Level = iota
	LockGuests              // no guest comes in
	LockRegistrations       // nobody registers
	LockAll                 // only moderators and above come in, and who is on the allowlist
)

var levelNames = []string{"off", "guests", "registrations", "all"}

// String is the level as lockdown takes it.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// ParseLevel is the inverse of String. Its error has the code Invalid.
func ParseLevel(s string) (Level, error) {
	i := slices.Index(levelNames, strings.ToLower(s))
	if i < 0 {
		return LockOff, chat.Errorf(chat.Invalid, "The lockdown is off, guests, registrations or all, not %q.", s)
	}
	return Level(i), nil
}

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Level) UnmarshalText(p []byte) error {
	v, err := ParseLevel(string(p))
	if err == nil {
		*l = v
	}
	return err
}

// A Lockdown says how far the doors are closed, why, by whom and since when. The
// zero value is off.
type Lockdown struct {
	Level  Level     `json:"level"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// keepsOut reports whether v does not come in, unless allowed.
func (l Lockdown) keepsOut(v Visitor) bool {
	switch l.Level {
	case LockOff:
		return false
	case LockAll:
		return v.Role < chat.Moderator
	}
	return !v.Registered
}

func (l Lockdown) refusal(what string) error {
	why := ""
	if l.Reason != "" {
		why = ": " + l.Reason
	}
	switch {
	case what == "register":
		return chat.Errorf(chat.Forbidden, "Nobody can register at the moment%s; try again later.", why)
	case l.Level == LockAll:
		return chat.Errorf(chat.Forbidden, "The server is closed at the moment%s; try again later.", why)
	}
	return chat.Errorf(chat.Forbidden, "Guests can't come in at the moment%s; log in with a registered name, or try again later.", why)
}

// lockdownKey is the record's key in the bucket "sanctions"; those of sanctions
// have a slash.
const lockdownKey = "lockdown"

type lockdownRecord struct {
	V int `json:"v"`
	Lockdown
}

func (l *lockdownRecord) check(string) error {
	if len(l.Reason) > MaxReason || text.Clean(l.Reason) != l.Reason {
		return fmt.Errorf("bad reason")
	}
	return checkVersion(l.V)
}

// Lockdown is the present one.
func (s *Sanctions) Lockdown() Lockdown {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lockdown
}

// SetLockdown opens or closes the doors, durably. Errors: Forbidden, Invalid for
// a reason that is too long, Conflict, Unavailable.
func (s *Sanctions) SetLockdown(ctx context.Context, level Level, reason string, by Actor) error {
	old := s.Lockdown()
	err := s.setLockdown(ctx, level, reason, by)
	s.accounts.Audit.Record(ctx, by, LockdownChange{old.Level, level, text.Clean(reason)}, err)
	if err == nil {
		s.accounts.changed(Target{})
	}
	return err
}

func (s *Sanctions) setLockdown(ctx context.Context, level Level, reason string, by Actor) error {
	if err := s.accounts.Authorize(by, CanLockdown, ""); err != nil {
		return err
	}
	reason = text.Clean(reason)
	switch {
	case level > LockAll:
		return chat.Errorf(chat.Invalid, "There is no lockdown %s.", level)
	case len(reason) > MaxReason:
		return chat.Errorf(chat.Invalid, "A reason has at most %d bytes; use a shorter one.", MaxReason)
	}
	next := Lockdown{Level: level, Reason: reason, By: by.label(), At: time.Now().UTC().Round(0)}
	s.mu.RLock()
	rev := s.lockRev
	s.mu.RUnlock()
	for range attempts {
		made, err := s.kept.put(ctx, lockdownKey, lockdownRecord{version, next}, rev, 0)
		switch chat.ErrorCode(err) {
		case "":
			s.mu.Lock()
			defer s.mu.Unlock()
			if made > s.lockRev {
				s.lockdown, s.lockRev = next, made
			}
			return nil
		case chat.Conflict:
		default:
			return unconfirmed(err, "the lockdown")
		}
		var stored lockdownRecord
		if rev, err = s.kept.get(ctx, lockdownKey, &stored); err != nil && chat.ErrorCode(err) != chat.NotFound {
			return err
		}
	}
	return errContended()
}
