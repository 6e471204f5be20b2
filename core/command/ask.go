package command

import (
	"context"
	"fmt"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Question is what a command asks its caller.
type Question struct {
	Prompt string // one line, shown without a line end: "Password: "
	Secret bool   // the answer must not be seen on a screen or kept
}

// Ask shows the caller a prompt and returns the next line that they send, which is
// not run: for a Blocking command, and for what Block runs. What is secret is
// hidden while it is typed, if the caller's client can do that, and the caller is
// warned if not.
//
// The time of a Blocking command goes on while its caller thinks, so its spec
// should leave some; that of Block stands still. Errors by code: Invalid in a
// pipeline and in a scheduled line, since nobody is there to answer; Forbidden for
// a secret that may not be typed here, see Session.Secret; Unavailable if no
// answer can come any more. If the line is cancelled the error is that of ctx.
func (c *Call) Ask(ctx context.Context, prompt string, secret bool) (string, error) {
	switch {
	case c.Piped || c.feeds:
		return "", chat.Errorf(chat.Invalid, "%s has something to ask you, so it can't be part of a pipeline; give it alone.", c.Name)
	case c.Session != nil:
		return "", fmt.Errorf("command %s asks on the session's loop", c.Spec.Name)
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	defer c.allowance.pause()()
	err := c.Do(ctx, func(s Session) error {
		return s.Ask(ctx, Question{prompt, secret}, func(line string, err error) { answers <- answer{line, err} })
	})
	if err != nil {
		return "", err
	}
	select {
	case a := <-answers:
		return a.line, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
