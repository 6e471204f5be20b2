package account

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A Capability is something that not everybody may do.
type Capability string

// The capabilities, as they stand in the config.
const (
	CanSay            Capability = "say"             // speak in rooms
	CanRegister       Capability = "register"        // make an account
	CanReport         Capability = "report"          // tell the moderators about somebody
	CanKick           Capability = "kick"            // end a session
	CanMute           Capability = "mute"            // keep somebody from speaking
	CanBan            Capability = "ban"             // keep a name or an account out
	CanBanAddress     Capability = "ban.address"     // keep addresses and networks out
	CanBanForever     Capability = "ban.forever"     // sanctions without an end
	CanSlow           Capability = "slow"            // slow a room down
	CanRedact         Capability = "redact"          // take others' messages back
	CanGovernRooms    Capability = "rooms.govern"    // all that a room's owner may
	CanSeeAddresses   Capability = "addresses.see"   // where others come from
	CanWall           Capability = "wall"            // speak to everybody
	CanAllow          Capability = "allowlist"       // exempt from bans of addresses and from a lockdown
	CanLockdown       Capability = "lockdown"        // close the doors
	CanReadAudit      Capability = "audit.read"      // read the audit
	CanManageAccounts Capability = "accounts.manage" // see, make, reset and delete others' accounts
	CanManagePlugins  Capability = "plugin.manage"   // start, stop and exchange plugins
	CanReload         Capability = "config.reload"   // put the config in force
	CanSeeStats       Capability = "stats"           // the figures of the server
	CanGrant          Capability = "role.grant"      // give roles up to one's own
)

// defaults say who may do what unless the config does. What is open to guests
// here may be closed to them; nothing else can be opened to them, because nobody
// knows who they are.
var defaults = map[Capability]chat.Role{
	CanSay: chat.Guest, CanRegister: chat.Guest, CanReport: chat.Guest,
	CanKick: chat.Moderator, CanMute: chat.Moderator, CanBan: chat.Moderator, CanSlow: chat.Moderator,
	CanRedact: chat.Moderator, CanGovernRooms: chat.Moderator,
	CanBanAddress: chat.Operator, CanBanForever: chat.Operator, CanSeeAddresses: chat.Operator, CanWall: chat.Operator,
	CanAllow: chat.Operator, CanLockdown: chat.Operator, CanReadAudit: chat.Operator, CanManageAccounts: chat.Operator,
	CanManagePlugins: chat.Operator, CanReload: chat.Operator, CanSeeStats: chat.Operator, CanGrant: chat.Operator,
}

// Capabilities are all there are, in alphabetical order.
func Capabilities() iter.Seq[Capability] {
	return slices.Values(slices.Sorted(maps.Keys(defaults)))
}

// Rights say which role each capability takes; a higher role has it too. The
// zero value are the defaults. Rights do not change once made.
type Rights struct{ changed map[Capability]chat.Role }

// NewRights returns the defaults with some changed: names of roles by names of
// capabilities, as they stand in the config. The error joins one line for each
// entry that is wrong, with the nearest name.
func NewRights(changes map[string]string) (Rights, error) {
	r := Rights{map[Capability]chat.Role{}}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		c := Capability(name)
		least, known := defaults[c]
		if !known {
			errs = append(errs, fmt.Errorf("there is no right %q%s", name, didYouMean(name, maps.Keys(defaults))))
			continue
		}
		role, err := chat.ParseRole(changes[name])
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: there is no role %q%s", name, changes[name], didYouMean(changes[name], roles())))
		case role == chat.Guest && least != chat.Guest:
			errs = append(errs, fmt.Errorf("%s: guests can't have it, because nobody knows who they are; the least role is %s", name, chat.Registered))
		default:
			r.changed[c] = role
		}
	}
	return r, errors.Join(errs...)
}

func roles() iter.Seq[chat.Role] {
	return func(yield func(chat.Role) bool) {
		for r := chat.Guest; r <= chat.Admin && yield(r); r++ {
		}
	}
}

// didYouMean ends the line about a name that does not exist.
func didYouMean[T any](name string, among iter.Seq[T]) string {
	near := text.Nearest(name, func(yield func(string) bool) {
		for v := range among {
			if !yield(fmt.Sprint(v)) {
				return
			}
		}
	}, 1)
	if near == nil {
		return ""
	}
	return "; did you mean " + near[0] + "?"
}

// Least is the lowest role that has c. One that does not exist takes an admin.
func (r Rights) Least(c Capability) chat.Role {
	if role, ok := r.changed[c]; ok {
		return role
	}
	if role, ok := defaults[c]; ok {
		return role
	}
	return chat.Admin
}

// Check returns nil if role has c; else the error has the code Forbidden.
func (r Rights) Check(role chat.Role, c Capability) error {
	if least := r.Least(c); role < least {
		return chat.Errorf(chat.Forbidden, "That takes the role %s, and you are %s; ask somebody who has it.", least, role)
	}
	return nil
}
