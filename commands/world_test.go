package commands_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/account"
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
	history  *forgetful
	dispatch *command.Dispatcher
	fanout   *chat.Fanout
	now      time.Time
	people   map[string]*person

	store    *memstore.Store
	accounts *account.Accounts
	mail     *account.Mail
	log      lockedBuffer                 // what the dispatcher logs
	read     map[string]map[string]uint64 // the last message of each room, by who was in it under an account

	mu    sync.Mutex
	later []func() // what other goroutines want done on the loop

	input string // what feed writes

	// What the server behind the commands does.
	settings commands.Settings
	reload   func(context.Context) ([]string, error)
	stats    func(context.Context) ([]commands.Stat, error)
	plugins  shelf
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
		plugins:  shelf{"dice": {Name: "dice", Version: "1.0.0", Summary: "rolls dice", State: "ready", Since: noon, Commands: []string{"roll"}}, "poll": {Name: "poll", State: "stopped"}},
	}
	w.store, w.read = &memstore.Store{}, map[string]map[string]uint64{}
	w.open()
	w.history = &forgetful{Log: memstore.NewLog(memstore.Limits{Lines: 1000, Bytes: 1 << 20})}
	w.hub = chat.NewHub(w.history, text.Fold, chat.Rules{Start: "lobby", Keep: time.Hour, JoinNoise: 50})
	w.fanout = chat.NewFanout(chat.NewMailbox(func() {}), encoder{})
	var reserved *text.Reserved
	builtin := commands.Builtin(commands.Deps{
		Hub:      w.hub,
		Accounts: w.accounts,
		Mail:     w.mail,
		Cut: func(u *chat.User, reason string) {
			for _, m := range u.Sessions() {
				m.(*person).Cut(reason)
			}
		},
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
		Plugins:  w.plugins,
		Version:  "chatroom 1.2.3",
		Started:  noon.Add(-2*time.Hour - 5*time.Minute),
	})
	registry, err := command.NewRegistry(append(builtin, w.feed())...)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"lobby"}
	for _, s := range registry.All() {
		words = append(words, s.Name)
		words = append(words, s.Aliases...)
	}
	reserved = text.NewReserved(words...)
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.dispatch = command.NewDispatcher(registry, command.Options{Names: w.hub, Log: log})
	return w
}

// open opens the accounts of the world.
func (w *world) open() {
	var err error
	w.accounts, err = account.Open(w.Context(), w.store, account.Options{
		Hashing: account.Hashing{Memory: 8, Time: 1, Threads: 1},
		Retire:  time.Hour,
		Changed: func(t account.Target) { w.soon(func() { w.recheck(t) }) },
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := w.accounts.Close(context.Background()); err != nil {
			w.Error(err)
		}
	})
	if w.mail, err = account.OpenMail(w.Context(), w.store, w.accounts); err != nil {
		w.Fatal(err)
	}
}

// realTime sets the clock of the world to that of the accounts.
func (w *world) realTime() { w.now = time.Now() }

// machine is the operator of the machine.
var machine = account.Machine("root")

const password = "open sesame"

// register makes an account with that password.
func (w *world) register(name string) {
	w.Helper()
	n, err := parseName(name)
	if err == nil {
		_, err = w.accounts.Create(w.Context(), n, account.Password(password), machine)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// soon has f run on the loop.
func (w *world) soon(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.later = append(w.later, f)
}

// recheck puts into force what holds now for those whom the target covers.
func (w *world) recheck(t account.Target) {
	for _, p := range w.people {
		if p.user == nil {
			continue
		}
		key := p.user.Account()
		if key == "" {
			key = p.user.Name().Key
		}
		if !t.Covers(p.addr, key) {
			continue
		}
		now := time.Now()
		if ban, banned := w.accounts.Sanctions.Banned(p.addr, key, now); banned {
			p.End("-- " + p.dispatch.Explain(ban.Refusal()))
			continue
		}
		if mute, muted := w.accounts.Sanctions.Muted(p.addr, key, now); muted {
			p.user.Mute(mute.Until, strings.TrimSpace(mute.Reason+" (sanction "+mute.ID+")"))
		} else {
			p.user.Unmute()
		}
		if p.user.Account() != "" {
			p.user.SetRole(w.accounts.Role(key))
		}
	}
}

// A forgetful log has the last messages of a room in memory and must look for the
// others.
type forgetful struct {
	chat.Log
	memory   int   // messages; 0: all
	failure  error // of Search
	searches int
}

func (l *forgetful) Recent(room string, q chat.Query) ([]*chat.Event, error) {
	events, err := l.Log.Recent(room, q)
	if l.memory == 0 || err != nil {
		return events, err
	}
	known, err := l.Log.Recent(room, chat.Query{Last: l.memory})
	return slices.DeleteFunc(events, func(ev *chat.Event) bool { return !slices.Contains(known, ev) }), err
}

func (l *forgetful) Search(ctx context.Context, room string, q chat.Query) ([]*chat.Event, error) {
	l.searches++
	if l.failure != nil {
		return nil, l.failure
	}
	return l.Log.Search(ctx, room, q)
}

// feed is a command that writes what the test wants filters to read.
func (w *world) feed() command.Command {
	return command.New(command.Spec{Name: "feed", Summary: "write the input", Hidden: true}, func(_ context.Context, c *command.Call) error {
		_, err := io.WriteString(c.Out, w.input)
		return err
	})
}

// A scene is a dialogue in the form of a transcript:
//
//	# a comment
//	ann> away lunch        ann types this line
//	ann< -- You are away   the next line that ann sees; "..." stands for any text
//	ann< ...               any number of lines
//	ann is operator        her role changes
//	ann has an account     of her name, with the password "open sesame"
//	ann was here 3h ago    the owner of that account, before the server started
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

// playNow is play in worlds whose clock is that of the accounts.
func playNow(t *testing.T, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(t)
			w.realTime()
			w.play(s.script)
		})
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
			if w.accounts.Registered(name) {
				err = w.accounts.Grant(w.Context(), name, role, machine)
				w.batch()
			} else {
				w.person(name).user.SetRole(role)
			}
			if err != nil {
				w.Fatal(err)
			}
		case strings.HasPrefix(rest, "was here "):
			d, err := time.ParseDuration(strings.TrimSuffix(rest[9:], " ago"))
			if err != nil {
				w.Fatal(err)
			}
			w.accounts.Seen(name, w.now.Add(-d))
		case rest == "has an account":
			w.register(name)
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
		n := byte(len(w.people) + 1)
		p = &person{world: w, id: uint64(n), addr: netip.AddrFrom4([4]byte{192, 0, 2, n}), width: 80, mode: "server", zone: "server"}
		p.seat.Init(w.fanout, 0)
		w.people[name] = p
	}
	return p
}

// batch has everyone see what happened.
func (w *world) batch() {
	for more := true; more; {
		w.mu.Lock()
		later := w.later
		w.later = nil
		w.mu.Unlock()
		for _, f := range later {
			f()
		}
		more = w.fanout.Drain() || len(later) > 0
		w.fanout.Finish()
		w.fanout.Recycle(true)
	}
}

// A person is a session that shows what it sees to the test.
type person struct {
	*world
	id     uint64
	addr   netip.Addr
	remote bool // no password may be typed here
	wrong  int  // passwords
	since  time.Time
	left   time.Time         // when who logged in was here last
	read   map[string]uint64 // the same, by room
	answer func(string, error)
	prompt string
	resume func() // goes on with the line that asked
	seat   chat.Seat
	user   *chat.User
	seen   []string
	mode   string // a setting
	zone   string // a setting
	width  int
	clears int
	ended  bool

	charged   int // tokens, beside those of the specs
	aliases   []command.Alias
	jobs      []command.Job
	scheduled int // jobs so far
	machine   bool
}

var (
	_ command.Session = (*person)(nil)
	_ chat.Member     = (*person)(nil)
	_ account.Session = (*person)(nil)
)

// typed takes a line as a session does in mode auto.
func (p *person) typed(l string) {
	p.Helper()
	if p.ended {
		p.Fatalf("%q is typed after the end of the connection", l)
	}
	if answer := p.answer; answer != nil {
		p.answer = nil
		answer(l, nil)
		p.resume()
		p.batch()
		return
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
	p.await(line, func(out string, errs []error) {
		p.show(out)
		for _, err := range errs {
			p.complain(err)
		}
	})
}

// await runs a line as a session does: here, or what may block on another
// goroutine, while this one is the loop. Done gets what came of it, later if the
// line asks for something.
func (p *person) await(line *command.Pipeline, done func(out string, errs []error)) {
	var w lockedBuffer
	if !line.Blocking() {
		errs := line.Run(context.Background(), command.IO{Out: &w, Err: &w})
		if !line.Rest() {
			done(w.String(), errs)
			return
		}
	}
	type call struct {
		f    func()
		done chan struct{}
	}
	calls, ended := make(chan call), make(chan []error)
	go func() {
		ended <- line.Run(context.Background(), command.IO{Out: &w, Err: &w, Loop: func(_ context.Context, f func()) error {
			c := call{f, make(chan struct{})}
			calls <- c
			<-c.done
			return nil
		}})
	}()
	p.resume = func() {
		for p.answer == nil {
			select {
			case c := <-calls:
				p.show(w.take())
				c.f()
				close(c.done)
			case errs := <-ended:
				done(w.String(), errs)
				return
			}
		}
		p.show(w.take())
		p.seen = append(p.seen, p.prompt)
	}
	p.resume()
}

// A lockedBuffer is the output of commands that run at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// take is what was written since the last time.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.String()
	b.Reset()
	return s
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

func (p *person) Info() command.Info { return command.Info{ID: p.id} }
func (p *person) ID() uint64         { return p.id }
func (p *person) Peer() netip.Addr   { return p.addr }
func (p *person) Since() time.Time   { return p.since }
func (p *person) Cut(reason string)  { p.soon(func() { p.End("-- " + reason) }) }
func (p *person) Wrong()             { p.wrong++ }

func (p *person) LastHere() (time.Time, map[string]uint64) { return p.left, p.read }

func (p *person) Secret() error {
	if p.remote {
		return chat.Errorf(chat.Forbidden, "Not here: see login.plaintext_passwords.")
	}
	return nil
}

func (p *person) Ask(_ context.Context, q command.Question, answer func(string, error)) error {
	p.prompt, p.answer = strings.TrimRight(q.Prompt, " "), answer
	if q.Secret {
		p.prompt += " (hidden)"
	}
	return nil
}

func (p *person) View() command.View {
	return command.View{Width: p.width, Machine: p.machine, Render: func(ev *chat.Event, clock bool) string {
		l := strings.TrimSpace(string(encoder{}.Encode(nil, 0, ev)))
		if clock {
			l = ev.Time.Format("[15:04] ") + l
		}
		return l
	}}
}

func (p *person) Charge(n int) { p.charged += n }

func (p *person) Aliases() []command.Alias { return slices.Clone(p.aliases) }

func (p *person) SetAlias(name, l string) error {
	if _, taken := p.dispatch.Registry().Lookup(name); taken {
		return chat.Errorf(chat.Conflict, "%s is a command.", name)
	}
	_ = p.DropAlias(name)
	p.aliases = append(p.aliases, command.Alias{Name: name, Line: l})
	return nil
}

func (p *person) DropAlias(name string) error {
	n := len(p.aliases)
	p.aliases = slices.DeleteFunc(p.aliases, func(a command.Alias) bool { return a.Name == name })
	if len(p.aliases) == n {
		return chat.Errorf(chat.NotFound, "There is no alias %s.", name)
	}
	return nil
}

func (p *person) Jobs() []command.Job { return slices.Clone(p.jobs) }

func (p *person) Schedule(in time.Duration, again bool, l string) (command.Job, error) {
	if in < time.Second {
		return command.Job{}, chat.Errorf(chat.Invalid, "That is too soon.")
	}
	p.scheduled++
	j := command.Job{ID: p.scheduled, Line: l, Next: p.now.Add(in)}
	if again {
		j.Every = in
	}
	p.jobs = append(p.jobs, j)
	return j, nil
}

func (p *person) CancelJob(id int) error {
	n := len(p.jobs)
	p.jobs = slices.DeleteFunc(p.jobs, func(j command.Job) bool { return j.ID == id })
	if len(p.jobs) == n {
		return chat.Errorf(chat.NotFound, "You have no job %d; jobs lists them.", id)
	}
	return nil
}

func (p *person) Login(who chat.Identity) (err error) {
	if p.user != nil {
		return chat.Errorf(chat.Conflict, "You are logged in as %s.", p.user.Name().Display)
	}
	if who.Account == "" {
		if err := p.accounts.Guest(who.Name, p.addr, time.Now()); err != nil {
			return err
		}
	}
	if other := p.hub.Account(who.Account); who.Account != "" && other != nil {
		p.user, _, err = p.hub.Attach(p, other, p.now)
	} else {
		p.user, err = p.hub.Login(p, who, p.now)
	}
	if err != nil {
		return err
	}
	if err := p.owns(who.Account); err != nil {
		return err
	}
	_, _, err = p.Join("lobby", "")
	return err
}

// owns notes that the person has logged in to an account, if it is one.
func (p *person) owns(key string) error {
	p.since = p.now
	if key == "" {
		return nil
	}
	p.left, p.read = p.accounts.Left(key), p.world.read[key]
	if err := p.accounts.Attach(key, p, p.now); err != nil {
		return err
	}
	letters, err := p.mail.Waiting(p.Context(), key)
	if err != nil || len(letters) == 0 {
		return err
	}
	for _, l := range letters {
		p.user.Notify(l.Event(p.user.Name().Display))
	}
	return p.mail.Shown(p.Context(), key, letters[len(letters)-1].ID)
}

func (p *person) Identify(who chat.Identity) error {
	if err := p.hub.Identify(p.user, who, p.now); err != nil {
		return err
	}
	return p.owns(who.Account)
}

func (p *person) Rename(name chat.Name) error {
	if p.user.Account() != name.Key {
		if err := p.accounts.Guest(name, p.addr, time.Now()); err != nil {
			return err
		}
	}
	return p.hub.Rename(p.user, name, p.now)
}

func (p *person) Logout() {
	if key := p.user.Account(); key != "" {
		read := map[string]uint64{}
		for _, r := range p.user.Rooms() {
			if events, err := p.hub.History(r, chat.Query{Last: 1}); err == nil && len(events) > 0 {
				read[r.Name()] = events[0].Seq
			}
		}
		p.world.read[key] = read
		p.accounts.Detach(key, p, time.Now())
	}
	p.hub.Logout(p.user, "", p.now)
	p.user = nil
}

func (p *person) Join(room, key string) (*chat.Room, bool, error) {
	r, _, joined, err := p.hub.Join(p.user, room, key, p.now)
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

var (
	modes   = []string{"auto", "chat", "server"}
	outputs = []string{"text", "json"}
)

func (p *person) Settings() []command.Setting {
	output := "text"
	if p.machine {
		output = "json"
	}
	return []command.Setting{
		{Name: "mode", Value: p.mode, Choices: modes, Help: "how lines are taken"},
		{Name: "output", Value: output, Choices: outputs, Help: "text or JSON"},
		{Name: "timezone", Value: p.zone, Help: "an IANA zone"},
	}
}

func (p *person) Set(name, value string) error {
	switch {
	case name == "mode" && slices.Contains(modes, value):
		p.mode = value
	case name == "output" && slices.Contains(outputs, value):
		p.machine = value == "json"
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
	case chat.Told:
		dst = fmt.Appendf(dst, "-> *%s* %s", ev.To, ev.Text)
	case chat.Joined:
		dst = fmt.Appendf(dst, "-- %s has joined", ev.From)
	case chat.Left:
		dst = fmt.Appendf(dst, "-- %s has left", ev.From)
	case chat.Renamed:
		dst = fmt.Appendf(dst, "-- %s is now %s", ev.From, ev.Text)
	case chat.Topic:
		dst = fmt.Appendf(dst, "-- %s set the topic to %q", ev.From, ev.Text)
	case chat.Notice:
		dst = fmt.Appendf(dst, "-- %s", ev.Text)
	case chat.Invited:
		dst = fmt.Appendf(dst, "-- %s invites %s to %s", ev.From, ev.To, ev.Room)
	case chat.Redacted:
		dst = fmt.Appendf(dst, "-- %s removed a message of %s", ev.From, ev.To)
	case chat.Expelled:
		dst = fmt.Appendf(dst, "-- %s put %s out of %s (%s)", ev.From, ev.To, ev.Room, ev.Text)
	}
	return append(dst, "\r\n"...)
}

func parseName(s string) (chat.Name, error) { return text.ParseName(s) }
