// Package account knows who may do what: the roles that names have from the
// config and by grants at run time.
//
// Names are not authenticated yet, so a role is given only to a session that
// comes from this machine; Of must be asked with that knowledge.
package account

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Roles maps the keys of names to roles. It is safe for concurrent use. The
// zero value gives everyone the role of a guest.
type Roles struct {
	mu      sync.Mutex
	config  map[string]chat.Role
	granted map[string]chat.Role
}

// Configure replaces the roles that come from the config; grants stay.
func (r *Roles) Configure(byKey map[string]chat.Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.config = maps.Clone(byKey)
}

// Grant gives a name a role until the server ends, above or below that of the
// config.
func (r *Roles) Grant(key string, role chat.Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.granted == nil {
		r.granted = map[string]chat.Role{}
	}
	r.granted[key] = role
}

// Revoke takes a grant back and reports whether there was one.
func (r *Roles) Revoke(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.granted[key]
	delete(r.granted, key)
	return ok
}

// Of is the role of the name with that key: what was granted, else what the
// config says, else Guest.
func (r *Roles) Of(key string) chat.Role {
	r.mu.Lock()
	defer r.mu.Unlock()
	if role, ok := r.granted[key]; ok {
		return role
	}
	return r.config[key]
}

// A Holder is a name with a role.
type Holder struct {
	Key     string
	Role    chat.Role
	Granted bool // at run time, not by the config
}

// Holders are all names with a role of their own, by key.
func (r *Roles) Holders() []Holder {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]Holder{}
	for key, role := range r.config {
		all[key] = Holder{key, role, false}
	}
	for key, role := range r.granted {
		all[key] = Holder{key, role, true}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Holder) int { return strings.Compare(a.Key, b.Key) })
}
