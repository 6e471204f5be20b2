package sdk_test

import (
	"context"
	"errors"
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

func one(usage string, run func(c *sdk.Call) error) sdk.Command { return sdk.Cmd(usage, "do it", run) }

func TestArguments(t *testing.T) {
	p := sdktest.Start(t, one("x n:int d:duration [c:count=5] [u:user...] [-v|--verbose] [--to=ops] [--n2:int]", func(c *sdk.Call) error {
		count, back := c.Count("c")
		return c.Printf("%d %v %d %v %q %v %q %d %v", c.Int("n"), c.Duration("d"), count, back, c.Strings("u"), c.Bool("verbose"), c.String("to"), c.Int("n2"), c.Has("to"))
	}))
	p.Run("x -3 90m").Want(`-3 1h30m0s 5 0s [] false "ops" 0 false` + "\n")
	p.Run("x 3 2d 1h @ann bob -v").Want(`3 48h0m0s 0 1h0m0s ["ann" "bob"] true "ops" 0 false` + "\n")
}

func TestReadingWhatIsNotDeclared(t *testing.T) {
	for name, read := range map[string]func(c *sdk.Call){
		"unknown":             func(c *sdk.Call) { c.String("m") },
		"an int as duration":  func(c *sdk.Call) { c.Duration("n") },
		"a switch as a value": func(c *sdk.Call) { c.String("v") },
		"a value as switch":   func(c *sdk.Call) { c.Bool("n") },
	} {
		p := sdktest.Start(t, one("x n:int [--v]", func(c *sdk.Call) error { read(c); return nil }))
		if r := p.Run("x 1").WantError(sdk.Internal, "panic: command x declares"); r.Status != 70 {
			t.Errorf("%s: status %d", name, r.Status)
		}
	}
}

func TestOutput(t *testing.T) {
	p := sdktest.Start(t, one("x what", func(c *sdk.Call) error {
		switch c.String("what") {
		case "pieces":
			for _, s := range []string{"a", "b\nc", "", "\n", "end"} {
				if _, err := io.WriteString(c.Out, s); err != nil {
					return err
				}
			}
		case "invalid":
			return c.Printf("a\xffb")
		case "long":
			_, err := io.WriteString(c.Out, strings.Repeat("ä", 100_000))
			return err
		case "both":
			fmt.Fprintln(c.Err, "to you")
			return c.Printf("to all")
		case "json":
			return c.Object(map[string]int{"a": 1})
		}
		return nil
	}))
	p.Run("x pieces").Want("ab\nc\nend\n")
	p.Run("x invalid").Want("a\uFFFDb\n")
	p.Run("x nothing").Want("")
	p.Run("x json").Want("{\"a\":1}\n")
	if r := p.Run("x both").Want("to all\n"); r.Err != "to you\n" {
		t.Errorf("standard error is %q", r.Err)
	}
	if r := p.Run("x long"); strings.ReplaceAll(r.Out, "\n", "") != strings.Repeat("ä", 100_000) {
		t.Error("a long line does not arrive whole")
	}
}

// Output arrives while the command runs.
func TestStreaming(t *testing.T) {
	p := sdktest.Start(t, func() sdk.Command {
		c := one("double", func(c *sdk.Call) error {
			for line := range c.Lines() {
				if err := c.Printf("%s %s", line, line); err != nil {
					return err
				}
			}
			return nil
		})
		c.ReadsInput = true
		return c
	}())
	r := p.BeginPipe("double")
	for _, s := range []string{"a", "b"} {
		r.Input(s + "\r\n")
		if line, ok := r.Next(); !ok || line != s+" "+s {
			t.Errorf("after %s comes %q, %v", s, line, ok)
		}
	}
	r.Input("no end")
	r.CloseInput()
	r.Wait().Want("a a\nb b\nno end no end\n")
	p.Run("double").Want("")
}

// A command need not read all of its input.
func TestEarlyEnd(t *testing.T) {
	head := one("head", func(c *sdk.Call) error {
		for line := range c.Lines() {
			return c.Printf("%s", line)
		}
		return nil
	})
	head.ReadsInput = true
	p := sdktest.Start(t, head)
	p.Pipe(strings.Repeat("y\n", 1_000_000), "head").Want("y\n")
}

func TestErrors(t *testing.T) {
	p := sdktest.Start(t, one("fail how", func(c *sdk.Call) error {
		switch c.String("how") {
		case "known":
			return sdk.Errorf(sdk.NotFound, "There is no %s.", "spoon")
		case "wrapped":
			return fmt.Errorf("while eating: %w", sdk.Errorf(sdk.Conflict, "Somebody has it."))
		case "usage":
			return sdk.Usagef("Not so.")
		case "status":
			return &sdk.Error{Code: sdk.Limited, Text: "Enough.", Status: 42}
		case "unknown":
			return errors.New("open /etc/secret: no")
		case "panic":
			panic("boom")
		}
		return nil
	}))
	p.Run("fail known").WantError(sdk.NotFound, "There is no spoon.")
	p.Run("fail wrapped").WantError(sdk.Conflict, "Somebody has it.")
	if r := p.Run("fail usage").WantError(sdk.Invalid, "Not so."); !r.Usage || r.Status != 1 {
		t.Errorf("usage %v, status %d", r.Usage, r.Status)
	}
	if r := p.Run("fail status").WantError(sdk.Limited, "Enough."); r.Status != 42 {
		t.Errorf("status %d", r.Status)
	}
	p.Run("fail unknown").WantError(sdk.Internal, "open /etc/secret: no")
	if r := p.Run("fail panic").WantError(sdk.Internal, "panic: boom"); r.Status != 70 {
		t.Errorf("status %d", r.Status)
	}
	p.Run("fail not").Want("")
}

func TestCancel(t *testing.T) {
	said := make(chan error, 1)
	p := sdktest.Start(t, one("wait", func(c *sdk.Call) error {
		if err := c.Printf("waiting"); err != nil {
			return err
		}
		<-c.Context().Done()
		said <- c.Printf("too late")
		return c.Context().Err()
	}))
	r := p.Begin("wait")
	r.Next()
	r.Cancel()
	r.Wait()
	if err := <-said; !errors.Is(err, context.Canceled) {
		t.Errorf("writing after the end: %v", err)
	}
}

// A read from a pipe in which nothing comes ends with the run.
func TestCancelWhileReading(t *testing.T) {
	ended := make(chan error, 1)
	c := one("read", func(c *sdk.Call) error {
		c.Printf("reading")
		_, err := io.ReadAll(c.In)
		ended <- err
		return err
	})
	c.ReadsInput = true
	r := sdktest.Start(t, c).BeginPipe("read")
	r.Next()
	r.Cancel()
	r.Wait()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the read ends with %v", err)
	}
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := make(chan error, 1)
		c := one("wait", func(c *sdk.Call) error {
			if at, ok := c.Context().Deadline(); !ok || time.Until(at) > 5*time.Second {
				t.Errorf("the deadline is %v, %v", at, ok)
			}
			<-c.Context().Done()
			why <- context.Cause(c.Context())
			return nil
		})
		c.Timeout = 5 * time.Second
		p := sdktest.Start(t, c)
		p.Run("wait").WantError(sdk.Unavailable, "took too long")
		if err := <-why; !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			t.Errorf("the context ends with %v", err)
		}
	})
}

func TestAfterTheRun(t *testing.T) {
	var kept *sdk.Call
	p := sdktest.Start(t, sdk.Needs(sdk.SayRoom), one("x", func(c *sdk.Call) error { kept = c; return nil }))
	p.Run("x").Want("")
	if err := kept.Printf("late"); err == nil {
		t.Error("a run writes after its end")
	}
	if err := kept.Say("late"); err == nil {
		t.Error("a run speaks after its end")
	}
}

func TestCaller(t *testing.T) {
	p := sdktest.Start(t, one("x", func(c *sdk.Call) error {
		return c.Printf("%s %s %q %s %s %d %s %v %q", c.Caller.Name, c.Caller.Key, c.Caller.Account, c.Caller.Role, c.Caller.Room,
			c.Caller.Width, c.Caller.Location, c.Now.Location(), c.Line)
	}))
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	p.As(sdk.Caller{Name: "Bob", Location: berlin}).Run("/x").Want(`Bob bob "" user lobby 80 Europe/Berlin Europe/Berlin "/x"` + "\n")
}

func TestSubCommands(t *testing.T) {
	p := sdktest.Start(t, sdk.Command{Name: "x", Summary: "do it", Subs: []sdk.Command{
		one("a n:int", func(c *sdk.Call) error { return c.Printf("%s %s %d", c.Name, c.Sub, c.Int("n")) }),
		one("b", nothing),
	}})
	p.Run("x a 3").Want("x a 3\n")
	p.Run("x c").WantError(sdk.Invalid, `no sub-command "c"`)
}

// Without a connection a command says so.
func TestNothingGranted(t *testing.T) {
	parts := []sdk.Part{sdk.Needs(sdk.SayRoom), one("x", func(c *sdk.Call) error {
		if c.Host.Granted(sdk.SayRoom) {
			t.Error("it is granted")
		}
		return c.Say("hello")
	})}
	sdktest.Setup{Deny: []string{sdk.SayRoom}}.Start(t, parts...).Run("x").WantError(sdk.Forbidden, "nothing is granted")
	forgot := sdktest.Start(t, sdk.Needs(sdk.UseKV), one("x", func(c *sdk.Call) error { return c.Say("hello") }))
	forgot.Run("x").WantError(sdk.Forbidden, `add sdk.Needs("say.room")`)
}

func TestManyAtOnce(t *testing.T) {
	p := sdktest.Start(t, sdk.Needs(sdk.UseKV), one("hit", func(c *sdk.Call) error {
		return sdk.Map[int]{Host: c.Host}.Update(c.Context(), "hits", func(n *int) error { *n++; return nil })
	}), one("hits", func(c *sdk.Call) error {
		n, err := sdk.Map[int]{Host: c.Host}.Get(c.Context(), "hits")
		if err != nil {
			return err
		}
		return c.Printf("%d", n)
	}))
	p.Run("hits").WantError(sdk.NotFound, "")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { p.Run("hit").Want("") })
	}
	all.Wait()
	p.Run("hits").Want("8\n")
}

func TestStoreErrors(t *testing.T) {
	p := sdktest.Start(t, sdk.Needs(sdk.UseKV), one("x", func(c *sdk.Call) error {
		kv, ctx := c.Host.KV(), c.Context()
		version, err := kv.Put(ctx, "a", []byte("1"), 0, 0)
		if err != nil {
			return err
		}
		if _, err := kv.Put(ctx, "a", []byte("2"), 0, 0); sdk.CodeOf(err) != sdk.Conflict {
			t.Errorf("create over an entry: %v", err)
		}
		if _, err := kv.Put(ctx, "a", []byte("2"), version+1, 0); sdk.CodeOf(err) != sdk.Conflict {
			t.Errorf("put over another version: %v", err)
		}
		if err := kv.Delete(ctx, "a", version+1); sdk.CodeOf(err) != sdk.Conflict {
			t.Errorf("delete another version: %v", err)
		}
		if err := kv.Delete(ctx, "b", 0); sdk.CodeOf(err) != sdk.NotFound {
			t.Errorf("delete nothing: %v", err)
		}
		if _, err := kv.Put(ctx, "", nil, 0, 0); sdk.CodeOf(err) != sdk.Invalid {
			t.Errorf("an empty key: %v", err)
		}
		if _, err := kv.Put(ctx, "big", make([]byte, 300<<10), 0, 0); sdk.CodeOf(err) != sdk.Invalid {
			t.Errorf("a big value: %v", err)
		}
		if list, err := kv.List(ctx, ""); err != nil || len(list) != 1 || list[0].Key != "a" || string(list[0].Value) != "1" {
			t.Errorf("the entries are %v, %v", list, err)
		}
		stop := errors.New("stop")
		if err := (sdk.Map[int]{Host: c.Host}).Update(ctx, "a", func(*int) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("an update that its function ends: %v", err)
		}
		return kv.Delete(ctx, "a", version)
	}))
	p.Run("x").Want("")
	if keys := p.Host.Keys(); len(keys) != 0 {
		t.Errorf("there is still %v", keys)
	}
}

func TestStoreTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, sdk.Needs(sdk.UseKV), one("x", func(c *sdk.Call) error {
			return sdk.Map[string]{Host: c.Host, TTL: time.Minute}.Create(c.Context(), "a", "b")
		}))
		p.Run("x").Want("")
		p.Run("x").WantError(sdk.Conflict, "")
		time.Sleep(time.Minute)
		p.Run("x").Want("")
	})
}

func TestLists(t *testing.T) {
	p := sdktest.Start(t, sdk.Needs(sdk.ListUsers, sdk.ListRooms, sdk.ReadHistory), one("x", func(c *sdk.Call) error {
		users, err := c.Host.Users(c.Context(), "ops")
		if err != nil {
			return err
		}
		rooms, err := c.Host.Rooms(c.Context())
		if err != nil {
			return err
		}
		events, err := c.Host.History(c.Context(), "ops", 2, time.UnixMilli(1000))
		if err != nil {
			return err
		}
		for _, e := range events {
			c.Printf("%d %s %s", e.Seq, e.Name, e.Text)
		}
		_, err = c.Host.History(c.Context(), "nowhere", 0, time.Time{})
		return c.Printf("%v %v %v", users, rooms, err)
	}))
	p.Host.SetUsers(sdk.Person{Name: "Bob", Key: "bob", Rooms: []string{"ops"}, Away: true, AwayText: "lunch", Idle: time.Minute}, sdk.Person{Name: "ann"})
	p.Host.SetRooms(sdk.Place{Name: "ops", Topic: "work", Users: 1})
	p.Host.SetHistory("ops", sdk.Event{Kind: sdk.Say, Time: time.UnixMilli(1), Text: "old"}, sdk.Event{Kind: sdk.Say, Time: time.UnixMilli(1000), Text: "mid"},
		sdk.Event{Seq: 7, Name: "Bob", Time: time.UnixMilli(2000), Text: "hi"}, sdk.Event{Seq: 9, Name: "Bob", Time: time.UnixMilli(3000), Text: "there"})
	p.Run("x").Want("7 Bob hi\n9 Bob there\n[{Bob bob   [ops] true lunch 1m0s}] [{ops work 1}] not_found: There is no room nowhere.\n")
}

func TestComplete(t *testing.T) {
	x := one("x a [b]", nothing)
	x.Args[1].Complete = func(c *sdk.Call, prefix string) []sdk.Choice {
		if prefix == "panic" {
			panic("boom")
		}
		return []sdk.Choice{{Value: prefix + c.String("a") + c.Caller.Name, Help: "h"}}
	}
	got := sdktest.Start(t, x).Complete("x one pre")
	if len(got) != 1 || got[0] != (sdk.Choice{Value: "preoneann", Help: "h"}) {
		t.Errorf("it proposes %v", got)
	}
}

func TestFilters(t *testing.T) {
	upper := sdk.Filter(sdk.Selection{Match: "shout"}, func(_ context.Context, m *sdk.Message) sdk.Verdict { return sdk.Replace(strings.ToUpper(m.Text)) })
	judge := sdk.Filter(sdk.Selection{}, func(_ context.Context, m *sdk.Message) sdk.Verdict {
		switch {
		case m.Text == "SHOUT NO":
			return sdk.Reject("No, " + m.Caller.Name + ".")
		case m.Text == "spam":
			return sdk.Drop()
		}
		return sdk.Allow()
	})
	private := sdk.Filter(sdk.Selection{Kinds: []string{sdk.Private}}, func(_ context.Context, m *sdk.Message) sdk.Verdict { return sdk.Replace("to " + m.To) })
	p := sdktest.Start(t, upper, judge, private)
	for text, want := range map[string]sdktest.Posted{
		"hello": {Text: "hello"}, "shout hello": {Text: "SHOUT HELLO"}, "shout no": {Rejected: "No, ann."}, "spam": {Dropped: true},
	} {
		if got := p.Post(text); got != want {
			t.Errorf("%q becomes %+v, want %+v", text, got, want)
		}
	}
	if got := p.Judge(sdk.Event{Kind: sdk.Private, To: "bob", Text: "spam"}); got.Text != "to bob" {
		t.Errorf("a private message becomes %+v", got)
	}
	if got := strings.Join(p.Manifest.GetCapabilities(), " "); got != "filter filter.private" {
		t.Errorf("it asks for %s", got)
	}
}

func TestEvents(t *testing.T) {
	var got []string
	p := sdktest.Start(t,
		sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say}, Match: "panic|error"}, func(_ context.Context, _ *sdk.Host, e sdk.Event) error {
			if e.Text == "panic" {
				panic("boom")
			}
			return errors.New("no")
		}),
		sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say, sdk.Join}, Rooms: []string{"ops"}}, func(_ context.Context, _ *sdk.Host, e sdk.Event) error {
			got = append(got, e.Kind+" "+e.Text)
			return nil
		}))
	say := func(room, text string) sdk.Event { return sdk.Event{Kind: sdk.Say, Room: room, Text: text} }
	p.Event(say("ops", "a"), say("lobby", "b"), say("ops", "panic"), say("ops", "error"), sdk.Event{Kind: sdk.Join, Room: "ops"}, sdk.Event{Kind: sdk.Leave, Room: "ops"})
	if strings.Join(got, ",") != "say a,say panic,say error,join " {
		t.Errorf("it is told %q", got)
	}
}

func TestBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, sdk.Needs(sdk.SayRoom), sdk.Background(func(ctx context.Context, h *sdk.Host) error {
			for tick := time.NewTicker(time.Hour); ; {
				select {
				case <-ctx.Done():
					tick.Stop()
					return ctx.Err()
				case <-tick.C:
					if err := h.SendRoom(ctx, "lobby", "tick"); err != nil {
						return err
					}
				}
			}
		}))
		time.Sleep(2*time.Hour + time.Minute)
		if got := p.Host.Sent(); len(got) != 2 || got[0] != (sdktest.Sent{Room: "lobby", Text: "tick"}) {
			t.Errorf("it said %v", got)
		}
		p.Stop()
		time.Sleep(2 * time.Hour)
		if got := p.Host.Sent(); len(got) != 0 {
			t.Errorf("stopped, it said %v", got)
		}
	})
}

func TestLeaks(t *testing.T) {
	defer goleak.VerifyNone(t)
	p := sdktest.Start(t, sdk.Needs(sdk.UseKV), one("x", nothing))
	p.Run("x").Want("")
	r := p.Begin("x")
	r.Cancel()
	r.Wait()
	p.Stop()
}
