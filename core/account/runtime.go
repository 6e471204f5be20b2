package account

import "github.com/chatroom-shell/chatroom/core/chat"

// Grant gives a name a role until the server ends.
func (r *Roles) Grant(key string, role chat.Role) { r.grant(key, role) }

// Revoke takes back what was granted. It reports whether anything was.
func (r *Roles) Revoke(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.granted[key]
	delete(r.granted, key)
	return ok
}
