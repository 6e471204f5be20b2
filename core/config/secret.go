package config

import (
	"fmt"
	"log/slog"
)

const redacted = "(secret)"

// A Secret is a setting that nobody may read by accident: however it is
// printed, logged or encoded, it shows "(secret)", or "" if it is empty. Only
// Reveal gives the value.
//
// A setting of this type is redacted in Diff, Print and every error.
type Secret string

// Reveal returns the value. Give it to what needs it, never to a message.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format implements fmt.Formatter, so that no verb shows the value.
func (s Secret) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), s.String())
}

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler. What it writes can't be read
// back.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
