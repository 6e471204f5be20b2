package main

import (
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/config"
)

// rulesOf converts what Load has checked.
func rulesOf(rules []config.Rule) []command.Rule {
	out := make([]command.Rule, len(rules))
	for i, r := range rules {
		out[i] = command.Rule{Command: r.Command, Role: leastOf(r.Roles)}
		if len(r.Rooms) > 0 {
			out[i].Rooms = r.Rooms
		}
		if len(r.Args) > 0 {
			out[i].Args = r.Args
		}
	}
	return out
}

// leastOf is the lowest of some roles.
func leastOf(roles []config.Role) chat.Role {
	least := chat.Guest
	for i, r := range roles {
		if role, _ := chat.ParseRole(string(r)); i == 0 || role < least {
			least = role
		}
	}
	return least
}

// unruled are commands of plugins without the role that their authors think right, if
// a rule says which it is.
func unruled(cmds []command.Command, rules []command.Rule) []command.Command {
	out := slices.Clone(cmds)
	for _, rule := range rules {
		if rule.Args != nil || rule.Role == chat.Guest && rule.Rooms != nil {
			continue
		}
		name, sub, _ := strings.Cut(rule.Command, " ")
		for i, cmd := range out {
			if spec := cmd.Spec(); spec.Name == name || slices.Contains(spec.Aliases, name) {
				out[i] = opened(cmd, sub)
			}
		}
	}
	return out
}

// opened is a command that no role is needed for, or whose sub-command is so.
func opened(cmd command.Command, sub string) command.Command {
	spec := *cmd.Spec()
	spec.Subs = slices.Clone(spec.Subs)
	if sub == "" {
		spec.Role = chat.Guest
	}
	for i := range spec.Subs {
		if spec.Subs[i].Name == sub {
			spec.Subs[i].Role = chat.Guest
		}
	}
	return command.New(spec, cmd.Run)
}
