package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// stageError is what the failing test stages fail with.
func stageError(c *Call) error { return chat.Errorf(chat.Conflict, "Stage %s failed.", c.Name) }

// eachLine calls f with every line of the input, without its end, until f is
// false.
func eachLine(c *Call, f func(l string) bool) error {
	in := bufio.NewReader(c.In)
	for {
		l, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !f(strings.TrimSuffix(l, "\n")) {
			return nil
		}
	}
}

// pass is the body of a filter: f writes what becomes of a line and reports
// whether there is to be another one.
func pass(c *Call, f func(l string) (out []string, more bool, err error)) error {
	var failed error
	err := eachLine(c, func(l string) bool {
		out, more, err := f(l)
		for _, o := range out {
			if _, werr := io.WriteString(c.Out, o+"\n"); werr != nil && err == nil {
				err = werr
			}
		}
		failed = err
		return more && err == nil
	})
	return errors.Join(failed, err)
}

// collect is the body of a filter that needs all its input.
func collect(c *Call, f func(all []string) []string) error {
	var all []string
	if err := eachLine(c, func(l string) bool { all = append(all, l); return true }); err != nil {
		return err
	}
	for _, l := range f(all) {
		if _, err := io.WriteString(c.Out, l+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func reversed(all []string) []string {
	all = slices.Clone(all)
	slices.Reverse(all)
	return all
}

func counted(all []string) []string { return []string{fmt.Sprint(len(all))} }

// stageCommands are sources and filters; the sources write source().
func stageCommands(source func() []string) []Command {
	n := []Arg{{Name: "n", Type: Int}}
	spec := func(name string, blocking, filter bool, args []Arg) Spec {
		return Spec{Name: name, Summary: "s", Blocking: blocking, ReadsInput: filter, Filter: filter, Args: args}
	}
	write := func(_ context.Context, c *Call) error {
		for _, l := range source() {
			if _, err := io.WriteString(c.Out, l+"\n"); err != nil {
				return err
			}
		}
		return nil
	}
	return []Command{
		New(spec("source", false, false, nil), write),
		New(spec("bsource", true, false, nil), write),
		New(spec("upper", true, true, nil), func(_ context.Context, c *Call) error {
			return pass(c, func(l string) ([]string, bool, error) { return []string{strings.ToUpper(l)}, true, nil })
		}),
		New(spec("keep", true, true, []Arg{{Name: "what", Type: String}}), func(_ context.Context, c *Call) error {
			return pass(c, func(l string) ([]string, bool, error) {
				if strings.Contains(l, c.String("what")) {
					return []string{l}, true, nil
				}
				return nil, true, nil
			})
		}),
		New(spec("dup", true, true, nil), func(_ context.Context, c *Call) error {
			return pass(c, func(l string) ([]string, bool, error) { return []string{l, l}, true, nil })
		}),
		New(spec("take", true, true, n), func(_ context.Context, c *Call) error {
			left := c.Int("n")
			if left == 0 {
				return nil
			}
			return pass(c, func(l string) ([]string, bool, error) { left--; return []string{l}, left > 0, nil })
		}),
		New(spec("failafter", true, true, n), func(_ context.Context, c *Call) error {
			left := c.Int("n")
			if left == 0 {
				return stageError(c)
			}
			return pass(c, func(l string) ([]string, bool, error) {
				if left--; left == 0 {
					return []string{l}, false, stageError(c)
				}
				return []string{l}, true, nil
			})
		}),
		New(spec("failend", true, true, nil), func(_ context.Context, c *Call) error {
			if err := eachLine(c, func(string) bool { return true }); err != nil {
				return err
			}
			return stageError(c)
		}),
		New(spec("rev", true, true, nil), func(_ context.Context, c *Call) error { return collect(c, reversed) }),
		New(spec("count", true, true, nil), func(_ context.Context, c *Call) error { return collect(c, counted) }),
		New(spec("slurp", false, true, nil), func(_ context.Context, c *Call) error { return collect(c, reversed) }),
		New(spec("deaf", true, true, nil), func(_ context.Context, c *Call) error { return c.Printf("deaf") }),
		New(spec("crash", true, true, nil), func(_ context.Context, c *Call) error { panic("crash") }),
	}
}

// benchCommands are stages that cost little of their own.
func benchCommands() []Command {
	return []Command{
		New(Spec{Name: "hello", Summary: "s"}, func(_ context.Context, c *Call) error {
			_, err := io.WriteString(c.Out, "hello\n")
			return err
		}),
		New(Spec{Name: "copy", Summary: "s", Blocking: true, ReadsInput: true, Filter: true}, func(_ context.Context, c *Call) error {
			var buf [512]byte
			for {
				n, err := c.In.Read(buf[:])
				if n > 0 {
					if _, err := c.Out.Write(buf[:n]); err != nil {
						return err
					}
				}
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
			}
		}),
		New(Spec{Name: "lines", Summary: "s", Blocking: true, Args: []Arg{{Name: "n", Type: Int}}}, func(_ context.Context, c *Call) error {
			line := []byte("12:34 ann: did anyone see the deploy from this morning?\n")
			for range c.Int("n") {
				if _, err := c.Out.Write(line); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

func stageDispatcher(tb testing.TB, limits func() Limits, source ...string) *Dispatcher {
	tb.Helper()
	cmds := append(stageCommands(func() []string { return source }), benchCommands()...)
	return NewDispatcher(testRegistry(tb, cmds...), Options{Names: people{"Fish"}, Limits: limits})
}
