// Poll asks a room a question and counts the answers: one poll a room at a time,
// one vote a person, which may be changed. It shows sub-commands, typed values
// in the plugin's store, posts to the room, completion and JSON.
package main

import (
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

func main() { sdk.Serve("poll", "1.0.0", parts()...) }

type config struct {
	Options int           `help:"the most options of a poll, 2 to 20"`
	Keep    time.Duration `help:"how long an open poll is kept after the last vote"`
}

func parts() []sdk.Part {
	return []sdk.Part{
		sdk.Summary("ask a room a question and count the answers"),
		sdk.Needs(sdk.UseKV, sdk.SayRoom),
		sdk.Config(config{Options: 9, Keep: 7 * 24 * time.Hour}, commands),
	}
}

func commands(cfg config) ([]sdk.Part, error) {
	if cfg.Options < 2 || cfg.Options > 20 {
		return nil, sdk.Problemf("options", "must be from 2 to 20, not %d", cfg.Options)
	}
	if cfg.Keep < time.Minute {
		return nil, sdk.Problemf("keep", "must be a minute or more, not %v", cfg.Keep)
	}
	p := polls{config: cfg}
	vote := sdk.Cmd("vote option", "vote, or change your vote", p.vote)
	vote.Args[0].Help = "its number, or how it begins"
	vote.Args[0].Complete = p.complete
	show := sdk.Cmd("show", "show how it stands", p.show)
	show.Records = true
	return []sdk.Part{sdk.Command{
		Name:    "poll",
		Summary: "ask the room",
		Help: "One poll a room at a time. Everybody has one vote and may change it; who asked, or a\n" +
			"moderator, closes the poll, and the room reads the result.",
		Examples: []string{`poll new "Lunch at?" 12:00 12:30 13:00`, "poll vote 2", "poll close"},
		Subs: []sdk.Command{
			sdk.Cmd("new question options...", "ask a question with two or more options", p.ask),
			vote, show,
			sdk.Cmd("close", "end it and tell the room the result", p.close),
		},
	}}, nil
}
