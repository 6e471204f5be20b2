package sdk_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

// A command with an argument that may be left out. It is a whole plugin.
func Example() {
	sdk.Serve("dice", "1.0.0",
		sdk.Cmd("roll [sides:int(2..100)=6]", "roll a die", func(c *sdk.Call) error {
			return c.Printf("%s rolls %d", c.Caller.Name, 1+rand.IntN(c.Int("sides")))
		}))
}

// A command that reads a pipe: `history 50 | shout`.
func ExampleCall_Lines() {
	shout := sdk.Cmd("shout", "write what is piped in with capitals", func(c *sdk.Call) error {
		for line := range c.Lines() {
			if err := c.Printf("%s", strings.ToUpper(line)); err != nil {
				return err
			}
		}
		return c.Context().Err()
	})
	shout.Filter = true
	sdk.Serve("shout", "1.0.0", shout)
}

// A command that waits for something else, tells how it goes, and is ended by
// Ctrl-C.
func ExampleCall_Context() {
	fetch := sdk.Cmd("fetch url", "tell what a web server answers", func(c *sdk.Call) error {
		if err := c.Progress(0, "asking"); err != nil {
			return err
		}
		q, err := http.NewRequestWithContext(c.Context(), http.MethodHead, c.String("url"), nil)
		if err != nil {
			return sdk.Usagef("%s is no address of the web.", c.String("url"))
		}
		answer, err := http.DefaultClient.Do(q)
		if err != nil {
			return sdk.Errorf(sdk.Unavailable, "%s does not answer; try again later.", q.URL.Host)
		}
		defer answer.Body.Close()
		return c.Printf("%s", answer.Status)
	})
	fetch.Timeout = time.Minute
	sdk.Serve("fetch", "1.0.0", fetch)
}

// A counter for each user that outlives the plugin.
func ExampleMap() {
	sdk.Serve("counter", "1.0.0", sdk.Needs(sdk.UseKV),
		sdk.Cmd("hit", "count how often you did this", func(c *sdk.Call) error {
			hits := sdk.Map[int]{Host: c.Host, Prefix: "hits/"}
			var now int
			err := hits.Update(c.Context(), c.Caller.Key, func(n *int) error {
				*n++
				now = *n
				return nil
			})
			if err != nil {
				return err
			}
			return c.Printf("That makes %d.", now)
		}))
}

// A plugin whose parts come of its config.
func ExampleConfig() {
	type config struct {
		Text  string   `help:"what is said to who comes in"`
		Rooms []string `help:"where; empty: everywhere"`
	}
	sdk.Serve("hello", "1.0.0", sdk.Needs(sdk.SayUser),
		sdk.Config(config{Text: "Hello!"}, func(cfg config) ([]sdk.Part, error) {
			if cfg.Text == "" {
				return nil, sdk.Problemf("text", "must not be empty")
			}
			joins := sdk.Selection{Kinds: []string{sdk.Join}, Rooms: cfg.Rooms}
			return []sdk.Part{sdk.OnEvent(joins, func(ctx context.Context, h *sdk.Host, e sdk.Event) error {
				return h.SendUser(ctx, e.Name, cfg.Text)
			})}, nil
		}))
}

// A filter. The server asks it only about messages that match.
func ExampleFilter() {
	loud := sdk.Selection{Match: `[A-Z]{20}`}
	sdk.Serve("quiet", "1.0.0", sdk.Filter(loud, func(_ context.Context, m *sdk.Message) sdk.Verdict {
		return sdk.Replace(strings.ToLower(m.Text))
	}))
}

// The long form of a command can say what a usage line can't.
func ExampleCommand() {
	services := []string{"api", "web"}
	sdk.Serve("deploy", "1.0.0", sdk.Command{
		Name: "deploy", Summary: "deploy a service", Role: "operator", Records: true, Timeout: 5 * time.Minute, Cost: 5,
		Examples: []string{"deploy api --dry"},
		Args: []sdk.Arg{{Name: "service", Help: "what to deploy", Complete: func(_ *sdk.Call, prefix string) []sdk.Choice {
			var found []sdk.Choice
			for _, s := range services {
				if strings.HasPrefix(s, prefix) {
					found = append(found, sdk.Choice{Value: s})
				}
			}
			return found
		}}},
		Flags: []sdk.Flag{{Name: "dry", Short: "n", Help: "only tell what would be done"}},
		Run: func(c *sdk.Call) error {
			if c.JSON {
				return c.Object(map[string]any{"service": c.String("service"), "dry": c.Bool("dry")})
			}
			return c.Printf("%s is deployed.", c.String("service"))
		},
	})
}
