package account

import (
	"strconv"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// An Event is something that the audit keeps. The types below are all there are,
// and none has a field for a password or for what somebody said in a room.
type Event interface {
	// entry is the type, the target, and details by name.
	entry() (kind, target string, details map[string]string)
}

// A Login is an attempt at one. Key is "" for a name that nobody registered: it
// may be a password in the wrong place.
type Login struct{ Key string }

// A Registration makes an account.
type Registration struct{ Key string }

// A PasswordChange is a new password, of the owner's or given by an operator.
type PasswordChange struct{ Key string }

// A Deletion ends an account.
type Deletion struct{ Key string }

// A NameReleased frees the name of a deleted account.
type NameReleased struct{ Key string }

// A Revocation ends sessions of an account.
type Revocation struct {
	Key      string
	Sessions int
}

// A RoleChange gives an account a role or takes it back.
type RoleChange struct {
	Key      string
	Old, New chat.Role
}

// An Imposed is a new sanction.
type Imposed struct{ Sanction Sanction }

// A Lifted is a sanction that was ended before its time.
type Lifted struct{ Sanction Sanction }

// A LockdownChange opens or closes the doors.
type LockdownChange struct {
	Old, New Level
	Reason   string
}

// A Kick ends somebody's sessions.
type Kick struct{ Target, Reason string }

// A Report is what somebody tells the moderators about somebody.
type Report struct{ Target, Text string }

// A PluginChange is what was done to a plugin.
type PluginChange struct {
	Plugin string
	Action string // loaded, stopped, disabled, ...
	Sum    string // sha256 of its file in hex, "" if unknown
}

// A ConfigChange is a config that was put in force.
type ConfigChange struct {
	Sum     string   // sha256 of the file in hex
	Changes []string // as config.Diff tells them, without secrets
}

// A CommandRun is a command that takes a role. Args are its words as its spec
// redacts them.
type CommandRun struct {
	Command string
	Args    []string
}

func (e Login) entry() (string, string, map[string]string)          { return "login", e.Key, nil }
func (e Registration) entry() (string, string, map[string]string)   { return "register", e.Key, nil }
func (e PasswordChange) entry() (string, string, map[string]string) { return "password", e.Key, nil }
func (e Deletion) entry() (string, string, map[string]string)       { return "delete", e.Key, nil }
func (e NameReleased) entry() (string, string, map[string]string)   { return "release", e.Key, nil }

func (e Revocation) entry() (string, string, map[string]string) {
	return "revoke", e.Key, map[string]string{"sessions": strconv.Itoa(e.Sessions)}
}

func (e RoleChange) entry() (string, string, map[string]string) {
	return "role", e.Key, map[string]string{"old": e.Old.String(), "new": e.New.String()}
}

func (e Imposed) entry() (string, string, map[string]string) {
	return string(e.Sanction.Kind), e.Sanction.Target.String(), e.Sanction.details()
}

func (e Lifted) entry() (string, string, map[string]string) {
	return "lift", e.Sanction.Target.String(), e.Sanction.details()
}

func (s Sanction) details() map[string]string {
	d := map[string]string{"id": s.ID, "kind": string(s.Kind), "reason": s.Reason}
	if !s.At.IsZero() {
		d["ends"] = s.Ends()
	}
	return d
}

func (e LockdownChange) entry() (string, string, map[string]string) {
	return "lockdown", e.New.String(), map[string]string{"old": e.Old.String(), "reason": e.Reason}
}

func (e Kick) entry() (string, string, map[string]string) {
	return "kick", e.Target, map[string]string{"reason": e.Reason}
}

func (e Report) entry() (string, string, map[string]string) {
	return "report", e.Target, map[string]string{"text": e.Text}
}

func (e PluginChange) entry() (string, string, map[string]string) {
	return "plugin", e.Plugin, map[string]string{"action": e.Action, "sha256": e.Sum}
}

func (e ConfigChange) entry() (string, string, map[string]string) {
	return "config", "", map[string]string{"sha256": e.Sum, "changes": strings.Join(e.Changes, "; ")}
}

func (e CommandRun) entry() (string, string, map[string]string) {
	return "command", e.Command, map[string]string{"args": strings.Join(e.Args, " ")}
}

// lost stands in the audit for entries that are not there.
type lost struct{ n uint64 }

func (e lost) entry() (string, string, map[string]string) {
	return "lost", "", map[string]string{"entries": strconv.FormatUint(e.n, 10)}
}
