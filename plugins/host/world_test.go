package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/plugins/host/badplugin"
)

// A world is a hub with a host, and the commands of its plugins.
type world struct {
	t        testing.TB
	hub      *chat.Hub
	host     *Host
	log      *syncBuffer
	loop     *loop
	swaps    chan struct{} // one for each time that the commands changed
	told     chan string   // troubles
	commands *command.Dispatcher
}

// quick are settings for tests that don't want to wait.
var quick = Settings{
	FirstPause: 20 * time.Millisecond, LongestPause: 100 * time.Millisecond, Drain: 2 * time.Second, Stop: time.Second,
	Filter: 2 * time.Second, // of a loaded machine; tests of the limit set their own
}

func newWorld(t testing.TB, set Settings, more ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, log: &syncBuffer{}, swaps: make(chan struct{}, 1000), told: make(chan string, 100)}
	w.hub = chat.NewHub(memstore.NewLog(memstore.Limits{Lines: 1000, Bytes: 1 << 20}), strings.ToLower, chat.Rules{Start: "lobby"})
	empty, err := command.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	w.commands = command.NewDispatcher(empty, command.Options{Names: w.hub, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	dir := t.TempDir()
	o := Options{
		Hub: w.hub, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Version: "test", Settings: set, Dir: dir,
		Taken: func(name string) bool { return name == "who" || name == "w" },
		Routes: func(cmds []command.Command) {
			r, err := command.NewRegistry(append(builtin(), cmds...)...)
			if err != nil {
				t.Errorf("the commands are no registry: %v", err)
				return
			}
			w.commands.Swap(r)
			select {
			case w.swaps <- struct{}{}:
			default:
			}
		},
		Trouble: func(_, text string) { w.told <- text },
	}
	for _, f := range more {
		f(&o)
	}
	if w.host, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.host.launcher.copies = copies
	w.loop = newLoop()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		w.host.Close(ctx)
		w.loop.close()
		if t.Failed() {
			t.Logf("the log:\n%s", w.log)
		}
	})
	return w
}

// builtin are the commands of the server's own.
func builtin() []command.Command {
	return []command.Command{
		command.New(command.Spec{Name: "who", Aliases: []string{"w"}, Summary: "show who is here"}, func(context.Context, *command.Call) error { return nil }),
		command.New(command.Spec{Name: "repeat", Summary: "write lines", Blocking: true, Args: []command.Arg{{Name: "n", Type: command.Int}}},
			func(_ context.Context, c *command.Call) error {
				for i := range c.Int("n") {
					if err := c.Printf("line %d", i); err != nil {
						return err
					}
				}
				return nil
			}),
	}
}

// apply is Apply, whose error fails the test.
func (w *world) apply(tables ...Table) {
	w.t.Helper()
	if err := w.host.Apply(w.t.Context(), tables); err != nil {
		w.t.Fatal(err)
	}
}

// fixture is the table of a plugin of the test program's.
func fixture(name string, more ...func(*Table)) Table {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	t := Table{Name: name, Path: exe, Args: badplugin.Args(name), Grant: allCapabilities}
	t.Limits.Files = 256 // the race detector takes its own
	t.Limits.Memory = 8 << 30
	for _, f := range more {
		f(&t)
	}
	return t
}

var allCapabilities = []string{
	"say.room", "say.user", "users.list", "rooms.list", "history.read", "kv", "filter", "filter.private",
	"events.say", "events.emote", "events.join", "events.leave", "events.rename", "events.topic", "events.redact",
}

// await waits until the plugin is in one of the states, and returns which.
func (w *world) await(name string, states ...State) State {
	w.t.Helper()
	over := time.After(30 * time.Second)
	for {
		p, err := w.host.plugin(name)
		if err != nil {
			w.t.Fatal(err)
		}
		s := p.supervisor()
		s.mu.Lock()
		state, turn := s.state, s.turn
		dead := s.current != nil && s.current.process.life.Err() != nil // which is not known yet
		s.mu.Unlock()
		if !dead && slices.Contains(states, state) {
			return state
		}
		select {
		case <-turn:
		case <-time.After(50 * time.Millisecond): // it may have been replaced
		case <-over:
			w.t.Fatalf("%s is %v, not %v", name, state, states)
		}
	}
}

// ready has the plugins run.
func (w *world) ready(tables ...Table) {
	w.t.Helper()
	w.apply(tables...)
	for _, t := range tables {
		w.await(t.Name, Ready)
	}
}

// tally tells which processes of the host's are there: those with its sockets in
// their environment.
func tally(w *world) (pids []string) {
	want := []byte("PLUGIN_UNIX_SOCKET_DIR=" + w.host.options.Sockets)
	all, _ := os.ReadDir("/proc")
	for _, e := range all {
		env, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err == nil && strings.Contains(string(env), string(want)) {
			pids = append(pids, e.Name())
		}
	}
	return pids
}

// pid is the process of a plugin.
func (w *world) pid(name string) int {
	w.t.Helper()
	st, err := w.host.StatusOf(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return st.PID
}

// A person types lines.
type person struct {
	command.Session
	w       *world
	seat    chat.Seat
	user    *chat.User
	now     time.Time
	zone    *time.Location
	mu      sync.Mutex
	shown   bytes.Buffer
	charged int
}

func (w *world) login(name string) *person {
	w.t.Helper()
	return w.loginAs(chat.Identity{Name: chat.Name{Display: name, Key: strings.ToLower(name), Skeleton: strings.ToLower(name)}})
}

func (w *world) loginAs(who chat.Identity) *person {
	w.t.Helper()
	p := &person{w: w, now: time.Now()}
	p.seat.Init(w.loop.fanout, 0)
	var err error
	if p.user, err = w.hub.Login(p, who, p.now); err != nil {
		w.t.Fatal(err)
	}
	p.join("lobby")
	return p
}

func (p *person) join(room string) {
	p.w.t.Helper()
	if _, _, _, err := p.w.hub.Join(p.user, room, "", p.now); err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *person) say(text string) {
	p.w.t.Helper()
	if err := p.w.hub.Post(p.user, p.user.Room(), chat.Say, text, time.Now()); err != nil {
		p.w.t.Fatal(err)
	}
}

// Role and the rest implement command.Session as far as it is needed.
func (p *person) Role() chat.Role    { return p.user.Role() }
func (p *person) LoggedIn() bool     { return true }
func (p *person) User() *chat.User   { return p.user }
func (p *person) Now() time.Time     { return time.Now() }
func (p *person) View() command.View { return command.View{Width: 100, Height: 40, Zone: p.zone} }
func (p *person) Charge(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.charged += n
}

func (p *person) Seat() *chat.Seat { return &p.seat }
func (p *person) Queue(frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown.Write(frame)
}
func (p *person) Receive(ev *chat.Event) {
	p.seat.Settle()
	p.Queue(encoder{}.Encode([]byte("!"), 0, ev))
}

// sees waits until the person was shown text, and returns all that was shown.
func (p *person) sees(text string) string {
	p.w.t.Helper()
	for range 600 {
		p.mu.Lock()
		shown := p.shown.String()
		p.mu.Unlock()
		if strings.Contains(shown, text) {
			return shown
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.w.t.Fatalf("%s was not shown %q, but:\n%s", p.user.Name().Display, text, p.shown.String())
	return ""
}

// A result is what came of a line.
type result struct {
	out, err string // what the commands wrote
	errs     []error
	told     string // the errors as the user reads them
	took     time.Duration
}

// run types a line and waits for its end.
func (p *person) run(typed string) result {
	p.w.t.Helper()
	return p.runCtx(p.w.t.Context(), typed)
}

func (p *person) runCtx(ctx context.Context, typed string) result {
	p.w.t.Helper()
	return p.runTo(ctx, typed, &syncBuffer{})
}

// runTo is run with a place for what the commands write.
func (p *person) runTo(ctx context.Context, typed string, out output) (r result) {
	p.w.t.Helper()
	parsed, err := line.Parse(typed, line.ModeCommand, p.w.commands.Grammar(p))
	if err != nil {
		return result{errs: []error{err}, told: p.w.commands.Explain(err)}
	}
	pipeline, err := p.w.commands.Prepare(p, parsed)
	if err != nil {
		return result{errs: []error{err}, told: p.w.commands.Explain(err)}
	}
	var errw syncBuffer
	begun := time.Now()
	r.errs = pipeline.Run(ctx, command.IO{Out: out, Err: &errw})
	r.took = time.Since(begun)
	r.out, r.err = out.String(), errw.String()
	var told []string
	for _, err := range r.errs {
		told = append(told, p.w.commands.Explain(err))
	}
	r.told = strings.Join(told, "\n")
	return r
}

// wants runs a line that must not fail.
func (p *person) wants(typed, want string) {
	p.w.t.Helper()
	if r := p.run(typed); r.told != "" || !strings.Contains(r.out, want) {
		p.w.t.Errorf("%s: wrote %q and failed with %q, want %q", typed, r.out, r.told, want)
	}
}

// fails runs a line that must fail.
func (p *person) fails(typed, want string) result {
	p.w.t.Helper()
	r := p.run(typed)
	if !strings.Contains(r.told, want) {
		p.w.t.Errorf("%s: failed with %q, want %q (wrote %q)", typed, r.told, want, r.out)
	}
	return r
}

// A loop is an event loop without sessions.
type loop struct {
	fanout *chat.Fanout
	wakes  chan struct{}
	quit   chan struct{}
	done   chan struct{}
}

func newLoop() *loop {
	l := &loop{wakes: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	box := chat.NewMailbox(func() {
		select {
		case l.wakes <- struct{}{}:
		default:
		}
	})
	l.fanout = chat.NewFanout(box, encoder{})
	go func() {
		defer close(l.done)
		for {
			for more := true; more; {
				more = l.fanout.Drain()
				l.fanout.Finish()
				l.fanout.Recycle(true)
			}
			if !box.Sleep() {
				continue
			}
			select {
			case <-l.wakes:
			case <-l.quit:
				return
			}
		}
	}()
	return l
}

func (l *loop) close() {
	close(l.quit)
	<-l.done
}

// An encoder writes events in short.
type encoder struct{}

func (encoder) Encode(dst []byte, _ chat.Class, ev *chat.Event) []byte {
	switch ev.Kind {
	case chat.Joined, chat.Left, chat.Renamed:
		return dst
	case chat.Private:
		return fmt.Appendf(dst, "*%s* %s\n", ev.From, ev.Text)
	}
	return fmt.Appendf(dst, "[%s] %s: %s\n", ev.Room, ev.From, ev.Text)
}

// An output takes what commands write.
type output interface {
	io.Writer
	fmt.Stringer
}

// A syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// script writes an executable file.
func script(t testing.TB, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// Aliases implements command.Session: nobody has any.
func (p *person) Aliases() []command.Alias { return nil }
