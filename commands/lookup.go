package commands

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
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

// visibleRoom is the room of that name, if the caller may know of it.
func (d *Deps) visibleRoom(c *command.Call, name string) (*chat.Room, error) {
	if r := d.Hub.Room(name); r != nil && r.Visible(c.User) {
		return r, nil
	}
	visible := slices.DeleteFunc(d.Hub.Rooms(), func(r *chat.Room) bool { return !r.Visible(c.User) })
	return nil, orSay(c, missing("There is no room "+name, name, each(visible, (*chat.Room).Name),
		fmt.Sprintf("rooms lists them, and join %s makes it", name)))
}

// each are the names of the items.
func each[T any](items []T, name func(T) string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, it := range items {
			if !yield(name(it)) {
				return
			}
		}
	}
}

// userNames are the names of who is here, for suggestions: none if there are so
// many that looking through them would take milliseconds.
func (d *Deps) userNames() iter.Seq[string] {
	const most = 1000
	if users, _ := d.Hub.Count(); users > most {
		return func(func(string) bool) {}
	}
	return slices.Values(d.Hub.UserNames())
}

// missing is the error for the name of something that is not there, as the
// sentence begins to say: it goes on with the names that may have been meant, or
// else with what to do instead.
func missing(sentence, name string, among iter.Seq[string], otherwise string) *chat.Error {
	if near := text.Nearest(name, among, 3); len(near) > 0 {
		return chat.Errorf(chat.NotFound, "%s; did you mean %s?", sentence, strings.Join(near, " or "))
	}
	return chat.Errorf(chat.NotFound, "%s; %s.", sentence, otherwise)
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
