package chat

import "fmt"

// A Role says what a user may do. Roles are ordered: a higher one may do all
// that a lower one may. The zero value is Guest.
type Role uint8

// The roles, lowest first.
const (
	Guest Role = iota
	Registered
	Moderator
	Operator
	Admin
)

var roleNames = [...]string{"guest", "user", "moderator", "operator", "admin"}

// String is the role's name as it stands in the config and in who.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// ParseRole is the inverse of String. Its error has the code Invalid.
func ParseRole(s string) (Role, error) {
	for i, n := range roleNames {
		if n == s {
			return Role(i), nil
		}
	}
	return Guest, Errorf(Invalid, "There is no role %q; the roles are guest, user, moderator, operator and admin.", s)
}

// MarshalText implements encoding.TextMarshaler.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Role) UnmarshalText(p []byte) error {
	v, err := ParseRole(string(p))
	if err == nil {
		*r = v
	}
	return err
}
