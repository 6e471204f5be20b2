package commands_test

import (
	"context"
	"errors"
	"testing"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestServer(t *testing.T) {
	play(t, []scene{
		{"help before login", `
			ann> help
			ann< Session
			ann<   login  take a name and come in
			ann<   quit   log out and close the connection
			ann< 
			ann< Account
			ann<   register  make a name yours for good
			ann< 
			ann< Talking
			ann<   echo  show a text to yourself
			ann< 
			ann< Settings
			ann<   set  show or change your settings
			ann< 
			ann< Help
			ann<   help  list the commands, or tell about one
			ann<   man   tell all about a command
			ann< 
			ann< Server
			ann<   ping     see whether the server answers
			ann<   version  show the server's version
			ann< -- Log in with: login NAME. More commands show then; help COMMAND tells about one.
			ann> /help who
			ann< -- There is no command "who"; type help to see them all.
			ann< ...
		`},
		{"help", `
			ann> login ann
			ann< ...
			ann> help tell
			ann< msg USER TEXT - tell somebody something in private
			ann< 
			ann< Arguments
			ann<   USER  whom you tell it; several as in ann,ben
			ann<   TEXT  what you tell, to the end of the line
			ann< 
			ann< man msg says more.
			ann> msg --help
			ann< msg USER TEXT - tell somebody something in private
			ann< ...
			ann> /help sya
			ann< -- There is no command "sya"; did you mean say?
			ann> /help reload
			ann< -- There is no command "reload"; type help to see them all.
			ann> help grep
			ann< grep PATTERN...
			ann< ...
		`},
		{"help for sub-commands", `
			ann> login ann
			ann< ...
			ann> help room
			ann< room info|private|key|kick|mod ... - see and change who may enter the room, and put people out
			ann< 
			ann< Sub-commands
			ann<   room info [ROOM] [--json]  show a room's topic, door and who governs it
			ann<   room private on|off        hide the room, and let in only who is invited
			ann<   room key KEY               let people in who know a key, or take the key off
			ann<   room kick USER [REASON]    put somebody out of the room
			ann<   room mod USER on|off       make somebody a moderator of the room, or end that
			ann< 
			ann< man room says more.
			ann> help room kick
			ann< room kick USER [REASON] - put somebody out of the room
			ann< ...
			ann> help room KICK
			ann< room kick USER [REASON] - put somebody out of the room
			ann< ...
			ann> room kick --help
			ann< room kick USER [REASON] - put somebody out of the room
			ann< ...
			ann> /help room kcik
			ann< -- room has no sub-command kcik; did you mean kick?
			ann> help room service
			ann< -- room has no sub-command service; help room tells about it.
			ann< -- To say it: say help room service
			ann> /help who now
			ann< -- who has no sub-command now; help who tells about it.
		`},
		{"man", `
			ann> login ann
			ann< ...
			ann> man join
			ann< join ROOM [KEY] - go to a room, or make one
			ann< 
			ann< Makes a room your current one, where your lines go. If you are not in it yet
			ann< ...
			ann> man room kick
			ann< room kick USER [REASON] - put somebody out of the room
			ann< 
			ann< Puts somebody out of your current room, and out of its moderators and its
			ann< ...
			ann> /man
			ann< -- man needs COMMAND.
			ann< -- Usage: man COMMAND [SUB-COMMAND]
			ann> man alive
			ann< -- There is no command "alive"; type help to see them all.
			ann< -- Usage: man COMMAND [SUB-COMMAND]
			ann< -- To say it: say man alive
		`},
		{"apropos", `
			ann> login ann
			ann< ...
			ann> apropos KICK
			ann< room kick  put somebody out of the room
			ann< ...
			# What is in no title is looked for in the manuals.
			ann> apropos "RE2 kind"
			ann< grep  pass on the lines with a pattern in them
			ann> apropos "re2 kind" --json
			ann< {"type":"command","name":"grep","summary":"pass on the lines with a pattern in them"}
			ann> apropos bagpipes
			ann< -- No command is about bagpipes; help lists them all.
			ann> apropos bagpipes --json
			ann> apropos "read the config"
			ann< -- No command is about read the config; help lists them all.
			ann is operator
			ann> apropos "read the config"
			ann< reload  read the config again
		`},
		{"motd", `
			ann> login ann
			ann< ...
			ann> motd
			ann< -- There is no message of the day.
		`},
		{"ping, uptime, version and cancel", arrival + `
			ann> ping
			ann< pong
			ann> version
			ann< chatroom 1.2.3
			ann> uptime
			ann< up 2h05m, 2 people, 1 room
			ann> cancel
			ann< -- Nothing is running.
		`},
		{"what operators alone may do", `
			ann> login ann
			ann< ...
			ann> /reload
			ann< -- reload needs the role operator, and yours is guest; ask somebody who has it.
			ann> /stats
			ann< -- stats needs the role operator, and yours is guest; ask somebody who has it.
			ann is moderator
			ann> /reload
			ann< -- reload needs the role operator, and yours is moderator; ask somebody who has it.
		`},
	})
}

func TestMotd(t *testing.T) {
	w := newWorld(t)
	w.settings.Motd = "Be kind.\nTea at four.\n"
	w.play(`
		ann> login ann
		ann< ...
		ann> motd
		ann< Be kind.
		ann< Tea at four.
	`)
}

func TestStats(t *testing.T) {
	w := newWorld(t)
	w.stats = func(context.Context) ([]commands.Stat, error) {
		return []commands.Stat{{Name: "connections", Value: "7"}}, nil
	}
	w.play(arrival + `
		ann> hello
		ann< ...
		bob< ...
		ann is operator
		ann> stats
		ann< up             ...
		ann< people         2
		ann< rooms          1
		ann< messages       1
		ann< goroutines     ...
		ann< heap in use    ...B
		ann< heap alive     ...B
		ann< memory in all  ...B
		ann< collections    ...
		ann< descriptors    ...
		ann< connections    7
		ann> stats --json | grep connections
		ann< {"type":"stat","name":"connections","value":"7"}
		ann> stats --json | grep memory
		ann< {"type":"stat","name":"memory in all","value":"...B","bytes":...}
	`)
	w.stats = func(context.Context) ([]commands.Stat, error) { return nil, errors.New("a loop is stuck") }
	w.play(`
		ann> stats
		ann< -- Something went wrong on our side; the operators have been told.
	`)
}

func TestReload(t *testing.T) {
	w := newWorld(t)
	w.play(`
		ann> login ann
		ann< ...
		ann is operator
		ann> reload
		ann< -- The config is read again; nothing in it has changed.
	`)
	w.reload = func(ctx context.Context) ([]string, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("reload has no deadline")
		}
		return []string{`server.motd: "" -> "tea"`, "limits.stall: 10s -> 5s"}, nil
	}
	w.play(`
		ann> reload
		ann< server.motd: "" -> "tea"
		ann< limits.stall: 10s -> 5s
		ann< -- The config is read again; what stands as refused waits for a restart, all else is in force.
	`)
	w.reload = func(context.Context) ([]string, error) {
		return nil, chat.Errorf(chat.Invalid, "Nothing has changed:\nchatroom.toml:3: limits.stall must be at most 1h.")
	}
	w.play(`
		ann> reload
		ann< -- Nothing has changed:
		ann< -- chatroom.toml:3: limits.stall must be at most 1h.
	`)
}
