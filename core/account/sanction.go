package account

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A Kind is what a sanction does.
type Kind string

// The kinds.
const (
	Ban   Kind = "ban"   // keeps out
	Mute  Kind = "mute"  // keeps from speaking
	Allow Kind = "allow" // the opposite: an address that no ban of addresses and no lockdown holds for, or an account that no lockdown holds for
)

// A Target is whom a sanction is for: the account or, if nobody registered it,
// the guest's name of that key; or all addresses of a network. One of the two is
// set.
type Target struct {
	Key    string       `json:"key,omitempty"`
	Name   string       `json:"name,omitempty"` // of Key, as it is shown
	Prefix netip.Prefix `json:"prefix,omitzero"`
}

// String is what the target is called: the name, or the network, of one address
// without its length.
func (t Target) String() string {
	switch {
	case !t.Prefix.IsValid():
		return t.Name
	case t.Prefix.IsSingleIP():
		return t.Prefix.Addr().String()
	}
	return t.Prefix.String()
}

// Covers reports whether the target is that key, or a network that the address
// is of. The zero Target covers everybody.
func (t Target) Covers(a netip.Addr, key string) bool {
	if t.Prefix.IsValid() {
		return t.Prefix.Contains(plain(a))
	}
	return t.Key == "" || t.Key == key
}

// id is what the target is stored under; a key has no slash and a network has.
func (t Target) id() string {
	if t.Prefix.IsValid() {
		return t.Prefix.String()
	}
	return t.Key
}

// An id is so many of these letters, none of which looks like another.
const (
	idLetters = "abcdefghjkmnpqrstuvwxyz023456789"
	idLength  = 7
)

// The shortest prefixes that may be sanctioned: more is a country, and a slip.
const (
	minBits4 = 8
	minBits6 = 16
)

// ParseTarget reads an address (192.0.2.7) or a network (192.0.2.0/24,
// 2001:db8::/48); network is false if s is neither, and then a name. The error is
// Invalid for a network that is too large. A single IPv6 address is taken for its
// network of 64 bits, which one user has at least.
func ParseTarget(s string) (t Target, network bool, err error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return Target{}, false, nil
		}
		return Target{Prefix: sourceOf(a)}, true, nil
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	t = Target{Prefix: p.Masked()}
	return t, true, t.check()
}

func (t Target) check() error {
	switch p := t.Prefix; {
	case p.IsValid() && t.Key != "":
		return chat.Errorf(chat.Invalid, "A sanction is for a name or for a network, not for both.")
	case p.IsValid():
		least := minBits6
		if p.Addr().Is4() {
			least = minBits4
		}
		if p.Bits() < least || p != p.Masked() {
			return chat.Errorf(chat.Invalid, "The network %s is too large; use one of /%d or smaller.", p, least)
		}
	case t.Key == "" || len(t.Key) > maxKey/2 || strings.Contains(t.Key, "/"):
		return chat.Errorf(chat.Invalid, "A sanction needs a name or a network.")
	case t.Name == "" || text.Clean(t.Name) != t.Name || text.Fold(t.Name) != t.Key:
		return chat.Errorf(chat.Invalid, "%q is no name.", t.Key)
	}
	return nil
}

const (
	// MaxReason is the length of the longest reason, in bytes.
	MaxReason = 400
	// maxSpan is the longest time of a sanction that ends.
	maxSpan = 100 * 365 * 24 * time.Hour
)

// A Sanction holds for its target until it ends by itself or is lifted.
type Sanction struct {
	ID     string    `json:"id"` // 7 letters and digits, shown to both sides
	Kind   Kind      `json:"kind"`
	Target Target    `json:"target"`
	Reason string    `json:"reason,omitempty"` // clean, at most MaxReason bytes
	By     string    `json:"by"`
	Rank   chat.Role `json:"rank"` // of who imposed it; who has less can't lift it
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // zero: for ever
}

// over reports whether the sanction has ended.
func (s *Sanction) over(now time.Time) bool { return !s.Until.IsZero() && !now.Before(s.Until) }

// Ends says until when, as it follows "banned": "until ..." or "forever".
func (s Sanction) Ends() string {
	if s.Until.IsZero() {
		return "forever"
	}
	return "until " + moment(s.Until)
}

// Refusal is the error for whom the sanction is for. It does not tell by whom.
func (s Sanction) Refusal() error {
	what := "banned from this server"
	if s.Kind == Mute {
		what = "muted"
	}
	if s.Target.Prefix.IsValid() {
		what += ", with your network,"
	}
	why := ""
	if s.Reason != "" {
		why = ": " + s.Reason
	}
	return chat.Errorf(chat.Forbidden, "You are %s %s%s (sanction %s; name it if you ask a moderator about it).", what, s.Ends(), why, s.ID)
}

// A sanctionRecord is a Sanction in the bucket "sanctions" under
// "KIND/TARGET": a target has one of a kind.
type sanctionRecord struct {
	V int `json:"v"`
	Sanction
}

func (s *Sanction) key() string { return string(s.Kind) + "/" + s.Target.id() }

func (r *sanctionRecord) check(key string) error {
	if err := checkVersion(r.V); err != nil {
		return err
	}
	switch r.Kind {
	case Ban, Mute, Allow:
	default:
		return fmt.Errorf("there is no kind %q", r.Kind)
	}
	switch {
	case key != r.key():
		return fmt.Errorf("it is of %s", r.key())
	case len(r.ID) != idLength || strings.Trim(r.ID, idLetters) != "" || r.At.IsZero():
		return errors.New("bad id or no time")
	case len(r.Reason) > MaxReason || text.Clean(r.Reason) != r.Reason:
		return errors.New("bad reason")
	}
	return r.Target.check()
}

// moment is t as a user reads it.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }
