package config

import (
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/text"
)

// didYouMean ends the error about a name that does not exist: with the one that
// was meant, or with nothing if that is anybody's guess.
func didYouMean(name string, among []string) string {
	near := text.Nearest(name, slices.Values(among), 1)
	if near == nil {
		// The right key in a wrong table, or in none.
		last := name[strings.LastIndexByte(name, '.')+1:]
		for _, key := range among {
			if key == last || strings.HasSuffix(key, "."+last) {
				near = append(near, key)
			}
		}
	}
	if near == nil {
		return ""
	}
	return "; did you mean " + near[0] + "?"
}
