package command

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/line"
)

// A command that asks for what its spec does not declare learns so at once, and
// takes nobody down.
func TestCallPanics(t *testing.T) {
	const as = `panic: command fail declares %q, but not as %s`
	const none = `panic: command fail declares no argument or flag %q`
	for _, tt := range []struct {
		want string
		ask  func(c *Call)
	}{
		{fmt.Sprintf(none, "none"), func(c *Call) { c.Has("none") }},
		{fmt.Sprintf(none, "none"), func(c *Call) { c.Bool("none") }},
		{fmt.Sprintf(none, "text"), func(c *Call) { c.String("text") }},
		{fmt.Sprintf(as, "room", "int"), func(c *Call) { c.Int("room") }},
		{fmt.Sprintf(as, "room", "duration"), func(c *Call) { c.Duration("room") }},
		{fmt.Sprintf(as, "room", "count"), func(c *Call) { c.Count("room") }},
		{fmt.Sprintf(as, "room", "switch"), func(c *Call) { c.Bool("room") }},
		{fmt.Sprintf(as, "loud", "value"), func(c *Call) { c.String("loud") }},
		{fmt.Sprintf(as, "loud", "value"), func(c *Call) { c.Strings("loud") }},
		{fmt.Sprintf(as, "text", "text"), func(c *Call) { c.Text() }},
	} {
		spec := Spec{Name: "fail", Summary: "s", Args: []Arg{{Name: "room", Type: Room, Optional: true}}, Flags: []Flag{{Name: "loud"}}}
		d, log := testDispatcher(t, New(spec, func(_ context.Context, c *Call) error { tt.ask(c); return nil }))
		if out, err := do(d, guest, "fail", line.ModeAuto); err == nil || err.Error() != tt.want || out != wentWrong {
			t.Errorf("got %v, want %s; shown %q", err, tt.want, out)
		}
		if !strings.Contains(log.String(), "call_test.go") {
			t.Errorf("the log does not say where: %s", log)
		}
	}
}

func TestCallZeroValues(t *testing.T) {
	spec := Spec{
		Name: "zero", Summary: "s",
		Args: []Arg{{Name: "int", Type: Int, Optional: true}, {Name: "duration", Type: Duration, Optional: true}, {Name: "count", Type: Count, Optional: true},
			{Name: "string", Type: String, Optional: true, Many: true}},
	}
	ran := false
	d, _ := testDispatcher(t, New(spec, func(_ context.Context, c *Call) error {
		ran = true
		n, span := c.Count("count")
		if c.Int("int") != 0 || c.Duration("duration") != 0 || n != 0 || span != 0 || c.String("string") != "" || c.Strings("string") != nil || c.Has("string") {
			t.Error("an argument that was not given has a value")
		}
		return nil
	}), New(Spec{Name: "silent", Summary: "s", Args: []Arg{{Name: "text", Type: Text, Optional: true}}}, func(_ context.Context, c *Call) error {
		return c.Printf("<%s> %t", c.Text(), c.Has("text"))
	}))
	if _, err := do(d, guest, "zero", line.ModeAuto); err != nil || !ran {
		t.Error(err)
	}
	if out, err := do(d, guest, "silent", line.ModeAuto); err != nil || out != "<> false\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// A writes counts how often it was written to.
type writes struct {
	bytes.Buffer
	n int
}

func (w *writes) Write(p []byte) (int, error) { w.n++; return w.Buffer.Write(p) }

func TestPrintf(t *testing.T) {
	for _, tt := range []struct{ format, arg, want string }{
		{"%s", "a", "a\n"}, {"%s\n", "a", "a\n"}, {"%s", "", "\n"}, {"a\n%s", "b", "a\nb\n"},
	} {
		var w writes
		c := &Call{Out: &w}
		if err := c.Printf(tt.format, tt.arg); err != nil || w.String() != tt.want || w.n != 1 {
			t.Errorf("%q, %q: %q in %d writes, %v", tt.format, tt.arg, w.String(), w.n, err)
		}
	}
}

func TestCallFields(t *testing.T) {
	d, _ := testDispatcher(t, New(Spec{Name: "f", Aliases: []string{"g"}, Summary: "s"}, func(_ context.Context, c *Call) error {
		return c.Printf("%s %s <%s> %t %v", c.Spec.Name, c.Name, c.Line, c.Bare, c.Session == Session(guest))
	}))
	for in, want := range map[string]string{" g ": "f g <g> true true\n", "/f": "f f </f> false true\n"} {
		if out, err := do(d, guest, in, line.ModeAuto); err != nil || out != want {
			t.Errorf("%q: %q, %v", in, out, err)
		}
	}
}
