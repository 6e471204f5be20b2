package commands_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/chattest"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A world is a hub, a dispatcher with the built-in commands, and people on one
// loop whose clock the test sets.
type world struct {
	*testing.T
	hub      *chat.Hub
	dispatch *command.Dispatcher
	fanout   *chat.Fanout
	now      time.Time
	people   map[string]*person

	// What the server behind the commands does.
	settings commands.Settings
	reload   func(context.Context) ([]string, error)
	stats    func(context.Context) ([]commands.Stat, error)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	w := &world{
		T:        t,
		now:      noon,
		people:   map[string]*person{},
		settings: commands.Settings{LoginRequired: true},
		reload:   func(context.Context) ([]string, error) { return nil, nil },
		stats:    func(context.Context) ([]commands.Stat, error) { return nil, nil },
	}
	w.hub = chat.NewHub(memstore.NewLog(memstore.Limits{Lines: 1000, Bytes: 1 << 20}), text.Fold, chat.Rules{Start: "lobby", Keep: time.Hour, JoinNoise: 50})
	w.fanout = chat.NewFanout(chat.NewMailbox(func() {}), encoder{})
	var reserved *text.Reserved
	builtin := commands.Builtin(commands.Deps{
		Hub: w.hub,
		Name: func(typed string) (chat.Name, error) {
			name, err := text.ParseName(typed)
			if err == nil {
				err = reserved.Check(name)
			}
			return name, err
		},
		Registry: func() *command.Registry { return w.dispatch.Registry() },
		Settings: func() commands.Settings { return w.settings },
		Reload:   func(ctx context.Context) ([]string, error) { return w.reload(ctx) },
		Stats:    func(ctx context.Context) ([]commands.Stat, error) { return w.stats(ctx) },
		Version:  "chatroom 1.2.3",
		Started:  noon.Add(-2*time.Hour - 5*time.Minute),
	})
	registry, err := command.NewRegistry(builtin...)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"lobby"}
	for _, s := range registry.All() {
		words = append(words, s.Name)
		words = append(words, s.Aliases...)
	}
	reserved = text.NewReserved(words...)
	w.dispatch = command.NewDispatcher(registry, command.Options{Names: w.hub})
	return w
}

// A scene is a dialogue in the form of a transcript:
//
//	# a comment
//	ann> away lunch        ann types this line
//	ann< -- You are away   the next line that ann sees; "..." stands for any text
//	ann< ...               any number of lines
//	ann is operator        her role changes
//	+5m                    time passes
//
// Nobody sees anything that is not in it.
type scene struct{ name, script string }

func play(t *testing.T, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) { newWorld(t).play(s.script) })
	}
}

func (w *world) play(script string) {
	w.Helper()
	for l := range strings.Lines(script) {
		l = strings.TrimSpace(l)
		switch name, rest, _ := strings.Cut(l, " "); {
		case l == "" || l[0] == '#':
		case l[0] == '+':
			d, err := time.ParseDuration(l[1:])
			if err != nil {
				w.Fatal(err)
			}
			w.now = w.now.Add(d)
		case strings.HasPrefix(rest, "is "):
			role, err := chat.ParseRole(rest[3:])
			if err != nil {
				w.Fatal(err)
			}
			w.person(name).user.SetRole(role)
		case strings.HasSuffix(name, ">"):
			w.quiet(l)
			w.person(strings.TrimSuffix(name, ">")).typed(rest)
		case strings.HasSuffix(name, "<"):
			w.person(strings.TrimSuffix(name, "<")).expect(rest)
		default:
			w.Fatalf("this is no line of a scene: %s", l)
		}
	}
	w.quiet("the end")
}

// quiet fails if somebody saw more than the scene says.
func (w *world) quiet(before string) {
	w.Helper()
	for name, p := range w.people {
		for _, l := range p.seen {
			w.Errorf("before %q %s sees %q", before, name, l)
		}
		p.seen = nil
	}
}

func (w *world) person(name string) *person {
	p := w.people[name]
	if p == nil {
		p = &person{world: w, width: 80, mode: "server", zone: "server"}
		p.seat.Init(w.fanout, 0)
		w.people[name] = p
	}
	return p
}

// batch has everyone see what happened.
func (w *world) batch() {
	for more := true; more; {
		more = w.fanout.Drain()
		w.fanout.Finish()
		w.fanout.Recycle(true)
	}
}

// A person is a session that shows what it sees to the test.
type person struct {
	*world
	seat   chat.Seat
	user   *chat.User
	seen   []string
	mode   string // a setting
	zone   string // a setting
	width  int
	clears int
	ended  bool
}

var (
	_ command.Session = (*person)(nil)
	_ chat.Member     = (*person)(nil)
)

// typed takes a line as a session does in mode auto.
func (p *person) typed(l string) {
	p.Helper()
	if p.ended {
		p.Fatalf("%q is typed after the end of the connection", l)
	}
	parsed, err := line.Parse(l, line.ModeAuto, p.dispatch.Grammar(p))
	if err != nil {
		p.complain(err)
		return
	}
	if p.user != nil {
		p.user.Touch(p.now)
	}
	switch parsed.Kind {
	case line.Chat:
		if p.user == nil {
			p.show("-- Log in first.\n")
		} else if err := p.hub.Post(p.user, p.user.Room(), chat.Say, parsed.Text, p.now); err != nil {
			p.complain(err)
		}
	case line.Command:
		p.run(parsed)
	}
	p.batch()
}

func (p *person) run(parsed line.Line) {
	p.Helper()
	line, err := p.dispatch.Prepare(p, parsed)
	if err != nil {
		p.complain(err)
		return
	}
	var out bytes.Buffer
	errs := line.Run(context.Background(), command.IO{Out: &out, Err: &out})
	p.show(out.String())
	for _, err := range errs {
		p.complain(err)
	}
}

func (p *person) complain(err error) {
	p.Helper()
	for l := range strings.SplitSeq(p.dispatch.Explain(err), "\n") {
		p.show("-- " + l + "\n")
	}
}

// show is private output.
func (p *person) show(lines string) {
	if lines == "" {
		return
	}
	if !strings.HasSuffix(lines, "\n") {
		p.Errorf("the output %q does not end a line", lines)
	}
	p.seat.Settle()
	for l := range strings.Lines(lines) {
		p.seen = append(p.seen, strings.TrimSuffix(l, "\n"))
	}
}

func (p *person) expect(pattern string) {
	p.Helper()
	switch {
	case pattern == "...":
		p.seen = nil
		return
	case len(p.seen) == 0:
		p.Errorf("nothing is seen, want %q", pattern)
		return
	case !chattest.Match(pattern, p.seen[0]):
		p.Errorf("%q is seen, want %q", p.seen[0], pattern)
	}
	p.seen = p.seen[1:]
}

func (p *person) Seat() *chat.Seat { return &p.seat }

func (p *person) Queue(frame []byte) {
	for l := range strings.Lines(string(frame)) {
		p.seen = append(p.seen, strings.TrimRight(l, "\r\n"))
	}
}

func (p *person) Receive(ev *chat.Event) {
	p.Queue(encoder{}.Encode(nil, 0, ev))
}

func (p *person) User() *chat.User { return p.user }
func (p *person) LoggedIn() bool   { return p.user != nil }
func (p *person) Now() time.Time   { return p.now }
func (p *person) Clear()           { p.clears++ }

func (p *person) Role() chat.Role {
	if p.user == nil {
		return chat.Guest
	}
	return p.user.Role()
}

func (p *person) Info() command.Info { return command.Info{} }

func (p *person) View() command.View {
	return command.View{Width: p.width, Render: func(ev *chat.Event, clock bool) string {
		l := strings.TrimSpace(string(encoder{}.Encode(nil, 0, ev)))
		if clock {
			l = ev.Time.Format("[15:04] ") + l
		}
		return l
	}}
}

func (p *person) Charge(int) {}

func (p *person) Aliases() []command.Alias      { return nil }
func (p *person) SetAlias(name, l string) error { return nil }
func (p *person) DropAlias(name string) error   { return nil }

func (p *person) Jobs() []command.Job { return nil }
func (p *person) CancelJob(int) error { return nil }
func (p *person) Schedule(in time.Duration, again bool, l string) (command.Job, error) {
	return command.Job{}, nil
}

func (p *person) Login(name chat.Name) error {
	if p.user != nil {
		return chat.Errorf(chat.Conflict, "You are logged in as %s.", p.user.Name().Display)
	}
	u, err := p.hub.Login(p, name, chat.Guest, p.now)
	if err != nil {
		return err
	}
	p.user = u
	_, _, err = p.Join("lobby", "")
	return err
}

func (p *person) Rename(name chat.Name) error {
	return p.hub.Rename(p.user, name, p.now)
}

func (p *person) Logout() {
	p.hub.Logout(p.user, "", p.now)
	p.user = nil
}

func (p *person) Join(room, key string) (*chat.Room, bool, error) {
	r, _, joined, err := p.hub.Join(p.user, room, p.now)
	if joined {
		p.show("-- You are in " + room + ".\n")
	}
	return r, joined, err
}

func (p *person) End(last string) {
	p.show(last + "\n")
	if p.user != nil {
		p.Logout()
	}
	p.ended = true
}

var modes = []string{"auto", "chat", "server"}

func (p *person) Settings() []command.Setting {
	return []command.Setting{
		{Name: "mode", Value: p.mode, Choices: modes, Help: "how lines are taken"},
		{Name: "timezone", Value: p.zone, Help: "an IANA zone"},
	}
}

func (p *person) Set(name, value string) error {
	switch {
	case name == "mode" && slices.Contains(modes, value):
		p.mode = value
	case name == "timezone":
		p.zone = value
	default:
		return chat.Errorf(chat.Invalid, "%s can't be %q.", name, value)
	}
	return nil
}

// An encoder writes events in the forms that terminals are shown.
type encoder struct{}

func (encoder) Encode(dst []byte, c chat.Class, ev *chat.Event) []byte {
	if c&chat.OtherRoom != 0 {
		dst = fmt.Appendf(dst, "[%s] ", ev.Room)
	}
	switch ev.Kind {
	case chat.Say:
		dst = fmt.Appendf(dst, "%s: %s", ev.From, ev.Text)
	case chat.Emote:
		dst = fmt.Appendf(dst, "* %s %s", ev.From, ev.Text)
	case chat.Private:
		dst = fmt.Appendf(dst, "*%s* %s", ev.From, ev.Text)
	case chat.Joined:
		dst = fmt.Appendf(dst, "-- %s has joined", ev.From)
	case chat.Left:
		dst = fmt.Appendf(dst, "-- %s has left", ev.From)
	case chat.Renamed:
		dst = fmt.Appendf(dst, "-- %s is now %s", ev.From, ev.Text)
	case chat.Topic:
		dst = fmt.Appendf(dst, "-- %s set the topic to %q", ev.From, ev.Text)
	}
	return append(dst, "\r\n"...)
}

func parseName(s string) (chat.Name, error) { return text.ParseName(s) }
