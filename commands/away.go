package commands

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/command"
)

// unexplained is the reason of who gave none.
const unexplained = "away"

// absence is how somebody is described who is away for that reason.
func absence(reason string) string {
	if reason == unexplained {
		return "away."
	}
	return "away: " + reason
}

// mark is how a list shows who is away for that reason, so that away can be looked
// for; "" is here.
func mark(reason string) string {
	if reason == "" || reason == unexplained {
		return reason
	}
	return absence(reason)
}

func (*Deps) away() command.Command {
	return command.New(command.Spec{
		Name: "away", Group: groupPeople,
		Summary: "say that you are away",
		Help: `
Marks you as away in who and whois, and tells it to everyone who sends you a
private message. You still see everything. back ends it.
`,
		Examples: []string{"away", "away out for lunch"},
		Args:     []command.Arg{{Name: "text", Type: command.Text, Optional: true, Help: "why, to the end of the line"}},
	}, func(_ context.Context, c *command.Call) error {
		u, reason, undo := c.User, strings.TrimSpace(c.Text()), "back"
		switch before := u.Away(); before {
		case "":
		case unexplained:
			undo = "away"
		default:
			undo = "away " + before
		}
		if reason == "" {
			u.SetAway(unexplained)
			return tell(c, "You are away; back ends it.")
		}
		u.SetAway(reason)
		return tell(c, "You are %s%s", absence(reason), instead(c, undo))
	})
}
