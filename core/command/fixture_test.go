package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A person is a Session as far as the dispatcher uses one: a Caller with a log
// value. The rest of a Session is for commands.
type person struct {
	Session
	name string
	role chat.Role
	in   bool
}

func (p person) Role() chat.Role      { return p.role }
func (p person) LoggedIn() bool       { return p.in }
func (p person) User() *chat.User     { return nil }
func (p person) Now() time.Time       { return time.Time{} }
func (p person) View() View           { return View{Width: 80} }
func (p person) LogValue() slog.Value { return slog.StringValue(p.name) }

var (
	newcomer = person{name: "7"}
	guest    = person{name: "8", in: true}
	operator = person{name: "9", in: true, role: chat.Operator}
	admin    = person{name: "10", in: true, role: chat.Admin}
)

// A nameless is a person without a log value.
type nameless struct{ Session }

func (nameless) Role() chat.Role  { return chat.Guest }
func (nameless) LoggedIn() bool   { return true }
func (nameless) User() *chat.User { return nil }
func (nameless) Now() time.Time   { return time.Time{} }
func (nameless) View() View       { return View{} }

// people is a Names.
type people []string

func (p people) UserNames() []string { return p }

func (p people) HasUser(key string) bool {
	for _, n := range p {
		if text.Fold(n) == key {
			return true
		}
	}
	return false
}

// testCommands is one command of each kind. Each writes what it got.
func testCommands() []Command {
	return []Command{
		New(Spec{
			Name: "say", Group: "Talking", Summary: "say something to the room",
			Args: []Arg{{Name: "text", Type: Text}},
		}, func(_ context.Context, c *Call) error { return c.Printf("say <%s>", c.Text()) }),
		New(Spec{
			Name: "msg", Aliases: []string{"tell", "page"}, Group: "Talking", Summary: "say something to one person",
			Help:     "Nobody else reads it.\nThe other may answer with reply.",
			Examples: []string{"msg fish are you there?", `msg "big fish" hello`},
			Args:     []Arg{{Name: "user", Type: User, Help: "who gets it"}, {Name: "text", Type: Text}},
		}, func(_ context.Context, c *Call) error {
			return c.Printf("%s <%s> <%s>", c.Name, c.String("user"), c.Text())
		}),
		New(Spec{
			Name: "away", Group: "Talking", Summary: "say that you are away",
			Args: []Arg{{Name: "reason", Type: Text, Optional: true, Default: "away"}},
		}, func(_ context.Context, c *Call) error {
			return c.Printf("away <%s> %t", c.String("reason"), c.Has("reason"))
		}),
		New(Spec{
			Name: "who", Aliases: []string{"users"}, Group: "Looking", Summary: "show who is here",
			Args: []Arg{{Name: "room", Type: Room, Optional: true}},
		}, func(_ context.Context, c *Call) error { return c.Printf("who <%s>", c.String("room")) }),
		New(Spec{
			Name: "whois", Group: "Looking", Summary: "show what is known of somebody",
			Args: []Arg{{Name: "user", Type: User}},
		}, func(_ context.Context, c *Call) error { return c.Printf("whois <%s>", c.String("user")) }),
		New(Spec{
			Name: "history", Group: "Looking", Summary: "show what was said", Blocking: true, Cost: 3,
			Args:  []Arg{{Name: "n", Type: Count, Optional: true, Default: "20", Max: 1000, Help: "how many lines, or how far back"}},
			Flags: []Flag{{Name: "ids", Short: "i", Help: "show sequence numbers"}},
		}, func(_ context.Context, c *Call) error {
			n, d := c.Count("n")
			return c.Printf("history %d %v %t", n, d, c.Bool("ids"))
		}),
		New(Spec{
			Name: "join", Aliases: []string{"j"}, Group: "Looking", Summary: "enter a room",
			Args: []Arg{{Name: "room", Type: Room}},
		}, func(_ context.Context, c *Call) error { return c.Printf("join <%s>", c.String("room")) }),
		New(Spec{
			Name: "grep", Group: "Filters", Summary: "keep the lines that match", ReadsInput: true,
			Args: []Arg{{Name: "pattern", Type: String}},
			Flags: []Flag{
				{Name: "ignore-case", Short: "i"},
				{Name: "invert", Short: "v"},
				{Name: "max", Short: "m", Type: Int, Default: "100"},
				{Name: "since", Type: Duration},
				{Name: "color", Short: "c", Type: Enum, Choices: []string{"auto", "always", "never"}, Default: "auto"},
				{Name: "from", Type: User},
				{Name: "label", Type: String},
			},
		}, func(_ context.Context, c *Call) error {
			return c.Printf("grep <%s> i=%t v=%t m=%d since=%v color=%s from=<%s> label=<%s>", c.String("pattern"),
				c.Bool("ignore-case"), c.Bool("invert"), c.Int("max"), c.Duration("since"), c.String("color"), c.String("from"), c.String("label"))
		}),
		New(Spec{
			Name: "roll", Group: "Games", Summary: "roll dice",
			Args: []Arg{{Name: "sides", Type: Int, Min: 2, Max: 1000}, {Name: "again", Type: Int, Optional: true, Min: 1}},
		}, func(_ context.Context, c *Call) error { return c.Printf("roll %d %d", c.Int("sides"), c.Int("again")) }),
		New(Spec{
			Name: "add", Group: "Games", Summary: "add numbers",
			Args: []Arg{{Name: "number", Type: Int, Many: true}},
		}, func(_ context.Context, c *Call) error {
			return c.Printf("add %d of %s", c.Int("number"), strings.Join(c.Strings("number"), "+"))
		}),
		New(Spec{
			Name: "mute", Group: "Staff", Summary: "silence somebody", Role: chat.Moderator,
			Args: []Arg{{Name: "user", Type: User}, {Name: "time", Type: Duration}},
		}, func(_ context.Context, c *Call) error {
			return c.Printf("mute <%s> %v", c.String("user"), c.Duration("time"))
		}),
		New(Spec{
			Name: "mode", Summary: "set how lines are read",
			Args: []Arg{{Name: "mode", Type: Enum, Choices: []string{"auto", "chat", "command"}, Optional: true}},
		}, func(_ context.Context, c *Call) error { return c.Printf("mode <%s>", c.String("mode")) }),
		New(Spec{
			Name: "help", Aliases: []string{"?"}, Summary: "explain the commands", BeforeLogin: true,
			Args: []Arg{{Name: "command", Type: CommandName, Optional: true}},
		}, func(_ context.Context, c *Call) error { return c.Printf("help <%s>", c.String("command")) }),
		New(Spec{
			Name: "login", Summary: "log in", BeforeLogin: true,
			Args: []Arg{{Name: "name", Type: String}, {Name: "password", Type: String, Optional: true, Secret: true}},
		}, func(_ context.Context, c *Call) error { return c.Printf("login <%s>", c.String("name")) }),
		New(Spec{Name: "logout", Summary: "give your name back"}, succeed),
		New(Spec{Name: "reload", Summary: "read the configuration again", Role: chat.Operator, Group: "Staff"}, succeed),
		New(Spec{Name: "kill", Summary: "end a session", Role: chat.Admin, Group: "Staff", Hidden: true}, succeed),
		New(Spec{Name: "cat", Summary: "write what comes in", Hidden: true, ReadsInput: true}, func(_ context.Context, c *Call) error {
			if _, err := io.Copy(c.Out, c.In); err != nil {
				return err
			}
			_, err := fmt.Fprintln(c.Err, "done")
			return err
		}),
	}
}

func succeed(_ context.Context, c *Call) error { return c.Printf("%s done", c.Spec.Name) }

// fails is a command that returns what its caller wants.
func fails(run func(ctx context.Context, c *Call) error) Command {
	return New(Spec{Name: "fail", Summary: "fail", Blocking: true, Timeout: time.Hour}, run)
}

func testRegistry(tb testing.TB, more ...Command) *Registry {
	tb.Helper()
	r, err := NewRegistry(append(testCommands(), more...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// testDispatcher logs at debug level, without times, to the buffer.
func testDispatcher(tb testing.TB, more ...Command) (*Dispatcher, *bytes.Buffer) {
	tb.Helper()
	var log bytes.Buffer
	h := slog.NewTextHandler(&log, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{}
			}
			return a
		},
	})
	return NewDispatcher(testRegistry(tb, more...), Options{Names: people{"Fish", "bird", "Ünal"}, Log: slog.New(h)}), &log
}

// do is what a session does with a line: it returns the output, or what the user
// reads of the error.
func do(d *Dispatcher, s Session, in string, m line.Mode) (out string, err error) {
	l, err := line.Parse(in, m, d.Grammar(s))
	if err != nil {
		return d.Explain(err), err
	}
	if l.Kind != line.Command {
		return "chat <" + l.Text + ">\n", nil
	}
	p, err := d.Prepare(s, l)
	if err != nil {
		return d.Explain(err), err
	}
	var b strings.Builder
	for _, err = range p.Run(context.Background(), IO{Out: &b, Err: &b}) {
		b.WriteString(d.Explain(err))
	}
	return b.String(), err
}

func (person) Aliases() []Alias { return nil }
