package account

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Roles maps the keys of accounts to the roles that they hold besides that of
// every account: by the config and by grants. It is safe for concurrent use.
// The zero value is ready and gives nobody a role.
//
// Who holds a role by both has the higher one: what the config gives, only the
// config takes.
type Roles struct {
	mu      sync.RWMutex
	config  map[string]chat.Role
	granted map[string]chat.Role
}

// Configure replaces the roles that come from the config; grants stay.
func (r *Roles) Configure(byKey map[string]chat.Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.config = maps.Clone(byKey)
}

// grant sets the role that key was granted; Registered or less is none.
func (r *Roles) grant(key string, role chat.Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if role <= chat.Registered {
		delete(r.granted, key)
		return
	}
	if r.granted == nil {
		r.granted = map[string]chat.Role{}
	}
	r.granted[key] = role
}

// Of is the role that key holds, Guest if none. It does not tell whether there
// is such an account; see [Accounts.Role].
func (r *Roles) Of(key string) chat.Role {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return max(r.config[key], r.granted[key])
}

// configured is the role that key holds by the config.
func (r *Roles) configured(key string) chat.Role {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.config[key]
}

// A Holder is who holds a role.
type Holder struct {
	Key     string
	Role    chat.Role
	Granted bool // at run time, above what the config says
}

// Holders are all who hold a role, by key.
func (r *Roles) Holders() []Holder {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := map[string]Holder{}
	for key, role := range r.config {
		all[key] = Holder{key, role, false}
	}
	for key, role := range r.granted {
		if role > r.config[key] {
			all[key] = Holder{key, role, true}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Holder) int { return strings.Compare(a.Key, b.Key) })
}
