// Greet says hello to who comes in, and not again for a while. It shows events,
// and a store whose entries end by themselves.
//
//	[[plugin]]
//	name  = "greet"
//	path  = "bin/greet"
//	grant = ["events.join", "say.user", "kv"]
//	[plugin.config]
//	text = "Hello {name}, welcome to {room}! The rules are at example.org/rules."
package main

import (
	"context"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

func main() { sdk.Serve("greet", "1.0.0", parts()...) }

type config struct {
	Text   string        `help:"what is said; {name} and {room} stand for who came and where"`
	Rooms  []string      `help:"the rooms where it is said; empty: all"`
	Public bool          `help:"say it in the room, not only to who came (grant say.room)"`
	Again  time.Duration `help:"how long the same person is not greeted again in the same room"`
}

func parts() []sdk.Part {
	return []sdk.Part{
		sdk.Summary("say hello to who comes in"),
		sdk.Config(config{Text: "Hello {name}, welcome to {room}! Type help to see what you can do.", Again: 24 * time.Hour}, events),
	}
}

func events(cfg config) ([]sdk.Part, error) {
	if strings.TrimSpace(cfg.Text) == "" {
		return nil, sdk.Problemf("text", "must not be empty")
	}
	if cfg.Again < time.Second {
		return nil, sdk.Problemf("again", "must be a second or more, not %v", cfg.Again)
	}
	say := sdk.SayUser
	if cfg.Public {
		say = sdk.SayRoom
	}
	return []sdk.Part{
		sdk.Needs(sdk.UseKV, say),
		sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Join}, Rooms: cfg.Rooms}, cfg.greet),
	}, nil
}

func (cfg config) greet(ctx context.Context, h *sdk.Host, e sdk.Event) error {
	greeted := sdk.Map[time.Time]{Host: h, Prefix: "greeted/", TTL: cfg.Again}
	who := "guest:" + e.Key
	if e.Account != "" {
		who = "account:" + e.Account
	}
	err := greeted.Create(ctx, e.Room+"/"+who, e.Time)
	switch {
	case sdk.CodeOf(err) == sdk.Conflict:
		return nil // not so long ago
	case err != nil:
		return err
	}
	text := strings.NewReplacer("{name}", e.Name, "{room}", e.Room).Replace(cfg.Text)
	if cfg.Public {
		err = h.SendRoom(ctx, e.Room, text)
	} else {
		err = h.SendUser(ctx, e.Name, text)
	}
	if sdk.CodeOf(err) == sdk.NotFound {
		return nil // they are gone already
	}
	return err
}
