package commands

import (
	"context"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) join() command.Command {
	return command.New(command.Spec{
		Name: "join", Aliases: []string{"cd"}, Group: groupRooms,
		Summary: "go to a room, or make one",
		Help: `
Makes a room your current one, where your lines go. If you are not in it yet
you enter it and see its last messages; if there is no such room it is made.
You stay in your other rooms, whose messages show as [room] name: text, until
you leave them.

A room's name has 1 to 32 of a-z, 0-9, _ and -; a # before it is ignored. A
room may have a key, which its owner or a moderator tells you, or be for those
alone who are invited; who makes a room governs it with room.
`,
		Examples: []string{"join ops", "join #lobby", "join ops sesame"},
		Args: []command.Arg{
			{Name: "room", Type: command.Room, Help: "where"},
			{Name: "key", Type: command.String, Optional: true, Secret: true, Help: "its key, if it has one"},
		},
	}, func(_ context.Context, c *command.Call) error {
		name := c.String("room")
		// A room without a key would be entered with any: join us tomorrow.
		if r := d.Hub.Room(name); c.Has("key") && (r == nil || !r.Door().Keyed) {
			return orSay(c, chat.Errorf(chat.Invalid, "No key opens %[1]s; enter it with: join %[1]s", name))
		}
		before := c.User.Room()
		r, joined, err := c.Session.Join(name, c.String("key"))
		switch {
		case err != nil:
			return err
		case joined: // the session has said so
			return nil
		case r == before:
			return tell(c, "%s is your current room already.", r.Name())
		}
		return tell(c, "Your current room is %s now.", r.Name())
	})
}
