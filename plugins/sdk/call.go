package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strconv"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Call is one run of a command: who runs it, on what, and where the output
// goes. Its arguments are checked and in the normal form of their types; one
// that was left out has its default or else the zero value.
//
// The methods that read an argument or a flag panic if the command declares none
// of that name, or none of a type that has such a value: a bug, of which the
// first try tells.
//
// A Call is not to be used after Run returned. Out, Err and their methods may be
// used from several goroutines, if Run waits for these.
type Call struct {
	Name   string // of the command, as declared
	Sub    string // of the sub-command, "" if the command has none; arguments and flags are its own
	Line   string // as typed; it may hold secrets: never log or keep it
	Caller Caller
	Now    time.Time // when the line was typed, in the caller's time zone
	Piped  bool      // something is piped in
	JSON   bool      // the output is to be JSON, an object a line: see Object

	In  io.Reader    // what is piped in; at its end if nothing is
	Out io.Writer    // to the caller or into the pipe; lines leave whole and at once
	Err io.Writer    // to the caller, never into the pipe
	Log *slog.Logger // the server's log, with the plugin, the command and the run in every line

	// Host is the server. What is asked of it by this is done in the caller's
	// name: it needs the plugin's capability and the caller's own right.
	Host *Host

	ctx     context.Context
	spec    *Command // that which has the arguments
	values  map[string]*pluginpb.Value
	stream  *output
	writers []*lineWriter // Out and Err
}

// Context ends when nobody waits for the run any more: the caller pressed Ctrl-C
// or is gone, the deadline has passed, the server stops the plugin.
// context.Cause tells which, as far as it is known.
func (c *Call) Context() context.Context { return c.ctx }

// Has reports whether the caller gave the argument or the flag; a default does
// not count.
func (c *Call) Has(name string) bool {
	c.typeOf(name)
	return c.values[name].GetGiven()
}

// Bool reports whether the switch is on.
func (c *Call) Bool(flag string) bool {
	c.require(c.typeOf(flag) == "", flag, "a switch")
	return c.values[flag].GetGiven()
}

// String is the value of an argument or a flag of any type, the first one if
// there are many, in its normal form; "" if it has none.
func (c *Call) String(name string) string {
	c.require(c.typeOf(name) != "", name, "a value")
	if words := c.values[name].GetWords(); len(words) > 0 {
		return words[0]
	}
	return ""
}

// Strings is all the values of an argument or a flag of any type; nil if there
// are none.
func (c *Call) Strings(name string) []string {
	c.require(c.typeOf(name) != "", name, "a value")
	return c.values[name].GetWords()
}

// Int is the value of an Int, the first one if there are many.
func (c *Call) Int(name string) int {
	c.require(c.typeOf(name) == Int, name, "an int")
	n, _ := strconv.Atoi(c.String(name))
	return n
}

// Duration is the value of a Duration, the first one if there are many. It is
// never negative.
func (c *Call) Duration(name string) time.Duration {
	c.require(c.typeOf(name) == Duration, name, "a duration")
	d, _ := time.ParseDuration(c.String(name))
	return d
}

// Count is the value of a Count: either a number or a duration, above zero, and
// the other is zero.
func (c *Call) Count(name string) (int, time.Duration) {
	c.require(c.typeOf(name) == Count, name, "a count")
	if n, err := strconv.Atoi(c.String(name)); err == nil {
		return n, 0
	}
	d, _ := time.ParseDuration(c.String(name))
	return 0, d
}

// Printf writes to Out what fmt.Sprintf makes of its arguments, with \n at its
// end. The error is for Run to return: nobody reads any more.
func (c *Call) Printf(format string, args ...any) error {
	p := fmt.Appendf(nil, format, args...)
	if len(p) == 0 || p[len(p)-1] != '\n' {
		p = append(p, '\n')
	}
	_, err := c.Out.Write(p)
	return err
}

// Object writes v to Out as JSON, in a line of its own: what a command with
// Records writes if JSON is true.
func (c *Call) Object(v any) error {
	p, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("object: %w", err)
	}
	_, err = c.Out.Write(append(p, '\n'))
	return err
}

// Lines is what is piped in, line by line, without the line ends. It ends early
// if the run is cancelled: then the error of Context is what Run should return.
// A line of more than 1 MiB is cut there.
func (c *Call) Lines() iter.Seq[string] { return lines(c.In) }

// Say says text in the caller's room, under the plugin's name: up to ten lines,
// each a message. It needs the capability SayRoom, and counts as the caller's
// doing: it fails if they may not speak there, or say too much.
func (c *Call) Say(format string, args ...any) error {
	if c.Caller.Room == "" {
		return Errorf(NotFound, "You are in no room; join one first.")
	}
	return c.Host.SendRoom(c.ctx, c.Caller.Room, fmt.Sprintf(format, args...))
}

// Progress shows a caller who waits what is going on: a note of one line, and
// how much is done, from 0 to 1, 0 if that is unknown. It also keeps a silent
// run alive, see Command.Timeout.
func (c *Call) Progress(done float64, note string) error {
	return c.stream.send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Progress{
		Progress: &pluginpb.Progress{Note: valid(note), Fraction: float32(done)}}})
}

// typeOf is the type of an argument or flag; "" is a switch.
func (c *Call) typeOf(name string) Type {
	for i := range c.spec.Args {
		if a := &c.spec.Args[i]; a.Name == name {
			return a.typ()
		}
	}
	for i := range c.spec.Flags {
		if f := &c.spec.Flags[i]; f.Name == name {
			return f.Type
		}
	}
	panic(fmt.Sprintf("command %s declares no argument or flag %q", c.spec.Name, name))
}

func (c *Call) require(ok bool, name, what string) {
	if !ok {
		panic(fmt.Sprintf("command %s declares %q, but not as %s", c.spec.Name, name, what))
	}
}
