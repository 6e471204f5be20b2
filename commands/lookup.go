package commands

import (
	"cmp"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// user is who has that name. There was somebody when the argument was checked,
// but who is on another loop may have left since.
func (d *Deps) user(name string) (*chat.User, error) {
	if u := d.Hub.User(text.Fold(name)); u != nil {
		return u, nil
	}
	return nil, chat.Errorf(chat.NotFound, "%s has just left.", name)
}

// room is the room of that name.
func (d *Deps) room(name string) (*chat.Room, error) {
	if r := d.Hub.Room(name); r != nil {
		return r, nil
	}
	near := text.Nearest(name, func(yield func(string) bool) {
		for _, r := range d.Hub.Rooms() {
			if !yield(r.Name()) {
				return
			}
		}
	}, 3)
	if len(near) > 0 {
		return nil, chat.Errorf(chat.NotFound, "There is no room %s; did you mean %s?", name, strings.Join(near, " or "))
	}
	return nil, chat.Errorf(chat.NotFound, "There is no room %s; rooms lists them, and join %s makes it.", name, name)
}

// maxListed is how many people or rooms a list shows.
const maxListed = 200

// top returns the n items of the highest rank, highest first. It looks at each
// item once, at the last first: who came last to a room is likely to rank high
// in it, and the sooner the high ones are found, the fewer others get a place
// for a while.
func top[T any](items []T, n int, rank func(T) int64) []T {
	type ranked struct {
		rank int64
		item T
	}
	best := make([]ranked, 0, n+1)
	for _, it := range slices.Backward(items) {
		r := ranked{rank(it), it}
		if len(best) == n && r.rank <= best[n-1].rank {
			continue
		}
		i, _ := slices.BinarySearchFunc(best, r, func(a, b ranked) int { return cmp.Compare(b.rank, a.rank) })
		best = slices.Insert(best, i, r)
		best = best[:min(n, len(best))]
	}
	found := make([]T, len(best))
	for i, r := range best {
		found[i] = r.item
	}
	return found
}

// listed are the users that a list shows, by name: all, or if they are too many
// those who typed last.
func listed(users []*chat.User) []*chat.User {
	if len(users) > maxListed {
		users = top(users, maxListed, func(u *chat.User) int64 { return u.Active().UnixNano() })
	}
	keys := make(map[*chat.User]string, len(users))
	for _, u := range users {
		keys[u] = u.Name().Key
	}
	slices.SortFunc(users, func(a, b *chat.User) int { return strings.Compare(keys[a], keys[b]) })
	return users
}
