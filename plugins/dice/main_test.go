package main

import (
	"fmt"
	"testing"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func TestRoll(t *testing.T) {
	p := sdktest.Start(t, roll())
	seen := map[string]bool{}
	for range 200 {
		seen[p.Run("roll").Out] = true
	}
	for n := range 6 {
		if !seen[fmt.Sprintf("ann rolls %d\n", n+1)] {
			t.Errorf("200 rolls and never a %d: %v", n+1, seen)
		}
	}
	if len(seen) != 6 {
		t.Errorf("a die has six sides, not %v", seen)
	}
	p.As(sdk.Caller{Name: "bob"}).Run("roll 2")
	p.Run("roll 1").WantError(sdk.Invalid, "SIDES must be a whole number from 2 to 1000000, not 1")
	p.Run("roll many").WantError(sdk.Invalid, "not many")
}
