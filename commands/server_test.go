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
			ann< Talking
			ann<   echo  show a text to yourself
			ann< 
			ann< Server
			ann<   help     list the commands, or tell about one
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
			ann< msg USER TEXT - tell one person something in private
			ann< ...
			ann> msg --help
			ann< msg USER TEXT - tell one person something in private
			ann< ...
			ann> /help sya
			ann< -- There is no command "sya"; did you mean say?
			ann> /help reload
			ann< -- There is no command "reload"; type help to see them all.
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
		ann< memory in all  ...B
		ann< collections    ...
		ann< connections    7
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
