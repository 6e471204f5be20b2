package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// speaker is a command such as say, which tells where its text came from.
func speaker(blocking bool) Command {
	return New(Spec{Name: "speak", Summary: "s", Blocking: blocking, ReadsInput: true, Args: []Arg{{Name: "user", Type: User}, {Name: "text", Type: Text}}},
		func(_ context.Context, c *Call) error {
			all, err := io.ReadAll(c.In)
			if err != nil {
				return err
			}
			return c.Printf("speak <%s> <%s> <%s> %t", c.String("user"), c.Text(), all, c.Piped)
		})
}

func TestPipelines(t *testing.T) {
	cmds := append(stageCommands(func() []string { return []string{"b fish", "a bird", "c fish"} }), speaker(false))
	d := NewDispatcher(testRegistry(t, cmds...), Options{Names: people{"Fish"}})
	for _, tt := range []struct{ in, want string }{
		{"source | keep fish", "b fish\nc fish\n"},
		{"source | keep fish | count", "2\n"},
		{"/source | /keep fish | cou", "2\n"},
		{"bsource | take 1", "b fish\n"},
		{"source | rev | upper | take 2", "C FISH\nA BIRD\n"},
		{"source | slurp | keep 'a b'", "a bird\n"},
		{"source | deaf | count", "1\n"},
		{"who ops | keep ops", "who <ops>\n"},
		{"who --help | keep ROOM", "who [ROOM] - show who is here\n  ROOM\n"},
		{"source | keep --help | keep usage", ""},
		{"source | count | who --help | count", "6\n"},
		{"source | take 1 | speak fish", "speak <fish> <> <b fish\n> true\n"},
		{"speak fish a | b", "speak <fish> <a | b> <> false\n"},
		{"source | slurp | slurp | slurp", "c fish\na bird\nb fish\n"},
	} {
		if out, err := do(d, guest, tt.in, line.ModeAuto); err != nil || out != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.in, out, err, tt.want)
		}
	}
}

func TestPipelineRefusals(t *testing.T) {
	ran := false
	cmds := append(stageCommands(func() []string { ran = true; return nil }), speaker(false),
		New(Spec{Name: "sift", Summary: "s", ReadsInput: true, Filter: true, Examples: []string{"sift", "who | sift"}}, succeed),
		New(Spec{Name: "judge", Summary: "s", ReadsInput: true, Role: chat.Moderator}, succeed),
	)
	d := NewDispatcher(testRegistry(t, cmds...), Options{Names: people{"Fish"}, Limits: func() Limits { return Limits{Stages: 4} }})
	for _, tt := range []struct {
		who  person
		in   string
		code chat.Code
		want string
		mode line.Mode
	}{
		{who: guest, in: "/count", code: chat.Invalid, want: "count works on what another command writes and can't come first; put it after one, as in \"COMMAND | count\".\nUsage: count"},
		{who: guest, in: "/sift", code: chat.Invalid, want: "sift works on what another command writes and can't come first; put it after one, as in \"who | sift\".\nUsage: sift"},
		{who: guest, in: "count | upper", mode: line.ModeCommand, code: chat.Invalid, want: "count works on what another command writes and can't come first; put it after one, as in \"COMMAND | count\".\nUsage: count"},
		{who: guest, in: "source | who", code: chat.Invalid, want: "who reads no input; it can only come first.\nUsage: who [ROOM]\nTo say it: say source | who"},
		{who: guest, in: "/source | users ops | count", code: chat.Invalid, want: "users reads no input; it can only come first.\nUsage: who [ROOM]"},
		{who: guest, in: "/source | keep", code: chat.Invalid, want: "keep needs WHAT.\nUsage: keep WHAT"},
		{who: guest, in: "/source | take x", code: chat.Invalid, want: "N must be a whole number, not \"x\".\nUsage: take N"},
		{who: guest, in: "/source | speak fish hi", code: chat.Invalid, want: "speak takes its text from the pipe here; leave out what follows it, or what comes before the |.\nUsage: speak USER TEXT"},
		{who: guest, in: "/source | speak", code: chat.Invalid, want: "speak needs USER.\nUsage: speak USER TEXT"},
		{who: guest, in: "/source | speak bird", code: chat.NotFound, want: `There is no user "bird"; type who to see who is here.`},
		{who: guest, in: "/source | judge", code: chat.Forbidden, want: "judge needs the role moderator, and yours is guest; ask somebody who has it."},
		{who: guest, in: "source | judge", code: chat.Forbidden, want: "judge needs the role moderator, and yours is guest; ask somebody who has it.\nTo say it: say source | judge"},
		{who: guest, in: "/source | cuont", code: chat.NotFound, want: `There is no command "cuont"; did you mean count?`},
		{who: newcomer, in: "/help | count", code: chat.Unauthenticated, want: "Log in first: login NAME."},
		{who: guest, in: "/source | count | count | count | count", code: chat.Limited, want: "These are 5 commands, and a line may have 4 (pipeline.stages); make it shorter."},
	} {
		out, err := do(d, tt.who, tt.in, tt.mode)
		if err == nil || out != tt.want || shown(err).Code != tt.code {
			t.Errorf("%s:\n got %q, %v\nwant %q", tt.in, out, err, tt.want)
		}
	}
	if ran {
		t.Error("the first command ran although the line was refused")
	}
}

// Before anything of a line is asked for, names that are short for several are
// told with all of them.
func TestAmbiguousNames(t *testing.T) {
	d, _ := testDispatcher(t)
	for in, want := range map[string]string{
		"/lo":   `"lo" can stand for login or logout; type more of the name.`,
		"/wh x": `"wh" can stand for who or whois; type more of the name.`,
		"/m":    `"m" can stand for mode or msg; type more of the name.`,
	} {
		if out, err := do(d, guest, in, line.ModeAuto); chat.ErrorCode(err) != chat.NotFound || out != want {
			t.Errorf("%s: %q, %v", in, out, err)
		}
	}
	for in, want := range map[string]string{"/hist 5": "history 5 0s false\n", "/whoi fish": "whois <fish>\n", "/logi x": "login <x>\n"} {
		if out, err := do(d, guest, in, line.ModeAuto); err != nil || out != want {
			t.Errorf("%s: %q, %v", in, out, err)
		}
	}
	if out, err := do(d, newcomer, "/lo fish", line.ModeAuto); err != nil || out != "login <fish>\n" {
		t.Errorf("a newcomer sees one command only: %q, %v", out, err)
	}
	if out, err := do(d, admin, "/ki", line.ModeAuto); err == nil {
		t.Errorf("a hidden command is completed: %q", out)
	}
}

// What comes slowly is not kept in a pipe.
func TestPipelineStreams(t *testing.T) {
	more := make(chan string)
	d := NewDispatcher(testRegistry(t, append(stageCommands(nil), New(Spec{Name: "slow", Summary: "s", Blocking: true}, func(_ context.Context, c *Call) error {
		for l := range more {
			if err := c.Printf("%s", l); err != nil {
				return err
			}
		}
		return nil
	}))...), Options{})
	r, w := io.Pipe()
	ended := make(chan []error)
	go func() {
		errs := prepare(t, d, guest, "slow | upper | keep A | dup").Run(t.Context(), IO{Out: w, Loop: inPlace})
		w.Close()
		ended <- errs
	}()
	buf := make([]byte, 100)
	for _, l := range []string{"a", "ab", "abc"} {
		more <- l
		want := strings.Repeat(strings.ToUpper(l)+"\n", 2)
		if _, err := io.ReadFull(r, buf[:len(want)]); err != nil || string(buf[:len(want)]) != want {
			t.Fatalf("%q, %v; want %q", buf, err, want)
		}
	}
	close(more)
	if n, err := r.Read(buf); !errors.Is(err, io.EOF) {
		t.Errorf("%d bytes more, %v", n, err)
	}
	if errs := <-ended; errs != nil {
		t.Error(errs)
	}
}

// inPlace is a Loop for commands that do not need one.
func inPlace(_ context.Context, f func()) error { f(); return nil }

// A stage that ends early ends what feeds it, whether that writes or waits.
func TestPipelineEndsEarly(t *testing.T) {
	var quickRan atomic.Bool
	endless := New(Spec{Name: "endless", Summary: "s", Blocking: true}, func(_ context.Context, c *Call) error {
		for {
			if err := c.Printf("more"); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
	})
	patient := New(Spec{Name: "patient", Summary: "s", Blocking: true}, func(ctx context.Context, c *Call) error {
		c.Printf("one")
		<-ctx.Done()
		return chat.Errorf(chat.Unavailable, "I was stopped.")
	})
	quick := New(Spec{Name: "quick", Summary: "s"}, func(_ context.Context, c *Call) error {
		quickRan.Store(true)
		return c.Printf("%s", strings.Repeat("x", 2*pipeSize))
	})
	d, log := testDispatcher(t, append(stageCommands(nil), endless, patient, quick)...)
	for in, want := range map[string]string{
		"endless | take 2":               "more\nmore\n",
		"endless | dup | upper | take 1": "MORE\n",
		"patient | take 1":               "one\n",
		"patient | dup | take 2":         "one\none\n",
		"endless | deaf":                 "deaf\n",
		"endless | take 3 | slurp":       "more\nmore\nmore\n",
		"quick | deaf":                   "deaf\n",
	} {
		if out, err := do(d, guest, in, line.ModeAuto); err != nil || out != want {
			t.Errorf("%s: %q, %v; want %q", in, out, err, want)
		}
	}
	if !quickRan.Load() {
		t.Error("a command that does not block did not run, since nobody read its output")
	}
	if got := log.String(); strings.Contains(got, "code=unavailable") || strings.Count(got, "code=ok") < 12 {
		t.Errorf("log\n%s", got)
	}
}

// A stage that fails ends what feeds it, and what it wrote goes on.
func TestPipelineErrors(t *testing.T) {
	d, log := testDispatcher(t, append(stageCommands(func() []string { return []string{"a", "b", "c"} }), speaker(true))...)
	for _, tt := range []struct {
		in, out string
		errs    []chat.Code
	}{
		{"bsource | failafter 2 | upper", "A\nB\n", []chat.Code{chat.Conflict}},
		{"bsource | failend | count", "0\n", []chat.Code{chat.Conflict}},
		{"bsource | failend | failend", "", []chat.Code{chat.Conflict, chat.Conflict}},
		{"bsource | crash | count", "0\n", []chat.Code{chat.Internal}},
		{"bsource | failend | slurp | failend | count", "0\n", []chat.Code{chat.Conflict, chat.Conflict}},
	} {
		var out strings.Builder
		var codes []chat.Code
		for _, err := range prepare(t, d, guest, tt.in).Run(t.Context(), IO{Out: &out}) {
			codes = append(codes, chat.ErrorCode(err))
			d.Explain(err)
		}
		if out.String() != tt.out || !slices.Equal(codes, tt.errs) {
			t.Errorf("%s: %q, %v; want %q, %v", tt.in, out.String(), codes, tt.out, tt.errs)
		}
	}
	if got := log.String(); !strings.Contains(got, `level=DEBUG msg="command done" session=8 command=crash code=internal`) ||
		strings.Count(got, "command=bsource code=ok") != 5 || strings.Count(got, "stack=") != 1 {
		t.Errorf("log\n%s", got)
	}
}

// The end of the context ends all stages at once, wherever they wait, and is told
// once.
func TestPipelineIsCancelled(t *testing.T) {
	waiting := New(Spec{Name: "waiting", Summary: "s", Blocking: true}, wait)
	full := New(Spec{Name: "full", Summary: "s", Blocking: true}, func(_ context.Context, c *Call) error {
		for {
			if err := c.Printf("more"); err != nil {
				return err
			}
		}
	})
	idle := New(Spec{Name: "idle", Summary: "s", Blocking: true, ReadsInput: true}, wait)
	reason := chat.Errorf(chat.Unavailable, "The server is going down.")
	for _, in := range []string{"waiting | upper | count", "waiting | slurp", "full | idle", "full | dup | idle | count", "waiting | slurp | slurp"} {
		for _, loop := range []Loop{nil, inPlace} {
			synctest.Test(t, func(t *testing.T) {
				d, log := testDispatcher(t, append(stageCommands(nil), waiting, full, idle, speaker(false))...)
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(reason) })
				start := time.Now()
				var out strings.Builder
				errs := prepare(t, d, guest, in).Run(ctx, IO{Out: &out, Loop: loop})
				if len(errs) != 1 || !errors.Is(errs[0], reason) || d.Explain(errs[0]) != reason.Text || out.Len() > 0 || time.Since(start) != time.Second {
					t.Errorf("%s: %v after %v, %q", in, errs, time.Since(start), out.String())
				}
				if strings.Contains(log.String(), "code=internal") {
					t.Errorf("%s: log %s", in, log)
				}
			})
		}
	}
}

// A stage does not take the input of a line that is ended for whole.
func TestEndedLineHasNoEnd(t *testing.T) {
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &flow{ctx: ctx, stages: make([]flowStage, 2)}
	first, second := &f.stages[0], &f.stages[1]
	*first = flowStage{flow: f, after: second}
	*second = flowStage{flow: f, before: first, invocation: &invocation{call: Call{Spec: &Spec{Name: "x"}}}}
	second.in.init(1000)
	second.in.Write([]byte("half\n"))
	cancel(reason)
	first.finish()
	if got, err := io.ReadAll(second); !errors.Is(err, reason) {
		t.Errorf("%q, %v", got, err)
	}
	// A stage that must not block does not begin any more either.
	f.loop = func(context.Context, func()) error { t.Error("it ran"); return nil }
	if err := second.inline(io.Discard); !errors.Is(err, reason) {
		t.Error(err)
	}
}

func TestPipelineDeadline(t *testing.T) {
	slow := func(name string, timeout time.Duration, reads bool) Command {
		return New(Spec{Name: name, Summary: "s", Blocking: true, Timeout: timeout, ReadsInput: reads}, wait)
	}
	for _, tt := range []struct {
		in    string
		limit time.Duration
		after time.Duration
		want  string
	}{
		{"a | count", 0, 5 * time.Second, tookTooLong},
		{"b | count", 0, time.Minute, tookTooLong},
		{"b | c", 0, time.Minute, tookTooLong},
		{"source | c", 0, 5 * time.Second, tookTooLong},
		{"b | count", 10 * time.Second, 10 * time.Second, "The line took longer than 10s (pipeline.time) and was stopped; ask for less."},
		{"a | count", 10 * time.Second, 5 * time.Second, tookTooLong},
		{"b", 10 * time.Second, time.Minute, tookTooLong},
	} {
		synctest.Test(t, func(t *testing.T) {
			cmds := append(stageCommands(func() []string { return nil }), slow("a", 0, false), slow("b", time.Minute, false), slow("c", 0, true))
			d := NewDispatcher(testRegistry(t, cmds...), Options{Limits: func() Limits { return Limits{Time: tt.limit} }})
			start := time.Now()
			errs := prepare(t, d, guest, tt.in).Run(t.Context(), IO{})
			if len(errs) != 1 || d.Explain(errs[0]) != tt.want || time.Since(start) != tt.after {
				t.Errorf("%s, %v: %v after %v", tt.in, tt.limit, errs, time.Since(start))
			}
		})
	}
	// Without a command that waits there is no deadline but the limit.
	synctest.Test(t, func(t *testing.T) {
		d := NewDispatcher(testRegistry(t, New(Spec{Name: "quick", Summary: "s", ReadsInput: true}, func(ctx context.Context, _ *Call) error {
			if _, ok := ctx.Deadline(); ok {
				t.Error("it has a deadline")
			}
			return nil
		})), Options{})
		if errs := prepare(t, d, guest, "quick | quick").Run(t.Context(), IO{}); errs != nil {
			t.Error(errs)
		}
	})
}

func TestPipelineBytes(t *testing.T) {
	d := stageDispatcher(t, func() Limits { return Limits{Bytes: 10} }, "abcd", "efgh")
	for in, want := range map[string]string{
		"source | upper":        "ABCD\nEFGH\n",
		"source | dup | take 2": "abcd\nabcd\n",
		"source | dup | take 3": "bytes",
		"source | dup | slurp":  "bytes",
		"source | dup":          "abcd\nabcd\nefgh\nefgh\n", // what the caller gets is not bounded
		"bsource | dup | count": "bytes",
	} {
		out, err := do(d, guest, in, line.ModeAuto)
		if want == "bytes" {
			_, out, _ = strings.Cut(out, "dup writes")
			want = " more than the 10 bytes that may go through a pipe to " + strings.Fields(in[strings.Index(in, "dup"):])[2] + " (pipeline.bytes), so the line was stopped; ask for less."
			if chat.ErrorCode(err) != chat.Limited {
				t.Errorf("%s: %v", in, err)
			}
		}
		if out != want {
			t.Errorf("%s: %q, want %q", in, out, want)
		}
	}
	// A stage that makes the end of its input out of the limit does not hide it.
	deafToErrors := New(Spec{Name: "brave", Summary: "s", Blocking: true, ReadsInput: true}, func(_ context.Context, c *Call) error {
		io.Copy(io.Discard, c.In)
		return nil
	})
	d = NewDispatcher(testRegistry(t, append(stageCommands(func() []string { return []string{"abc", "def"} }), deafToErrors)...), Options{Limits: func() Limits { return Limits{Bytes: 5} }})
	if errs := prepare(t, d, guest, "source | brave").Run(t.Context(), IO{}); len(errs) != 1 || chat.ErrorCode(errs[0]) != chat.Limited {
		t.Errorf("%v", errs)
	}
}

// Commands that do not block, and what Do is given, run on the session's loop and
// nowhere else.
func TestPipelineLoop(t *testing.T) {
	total := 0 // guarded by the loop alone: the race detector looks
	touch := func(s Session) error {
		if !s.LoggedIn() {
			t.Error("not the session")
		}
		total++
		return nil
	}
	inline := New(Spec{Name: "inline", Summary: "s", ReadsInput: true}, func(ctx context.Context, c *Call) error {
		if c.Session != Session(guest) {
			t.Error("no session")
		}
		if err := c.Do(ctx, touch); err != nil {
			return err
		}
		io.Copy(c.Out, c.In)
		return c.Printf("inline %t", c.Piped)
	})
	blocks := New(Spec{Name: "blocks", Summary: "s", Blocking: true, ReadsInput: true}, func(ctx context.Context, c *Call) error {
		if c.Session != nil {
			t.Error("a session")
		}
		for range 50 {
			if err := c.Do(ctx, touch); err != nil {
				return err
			}
		}
		io.Copy(c.Out, c.In)
		fmt.Fprintln(c.Err, "note")
		return c.Printf("blocks %t", c.Piped)
	})
	d := NewDispatcher(testRegistry(t, inline, blocks), Options{})
	calls := make(chan func())
	stop := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			select {
			case f := <-calls:
				f()
			case <-stop:
				return
			}
		}
	})
	for _, l := range []Loop{nil, ownLoop(calls).do} {
		total = 0
		var out, errw strings.Builder
		errs := prepare(t, d, guest, "inline | blocks | inline | blocks | blocks").Run(t.Context(), IO{Out: &out, Err: &errw, Loop: l})
		if want := "inline false\nblocks true\ninline true\nblocks true\nblocks true\n"; errs != nil || out.String() != want || errw.String() != "note\nnote\nnote\n" || total != 152 {
			t.Errorf("%q, %q, %d, %v", out.String(), errw.String(), total, errs)
		}
	}
	close(stop)
	loop.Wait()
}

// A panic on the session's loop is the stage's error.
func TestDoPanics(t *testing.T) {
	d, log := testDispatcher(t, append(stageCommands(nil), New(Spec{Name: "bad", Summary: "s", Blocking: true}, func(ctx context.Context, c *Call) error {
		return c.Do(ctx, func(Session) error { panic("on the loop") })
	}))...)
	for _, in := range []string{"bad", "bad | count"} {
		errs := prepare(t, d, guest, in).Run(t.Context(), IO{Loop: inPlace})
		if len(errs) != 1 || d.Explain(errs[0]) != wentWrong || !strings.Contains(log.String(), "panic: on the loop") {
			t.Errorf("%s: %v, log %s", in, errs, log)
		}
		log.Reset()
	}
}

func TestPipelineAsks(t *testing.T) {
	d := stageDispatcher(t, nil)
	for in, want := range map[string]string{
		"source": "source false 1", "source | count": "source true 2", "history | count": "history true 4", "history --help | count": "history true 2",
	} {
		p := prepare(t, d, guest, in)
		if got := fmt.Sprint(p.Name(), " ", p.Blocking(), " ", p.Cost()); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	d = NewDispatcher(testRegistry(t, append(stageCommands(nil), New(Spec{Name: "long", Summary: "s", Paged: true}, succeed))...), Options{})
	for in, want := range map[string]bool{"long": true, "who": false, "who --help": true, "long | count": false} {
		if got := prepare(t, d, guest, in).Paged(); got != want {
			t.Errorf("%s: paged %t", in, got)
		}
	}
}

// Only what goes to the terminal has to fit it.
func TestPipelineView(t *testing.T) {
	width := func(name string, blocking bool) Command {
		return New(Spec{Name: name, Summary: "s", Blocking: blocking, ReadsInput: true}, func(_ context.Context, c *Call) error {
			io.Copy(c.Out, c.In)
			return c.Printf("%d", c.View().Width)
		})
	}
	d := NewDispatcher(testRegistry(t, width("width", false), width("bwidth", true)), Options{})
	for in, want := range map[string]string{"width": "80\n", "bwidth": "80\n", "width | bwidth": "0\n80\n", "bwidth | width": "0\n80\n"} {
		if out, err := do(d, guest, in, line.ModeAuto); err != nil || out != want {
			t.Errorf("%s: %q, %v; want %q", in, out, err, want)
		}
	}
}

// FuzzPipeline runs any line of harmless commands. Whatever it is, it ends, breaks
// nothing, and every error has a text.
func FuzzPipeline(f *testing.F) {
	for _, s := range []string{
		"source | upper | take 2", "bsource | keep a | failend", "source | slurp | rev | count", "source | dup | dup | dup | deaf",
		"/sou | tak 1", "who | count", "source | speak fish", "source | speak fish x", "source | keep --help | count", "count | count", "room kick fish | count", "/room ki",
	} {
		f.Add(s, uint16(20))
	}
	source := []string{"a fish", "B", "", strings.Repeat("c", 3000)}
	var limit int64
	cmds := append(stageCommands(func() []string { return source }), speaker(false), room())
	cmds = slices.DeleteFunc(cmds, func(c Command) bool { return c.Spec().Name == "crash" })
	d := NewDispatcher(testRegistry(f, cmds...), Options{Names: people{"Fish"}, Limits: func() Limits { return Limits{Stages: 8, Bytes: limit, Time: 10 * time.Second} }})
	f.Fuzz(func(t *testing.T, in string, bytes uint16) {
		limit = int64(bytes)
		l, err := line.Parse(in, line.ModeAuto, d.Grammar(guest))
		if err != nil || l.Kind != line.Command {
			return
		}
		p, err := d.Prepare(guest, l)
		if err != nil {
			checkRefusal(t, in, d.Explain(err), err)
			return
		}
		var out, errw strings.Builder
		errs := p.Run(context.Background(), IO{Out: &out, Err: &errw})
		for _, err := range errs {
			checkRefusal(t, in, d.Explain(err), err)
		}
		if len(errs) > len(l.Stages) {
			t.Fatalf("%q: %v", in, errs)
		}
		if len(errs) == 0 && out.Len() > 0 && !strings.HasSuffix(out.String(), "\n") {
			t.Fatalf("%q: %q", in, out.String())
		}
	})
}

func BenchmarkPipeline(b *testing.B) {
	d := stageDispatcher(b, func() Limits { return Limits{Stages: 8, Bytes: 1 << 20, Time: time.Minute} })
	run := func(b *testing.B, in string) {
		var s Session = guest
		b.ReportAllocs()
		for b.Loop() {
			l, err := line.Parse(in, line.ModeAuto, d.Grammar(s))
			if err != nil {
				b.Fatal(err)
			}
			p, err := d.Prepare(s, l)
			if err != nil {
				b.Fatal(err)
			}
			if errs := p.Run(b.Context(), IO{Out: discard{}, Loop: inPlace}); errs != nil {
				b.Fatal(errs)
			}
		}
	}
	for _, n := range []int{1, 2, 3, 5} {
		b.Run(fmt.Sprintf("stages%d", n), func(b *testing.B) { run(b, "hello"+strings.Repeat(" | copy", n-1)) })
	}
	for _, n := range []int{1, 2, 3, 5} { // some 560 KB
		b.Run(fmt.Sprintf("lines10000/stages%d", n), func(b *testing.B) {
			b.SetBytes(560_000)
			run(b, "lines 10000"+strings.Repeat(" | copy", n-1))
		})
	}
}
