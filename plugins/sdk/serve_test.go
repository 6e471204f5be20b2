package sdk_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// role is what the test binary is to be in place of a test.
const role = "SDK_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "plugin":
		servePlugin()
	case "bad":
		sdk.Serve("bad", "1.0.0", sdk.Cmd("x a:z", "do it", nothing))
	case "parent":
		startOrphan()
	default:
		goleak.VerifyTestMain(m)
	}
}

// servePlugin is the plugin of these tests.
func servePlugin() {
	fail := make(chan struct{})
	sdk.Serve("fixture", "1.2.3", sdk.Needs(sdk.SayRoom),
		sdk.Cmd("say text:text", "say something", func(c *sdk.Call) error {
			fmt.Println("noise after it")
			c.Log.Info("about to speak", "room", c.Caller.Room)
			return c.Say("%s", c.String("text"))
		}),
		sdk.Cmd("panic", "fail", func(*sdk.Call) error { panic("boom") }),
		sdk.Cmd("die", "fail for good", func(*sdk.Call) error { close(fail); return nil }),
		sdk.Background(func(ctx context.Context, _ *sdk.Host) error {
			select {
			case <-ctx.Done():
				return nil
			case <-fail:
				return errors.New("no way to go on")
			}
		}))
}

// startOrphan starts the plugin with nothing on its standard input, tells its
// process and waits to be killed.
func startOrphan() {
	cmd := command("plugin")
	out, err := cmd.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	bufio.NewReader(out).ReadString('|')
	fmt.Println(cmd.Process.Pid)
	time.Sleep(time.Minute)
}

// command is this binary in another role, as a server would start it.
func command(r string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{role + "=" + r, pluginpb.CookieKey + "=" + pluginpb.CookieValue, "PLUGIN_PROTOCOL_VERSIONS=1"}
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		cmd.Env = append(cmd.Env, "GOCOVERDIR="+dir)
	}
	return cmd
}

// A peer is a server, as far as the plugin sees it.
type peer struct {
	goplugin.NetRPCUnsupportedPlugin
	pluginpb.UnimplementedHostServer
	broker *goplugin.GRPCBroker
	plugin pluginpb.PluginClient
	said   chan string
}

func (p *peer) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error { return nil }

func (p *peer) GRPCClient(_ context.Context, broker *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	p.broker, p.plugin = broker, pluginpb.NewPluginClient(conn)
	return p, nil
}

func (p *peer) Send(_ context.Context, m *pluginpb.SendRequest) (*pluginpb.SendReply, error) {
	p.said <- m.GetRoom() + ": " + m.GetText()
	return &pluginpb.SendReply{}, nil
}

// A logged is a buffer that a process may write while a test reads.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts the plugin by go-plugin, with certificates and a broker.
func serve(t *testing.T) (*peer, *goplugin.Client, *logged) {
	t.Helper()
	p, log := &peer{said: make(chan string, 1)}, &logged{}
	cmd := command("plugin")
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{MagicCookieKey: pluginpb.CookieKey, MagicCookieValue: pluginpb.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{pluginpb.Major: {pluginpb.Service: p}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true, SkipHostEnv: true, StartTimeout: 30 * time.Second,
		Cmd: cmd, Stderr: log, Logger: hclog.NewNullLogger(),
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: t.TempDir()},
	})
	t.Cleanup(client.Kill)
	rpc, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rpc.Dispense(pluginpb.Service); err != nil {
		t.Fatal(err)
	}
	return p, client, log
}

// configure goes through what a server does first.
func (p *peer) configure(ctx context.Context, t *testing.T) {
	t.Helper()
	m, err := p.plugin.Describe(ctx, &pluginpb.DescribeRequest{})
	if err != nil || m.GetName() != "fixture" || m.GetVersion() != "1.2.3" {
		t.Fatalf("describe: %v, %v", m, err)
	}
	var server *grpc.Server
	ready := make(chan struct{})
	id := p.broker.NextId()
	go p.broker.AcceptAndServe(id, func(opts []grpc.ServerOption) *grpc.Server {
		server = grpc.NewServer(opts...)
		pluginpb.RegisterHostServer(server, p)
		close(ready)
		return server
	})
	reply, err := p.plugin.Configure(ctx, &pluginpb.ConfigureRequest{Granted: []string{pluginpb.CapSayRoom}, BrokerId: id, LogLevel: "info"})
	if err != nil || len(reply.GetProblems()) > 0 {
		t.Fatalf("configure: %v, %v", reply, err)
	}
	<-ready
	t.Cleanup(server.Stop)
}

// run runs a command and returns its Exit.
func (p *peer) run(ctx context.Context, t *testing.T, command string, values map[string]*pluginpb.Value) *pluginpb.Exit {
	t.Helper()
	stream, err := p.plugin.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	start := &pluginpb.Start{InvocationId: "7", Caller: &pluginpb.Caller{Name: "ann", Room: "lobby"}, Command: command, Values: values}
	if err := stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Start{Start: start}}); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if m.GetExit() != nil {
			return m.GetExit()
		}
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p, client, log := serve(t)
	if _, err := p.plugin.Filter(ctx, &pluginpb.FilterRequest{}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a call before Configure: %v", err)
	}
	p.configure(ctx, t)
	if x := p.run(ctx, t, "say", map[string]*pluginpb.Value{"text": {Words: []string{"hello"}, Given: true}}); x.GetStatus() != 0 {
		t.Errorf("say: %v", x)
	}
	if got := <-p.said; got != "lobby: hello" {
		t.Errorf("it said %q", got)
	}
	if x := p.run(ctx, t, "panic", nil); x.GetStatus() != 70 || x.GetMessage() != "panic: boom" {
		t.Errorf("panic: %v", x)
	}
	if _, err := p.plugin.Configure(ctx, &pluginpb.ConfigureRequest{}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("another Configure: %v", err)
	}
	if _, err := p.plugin.Stop(ctx, &pluginpb.StopRequest{Reason: "shutdown", DeadlineMs: 1000}); err != nil {
		t.Errorf("stop: %v", err)
	}
	began := time.Now()
	client.Kill()
	if took := time.Since(began); took > 1900*time.Millisecond {
		t.Errorf("it takes %v to end, so it is killed", took)
	}
	for _, want := range []string{`"msg":"about to speak","command":"say","run":"7","user":"ann","room":"lobby"`, `"msg":"panic"`, "servePlugin"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
}

// When work in the background fails the process ends, for the server to start it
// again.
func TestBackgroundFails(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p, client, log := serve(t)
	p.configure(ctx, t)
	stream, err := p.plugin.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Start{Start: &pluginpb.Start{Command: "die"}}})
	until(t, "the end of the process", client.Exited)
	until(t, "the log", func() bool { return strings.Contains(log.String(), "no way to go on") })
}

func TestStandardInputEnds(t *testing.T) {
	cmd := command("plugin")
	cmd.Env = append(cmd.Env, "PLUGIN_UNIX_SOCKET_DIR="+t.TempDir())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	wait := handshake(t, cmd)
	stdin.Close()
	if err := wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

func TestTerminate(t *testing.T) {
	cmd := command("plugin")
	cmd.Env = append(cmd.Env, "PLUGIN_UNIX_SOCKET_DIR="+t.TempDir())
	wait := handshake(t, cmd)
	cmd.Process.Signal(os.Interrupt) // is for the server alone
	cmd.Process.Signal(syscall.SIGTERM)
	if err := wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// handshake starts the plugin, checks what it prints and returns what waits for
// its end.
func handshake(t *testing.T, cmd *exec.Cmd) (wait func() error) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "1|1|unix|") {
	}
	fields := strings.Split(lines.Text(), "|")
	if len(fields) < 5 || fields[4] != "grpc" {
		t.Fatalf("the handshake is %q", lines.Text())
	}
	conn, err := net.Dial("unix", fields[3])
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	return func() error {
		ended := make(chan error, 1)
		go func() {
			io.Copy(io.Discard, out)
			ended <- cmd.Wait()
		}()
		select {
		case err := <-ended:
			return err
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			<-ended
			return errors.New("time is up")
		}
	}
}

// A plugin does not outlive a server that is killed, also without a pipe.
func TestParentDies(t *testing.T) {
	parent := command("parent")
	parent.Env = append(parent.Env, "PLUGIN_UNIX_SOCKET_DIR="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	parent.Process.Kill()
	parent.Wait()
	until(t, "the end of the orphan", func() bool { return !alive(pid) })
}

// alive reports whether there is a process that is not about to be buried.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprint("/proc/", pid, "/stat"))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestByHand(t *testing.T) {
	cmd := command("plugin")
	cmd.Env = []string{role + "=plugin"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("it ends with %v", err)
	}
	for _, want := range []string{"fixture 1.2.3 is a plugin", "[[plugin]]\nname = \"fixture\"\npath = \"" + os.Args[0], `grant = ["say.room"]`, "  say              say something"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

func TestNotWellMadeProgram(t *testing.T) {
	cmd := command("bad")
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), `bad: the plugin is not well made:`) || !strings.Contains(string(out), `there is no type "z"`) {
		t.Errorf("it ends with %v and says %s", cmd.ProcessState, out)
	}
}

// until waits for something that happens in another process.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for range 1000 {
		if happened() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("10 s pass without %s", what)
}
