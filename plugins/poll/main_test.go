package main

import (
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPoll(t *testing.T) {
	p := sdktest.Start(t, parts()...)
	bob := p.As(sdk.Caller{Name: "Bob"})
	root := p.As(sdk.Caller{Name: "root", Role: "operator"})

	p.Run("poll vote 1").WantError(sdk.NotFound, "There is no poll in this room")
	p.Run("poll show").WantError(sdk.NotFound, "There is no poll in this room")
	p.Run(`poll new "Lunch at?" noon "half past twelve" never`).Want("")
	want(t, p.Host, "ann asks: Lunch at?  1 noon  2 half past twelve  3 never  (poll vote N)", "ann")
	bob.Run("poll new Tea? yes no").WantError(sdk.Conflict, "has a poll already")

	p.Run("poll vote 1").Want("You voted for noon.\n")
	bob.Run("poll vote HALF").Want("You voted for half past twelve.\n")
	p.Run("poll vote n").WantError(sdk.Invalid, "can be noon or never; take the number")
	p.Run("poll vote 4").WantError(sdk.NotFound, "4 is no option")
	p.Run("poll vote nev").Want("You voted for never.\n")
	p.Run("poll show").Want("ann asks: Lunch at?\n 1  0 votes  noon\n 2  1 vote  half past twelve\n 3  1 vote  never  (your vote)\n")
	p.Run("poll show --json").Want(`{"option":"noon","votes":0}` + "\n" + `{"option":"half past twelve","votes":1}` + "\n" + `{"option":"never","votes":1}` + "\n")
	if got := p.Complete("poll vote "); len(got) != 3 || got[1] != (sdk.Choice{Value: "2", Help: "half past twelve"}) {
		t.Errorf("completion proposes %v", got)
	}

	bob.Run("poll close").WantError(sdk.Forbidden, "Only ann, who asked, or a moderator")
	root.Run("poll close").Want("")
	want(t, p.Host, "Lunch at?: noon 0, half past twelve 1, never 1 (2 votes)", "root")
	p.Run("poll close").WantError(sdk.NotFound, "There is no poll")
	if keys := p.Host.Keys(); len(keys) != 0 {
		t.Errorf("a closed poll leaves %v", keys)
	}
}

func TestPollNeedsOptions(t *testing.T) {
	p := sdktest.Setup{Config: map[string]any{"options": 3}}.Start(t, parts()...)
	for line, text := range map[string]string{
		"poll new Tea? yes":             "A poll has 2 to 3 options",
		"poll new Tea? a b c d":         "A poll has 2 to 3 options",
		"poll new Tea? yes YES":         "is there twice",
		"poll new":                      "needs QUESTION",
		"poll sing":                     "no sub-command",
		"poll new \"Tea? yes no":        "quote",
		"poll new Tea? --loud yes no":   "no flag --loud",
		"poll vote":                     "needs OPTION",
		"poll show everything":          "takes 0 arguments",
		"poll close now":                "takes 0 arguments",
		"poll vote one two three four ": "takes 1 arguments",
	} {
		p.Run(line).WantError(sdk.Invalid, text)
	}
}

// Nothing stays of a poll that the room did not hear of.
func TestPollOfTheMuted(t *testing.T) {
	p := sdktest.Start(t, parts()...)
	p.Host.Refuse(&sdk.Error{Code: sdk.Forbidden, Text: "You are muted for another minute."})
	p.Run("poll new Tea? yes no").WantError(sdk.Forbidden, "You are muted")
	p.Run("poll show").WantError(sdk.NotFound, "There is no poll")
}

func TestVotesAtOnce(t *testing.T) {
	p := sdktest.Start(t, parts()...)
	p.Run("poll new Tea? yes no").Want("")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			p.As(sdk.Caller{Name: "user" + string(rune('a'+i))}).Run("poll vote yes").Want("You voted for yes.\n")
		})
	}
	all.Wait()
	if got := p.Run("poll show").Out; !strings.Contains(got, "8 votes  yes") {
		t.Errorf("eight vote at once:\n%s", got)
	}
}

func TestConfig(t *testing.T) {
	got := sdktest.Setup{Config: map[string]any{"option": 3, "keep": 7}}.Problems(t, parts()...)
	for i, want := range []string{"keep must be a time such as", "option is no key here; did you mean options?"} {
		if i >= len(got) || !strings.Contains(got[i], want) {
			t.Errorf("problems are %q, want %q", got, want)
		}
	}
	sdktest.Setup{Config: map[string]any{"options": 1}}.Problems(t, parts()...)
}

// want expects one message to the lobby.
func want(t *testing.T, h *sdktest.Host, text, by string) {
	t.Helper()
	got := h.Sent()
	if len(got) != 1 || got[0] != (sdktest.Sent{Room: "lobby", Text: text, By: by}) {
		t.Errorf("the room reads %+v, want %q", got, text)
	}
}
