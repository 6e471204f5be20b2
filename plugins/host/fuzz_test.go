package host

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// wire is a message as it comes from a plugin.
func wire(m proto.Message) []byte {
	p, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return p
}

// checkText fails if s is not what a terminal may be shown: clean lines, with tabs.
func checkText(t *testing.T, what, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("%s is no UTF-8: %q", what, s)
	}
	for _, piece := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\t' }) {
		if text.Clean(piece) != piece {
			t.Fatalf("%s has %q, which is not clean", what, piece)
		}
	}
}

// Whatever a plugin says of itself, the commands that come of it are valid, and the
// helps that are made of them are clean.
func FuzzManifest(f *testing.F) {
	roll := &pluginpb.Command{
		Name: "roll", Aliases: []string{"r"}, Group: "Games", Summary: "roll a die", Help: "It rolls.\nNothing else.", Examples: []string{"roll 6"},
		Args:  []*pluginpb.Arg{{Name: "sides", Help: "how many", Type: pluginpb.Type_TYPE_INT, Optional: true, DefaultValue: "6", Min: 2, Max: 100}},
		Flags: []*pluginpb.Flag{{Name: "how", Short: "h", Type: pluginpb.Type_TYPE_ENUM, Choices: []string{"fair", "\x1b[31m"}}},
		Role:  "moderator", TimeoutMs: 1000, Records: true, Paged: true, Cost: 3,
	}
	poll := &pluginpb.Command{Name: "poll", Summary: "ask\x07", Subs: []*pluginpb.Command{
		{Name: "new", Summary: "new", Args: []*pluginpb.Arg{{Name: "question", Type: pluginpb.Type_TYPE_TEXT}}},
		{Name: "end", Summary: "end", Hidden: true, Args: []*pluginpb.Arg{{Name: "who", Type: pluginpb.Type_TYPE_USER, Many: true, Dynamic: true}}},
	}}
	top := &pluginpb.Command{Name: "top", Summary: "count", Filter: true, BeforeLogin: true}
	f.Add([]byte{})
	f.Add([]byte("\x32\x08\x0a\x01x\x22\x03sum"))
	for _, c := range []*pluginpb.Command{roll, poll, top} {
		f.Add(wire(&pluginpb.Manifest{Version: "1.0\x1b", Summary: "a\nb", Commands: []*pluginpb.Command{c}}))
	}
	f.Add(wire(&pluginpb.Manifest{
		Commands: []*pluginpb.Command{roll, poll, top}, Capabilities: []string{pluginpb.CapFilter, "x"}, ConfigSchema: "{",
		Filters: []*pluginpb.Selection{{Kinds: []string{"say"}, Match: "(?i)spam"}, {}}, Events: []*pluginpb.Selection{{Kinds: []string{"join"}, Rooms: []string{"a"}}},
	}))
	set := Settings{}.or()
	f.Fuzz(func(t *testing.T, p []byte) {
		m := &pluginpb.Manifest{}
		if proto.Unmarshal(p, m) != nil {
			return
		}
		read, err := readManifest("p", m)
		if err != nil {
			return
		}
		again := &pluginpb.Manifest{}
		if err := proto.Unmarshal(read.bytes, again); err != nil {
			t.Fatal(err)
		}
		if second, err := readManifest("p", again); err != nil || !second.same(read) {
			t.Fatalf("it is kept as another one: %v", err)
		}
		checkText(t, "the manifest", read.version+"\n"+read.summary)
		for i := range read.commands {
			spec := read.commands[i].limited(&Table{}, &set)
			if err := spec.Validate(); err != nil {
				t.Fatalf("it takes a spec that is not valid: %v", err)
			}
			var b strings.Builder
			if err := command.WriteManual(&b, &spec); err != nil {
				t.Fatal(err)
			}
			checkText(t, "the manual", b.String())
		}
	})
}

// Whatever a process writes before it is ready, go-plugin is shown one line, which
// is a good handshake, or none; and of all the rest no more is kept than the
// journal holds.
func FuzzHandshake(f *testing.F) {
	const dir = "/run/sockets"
	for _, s := range []string{
		"", "1|1|unix|/run/sockets/a|grpc|\n", "1|1|unix|/run/sockets/a|grpc|cert", "hello\n1|1|unix|/run/sockets/../sockets/a|grpc\r\nmore\n",
		"1|1|tcp|127.0.0.1:1|grpc\n", "1|1|unix|/run/a|grpc\n", "9|1|unix||\n", "1|2|unix|/run/sockets/a|netrpc\n", "1|1|unix|/run/sockets/../../etc/a|grpc",
		"\x1b[2J\xff\x00\n", strings.Repeat("noise\n", 60), strings.Repeat("x", 20<<10) + "\n1|1|unix|/run/sockets/a|grpc|\n",
		"1|1|unix|/run/sockets/a|grpc|" + strings.Repeat("x", 20<<10) + "\n", "{\"msg\":\"\x1b\",\"level\":\"warn\",\"a\":{\"b\":1}}\n",
	} {
		f.Add([]byte(s), len(s)%2 == 0)
	}
	f.Fuzz(func(t *testing.T, p []byte, tls bool) {
		var log syncBuffer
		plug := newProcess()
		plug.socket, plug.tls, plug.journal = dir, tls, &journal{log: slog.New(slog.NewTextHandler(&log, nil))}
		shown, show := io.Pipe()
		read := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(shown) // the writer closes it without an error
			read <- b
		}()
		plug.readStdout(bytes.NewReader(p), show)
		got := <-read
		if len(got) > 0 {
			m := handshakeLine.FindSubmatch(bytes.TrimRight(got, "\r\n"))
			if plug.refused != nil || len(got) > 16<<10 || bytes.Count(got, []byte("\n")) > 1 || m == nil || !bytes.Contains(p, got) {
				t.Fatalf("%q is shown, refused: %v", got, plug.refused)
			}
			if tls && len(m[6]) == 0 || filepath.Dir(filepath.Clean(string(m[4]))) != dir {
				t.Fatalf("%q is no good handshake", got)
			}
		}
		if n := len(plug.journal.lines); n > keptLines {
			t.Fatalf("%d lines are kept", n)
		}
		for _, l := range plug.journal.lines {
			if len(l.text) > 3*maxLogLine {
				t.Fatalf("%d bytes are kept of a line", len(l.text))
			}
			checkText(t, "the journal", l.text)
		}
		checkText(t, "the log", log.String())
	})
}

// A frames is a plugin that answers with what is in it.
type frames struct {
	pluginpb.PluginClient
	grpc.BidiStreamingClient[pluginpb.RunIn, pluginpb.RunOut]
	left  [][]byte
	reply []byte
}

func (fr *frames) Run(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[pluginpb.RunIn, pluginpb.RunOut], error) {
	return fr, nil
}

func (fr *frames) Filter(context.Context, *pluginpb.FilterRequest, ...grpc.CallOption) (*pluginpb.FilterReply, error) {
	m := &pluginpb.FilterReply{}
	return m, proto.Unmarshal(fr.reply, m)
}

func (fr *frames) Send(*pluginpb.RunIn) error { return nil }
func (fr *frames) CloseSend() error           { return nil }

// Recv returns the next message that is one, and in the end that all went well.
func (fr *frames) Recv() (*pluginpb.RunOut, error) {
	for len(fr.left) > 0 {
		m := &pluginpb.RunOut{}
		err := proto.Unmarshal(fr.left[0], m)
		if fr.left = fr.left[1:]; err == nil {
			return m, nil
		}
	}
	return &pluginpb.RunOut{Msg: &pluginpb.RunOut_Exit{Exit: &pluginpb.Exit{}}}, nil
}

// split cuts p into pieces, each with its length before it in one byte.
func split(p []byte) (pieces [][]byte) {
	for len(p) > 0 {
		n := min(int(p[0]), len(p)-1)
		pieces = append(pieces, p[1:1+n])
		p = p[1+n:]
	}
	return pieces
}

// serving is a plugin of w whose only process is fr.
func (w *world) serving(fr *frames) (*plugin, *instance) {
	p := &plugin{name: "p", host: w.host, log: slog.New(slog.DiscardHandler)}
	p.journal = &journal{log: p.log}
	i := &instance{rpc: fr, process: newProcess(), services: newServices(p, allCapabilities), manifest: &manifest{
		capabilities: allCapabilities, filters: []selection{{kinds: []string{pluginpb.KindSay}}},
	}}
	s := newSupervisor(p, &Table{Name: "p", Grant: allCapabilities}, nil, false)
	s.current, s.manifest = i, i.manifest
	p.active.Store(s)
	return p, i
}

// Whatever messages a plugin sends in a run, the caller and the room see clean
// lines, no more of them than the run may write, and errors that are sentences.
func FuzzRun(f *testing.F) {
	seed := func(all ...*pluginpb.RunOut) {
		var b []byte
		for _, m := range all {
			p := wire(m)
			b = append(append(b, byte(len(p))), p...)
		}
		f.Add(b)
	}
	out := func(s string) *pluginpb.RunOut { return &pluginpb.RunOut{Msg: &pluginpb.RunOut_Out{Out: s}} }
	errw := func(s string) *pluginpb.RunOut { return &pluginpb.RunOut{Msg: &pluginpb.RunOut_Err{Err: s}} }
	room := func(s string) *pluginpb.RunOut { return &pluginpb.RunOut{Msg: &pluginpb.RunOut_Room{Room: s}} }
	exit := func(e *pluginpb.Exit) *pluginpb.RunOut {
		return &pluginpb.RunOut{Msg: &pluginpb.RunOut_Exit{Exit: e}}
	}
	seed()
	seed(out("one\ntwo"), out(""), errw("\x1b[2Jthree\r\n\tfour\u202e"), out("five\n"))
	seed(room("hello\nthere\x07"), room(""), room("-- ann has joined\r\n"))
	seed(room(strings.Repeat("x\n", 12)))
	seed(out(strings.Repeat("x\n", 30)), out("more"))
	seed(out(strings.Repeat("é", 100)), out(strings.Repeat("\u00a0", 100)), out("\n\n"))
	seed(exit(&pluginpb.Exit{Status: 1, Code: "not_found", Message: "No\x1b such\nthing.", Usage: true}))
	seed(exit(&pluginpb.Exit{Status: -1, Code: "internal", Message: "secret"}), out("after"))
	seed(exit(&pluginpb.Exit{Status: 70, Code: "invalid"}))
	seed(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Progress{Progress: &pluginpb.Progress{Note: "half\n\x1b", Fraction: 0.5}}}, &pluginpb.RunOut{})
	seed(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Progress{Progress: &pluginpb.Progress{Note: "x", Fraction: 1e30}}})

	const maxLines, maxBytes = 20, 1000
	w := newWorld(f, quick)
	var answers *frames
	spec := command.Spec{Name: "go", Summary: "run", Blocking: true}
	goes := command.New(spec, func(ctx context.Context, c *command.Call) error {
		p, i := w.serving(answers)
		r := run{pc: &pluginCommand{plugin: p, name: "go", spec: spec}, instance: i, call: c, lines: maxLines, bytes: maxBytes, limit: time.Minute, patient: true}
		return r.explain(ctx, r.do(ctx))
	})
	registry, err := command.NewRegistry(goes)
	if err != nil {
		f.Fatal(err)
	}
	w.commands.Swap(registry)
	ann := w.login("ann")
	f.Fuzz(func(t *testing.T, p []byte) {
		w.t, answers = t, &frames{left: split(p)}
		r := ann.run("go")
		for what, s := range map[string]string{"the output": r.out, "what it tells": r.err} {
			checkText(t, what, s)
			if s != "" && !strings.HasSuffix(s, "\n") {
				t.Fatalf("%s ends in half a line: %q", what, s)
			}
		}
		rest := strings.Replace(r.err, "-- go wrote more than it may; the rest is left out.\n", "", 1)
		if all := r.out + rest; len(all) > maxBytes || strings.Count(all, "\n") > maxLines {
			t.Fatalf("%d bytes in %d lines", len(all), strings.Count(all, "\n"))
		}
		checkText(t, "the error", r.told)
		if r.told != "" && (strings.TrimSpace(r.told) == "" || strings.Contains(r.told, "secret")) {
			t.Fatalf("the error is %q", r.told)
		}
		w.checkRoom(t)
	})
}

// checkRoom checks what was said in the lobby last.
func (w *world) checkRoom(t *testing.T) {
	t.Helper()
	said, err := w.hub.History(w.hub.Room("lobby"), chat.Query{Last: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range said {
		if ev.Text == "" || text.Clean(ev.Text) != ev.Text || len(ev.Text) > maxSendLine || ev.From != "p" {
			t.Fatalf("%s says %q", ev.From, ev.Text)
		}
	}
}

// Whatever a filter answers, what is posted or told is one clean line of a length
// that a line may have.
func FuzzFilterReply(f *testing.F) {
	for _, m := range []*pluginpb.FilterReply{
		{}, {Verdict: &pluginpb.FilterReply_Allow{Allow: true}}, {Verdict: &pluginpb.FilterReply_Replace{Replace: "a\x1b\nb"}}, {Verdict: &pluginpb.FilterReply_Replace{}},
		{Verdict: &pluginpb.FilterReply_Replace{Replace: strings.Repeat("long ", 1000)}}, {Verdict: &pluginpb.FilterReply_Reject{Reject: "No\u2028way."}},
		{Verdict: &pluginpb.FilterReply_Reject{Reject: strings.Repeat("long ", 1000)}}, {Verdict: &pluginpb.FilterReply_Drop{Drop: true}}, {Verdict: &pluginpb.FilterReply_Drop{}},
	} {
		f.Add(wire(m), true)
		f.Add(wire(m), false)
	}
	f.Add([]byte{0xff}, true)
	w := newWorld(f, quick)
	f.Fuzz(func(t *testing.T, reply []byte, closed bool) {
		p, _ := w.serving(&frames{reply: reply})
		p.supervisor().table.Closed = closed
		g := newGate(w.host)
		g.chain.Store(&[]*plugin{p})
		v := g.judge(t.Context(), nil, &chat.Event{Kind: chat.Say, Room: "lobby", From: "ann", Text: "hello"})
		for _, s := range []string{v.text, v.refused} {
			if text.Clean(s) != s || len(s) > maxSendLine {
				t.Fatalf("it makes %.100q of it (%d bytes)", s, len(s))
			}
		}
		if v.text == "" {
			t.Fatal("nothing is left of the message")
		}
		if err := proto.Unmarshal(reply, &pluginpb.FilterReply{}); err != nil && (v.refused != "") != closed {
			t.Fatalf("it does not answer: %+v, fails closed: %t", v, closed)
		}
	})
}
