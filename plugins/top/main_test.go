package main

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const history = `[15:04] ann: tea at five?
[15:05] bob: tea! yes: tea
[2026-01-02 15:05] [ops] * ann likes tea
12 [15:06] ann: see https://example.org
-- bob has left
{"type":"say","from":"Bob Jr","text":"tea"}
`

func TestTop(t *testing.T) {
	p := sdktest.Start(t, top())
	p.Pipe(history, "top").Want("    3  ann\n    1  Bob Jr\n    1  bob\n")
	p.Pipe(history, "top 1").Want("    3  ann\n")
	p.Pipe(history, "top -w 2").Want("    5  tea\n    1  at\n")
	p.Pipe(history, "top --json 1").Want(`{"name":"ann","count":3}` + "\n")
	p.Pipe("", "top").Want("")
	p.Pipe("ann: said", "top -w").Want("    1  said\n")
	p.Pipe(history, "top 0").WantError(sdk.Invalid, "COUNT must be a whole number from 1 to 1000")
}

func TestTopEndsWithItsCaller(t *testing.T) {
	p := sdktest.Start(t, top())
	r := p.BeginPipe("top")
	r.Input(strings.Repeat("ann: hello\n", 10_000))
	r.Cancel()
	if got := r.Wait(); got.Out != "" {
		t.Errorf("a cancelled run wrote %q", got.Out)
	}
}
