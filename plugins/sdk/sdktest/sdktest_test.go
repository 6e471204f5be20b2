package sdktest_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A failing test is one whose failures are looked at, not told.
type failing struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (f *failing) Helper() {}

func (f *failing) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func (f *failing) has(part string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(strings.Join(f.said, "\n"), part)
}

func cmd(usage string, run func(*sdk.Call) error) sdk.Command { return sdk.Cmd(usage, "do it", run) }

func TestWants(t *testing.T) {
	f := &failing{TB: t}
	p := sdktest.Start(f, cmd("x [fail]", func(c *sdk.Call) error {
		if c.Has("fail") {
			return sdk.Errorf(sdk.NotFound, "There is none.")
		}
		return c.Printf("hello")
	}))
	p.Run("x").Want("hello\n")
	p.Run("x fail").WantError(sdk.NotFound, "none")
	if len(f.said) > 0 {
		t.Fatalf("what is as wanted fails: %q", f.said)
	}
	for want, test := range map[string]func(){
		"x: wrote\nhello\n":                   func() { p.Run("x").Want("bye\n") },
		"x fail: failed with status 1, not_f": func() { p.Run("x fail").Want("hello\n") },
		"x: succeeded, want an error":         func() { p.Run("x").WantError(sdk.NotFound, "none") },
		"want conflict with \"none\"":         func() { p.Run("x fail").WantError(sdk.Conflict, "none") },
		"want not_found with \"some\"":        func() { p.Run("x fail").WantError(sdk.NotFound, "some") },
	} {
		f.said = nil
		if test(); !f.has(want) {
			t.Errorf("the test says %q, want %q", f.said, want)
		}
	}
}

// What runs on after it was cancelled, or after the plugin was stopped, is told.
func TestStubborn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, free := &failing{TB: t}, make(chan struct{})
		p := sdktest.Start(f,
			cmd("x", func(c *sdk.Call) error {
				c.Printf("running")
				<-free
				return nil
			}),
			sdk.Background(func(context.Context, *sdk.Host) error {
				<-free
				return nil
			}))
		r := p.Begin("x")
		r.Next()
		r.Cancel()
		r.Wait()
		p.Stop()
		if !f.has("background work does not end") || !f.has("something still runs") {
			t.Errorf("the test says %q", f.said)
		}
		close(free)
	})
}

func TestTooMuchOutput(t *testing.T) {
	f := &failing{TB: t}
	p := sdktest.Start(f, cmd("x", func(c *sdk.Call) error {
		_, err := io.WriteString(c.Out, strings.Repeat("y\n", 3000))
		return err
	}))
	if p.Run("x"); !f.has("it wrote 3000 lines") {
		t.Errorf("the test says %q", f.said)
	}
}

func TestBackgroundFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failing{TB: t}
		sdktest.Start(f, sdk.Background(func(context.Context, *sdk.Host) error { return io.ErrUnexpectedEOF }))
		synctest.Wait()
		if !f.has("background work failed") {
			t.Errorf("the test says %q", f.said)
		}
	})
}

func TestFilterThatBreaks(t *testing.T) {
	f := &failing{TB: t}
	p := sdktest.Start(f, sdk.Filter(sdk.Selection{}, func(_ context.Context, m *sdk.Message) sdk.Verdict {
		if m.Text == "panic" {
			panic("boom")
		}
		return sdk.Replace("two\nlines")
	}))
	if p.Post("hello"); !f.has("is not one line") {
		t.Errorf("the test says %q", f.said)
	}
	if p.Post("panic"); !f.has("panic: boom") {
		t.Errorf("the test says %q", f.said)
	}
}

func TestConfigThatIsTaken(t *testing.T) {
	f := &failing{TB: t}
	sdktest.Setup{}.Problems(f, cmd("x", func(*sdk.Call) error { return nil }))
	if !f.has("the plugin takes the config") {
		t.Errorf("the test says %q", f.said)
	}
}

// A line is read as the server reads it.
func TestLines(t *testing.T) {
	read := cmd("read", func(c *sdk.Call) error { return c.Printf("%v", c.Piped) })
	read.ReadsInput = true
	post := cmd("post text:text", func(c *sdk.Call) error {
		if !c.Piped {
			return c.Printf("%s", c.String("text"))
		}
		_, err := io.Copy(c.Out, c.In)
		return err
	})
	post.ReadsInput = true
	many := cmd("many a [b] [c...] [-v|--verbose] [-n|--lines:int]", func(c *sdk.Call) error {
		return c.Printf("%q %q %q %v %d", c.String("a"), c.String("b"), c.Strings("c"), c.Bool("verbose"), c.Int("lines"))
	})
	p := sdktest.Start(t, read, post, many)
	p.Run("read").Want("false\n")
	p.Pipe("", "read").Want("true\n")
	p.Run(`/post it's "a" | b  `).Want("it's \"a\" | b\n")
	p.Pipe("piped\n", "post").Want("piped\n")
	p.Pipe("piped\n", "post more").WantError(sdk.Invalid, "takes its text from the pipe")
	for line, want := range map[string]string{
		`many x`:                    `"x" "" [] false 0`,
		`many "x y" '' z\ z "q\"q"`: `"x y" "" ["z z" "q\"q"] false 0`,
		`many x -vn3`:               `"x" "" [] true 3`,
		`many -v x --lines=3`:       `"x" "" [] true 3`,
		`many x -n 3`:               `"x" "" [] false 3`,
		`many -- -v`:                `"-v" "" [] false 0`,
		`many -5 -`:                 `"-5" "-" [] false 0`,
	} {
		p.Run(line).Want(want + "\n")
	}
	for line, want := range map[string]string{
		`many`:           "needs A",
		`many "x`:        `the quote " is not closed`,
		`many x -q`:      "no flag -q",
		`many x -n`:      "--lines needs a value",
		`many x -n y`:    "--lines must be a whole number",
		`many x --verb`:  "no flag --verb",
		`many x -v=1`:    "no flag -=1",
		`read x`:         "takes 0 arguments, not 1",
		`many x --json`:  "no flag --json",
		`many --lines x`: "--lines must be a whole number",
	} {
		p.Run(line).WantError(sdk.Invalid, want)
	}
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, cmd("now", func(c *sdk.Call) error { return c.Printf("%s", c.Now.Format(time.DateTime)) }))
		p.Run("now").Want("2000-01-01 00:00:00\n")
		time.Sleep(36 * time.Hour)
		p.Run("now").Want("2000-01-02 12:00:00\n")
	})
}
