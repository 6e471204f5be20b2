package main

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

var annComes = sdk.Event{Kind: sdk.Join, Room: "lobby", Name: "ann", Key: "ann", Account: "ann"}

func TestGreet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, parts()...)
		p.Event(annComes)
		want(t, p, sdktest.Sent{User: "ann", Text: "Hello ann, welcome to lobby! Type help to see what you can do."})
		p.Event(annComes, sdk.Event{Kind: sdk.Join, Room: "lobby", Name: "gone", Key: "gone"})
		want(t, p)
		time.Sleep(24 * time.Hour)
		p.Event(annComes)
		if len(p.Host.Sent()) != 1 {
			t.Error("ann is not greeted again a day later")
		}
	})
}

func TestGreetInPublic(t *testing.T) {
	p := sdktest.Setup{Config: map[string]any{"text": "{name} is in {room}", "public": true, "rooms": []string{"lobby"}}}.Start(t, parts()...)
	p.Event(annComes, sdk.Event{Kind: sdk.Join, Room: "ops", Name: "bob", Key: "bob"}, sdk.Event{Kind: sdk.Leave, Room: "lobby", Name: "ann"})
	want(t, p, sdktest.Sent{Room: "lobby", Text: "ann is in lobby"})
}

func TestConfig(t *testing.T) {
	sdktest.Setup{Config: map[string]any{"text": " "}}.Problems(t, parts()...)
	sdktest.Setup{Config: map[string]any{"again": "1ms"}}.Problems(t, parts()...)
}

func want(t *testing.T, p *sdktest.Plugin, want ...sdktest.Sent) {
	t.Helper()
	if got := p.Host.Sent(); !reflect.DeepEqual(got, want) {
		t.Errorf("greet said %+v, want %+v", got, want)
	}
}
