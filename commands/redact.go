package commands

import (
	"context"
	"strconv"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) redact() command.Command {
	return command.New(command.Spec{
		// Blocking, since the message may be no longer in memory.
		Name: "redact", Group: groupRooms, Blocking: true,
		Summary: "remove a message from the room's history",
		Help: `
Removes the text of a message of your current room, by the number that history
--ids shows, from all that the server keeps; that there was one stays. Everyone
in the room is told, but what a screen has shown it has shown. It is for who
wrote it and for who governs the room, and nothing undoes it.
`,
		Examples: []string{"redact 1"},
		Args:     []command.Arg{{Name: "seq", Type: command.Int, Min: 1, Help: "the number of the message"}},
	}, func(ctx context.Context, c *command.Call) error {
		r, seq := c.User.Room(), uint64(c.Int("seq"))
		if r == nil {
			return chat.Errorf(chat.NotFound, "You are in no room; join one first.")
		}
		own, err := d.wrote(ctx, c, r, seq)
		if err != nil {
			return err
		}
		by, err := actor(ctx, c)
		if err != nil {
			return err
		}
		if !own && c.User.Role() >= chat.Moderator { // any other governs the room, or Redact refuses
			err = d.Accounts.Authorize(by, account.CanRedact, "")
		}
		if err == nil {
			err = d.Hub.Redact(ctx, c.User, r, seq, c.Now)
		}
		if !own {
			d.Accounts.Audit.Record(ctx, by, account.CommandRun{Command: "redact", Args: []string{r.Name(), strconv.FormatUint(seq, 10)}}, err)
		}
		if err != nil || !c.Bare { // the room's line says it all
			return err
		}
		return tell(c, "You removed the message %d of %s%s", seq, r.Name(), instead(c, ""))
	})
}

// wrote reports whether the caller is the author of a message. One that is not
// there is nobody's.
func (d *Deps) wrote(ctx context.Context, c *command.Call, r *chat.Room, seq uint64) (bool, error) {
	found, err := d.Hub.Search(ctx, r, chat.Query{Upto: seq, Last: 1})
	if err != nil || len(found) == 0 || found[0].Seq != seq {
		return false, err
	}
	if author := found[0].Author; author != "" {
		return author == c.User.Account(), nil
	}
	return found[0].FromID == c.User.ID(), nil
}
