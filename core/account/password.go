package account

import (
	"bytes"
	"fmt"
	"log/slog"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// The bounds of a password, in bytes. It is never truncated.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// A Password is a password as it was typed. However it is printed, logged or
// encoded it shows "(secret)"; only a conversion gives the bytes away. They
// are the caller's, who may Wipe them once the call that took them is back.
type Password []byte

// String hides the password.
func (p Password) String() string { return "(secret)" }

// Format implements fmt.Formatter, so that no verb shows the password.
func (p Password) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, 's'), p.String())
}

// LogValue implements slog.LogValuer.
func (p Password) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText implements encoding.TextMarshaler. What it writes can't be read
// back.
func (p Password) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Wipe overwrites the password.
func (p Password) Wipe() { clear(p) }

// Check returns nil if p may be the password of name. Every error has the code
// Invalid and a text that holds no part of p.
func (p Password) Check(name chat.Name) error {
	switch {
	case len(p) < MinPassword:
		return chat.Errorf(chat.Invalid, "A password has at least %d characters; choose a longer one.", MinPassword)
	case len(p) > MaxPassword:
		return chat.Errorf(chat.Invalid, "A password has at most %d bytes; choose a shorter one.", MaxPassword)
	case bytes.Count(p, p[:1]) == len(p):
		return chat.Errorf(chat.Invalid, "A password of one character over and over is guessed at once; choose another.")
	case text.Fold(string(p)) == name.Key:
		return chat.Errorf(chat.Invalid, "A password that is the name is guessed at once; choose another.")
	}
	return nil
}

// fits reports whether p can be a password at all.
func (p Password) fits() bool { return MinPassword <= len(p) && len(p) <= MaxPassword }
