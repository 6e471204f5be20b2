package badplugin

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

// moreParts are what single plugins have besides.
func moreParts(name string) []sdk.Part {
	switch base, _, _ := strings.Cut(name, "-"); base {
	case "filter":
		return []sdk.Part{sdk.Filter(sdk.Selection{Match: "(?i)bad|slow|old|hide|die"}, func(ctx context.Context, m *sdk.Message) sdk.Verdict {
			switch {
			case strings.Contains(m.Text, "bad"):
				return sdk.Reject("That is no nice word.")
			case strings.Contains(m.Text, "slow"):
				<-ctx.Done()
				time.Sleep(time.Second) // at the very deadline the answer may still be in time
				return sdk.Allow()
			case strings.Contains(m.Text, "old"):
				return sdk.Replace(strings.ReplaceAll(m.Text, "old", "new"))
			case strings.Contains(m.Text, "hide"):
				return sdk.Drop()
			}
			panic("a bad filter")
		})}
	case "second":
		return []sdk.Part{sdk.Filter(sdk.Selection{Match: "new"}, func(_ context.Context, m *sdk.Message) sdk.Verdict {
			return sdk.Replace(m.Text + "!")
		})}
	case "private":
		return []sdk.Part{sdk.Filter(sdk.Selection{Kinds: []string{sdk.Private}}, func(_ context.Context, m *sdk.Message) sdk.Verdict {
			return sdk.Replace(m.Text + " (read)")
		})}
	case "events":
		return []sdk.Part{sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say, sdk.Emote, sdk.Join, sdk.Leave, sdk.Rename, sdk.TopicSet}}, func(ctx context.Context, h *sdk.Host, e sdk.Event) error {
			p, err := json.Marshal(e)
			if err == nil {
				fmt.Fprintf(os.NewFile(1, "stdout"), "event %s\n", p)
			}
			return err
		})}
	case "echoing":
		return []sdk.Part{sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say}, Match: "ping"}, func(ctx context.Context, h *sdk.Host, e sdk.Event) error {
			return h.SendRoom(ctx, e.Room, "ping "+e.Name)
		})}
	case "deaf":
		return []sdk.Part{sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say}}, func(context.Context, *sdk.Host, sdk.Event) error { select {} })}
	case "keeper":
		return []sdk.Part{
			sdk.Cmd("put key value [version:int=0] [--ttl:duration]", "keep a value", func(c *sdk.Call) error {
				v, err := c.Host.KV().Put(c.Context(), c.String("key"), []byte(c.String("value")), uint64(c.Int("version")), c.Duration("ttl"))
				if err != nil {
					return err
				}
				return c.Printf("%d", v)
			}),
			sdk.Cmd("big key size:int", "keep so many bytes", func(c *sdk.Call) error {
				_, err := c.Host.KV().Put(c.Context(), c.String("key"), make([]byte, c.Int("size")), 0, 0)
				return err
			}),
			sdk.Cmd("get key", "show a value", func(c *sdk.Call) error {
				e, err := c.Host.KV().Get(c.Context(), c.String("key"))
				if err != nil {
					return err
				}
				return c.Printf("%s %d", e.Value, e.Version)
			}),
			sdk.Cmd("del key [version:int=0]", "forget a value", func(c *sdk.Call) error {
				return c.Host.KV().Delete(c.Context(), c.String("key"), uint64(c.Int("version")))
			}),
			sdk.Cmd("list [prefix]", "show all values", func(c *sdk.Call) error {
				all, err := c.Host.KV().List(c.Context(), c.String("prefix"))
				for _, e := range all {
					c.Printf("%s=%s", e.Key, e.Value)
				}
				return err
			}),
		}
	case "config":
		type config struct {
			Word string `config:",required"`
		}
		return []sdk.Part{sdk.Config(config{}, func(cfg config) ([]sdk.Part, error) {
			return []sdk.Part{sdk.Cmd(cfg.Word, "a command of the config", func(c *sdk.Call) error { return c.Printf("configured") })}, nil
		})}
	}
	count := sdk.Cmd("count", "count lines", func(c *sdk.Call) error {
		n := 0
		for range c.Lines() {
			n++
		}
		return c.Printf("%d lines", n)
	})
	count.ReadsInput = true
	first := sdk.Cmd("first", "show the first line", func(c *sdk.Call) error {
		for l := range c.Lines() {
			return c.Printf("%s", l)
		}
		return sdk.Errorf(sdk.NotFound, "There is no line.")
	})
	first.Filter, first.ReadsInput = true, true
	sub := sdk.Command{Name: "sub", Summary: "has sub-commands", Subs: []sdk.Command{
		sdk.Cmd("one n:int(1..3)", "one of them", func(c *sdk.Call) error { return c.Printf("%s %s %d", c.Name, c.Sub, c.Int("n")) }),
		sdk.Cmd("two", "the other", func(c *sdk.Call) error { return sdk.Usagef("Not like that.") }),
	}}
	say := sdk.Cmd("loud text:text", "say it in the room", func(c *sdk.Call) error { return c.Say("%s", strings.ToUpper(c.String("text"))) })
	patient := sdk.Cmd("patient", "take long", func(c *sdk.Call) error { <-c.Context().Done(); return nil })
	patient.Timeout = 700 * time.Millisecond
	op := sdk.Cmd("op", "for operators", func(c *sdk.Call) error { return c.Printf("ok") })
	op.Role = "operator"
	pick := sdk.Cmd("pick colour", "choose", func(c *sdk.Call) error { return c.Printf("%s", c.String("colour")) })
	pick.Args[0].Complete = func(c *sdk.Call, prefix string) []sdk.Choice {
		return []sdk.Choice{{Value: "red", Help: "for " + c.Caller.Name}, {Value: "rose"}, {Value: "blue"}}
	}
	return []sdk.Part{count, first, sub, say, patient, op, pick}
}
