package commands

import (
	"context"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) slow() command.Command {
	return command.New(command.Spec{
		// Whoever owns a room may use it there, so it has no role.
		Name: "slow", Group: groupRooms,
		Summary: "have everyone wait between two messages",
		Help: `
From now on everyone but who governs the room may send one message in that
time, from 1s to 6h; who sends sooner is told how long to wait. off ends it.
It is for the room's owner and moderators, and for those of the server.
`,
		Examples: []string{"slow ops 30s", "slow ops off"},
		Args: []command.Arg{
			{Name: "room", Type: command.Room, Help: "where"},
			{Name: "duration", Type: command.String, Help: "the time between two messages, or off"},
		},
	}, func(ctx context.Context, c *command.Call) error {
		r, err := d.visibleRoom(c, c.String("room"))
		if err != nil {
			return err
		}
		word := c.String("duration")
		every, err := command.ParseDuration(word)
		if err != nil && !strings.EqualFold(word, "off") {
			return orSay(c, chat.Errorf(chat.Invalid, "DURATION must be a time such as 30s or 2m, or off, not %q.", word))
		}
		before := r.Slow()
		if c.User.Role() >= chat.Moderator { // any other owns the room, or SetSlow refuses
			by, err := d.authorized(ctx, c, account.CanSlow, "")
			if err == nil {
				err = d.Hub.SetSlow(c.User, r, every, c.Now)
			}
			d.Accounts.Audit.Note(by, account.CommandRun{Command: "slow", Args: []string{r.Name(), word}}, err)
			if err != nil {
				return err
			}
		} else if err := d.Hub.SetSlow(c.User, r, every, c.Now); err != nil {
			return err
		}
		undo := "slow " + r.Name() + " " + pace(before)
		if every == 0 {
			return tell(c, "%s is no longer slow%s", r.Name(), undoable(c, undo))
		}
		return tell(c, "%s is slow: one message in %s from each%s", r.Name(), pace(every), undoable(c, undo))
	})
}

// pace is how slow a room is, as slow takes it.
func pace(every time.Duration) string {
	if every == 0 {
		return "off"
	}
	return compact(every)
}
