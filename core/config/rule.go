package config

import (
	"reflect"
	"strconv"
	"strings"
)

// Rule is one table [[rule]]: who may use a command, and where. It is for built-in
// commands and those of plugins. Several rules for one command all hold. Only the file
// has them, not the environment or flags. All of it is live.
type Rule struct {
	Command string   `mapstructure:"command"` // its name, "room kick" for a sub-command; no default
	Roles   []Role   `mapstructure:"roles"`   // who has one of them, or a higher one, may; by default who may anyway
	Rooms   []string `mapstructure:"rooms"`   // the caller's current room must be one of them; by default anywhere
	Args    []string `mapstructure:"args"`    // the rule is only for calls with one of them as the first argument; by default for all
}

// literal is the table in one line, without what is not set.
func (r Rule) literal() string { return differing(reflect.ValueOf(r), reflect.ValueOf(Rule{})) }

func (v *validator) rules(key string, rules []Rule) {
	for i, r := range rules {
		at := key + "[" + strconv.Itoa(i) + "]"
		v.ruled(at+".command", r.Command)
		if len(r.Roles) == 0 && len(r.Rooms) == 0 {
			v.add(at, "says nothing of who may use %s or where; give it roles or rooms", show(r.Command))
		}
		for n, role := range r.Roles {
			v.role(at+".roles["+strconv.Itoa(n)+"]", role)
		}
		for n, room := range r.Rooms {
			v.room(at+".rooms["+strconv.Itoa(n)+"]", room)
		}
		for n, arg := range r.Args {
			v.line(at+".args["+strconv.Itoa(n)+"]", arg, 1, 256)
		}
	}
}

// ruled wants the name of a command or of a sub-command with its command's.
func (v *validator) ruled(key, s string) {
	name, sub, has := strings.Cut(s, " ")
	switch {
	case !commandName.MatchString(name), has && !commandName.MatchString(sub):
		v.add(key, `%s is no name of a command; write it as it is typed, without a slash and arguments, such as "deploy" or "room kick"`, show(s))
	case name == "login":
		v.add(key, "login can't be ruled: before it nobody has a role or is in a room")
	}
}
