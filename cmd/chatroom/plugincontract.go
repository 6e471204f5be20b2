package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/chatroom-shell/chatroom/plugins/host"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// What a plugin has time for when it is held against the contract.
const (
	handshakeTime = 5 * time.Second
	callTime      = 2 * time.Second
	endTime       = 3 * time.Second
)

// A specimen is a process of a plugin that is spoken to step by step, and without
// TLS, to find the step that fails. What keeps it going in a server is package host.
type specimen struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	dir    string // of its socket
	noise  []string
	errors *tailBuffer // what it wrote to its standard error
	ended  chan struct{}
	conn   *grpc.ClientConn
}

// startSpecimen starts the plugin of a table and shakes hands with it.
func startSpecimen(t *host.Table) (_ *specimen, err error) {
	s := &specimen{errors: &tailBuffer{}, ended: make(chan struct{})}
	if s.dir, err = host.TempSockets(); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(t.Path, t.Args...)
	s.cmd.Dir = s.dir
	s.cmd.Env = append([]string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + s.dir, "PLUGIN_UNIX_SOCKET_DIR=" + s.dir,
		"PLUGIN_PROTOCOL_VERSIONS=1", pluginpb.CookieKey + "=" + pluginpb.CookieValue,
	}, t.Env...)
	s.cmd.Stderr = s.errors
	s.cmd.WaitDelay = endTime // for who holds its output open
	stdin, err1 := s.cmd.StdinPipe()
	stdout, out := io.Pipe()
	s.cmd.Stdout = out
	s.stdin = stdin
	if err := errors.Join(err1, s.cmd.Start()); err != nil {
		_ = os.RemoveAll(s.dir)
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // its state says how
		_ = out.Close()
		close(s.ended)
	}()
	path, err := s.handshake(stdout)
	if err == nil {
		s.conn, err = grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(pluginpb.MaxMessage), grpc.MaxCallSendMsgSize(pluginpb.MaxMessage)))
	}
	if err != nil {
		s.kill()
		return nil, s.explain(err)
	}
	return s, nil
}

// handshake reads the line that tells where the socket is, and drains what follows.
func (s *specimen) handshake(stdout *io.PipeReader) (path string, err error) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		r := bufio.NewScanner(stdout)
		for r.Scan() {
			if lines <- r.Text(); looksLikeHandshake(r.Text()) {
				break
			}
		}
		go func() { _, _ = io.Copy(io.Discard, stdout) }()
	}()
	late := time.After(handshakeTime)
	for {
		select {
		case l, ok := <-lines:
			switch {
			case !ok:
				return "", errors.New("it ended without a handshake, which is a line such as 1|1|unix|PATH|grpc on the standard output")
			case looksLikeHandshake(l):
				return s.socket(l)
			}
			s.noise = append(s.noise, l)
		case <-late:
			go func() {
				for range lines { // let the reader end
				}
			}()
			return "", fmt.Errorf("it printed no handshake within %v, which is a line such as 1|1|unix|PATH|grpc; is the standard output flushed?%s", handshakeTime, s.heard())
		}
	}
}

// looksLikeHandshake reports whether a line is meant as one.
func looksLikeHandshake(l string) bool { return strings.Count(l, "|") >= 3 }

func (s *specimen) heard() string {
	if len(s.noise) == 0 {
		return ""
	}
	return fmt.Sprintf(" It printed %q", s.noise[0])
}

// socket is the path in a handshake.
func (s *specimen) socket(l string) (string, error) {
	f := strings.Split(strings.TrimSpace(l), "|")
	bad := func(format string, args ...any) error {
		return fmt.Errorf("the handshake %q is not 1|1|unix|PATH|grpc: %s", l, fmt.Sprintf(format, args...))
	}
	switch {
	case len(f) < 5:
		return "", bad("it has %d parts", len(f))
	case f[0] != "1":
		return "", bad("the core version is %s, not 1", f[0])
	case f[1] != fmt.Sprint(pluginpb.Major):
		return "", bad("it speaks version %s of the contract, and this server %d", f[1], pluginpb.Major)
	case f[2] != "unix":
		return "", bad("it listens on %s", f[2])
	case f[4] != "grpc":
		return "", bad("it speaks %s", f[4])
	case filepath.Dir(f[3]) != s.dir && !strings.HasPrefix(f[3], s.dir+"/"):
		return "", bad("the socket is not in $PLUGIN_UNIX_SOCKET_DIR")
	}
	return f[3], nil
}

// explain adds to an error how the process ended and what it said.
func (s *specimen) explain(err error) error {
	select {
	case <-s.ended:
		err = fmt.Errorf("%w (%v)", err, s.cmd.ProcessState)
	default:
	}
	if said := s.errors.String(); said != "" {
		err = fmt.Errorf("%w; its standard error ends with:\n%s", err, said)
	}
	return err
}

// within waits for the end of the process.
func (s *specimen) within(d time.Duration) bool {
	select {
	case <-s.ended:
		return true
	case <-time.After(d):
		return false
	}
}

// kill ends the process and removes what is left of it.
func (s *specimen) kill() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
	_ = s.cmd.Process.Kill() // or it has ended
	_ = s.stdin.Close()
	s.within(2 * endTime)
	_ = os.RemoveAll(s.dir)
}

// call makes one call, with a deadline.
func (s *specimen) call(f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	err := f(ctx)
	if status.Code(err) == codes.DeadlineExceeded {
		return fmt.Errorf("no answer within %v", callTime)
	}
	if err != nil && s.within(100*time.Millisecond) {
		return s.explain(errors.New("the process ended"))
	}
	return err
}

func (s *specimen) healthy() error {
	return s.call(func(ctx context.Context) error {
		reply, err := grpc_health_v1.NewHealthClient(s.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: pluginpb.Service}, grpc.WaitForReady(true))
		if err == nil && reply.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			err = fmt.Errorf("it says %v", reply.GetStatus())
		}
		return err
	})
}

func (s *specimen) describe(config string) (m *pluginpb.Manifest, err error) {
	err = s.call(func(ctx context.Context) (err error) {
		m, err = pluginpb.NewPluginClient(s.conn).Describe(ctx, &pluginpb.DescribeRequest{ApiMinor: pluginpb.Minor, HostVersion: version(), Config: config})
		return err
	})
	return m, err
}

// configure hands it a config, and grants nothing.
func (s *specimen) configure(name, config string) error {
	var reply *pluginpb.ConfigureReply
	err := s.call(func(ctx context.Context) (err error) {
		reply, err = pluginpb.NewPluginClient(s.conn).Configure(ctx, &pluginpb.ConfigureRequest{Config: config, Name: name, LogLevel: "info", DataDir: s.dir})
		return err
	})
	if status.Code(err) == codes.Unimplemented {
		return nil
	}
	var problems []error
	for _, p := range reply.GetProblems() {
		problems = append(problems, errors.New(strings.TrimSpace("plugin.config."+p.GetPath()+" "+p.GetText())))
	}
	return errors.Join(append(problems, err)...)
}

// runNothing runs a command that there is not, which no server does. However the
// plugin takes it, the run must end, and nothing else.
func (s *specimen) runNothing() error {
	return s.call(func(ctx context.Context) error {
		stream, err := pluginpb.NewPluginClient(s.conn).Run(ctx)
		if err != nil {
			return err
		}
		start := &pluginpb.Start{Command: "no-such-command", Line: "no-such-command", UnixMs: time.Now().UnixMilli()}
		if err := stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Start{Start: start}}); err == nil {
			_ = stream.CloseSend() // Recv tells
		}
		for {
			switch m, err := stream.Recv(); {
			case errors.Is(err, io.EOF):
				return errors.New("a run of a command that does not exist ends without Exit")
			case status.Code(err) == codes.DeadlineExceeded:
				return err
			case err != nil:
				return nil
			case m.GetExit() != nil:
				return nil
			}
		}
	})
}

func (s *specimen) stop() error {
	err := s.call(func(ctx context.Context) error {
		_, err := pluginpb.NewPluginClient(s.conn).Stop(ctx, &pluginpb.StopRequest{Reason: "shutdown", DeadlineMs: uint32(callTime.Milliseconds())})
		return err
	})
	if status.Code(err) == codes.Unimplemented {
		return nil
	}
	return err
}

// shutdown asks it to end, and waits for that.
func (s *specimen) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	err := s.conn.Invoke(ctx, "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{})
	switch {
	case s.within(endTime):
		return nil // the answer may be lost with the process
	case status.Code(err) == codes.Unimplemented:
		return errors.New("it does not serve plugin.GRPCController/Shutdown; without that every stop takes 2 s longer and is a signal")
	case err != nil:
		return err
	}
	return fmt.Errorf("it goes on %v after Shutdown", endTime)
}

// byHand starts the program as somebody in a shell does.
func byHand(t *host.Table) error {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, t.Path, t.Args...)
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin"}, t.Env...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return errors.New("it goes on when somebody starts it by hand, without the variable " + pluginpb.CookieKey + "; it should say what it is, and end")
	case err == nil:
		return errors.New("it ends with status 0 when somebody starts it by hand; another status says that nothing was done")
	case len(bytes.TrimSpace(out)) == 0:
		return errors.New("it says nothing when somebody starts it by hand; a line that it is a plugin helps")
	}
	return nil
}

// samePure reports whether two manifests say the same.
func samePure(a, b *pluginpb.Manifest) error {
	if !proto.Equal(a, b) {
		return errors.New("asked twice it describes itself differently; the server keeps the first answer")
	}
	return nil
}

// A tailBuffer keeps the last of what is written to it. It is safe for concurrent use.
type tailBuffer struct {
	mu   sync.Mutex
	data []byte
}

const keptTail = 2 << 10

// Write implements io.Writer.
func (b *tailBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = append(b.data, p...)
	if n := len(b.data) - keptTail; n > 0 {
		b.data = b.data[n:]
	}
	return len(p), nil
}

func (b *tailBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(b.data), ""))
}
