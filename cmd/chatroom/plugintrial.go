package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

// A trial is a plugin in a server of its own that is made of memory: with one room, one
// person and nothing to be broken.
type trial struct {
	table    host.Table
	host     *host.Host
	hub      *chat.Hub
	commands *command.Dispatcher
	log      bytes.Buffer  // of the dispatcher
	took     time.Duration // until it served
	person   trialist
}

// trialTime bounds the start of a plugin.
const trialTime = 15 * time.Second

// startTrial has a host start the plugin as it would in a server. Dir is where the host
// keeps its files, "" a temporary folder. The error says why it does not start; the
// trial is there in any case and must be closed.
func startTrial(ctx context.Context, t host.Table, set host.Settings, dir string) (*trial, error) {
	tr := &trial{table: t}
	tr.hub = chat.NewHub(memstore.NewLog(memstore.Limits{Lines: 100, Bytes: 1 << 20}), text.Fold, chat.Rules{Start: "lobby", Keep: time.Hour, JoinNoise: 50})
	tr.commands = command.NewDispatcher(&command.Registry{}, command.Options{Names: tr.hub, Log: slog.New(slog.NewTextHandler(&tr.log, nil))})
	p := &tr.person
	p.seat.Init(chat.NewFanout(chat.NewMailbox(func() {}), plainEncoder{}), 0)
	var err error
	if p.user, err = tr.hub.Login(p, chat.Identity{Name: chat.Name{Display: "ann", Key: "ann", Skeleton: "ann"}, Role: chat.Admin, Account: "ann"}, time.Now()); err != nil {
		return tr, err
	}
	if _, _, _, err := tr.hub.Join(p.user, "lobby", "", time.Now()); err != nil {
		return tr, err
	}
	records := &memstore.Store{}
	tr.host, err = host.New(host.Options{
		Hub: tr.hub, Version: version(), Settings: set, Dir: dir,
		Routes: func(cmds []command.Command) {
			if r, err := command.NewRegistry(cmds...); err == nil {
				tr.commands.Swap(r)
			}
		},
		KV: func(ctx context.Context, plugin string) (host.KV, error) {
			b, err := records.Bucket(ctx, pluginBucket)
			return bucketKV{b, plugin + "/"}, err
		},
	})
	if err != nil {
		return tr, err
	}
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	if err := tr.host.Apply(ctx, nil); err != nil { // the first one waits for nothing
		return tr, err
	}
	began := time.Now()
	err = tr.host.Apply(ctx, []host.Table{t})
	tr.took = time.Since(began)
	return tr, err
}

// close ends the plugin, if it has not ended yet, and returns how long that took.
func (tr *trial) close() time.Duration {
	if tr.host == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	began := time.Now()
	tr.host.Close(ctx)
	tr.host = nil
	return time.Since(began)
}

// logs is what the plugin wrote, the last lines.
func (tr *trial) logs() string {
	if tr.host == nil {
		return ""
	}
	const last = 20
	lines, err := tr.host.Logs(tr.table.Name, last)
	if err != nil {
		return ""
	}
	return strings.Join(lines, "\n")
}

// run has the person type a line, and returns what they are shown. The error is that
// the line fails.
func (tr *trial) run(ctx context.Context, typed string) (string, error) {
	parsed, err := line.Parse(typed, line.ModeCommand, tr.commands.Grammar(&tr.person))
	if err != nil {
		return "", errors.New(tr.commands.Explain(err))
	}
	pipeline, err := tr.commands.Prepare(&tr.person, parsed)
	if err != nil {
		return "", errors.New(tr.commands.Explain(err))
	}
	var out safeBuffer
	errs := pipeline.Run(ctx, command.IO{Out: &out, Err: &out})
	for i, err := range errs {
		errs[i] = errors.New(tr.commands.Explain(err))
	}
	return out.String(), errors.Join(errs...)
}

// complete is what the plugin proposes for the last word of a line, "" if that ends in
// a space: a line each, a value and what it is. The error is that nobody is asked there.
func (tr *trial) complete(ctx context.Context, typed string) (string, error) {
	at := strings.LastIndexByte(typed, ' ') + 1
	words, prefix := strings.Fields(typed[:at]), typed[at:]
	if len(words) == 0 {
		return "", errors.New("the line has no command before the word to complete")
	}
	found, _ := tr.commands.Registry().Lookup(words[0])
	c, ok := found.(host.Completer)
	if !ok {
		return "", fmt.Errorf("the plugin has no command %q", words[0])
	}
	spec, sub, words := c.Spec(), "", words[1:]
	if len(spec.Subs) > 0 && len(words) > 0 {
		if spec, ok = spec.Sub(words[0]); !ok {
			return "", fmt.Errorf("there is no sub-command %q", words[0])
		}
		sub, words = words[0], words[1:]
	}
	param, given := paramAfter(spec, words)
	if param == "" {
		return "", errors.New("no argument or flag belongs there")
	}
	var b strings.Builder
	for _, choice := range c.Complete(ctx, tr.person.user, sub, param, prefix, given) {
		b.WriteString(strings.TrimRight(text.Pad(choice.Value, 20)+"  "+choice.Help, " ") + "\n")
	}
	return b.String(), nil
}

// paramAfter is the argument or flag that a word after these belongs to, "" for none,
// and the values of those before it.
func paramAfter(spec *command.Spec, words []string) (param string, given map[string][]string) {
	given = map[string][]string{}
	args, flag := 0, "" // a flag whose value comes next
	for _, word := range words {
		switch a := argAt(spec, args); {
		case flag != "":
			given[flag], flag = []string{word}, ""
		case strings.HasPrefix(word, "-"):
			flag = flagNamed(spec, word)
		case a != nil:
			given[a.Name] = append(given[a.Name], word)
			args++
		}
	}
	if flag != "" {
		return flag, given
	}
	if a := argAt(spec, args); a != nil {
		return a.Name, given
	}
	return "", given
}

// flagNamed is the name of the flag that is written so and has a value; "" if none is.
func flagNamed(spec *command.Spec, word string) string {
	for i := range spec.Flags {
		f := &spec.Flags[i]
		if f.Type != "" && (word == "--"+f.Name || f.Short != "" && word == "-"+f.Short) {
			return f.Name
		}
	}
	return ""
}

// argAt is the n-th argument, of which the last may be many; nil: there are not as
// many.
func argAt(spec *command.Spec, n int) *command.Arg {
	last := len(spec.Args) - 1
	switch {
	case n <= last:
		return &spec.Args[n]
	case last >= 0 && spec.Args[last].Many:
		return &spec.Args[last]
	}
	return nil
}

// A trialist is the person of a trial, and their session as far as one is used here.
type trialist struct {
	command.Session
	seat chat.Seat
	user *chat.User
}

var _ chat.Member = (*trialist)(nil)

// Role and the next ones implement command.Session.
func (*trialist) Role() chat.Role    { return chat.Admin }
func (*trialist) LoggedIn() bool     { return true }
func (p *trialist) User() *chat.User { return p.user }
func (*trialist) Now() time.Time     { return time.Now() }
func (*trialist) View() command.View { return command.View{Width: 80} }
func (*trialist) Charge(int)         {}

// Seat and the next ones implement chat.Member.
func (p *trialist) Seat() *chat.Seat  { return &p.seat }
func (*trialist) Queue([]byte)        {}
func (*trialist) Receive(*chat.Event) {}

// A plainEncoder shows nothing: nobody looks.
type plainEncoder struct{}

func (plainEncoder) Encode(dst []byte, _ chat.Class, _ *chat.Event) []byte { return dst }

// A safeBuffer is a buffer for several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
