package main

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func TestWordfilter(t *testing.T) {
	p := sdktest.Setup{Config: map[string]any{
		"replace": []string{"darn", "Äpfel"}, "refuse": []string{"slur"},
	}}.Start(t, parts()...)
	const refused = "Your message was not posted: it has a word that is not used here."
	for text, want := range map[string]sdktest.Posted{
		"hello":                  {Text: "hello"},
		"darn it":                {Text: "*** it"},
		"DARN, darn! (Darn)":     {Text: "***, ***! (***)"},
		"darn darn":              {Text: "*** ***"},
		"darning is a craft":     {Text: "darning is a craft"},
		"äPFEL and apples":       {Text: "*** and apples"},
		"a Slur":                 {Rejected: refused},
		"darn, a slur":           {Rejected: refused},
		"slurry":                 {Text: "slurry"},
		"dar\u0308n is no darn!": {Text: "dar\u0308n is no ***!"},
	} {
		if got := p.Post(text); got != want {
			t.Errorf("%q becomes %+v, want %+v", text, got, want)
		}
	}
	if got := p.Judge(sdk.Event{Kind: sdk.Private, To: "bob", Text: "a slur"}); got.Text != "a slur" {
		t.Errorf("a private message becomes %+v", got)
	}
	if got := p.Judge(sdk.Event{Kind: sdk.Emote, Room: "ops", Text: "says darn"}); got.Text != "says ***" {
		t.Errorf("an emote becomes %+v", got)
	}
}

func TestWordfilterInSomeRooms(t *testing.T) {
	p := sdktest.Setup{Config: map[string]any{"replace": []string{"darn"}, "mask": "----", "rooms": []string{"kids"}}}.Start(t, parts()...)
	if got := p.Post("darn"); got.Text != "darn" {
		t.Errorf("in the lobby it becomes %+v", got)
	}
	if got := p.Judge(sdk.Event{Kind: sdk.Say, Room: "kids", Text: "darn"}); got.Text != "----" {
		t.Errorf("in kids it becomes %+v", got)
	}
}

func TestConfig(t *testing.T) {
	for want, config := range map[string]map[string]any{
		"names no words":                    {},
		"refuse[1] must be one word":        {"refuse": []string{"a", "b c"}},
		"replace[0] must be one word":       {"replace": []string{""}},
		"word is no key here":               {"word": []string{"a"}},
		"replace must be a list, not \"a\"": {"replace": "a"},
		"mask must be one line":             {"replace": []string{"a"}, "mask": "a\nb"},
	} {
		if got := (sdktest.Setup{Config: config}).Problems(t, parts()...); !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%v gives %q, want %q", config, got, want)
		}
	}
}
