package text

import (
	"sync"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// asciiSkeletons has the skeleton of each ASCII character that a name may hold,
// and "" for every other byte. None of them combines with its neighbours, so
// the skeleton of a name is those of its characters in a row.
var asciiSkeletons = sync.OnceValue(func() *[256]string {
	var all [256]string
	for c := range byte(utf8.RuneSelf) {
		if isASCIILetter(c) || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.' {
			all[c] = skeleton(string(rune(c)))
		}
	}
	return &all
})

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// parseASCII is ParseName for what nearly every name is: ASCII, and right. For
// anything else ok is false. The Key and the Skeleton are the Display where
// they are equal, so a name in lower case often takes no memory of its own.
func parseASCII(s string) (name chat.Name, ok bool) {
	if s == "" || len(s) > MaxName || s[0] == '-' || s[0] == '.' || s[len(s)-1] == '-' || s[len(s)-1] == '.' {
		return name, false
	}
	var (
		table    = asciiSkeletons()
		keySpace [MaxName]byte
		key      = keySpace[:0]
		space    [2 * MaxName]byte // m, which looks like rn, is the longest
		skeleton = space[:0]
		letters  = false
	)
	for i := range len(s) {
		c := s[i]
		if table[c] == "" {
			return name, false
		}
		skeleton = append(skeleton, table[c]...)
		if isASCIILetter(c) {
			letters = true
			c |= 0x20
		}
		key = append(key, c)
	}
	if !letters {
		return name, false
	}
	name = chat.Name{Display: s, Key: s, Skeleton: s}
	if string(key) != s {
		name.Key = string(key)
	}
	switch string(skeleton) { // compared without a copy
	case s:
	case name.Key:
		name.Skeleton = name.Key
	default:
		name.Skeleton = string(skeleton)
	}
	return name, true
}
