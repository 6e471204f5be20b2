package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Call is one run of a command: who runs it, on what, and where the output
// goes. Its arguments are checked and in the normal form of their types; one
// that was left out has its default or else the zero value.
//
// The methods that read an argument or a flag panic if the spec declares none of
// that name, or none of a type that has such a value: a bug in the command, of
// which the first try tells.
//
// A Call belongs to the goroutine that runs the command and is not to be used
// after Run returned.
type Call struct {
	Spec    *Spec      // of the sub-command, as Spec.Sub has it, if there is one
	Name    string     // the name or alias that was typed; without the sub-command
	Line    string     // the whole line as typed; it may hold secrets: never log or keep it
	Bare    bool       // typed without a slash in mode auto, so perhaps meant as chat
	Sub     string     // the sub-command, "" if the spec has none; arguments and flags are its own
	User    *chat.User // who is logged in, nil before login
	Now     time.Time  // of the line
	Piped   bool       // it comes after a |; then In takes the place of a Text argument
	JSON    bool       // the output is to be JSON, an object a line: see Object
	In      io.Reader  // what is piped in; at its end if nothing is
	Out     io.Writer  // to the caller or into the pipe: whole lines that end in \n; fails once nobody reads the pipe
	Err     io.Writer  // to the caller: whole lines that end in \n
	Session Session    // nil if the command is Blocking, and in what Block runs: then see Do

	feeds     bool    // the output goes into a pipe
	values    []value // those of the arguments, then those of the flags
	session   Session
	view      *View // of a Blocking command, as it was when the line was prepared
	loop      Loop
	allowance *allowance // of what Block runs; nil: Ask takes from the command's time
}

// A Loop runs f where a session may be used, and returns when it has run, or,
// with the error of ctx and f not run, when ctx ends first.
type Loop func(ctx context.Context, f func()) error

// Do runs f on the session's loop and waits for it. A Blocking command reaches
// its session by it alone; f must not block. The error is that of f, whose panic
// is one, or of ctx if that ends before f begins.
func (c *Call) Do(ctx context.Context, f func(Session) error) error {
	if c.loop == nil {
		return f(c.session)
	}
	var err error
	stopped := c.loop(ctx, func() {
		defer caught(&err)
		err = f(c.session)
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// View is how the caller's session shows things. What goes into a pipe has no
// width and no height: a line that is cut to fit a terminal would be lost to the
// commands after it.
func (c *Call) View() View {
	var v View
	if c.view != nil {
		v = *c.view
	} else {
		v = c.session.View()
	}
	if c.feeds {
		v.Width, v.Height = 0, 0
	}
	return v
}

// Feeds reports whether the output goes into a pipe: then the bound of the pipe is
// the only one that it needs.
func (c *Call) Feeds() bool { return c.feeds }

// Object writes v to Out as JSON, in a line of its own.
func (c *Call) Object(v any) error {
	p, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = c.Out.Write(append(p, '\n'))
	return err
}

// A value is what one argument or flag got.
type value struct {
	words []string // in normal form; nil: nothing and no default
	given bool     // by the caller
}

// Has reports whether the caller gave the argument or the flag; a default does
// not count.
func (c *Call) Has(name string) bool {
	v, _ := c.find(name)
	return v.given
}

// Bool reports whether the switch is on.
func (c *Call) Bool(flag string) bool {
	v, typ := c.find(flag)
	c.require(typ == "", flag, "switch")
	return v.given
}

// String is the value of an argument or a flag of any type, the first one if
// there are many, in its normal form; "" if it has none.
func (c *Call) String(name string) string {
	v, typ := c.find(name)
	c.require(typ != "", name, "value")
	if len(v.words) == 0 {
		return ""
	}
	return v.words[0]
}

// Strings is all the values of an argument or a flag of any type, in normal
// form; nil if there are none. It is shared: read only.
func (c *Call) Strings(name string) []string {
	v, typ := c.find(name)
	c.require(typ != "", name, "value")
	return v.words
}

// Int is the value of an Int, the first one if there are many.
func (c *Call) Int(name string) int {
	v, typ := c.find(name)
	c.require(typ == Int, name, Int)
	return v.int()
}

// Duration is the value of a Duration, the first one if there are many. It is
// never negative.
func (c *Call) Duration(name string) time.Duration {
	v, typ := c.find(name)
	c.require(typ == Duration, name, Duration)
	return v.duration()
}

// Count is the value of a Count, the first one if there are many: either a
// number or a duration, above zero, and the other is zero.
func (c *Call) Count(name string) (int, time.Duration) {
	v, typ := c.find(name)
	c.require(typ == Count, name, Count)
	if n := v.int(); n != 0 {
		return n, 0
	}
	return 0, v.duration()
}

// Text is the raw text that ends the line: as it was typed, without white space
// at its end; "" if there is none.
func (c *Call) Text() string {
	c.require(c.Spec.endsInText(), "text", Text)
	if v := c.values[len(c.Spec.Args)-1]; len(v.words) > 0 {
		return v.words[0]
	}
	return ""
}

// Printf writes to Out what fmt.Sprintf makes of its arguments, in one Write and
// with \n at its end.
func (c *Call) Printf(format string, args ...any) error {
	p := fmt.Appendf(nil, format, args...)
	if len(p) == 0 || p[len(p)-1] != '\n' {
		p = append(p, '\n')
	}
	_, err := c.Out.Write(p)
	return err
}

// find is the value and the type of an argument or a flag.
func (c *Call) find(name string) (value, Type) {
	for i := range c.Spec.Args {
		if a := &c.Spec.Args[i]; a.Name == name {
			return c.values[i], a.Type
		}
	}
	for i := range c.Spec.Flags {
		if f := &c.Spec.Flags[i]; f.Name == name {
			return c.values[len(c.Spec.Args)+i], f.Type
		}
	}
	panic(fmt.Sprintf("command %s declares no argument or flag %q", c.Spec.Name, name))
}

func (c *Call) require(ok bool, name string, what Type) {
	if !ok {
		panic(fmt.Sprintf("command %s declares %q, but not as %s", c.Spec.Name, name, what))
	}
}

// int is the number that the normal form stands for; 0 if it is none.
func (v value) int() int {
	if len(v.words) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(v.words[0])
	return n
}

// duration is the duration that the normal form stands for; 0 if it is none.
func (v value) duration() time.Duration {
	if len(v.words) == 0 {
		return 0
	}
	d, _ := time.ParseDuration(v.words[0])
	return d
}
