package commands_test

import (
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
)

// TestGoneMeanwhile: what the arguments name was there when they were checked
// and is gone when the command runs.
func TestGoneMeanwhile(t *testing.T) {
	for l, want := range map[string]string{
		"invite bob": "bob has just left.",
		"whois bob":  "bob has just left.",
		"ignore bob": "bob has just left.",
		"help say":   "There is no command say any more; help lists them.",
		"man say":    "There is no command say any more; help lists them.",
	} {
		t.Run(l, func(t *testing.T) {
			w := newWorld(t)
			w.play(arrival)
			ann := w.person("ann")
			parsed, err := line.Parse(l, line.ModeAuto, w.dispatch.Grammar(ann))
			if err != nil {
				t.Fatal(err)
			}
			inv, err := w.dispatch.Prepare(ann, parsed)
			if err != nil {
				t.Fatal(err)
			}
			w.person("bob").Logout()
			w.dispatch.Swap(&command.Registry{})
			errs := inv.Run(t.Context(), command.IO{})
			if len(errs) != 1 || chat.ErrorCode(errs[0]) != chat.NotFound || w.dispatch.Explain(errs[0]) != want {
				t.Errorf("the errors are %v, want %q", errs, want)
			}
		})
	}
}
