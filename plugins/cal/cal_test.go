// Package cal tests the plugin that is written in Python, as a server sees it.
package cal

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// python is the interpreter for which Debian's python3-grpcio is installed.
const python = "/usr/bin/python3"

// A process is the plugin as a server starts it.
type process struct {
	conn  *grpc.ClientConn
	stdin io.Closer
	ended chan error
}

// start starts the plugin and shakes hands with it.
func start(t *testing.T) *process {
	t.Helper()
	if err := exec.Command(python, "-c", "import grpc, google.protobuf").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s has no grpc; install python3-grpcio", python)
		}
		t.Skipf("%s has no grpc; install python3-grpcio to run this test", python)
	}
	cmd := exec.Command(python, "cal.py")
	cmd.Env = []string{"PATH=/usr/bin:/bin", "TZ=UTC", "PYTHONDONTWRITEBYTECODE=1", pluginpb.CookieKey + "=" + pluginpb.CookieValue, "PLUGIN_UNIX_SOCKET_DIR=" + t.TempDir()}
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{stdin: stdin, ended: make(chan error, 1)}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() { p.ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		stdin.Close()
	})
	fields := strings.Split(strings.TrimSpace(line), "|")
	if err != nil || len(fields) != 5 || fields[0] != "1" || fields[1] != "1" || fields[2] != "unix" || fields[4] != "grpc" {
		t.Fatalf("the handshake is %q, %v", line, err)
	}
	p.conn, err = grpc.NewClient("unix:"+fields[3], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.conn.Close() })
	return p
}

// end waits for the end of the process.
func (p *process) end(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it does not end")
	}
}

func TestCal(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p := start(t)
	health, err := grpc_health_v1.NewHealthClient(p.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: pluginpb.Service})
	if err != nil || health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("its health is %v, %v", health, err)
	}
	plugin := pluginpb.NewPluginClient(p.conn)
	m, err := plugin.Describe(ctx, &pluginpb.DescribeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.GetCommands()) != 1 || m.GetCommands()[0].GetName() != "cal" || len(m.GetCommands()[0].GetArgs()) != 2 {
		t.Errorf("it describes itself as %v", m)
	}
	if _, err := plugin.Configure(ctx, &pluginpb.ConfigureRequest{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("configure: %v", err)
	}
	values := map[string]*pluginpb.Value{"month": {Words: []string{"2"}}, "year": {Words: []string{"2024"}}}
	if out := run(ctx, t, plugin, values); !strings.Contains(out, "February 2024") || !strings.Contains(out, "29") {
		t.Errorf("cal 2 2024 writes\n%s", out)
	}
	if out := run(ctx, t, plugin, nil); !strings.Contains(out, "May 2030") {
		t.Errorf("cal in May 2030 writes\n%s", out)
	}
	if err := p.conn.Invoke(ctx, "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{}); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	p.end(t)
}

func run(ctx context.Context, t *testing.T, plugin pluginpb.PluginClient, values map[string]*pluginpb.Value) string {
	t.Helper()
	stream, err := plugin.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 5, 15, 12, 0, 0, 0, time.UTC).UnixMilli()
	start := &pluginpb.Start{Command: "cal", Values: values, UnixMs: at}
	if err := stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Start{Start: start}}); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	out := ""
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatalf("before Exit: %v", err)
		}
		if x := m.GetExit(); x != nil {
			if x.GetStatus() != 0 {
				t.Errorf("it fails: %v", x)
			}
			return out
		}
		out += m.GetOut()
	}
}

// It ends with the server, also when that is killed: the standard input ends.
func TestCalEndsWithTheServer(t *testing.T) {
	p := start(t)
	p.stdin.Close()
	p.end(t)
}

func TestCalByHand(t *testing.T) {
	start(t).stdin.Close() // or there is no Python to try it with
	out, err := exec.Command(python, "-B", "cal.py").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "is a plugin of a chatroom server") {
		t.Errorf("started by hand it says %q, %v", out, err)
	}
}
