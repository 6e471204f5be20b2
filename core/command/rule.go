package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A Rule is an operator's word on who may use a command, and where. It takes away and
// gives nothing: what the spec asks for, and other rules, hold as well.
type Rule struct {
	Command string    // its name or an alias; with a sub-command's behind a space it is for that one
	Role    chat.Role // the least that may use it
	Rooms   []string  // one of them must be the caller's current room; nil: any, or none
	Args    []string  // only for calls whose first argument is one of them, capitals or not; nil: for all calls
}

// Ruled returns the commands under the rules. Who may not use one by their role does not
// see it in help, and one that is for other rooms than theirs is not in the index. The
// problems tell, a line each, of rules that can't ever hold; the others do.
func Ruled(cmds []Command, rules []Rule) (under []Command, problems []error) {
	under = slices.Clone(cmds)
	for _, rule := range rules {
		name, sub, _ := strings.Cut(rule.Command, " ")
		i := slices.IndexFunc(under, func(c Command) bool { return slices.Contains(c.Spec().names(), name) })
		if i < 0 {
			problems = append(problems, fmt.Errorf("there is no command %q", name))
			continue
		}
		r, ok := under[i].(*ruled)
		if !ok {
			r = &ruled{Command: under[i], spec: *under[i].Spec()}
			r.spec.Subs = slices.Clone(r.spec.Subs)
		}
		if err := r.add(sub, rule); err != nil {
			problems = append(problems, err)
			continue
		}
		under[i] = r
	}
	return under, problems
}

// A ruled is a command under rules. What they say of roles for all calls is in its
// spec.
type ruled struct {
	Command
	spec  Spec
	rules []subRule
}

// A subRule is a rule that takes more than the spec to check.
type subRule struct {
	Rule
	sub string // the sub-command that it is for; "" is all of them
}

// Spec implements Command.
func (r *ruled) Spec() *Spec { return &r.spec }

// add puts a rule for the sub-command, "" for the command as a whole, in force.
func (r *ruled) add(sub string, rule Rule) error {
	spec := &r.spec
	if sub != "" {
		i := slices.IndexFunc(spec.Subs, func(s Spec) bool { return s.Name == sub })
		if i < 0 {
			return fmt.Errorf("the command %q has no sub-command %q", spec.Name, sub)
		}
		spec = &spec.Subs[i]
	}
	if rule.Args == nil {
		spec.Role = max(spec.Role, rule.Role)
	} else if len(spec.Args)+len(spec.Subs) == 0 {
		return fmt.Errorf("the command %q takes no arguments, so a rule for some of them never holds", rule.Command)
	}
	if rule.Args != nil || rule.Rooms != nil {
		r.rules = append(r.rules, subRule{rule, sub})
	}
	return nil
}

// check holds a call against the rules. Visible reports whether a user may know of a
// room.
func (r *ruled) check(c *Call, s Session, visible func(*chat.User, string) bool) *chat.Error {
	for i := range r.rules {
		rule := &r.rules[i]
		if rule.sub != "" && rule.sub != c.Sub {
			continue
		}
		what := c.Name
		if c.Sub != "" {
			what += " " + c.Sub
		}
		if rule.Args != nil {
			first, shown := r.first(c, rule.sub)
			if !slices.ContainsFunc(rule.Args, func(a string) bool { return strings.EqualFold(a, first) }) {
				continue
			}
			if shown {
				what += " " + text.Clean(first)
			}
		}
		if role := s.Role(); role < rule.Role {
			return chat.Errorf(chat.Forbidden, "%s needs the role %v, and yours is %v; ask somebody who has it.", what, rule.Role, role)
		}
		if rule.Rooms != nil && !rule.in(c.User) {
			return rule.elsewhere(what, c.User, visible)
		}
	}
	return nil
}

// first is the first argument that the rule for sub is about, and whether it is to be
// shown behind the name.
func (r *ruled) first(c *Call, sub string) (first string, shown bool) {
	if sub == "" && c.Sub != "" {
		return c.Sub, false // it is part of the name
	}
	if len(c.Spec.Args) == 0 || len(c.values[0].words) == 0 {
		return "", false
	}
	first = c.values[0].words[0]
	if c.Spec.Args[0].Type == Text {
		if words := strings.Fields(first); len(words) > 0 {
			first = words[0]
		}
	}
	return first, !c.Spec.Args[0].Secret
}

// in reports whether the user's current room is one of the rule's.
func (r *Rule) in(u *chat.User) bool {
	if u == nil {
		return false
	}
	room := u.Room()
	return room != nil && slices.Contains(r.Rooms, room.Name())
}

// elsewhere is the error for a call in another room. Who asks learns of no room that
// is hidden from them.
func (r *Rule) elsewhere(what string, u *chat.User, visible func(*chat.User, string) bool) *chat.Error {
	var known []string
	for _, room := range r.Rooms {
		if u != nil && visible(u, room) {
			known = append(known, room)
		}
	}
	if known == nil {
		return chat.Errorf(chat.Forbidden, "%s does not work in this room; ask an operator where it does.", what)
	}
	return chat.Errorf(chat.Forbidden, "%s works only in the room %s; go there first: join %s.", what, listOr(known), known[0])
}

// elsewhereOnly reports whether no call of the command would work where the caller is.
func elsewhereOnly(cmd Command, c Caller) bool {
	r, ok := cmd.(*ruled)
	if !ok {
		return false
	}
	u, ok := c.(interface{ User() *chat.User })
	return ok && slices.ContainsFunc(r.rules, func(rule subRule) bool {
		return rule.sub == "" && rule.Args == nil && rule.Rooms != nil && !rule.in(u.User())
	})
}
