package sdktest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Setup is how a plugin is started. The zero value is a plugin without config,
// with all that it needs granted, on a new Host.
type Setup struct {
	Config any      // the table [plugin.config]: a map or a struct, as JSON has it; nil is none
	Deny   []string // capabilities that are not granted
	Host   *Host    // to start a plugin on what another one stored; nil is a new one
}

// ann is who types what a test types, unless As says otherwise.
var ann = sdk.Caller{Name: "ann", Key: "ann", Account: "ann", Role: "user", Room: "lobby", Width: 80, Location: time.UTC}

// A Plugin is one that runs. Its methods fail the test if the plugin breaks the
// contract. It is stopped at the end of the test.
type Plugin struct {
	Host     *Host
	Manifest *pluginpb.Manifest // as the plugin describes itself

	*process
	caller sdk.Caller
}

// A process is what all views of a plugin share.
type process struct {
	t      testing.TB
	client pluginpb.PluginClient
	server *sdk.Server
	once   sync.Once
	close  []func()
	runs   int
	mu     sync.Mutex
}

// Start starts a plugin with these parts and no config.
func Start(t testing.TB, parts ...sdk.Part) *Plugin {
	t.Helper()
	return Setup{}.Start(t, parts...)
}

// Start starts a plugin with these parts. The test ends here if the parts or the
// config are not as they should be.
func (s Setup) Start(t testing.TB, parts ...sdk.Part) *Plugin {
	t.Helper()
	p, problems := s.start(t, parts)
	for _, problem := range problems {
		t.Errorf("config: %v", problem)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return p
}

// Problems starts a plugin whose config is not as it should be, and returns what
// it says: one line for each, "KEY TEXT".
func (s Setup) Problems(t testing.TB, parts ...sdk.Part) []string {
	t.Helper()
	_, problems := s.start(t, parts)
	if len(problems) == 0 {
		t.Errorf("the plugin takes the config %v", s.Config)
	}
	return problems
}

func (s Setup) start(t testing.TB, parts []sdk.Part) (*Plugin, []string) {
	t.Helper()
	p := &Plugin{Host: s.Host, caller: ann, process: &process{t: t}}
	if p.Host == nil {
		p.Host = NewHost()
	}
	host := grpc.NewServer()
	hostAt := bufconn.Listen(pluginpb.MaxMessage)
	pluginpb.RegisterHostServer(host, p.Host)
	go host.Serve(hostAt)
	t.Cleanup(host.Stop)

	level := &slog.LevelVar{}
	server, err := sdk.NewServer("test", "1.0.0", sdk.Env{
		Dial:   func(uint32) (*grpc.ClientConn, error) { return dial(hostAt) },
		Log:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: level})),
		Level:  level,
		Failed: func(err error) { t.Errorf("the plugin's background work failed, which ends the plugin: %v", err) },
	}, parts...)
	if err != nil {
		t.Fatalf("the plugin is not well made:\n%v", err)
	}
	p.server = server

	plugin := grpc.NewServer(grpc.MaxRecvMsgSize(pluginpb.MaxMessage), grpc.MaxSendMsgSize(pluginpb.MaxMessage))
	pluginAt := bufconn.Listen(pluginpb.MaxMessage)
	pluginpb.RegisterPluginServer(plugin, server)
	go plugin.Serve(pluginAt)
	conn, err := dial(pluginAt)
	if err != nil {
		t.Fatal(err)
	}
	p.client = pluginpb.NewPluginClient(conn)
	p.close = []func(){func() { conn.Close() }, plugin.Stop, host.Stop}
	t.Cleanup(p.Stop)
	return p, p.configure(s)
}

// configure describes and configures the plugin, and returns what is wrong with
// the config.
func (p *Plugin) configure(s Setup) (problems []string) {
	p.t.Helper()
	config := ""
	if s.Config != nil {
		text, err := json.Marshal(s.Config)
		if err != nil {
			p.t.Fatalf("config: %v", err)
		}
		config = string(text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var err error
	if p.Manifest, err = p.client.Describe(ctx, &pluginpb.DescribeRequest{HostVersion: "test", Config: config}); err != nil {
		p.t.Fatalf("describe: %v", err)
	}
	var granted []string
	for _, c := range p.Manifest.GetCapabilities() {
		if !slices.Contains(s.Deny, c) {
			granted = append(granted, c)
		}
	}
	p.Host.grant(granted, p.Manifest.GetCapabilities())
	m := &pluginpb.ConfigureRequest{Config: config, Granted: granted, Name: "test", LogLevel: "debug", DataDir: p.t.TempDir()}
	if slices.ContainsFunc(granted, pluginpb.CallsHost) {
		m.BrokerId = 1
	}
	reply, err := p.client.Configure(ctx, m)
	if err != nil {
		p.t.Fatalf("configure: %v", err)
	}
	for _, problem := range reply.GetProblems() {
		problems = append(problems, strings.TrimSpace(problem.GetPath()+" "+problem.GetText()))
	}
	return problems
}

// dial connects to a server in this process.
func dial(to *bufconn.Listener) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:test",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return to.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// As is the same plugin, used by somebody else. What is left empty is as for
// ann, but the key is the name, in lower case, and the account is empty.
func (p *Plugin) As(caller sdk.Caller) *Plugin {
	if caller.Key == "" {
		caller.Key = strings.ToLower(caller.Name)
	}
	if caller.Role == "" {
		caller.Role = ann.Role
	}
	if caller.Room == "" {
		caller.Room = ann.Room
	}
	if caller.Width == 0 {
		caller.Width = ann.Width
	}
	other := *p
	other.caller = caller
	return &other
}

// stopTime is how long a plugin may take to stop.
const stopTime = 2 * time.Second

// Stop stops the plugin, as the server does before it ends the process. It is
// called at the end of the test, if not before.
func (p *process) Stop() {
	p.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		if _, err := p.client.Stop(ctx, &pluginpb.StopRequest{Reason: "shutdown", DeadlineMs: uint32(stopTime.Milliseconds())}); err != nil {
			p.t.Errorf("stop: %v", err)
		}
		if err := p.server.Close(stopTime); err != nil {
			p.t.Errorf("stop: %v", err)
		}
		for _, f := range p.close {
			f()
		}
	})
}

// A Posted is what becomes of a message.
type Posted struct {
	Text     string // as it is posted; "" if it is not
	Rejected string // what its author is told
	Dropped  bool   // only its author sees it
}

// Post says a message in the caller's room, and returns what the plugin's
// filters make of it.
func (p *Plugin) Post(text string) Posted {
	p.t.Helper()
	return p.Judge(sdk.Event{Kind: sdk.Say, Room: p.caller.Room, Text: text})
}

// Judge returns what the plugin's filters make of a message of the caller, of
// any kind and in any room.
func (p *Plugin) Judge(e sdk.Event) Posted {
	p.t.Helper()
	e.Name, e.Key, e.Account = p.caller.Name, p.caller.Key, p.caller.Account
	if !p.selected(p.Manifest.GetFilters(), e) {
		return Posted{Text: e.Text}
	}
	ctx, cancel := context.WithTimeout(context.Background(), filterTime)
	defer cancel()
	reply, err := p.client.Filter(ctx, &pluginpb.FilterRequest{Event: eventProto(e), Caller: callerProto(p.caller)})
	if err != nil {
		p.t.Errorf("filter %q: %v", e.Text, err)
		return Posted{Text: e.Text}
	}
	switch v := reply.GetVerdict().(type) {
	case *pluginpb.FilterReply_Replace:
		if strings.ContainsAny(v.Replace, "\r\n") {
			p.t.Errorf("filter %q: the replacement %q is not one line", e.Text, v.Replace)
		}
		return Posted{Text: v.Replace}
	case *pluginpb.FilterReply_Reject:
		return Posted{Rejected: v.Reject}
	case *pluginpb.FilterReply_Drop:
		return Posted{Dropped: true}
	}
	return Posted{Text: e.Text}
}

// filterTime is generous: 50 ms would be at the mercy of the machine.
const filterTime = time.Second

// Event tells the plugin what happens, as far as it selects it, and returns when
// it has handled all.
func (p *Plugin) Event(events ...sdk.Event) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	stream, err := p.client.Events(ctx)
	if err != nil {
		p.t.Fatalf("events: %v", err)
	}
	for _, e := range events {
		if !p.selected(p.Manifest.GetEvents(), e) || !p.Host.granted(pluginpb.CapEvents+e.Kind) {
			continue
		}
		if e.Time.IsZero() {
			e.Time = time.Now()
		}
		if err := stream.Send(eventProto(e)); err != nil {
			break // the reply tells more
		}
	}
	if _, err := stream.CloseAndRecv(); err != nil {
		p.t.Errorf("events: %v", err)
	}
}

// selected reports whether any of the selections fits the event, as the server
// decides it.
func (p *Plugin) selected(among []*pluginpb.Selection, e sdk.Event) bool {
	return slices.ContainsFunc(among, func(s *pluginpb.Selection) bool {
		match, err := regexp.Compile(s.GetMatch())
		if err != nil {
			p.t.Errorf("the pattern %q: %v", s.GetMatch(), err)
			return false
		}
		return (len(s.GetKinds()) == 0 || slices.Contains(s.GetKinds(), e.Kind)) &&
			(len(s.GetRooms()) == 0 || slices.Contains(s.GetRooms(), e.Room)) && match.MatchString(e.Text)
	})
}

func eventProto(e sdk.Event) *pluginpb.Event {
	return &pluginpb.Event{
		Kind: e.Kind, Room: e.Room, Name: e.Name, Key: e.Key, Account: e.Account, To: e.To, Text: e.Text,
		UnixMs: e.Time.UnixMilli(), Seq: e.Seq, Origin: e.Origin, Dropped: e.Dropped,
	}
}

func callerProto(c sdk.Caller) *pluginpb.Caller {
	zone := ""
	if c.Location != nil {
		zone = c.Location.String()
	}
	return &pluginpb.Caller{
		Name: c.Name, Key: c.Key, Account: c.Account, Role: c.Role, Room: c.Room,
		Width: uint32(c.Width), Height: uint32(c.Height), Machine: c.Machine, TimeZone: zone,
	}
}
