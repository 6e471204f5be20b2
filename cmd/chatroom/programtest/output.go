package programtest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// An Output collects what a program writes, for any goroutine to look at.
type Output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	closed  bool
	changed chan struct{} // closed and replaced with each change
}

func NewOutput() *Output { return &Output{changed: make(chan struct{})} }

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	o.notify()
	return len(p), nil
}

func (o *Output) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.notify()
}

func (o *Output) notify() {
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *Output) String() string {
	text, _, _ := o.Snapshot()
	return text
}

func (o *Output) Snapshot() (text string, closed bool, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.closed, o.changed
}

// Wait returns when the whole text so far satisfies ok. It fails the test when
// the program ends before or [chattest.Timeout] has passed.
func (o *Output) Wait(t testing.TB, what string, ok func(text string) bool) {
	t.Helper()
	timeout := time.After(chattest.Timeout)
	for {
		text, closed, changed := o.Snapshot()
		switch {
		case ok(text):
			return
		case closed:
			t.Fatalf("the program ended, want %s", what)
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("no %s within %v in:\n%s", what, chattest.Timeout, text)
		}
	}
}

// Expect waits until the text behind the first from bytes holds all the parts
// in one line.
func (o *Output) Expect(t testing.TB, from int, parts ...string) {
	t.Helper()
	o.Wait(t, "line with "+strings.Join(parts, " and "), func(text string) bool {
		for line := range strings.Lines(text[from:]) {
			found := true
			for _, part := range parts {
				found = found && strings.Contains(line, part)
			}
			if found {
				return true
			}
		}
		return false
	})
}
