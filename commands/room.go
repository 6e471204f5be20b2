package commands

import "github.com/chatroom-shell/chatroom/core/command"

func (d *Deps) room() command.Command {
	return withSubs(command.Spec{
		Name: "room", Group: groupRooms,
		Summary: "see and change who may enter the room, and put people out",
		Help: `
Who makes a room owns it, and governs it with the moderators whom they name and
with those of the server. They alone may use these, but for info; all but info
are about your current room.

A room is open to everyone at first. One with a key is entered with the key or
by invitation. A private one is so too, and besides nobody learns of it who is
neither in it nor invited. Who is in the room when its door changes stays.
`,
		Examples: []string{"room info", "room private on", "room key sesame", "room kick bob"},
	}, d.roomInfo(), d.roomPrivate(), d.roomKey(), d.roomKick(), d.roomMod())
}
