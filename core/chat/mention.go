package chat

import (
	"slices"
	"strings"
)

// maxMentions bounds the names that are looked for in one message.
const maxMentions = 16

// mentions are the keys of the users whose names stand in text as words.
func (h *Hub) mentions(text, self string) []string {
	var keys []string
	h.mu.RLock()
	defer h.mu.RUnlock()
	for word := range strings.FieldsSeq(text) {
		key := h.fold(bare(word))
		if key == self || h.userLocked(key) == nil || slices.Contains(keys, key) {
			continue
		}
		if keys = append(keys, key); len(keys) == maxMentions {
			break
		}
	}
	return keys
}

// bare is word without the punctuation around it.
func bare(word string) string {
	for word != "" && punctuation(word[0]) {
		word = word[1:]
	}
	for word != "" && punctuation(word[len(word)-1]) {
		word = word[:len(word)-1]
	}
	return word
}

func punctuation(c byte) bool {
	switch c {
	case '@', ',', '.', ':', ';', '!', '?', '(', ')', '"', '\'', '<', '>':
		return true
	}
	return false
}
