package natsstore

import (
	"encoding/base32"
	"strings"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Bounds, in bytes, as package account promises them.
const (
	maxName  = 32
	maxKey   = 256
	maxValue = 512 << 10
	maxEntry = 64 << 10
)

// keys encodes what may be any text into what a subject takes: JetStream refuses
// most that is not ASCII in a key, and takes some that it reads as a pattern.
var keys = base32.HexEncoding.WithPadding(base32.NoPadding)

// encodeKey is the JetStream key of a record. Its error has the code Invalid.
func encodeKey(key string) (string, error) {
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) {
		return "", chat.Errorf(chat.Invalid, "A key is 1 to %d bytes of text; use another.", maxKey)
	}
	return keys.EncodeToString([]byte(key)), nil
}

// decodeKey is what encodeKey has encoded; ok is false if it has not.
func decodeKey(s string) (key string, ok bool) {
	b, err := keys.DecodeString(s)
	return string(b), err == nil && len(b) > 0
}

// checkName reports whether name can be that of a bucket or a journal.
func checkName(name string) error {
	if name == "" || len(name) > maxName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return chat.Errorf(chat.Invalid, "The name %q is none for a part of the store; use 1 to %d of a-z, 0-9 and -.", name, maxName)
	}
	return nil
}
