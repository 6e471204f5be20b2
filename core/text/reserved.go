package text

import (
	"strings"
	"unicode"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// voices are the names that would pass for the server, for those who run it or
// for everybody, whatever the configuration says.
var voices = [...]string{"admin", "administrator", "all", "everyone", "here", "moderator", "nobody", "operator", "root", "server", "system"}

// Reserved is a set of names that nobody may take, nor anything that looks like
// one of them. It does not change once made, so any goroutine may use it; when
// the words change, a new set takes its place. The zero value reserves nothing.
type Reserved struct {
	shapes map[string]struct{}
}

// NewReserved returns the set of admin, administrator, all, everyone, here,
// moderator, nobody, operator, root, server, system and words: the names of
// commands, of configured rooms and of the server. A word need not be a name: of "#ops" and "My Server" the
// letters and digits count.
func NewReserved(words ...string) *Reserved {
	r := &Reserved{shapes: make(map[string]struct{}, 2*(len(voices)+len(words)))}
	for _, w := range voices {
		r.add(w)
	}
	for _, w := range words {
		r.add(w)
	}
	return r
}

// add reserves what w looks like as written and in lower case.
func (r *Reserved) add(w string) {
	for _, s := range [...]string{shape(skeleton(w)), shape(Fold(w))} {
		if s != "" { // "+" reserves nothing
			r.shapes[s] = struct{}{}
		}
	}
}

// Check returns nil if n is free to take, else a *chat.Error of code Invalid.
func (r *Reserved) Check(n chat.Name) error {
	_, looks := r.shapes[shape(n.Skeleton)]
	_, reads := r.shapes[shape(n.Key)]
	if looks || reads {
		return chat.Errorf(chat.Invalid, "The name %s is reserved, or looks like one that is; choose another.", n.Display)
	}
	return nil
}

// shape reduces a skeleton or a key to what is compared: its letters, marks and
// digits, with i as l. Separators go, since admin_ speaks with the same voice.
// The skeletons of ADMIN and admin differ by that one letter, because I looks
// like l; as l both they and whatever stands in for either meet.
func shape(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'i':
			return 'l'
		case unicode.In(r, unicode.L, unicode.M, unicode.N):
			return r
		}
		return -1
	}, s)
}
