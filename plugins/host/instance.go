package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// An instance is one process of a plugin, which has been described and
// configured. All its methods are safe for concurrent use.
type instance struct {
	process  *process
	client   *goplugin.Client
	broker   *goplugin.GRPCBroker
	rpc      pluginpb.PluginClient
	health   grpc_health_v1.HealthClient
	manifest *manifest
	granted  []string
	services *services
	events   *stream // nil: it wants none
}

// A launcher starts instances of plugins.
type launcher struct {
	version  string            // of the server
	level    func() slog.Level // of its log
	copies   string            // folder of the programs' copies
	cache    string            // folder of the manifests
	data     string            // folder of the plugins' data folders
	sockets  string            // folder of the sockets' folders
	settings func() *Settings
}

// MaxSockets is the longest path of the folder of the sockets' folders, in bytes:
// that of a socket has at most 103 (on macOS, 107 on Linux), and go-plugin adds
// these.
const MaxSockets = 103 - len("/plugin-dir0123456789/plugin0123456789")

// launch starts a process of a copied binary and makes it ready. It blocks for some
// seconds at most, also when the process hangs, and less if ctx ends. After an error
// nothing is left of the process.
func (l *launcher) launch(ctx context.Context, pl *plugin, t *Table, b binary) (_ *instance, err error) {
	p := newProcess()
	p.name, p.binary, p.args, p.limits, p.journal = t.Name, b, t.Args, t.Limits.or(), pl.journal
	p.dir, p.tls = filepath.Join(l.data, t.Name), !t.NoMTLS
	if p.as, err = l.prepare(t, p.dir); err != nil {
		return nil, err
	}
	i := &instance{process: p}
	set := l.settings()
	i.client = goplugin.NewClient(l.config(t, i, set))
	defer func() {
		if err != nil {
			i.kill()
		}
	}()
	defer context.AfterFunc(ctx, func() { p.signal(syscall.SIGKILL) })()
	// go-plugin bounds the wait for the handshake, but not that for the first answer
	// on the socket.
	late := time.AfterFunc(set.Start+time.Second/2, func() { p.signal(syscall.SIGKILL) })
	protocol, err := i.client.Client()
	late.Stop()
	if err != nil {
		return nil, p.explain(err, set.Start)
	}
	if _, err := protocol.Dispense(pluginpb.Service); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if err := i.describe(l, t, set.Describe); err != nil {
		return nil, i.why(err)
	}
	if err := l.rememberSchema(b, i.manifest); err != nil {
		pl.log.Warn("plugin's schema can't be kept", "err", err)
	}
	if err := i.configure(l, pl, t, set.Configure); err != nil {
		return nil, i.why(err)
	}
	return i, ctx.Err()
}

// config is what go-plugin is told.
func (l *launcher) config(t *Table, i *instance, set *Settings) *goplugin.ClientConfig {
	p := i.process
	sockets := &goplugin.UnixSocketConfig{TempDir: l.sockets}
	if p.as != nil {
		sockets.Group = strconv.Itoa(int(p.as.gid))
	}
	return &goplugin.ClientConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{ProtocolVersion: pluginpb.Major, MagicCookieKey: pluginpb.CookieKey, MagicCookieValue: pluginpb.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{pluginpb.Major: {pluginpb.Service: &link{instance: i}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, socket string) (runner.Runner, error) {
			p.env, p.socket = slices.Concat(baseEnv(p.dir), t.Env, cmd.Env), socket
			return p, nil
		},
		SkipHostEnv:      true,
		StartTimeout:     set.Start,
		AutoMTLS:         !t.NoMTLS,
		UnixSocketConfig: sockets,
		Logger:           hclog.NewNullLogger(),
		SyncStdout:       lineLog{p.journal, "stdout"},
		SyncStderr:       lineLog{p.journal, "stderr"},
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithIdleTimeout(0),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(pluginpb.MaxMessage), grpc.MaxCallSendMsgSize(pluginpb.MaxMessage)),
			grpc.WithUnaryInterceptor(bounded),
		},
	}
}

// bounded is an interceptor that refuses a call without a deadline: nobody waits
// for a plugin without one. Go-plugin's own Shutdown is waited for by nobody.
func bounded(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if _, ok := ctx.Deadline(); !ok && strings.HasPrefix(method, "/"+pluginpb.Plugin_ServiceDesc.ServiceName+"/") {
		return fmt.Errorf("%s is called without a deadline", method)
	}
	return invoke(ctx, method, req, reply, conn, opts...)
}

// baseEnv is the environment that every plugin gets: nothing of the server's but
// what a program needs to find others and to tell the time.
func baseEnv(home string) []string {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + home}
	if tz, ok := os.LookupEnv("TZ"); ok {
		env = append(env, "TZ="+tz)
	}
	return env
}

// prepare makes the plugin's data folder, and finds out who it is to run as; nil is
// the server's user.
func (l *launcher) prepare(t *Table, dir string) (*credential, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, hopeless("make its data folder: %w", err)
	}
	if t.User == "" {
		return nil, nil
	}
	if os.Geteuid() != 0 {
		return nil, hopeless("user = %q takes a server that runs as root; leave it out", t.User)
	}
	u, err := user.Lookup(t.User)
	if err != nil {
		return nil, hopeless("%w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2, os.Chown(dir, int(uid), int(gid))); err != nil {
		return nil, hopeless("hand its data folder to %s: %w", t.User, err)
	}
	for _, d := range []string{l.copies, l.data, l.sockets} {
		if err := passable(d); err != nil {
			return nil, hopeless("let %s through: %w", t.User, err)
		}
	}
	return &credential{uint32(uid), uint32(gid)}, nil
}

// passable lets every user through a folder of ours, and checks that the folders
// above it do.
func passable(dir string) error {
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		info, err := os.Stat(up)
		if err != nil {
			return err
		}
		if info.Mode()&0o001 == 0 {
			return fmt.Errorf("nobody else may pass %s; chmod o+x lets them", up)
		}
		if up == filepath.Dir(up) {
			return nil
		}
	}
}

func (i *instance) describe(l *launcher, t *Table, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(i.process.life, limit)
	defer cancel()
	m, err := i.rpc.Describe(ctx, &pluginpb.DescribeRequest{ApiMinor: pluginpb.Minor, HostVersion: l.version, Config: string(t.Config)})
	if err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	if i.manifest, err = readManifest(t.Name, m); err != nil {
		return hopeless("its manifest is wrong: %w", err)
	}
	return nil
}

// configure hands the plugin its config and offers it the host's services, if it
// asks for any that it is granted.
func (i *instance) configure(l *launcher, pl *plugin, t *Table, limit time.Duration) error {
	i.granted = grants(i.manifest.capabilities, t.Grant)
	i.services = newServices(pl, i.granted)
	req := &pluginpb.ConfigureRequest{
		Config: string(t.Config), Granted: i.granted, DataDir: i.process.dir, Name: t.Name, LogLevel: strings.ToLower(l.level().String()),
	}
	if slices.ContainsFunc(i.granted, pluginpb.CallsHost) {
		req.BrokerId = i.broker.NextId()
		go i.broker.AcceptAndServe(req.BrokerId, i.services.server)
	}
	ctx, cancel := context.WithTimeout(i.process.life, limit)
	defer cancel()
	reply, err := i.rpc.Configure(ctx, req)
	switch {
	case unimplemented(err):
		return nil
	case err != nil:
		return fmt.Errorf("configure: %w", err)
	}
	var problems []error
	for _, p := range reply.GetProblems() {
		problems = append(problems, errors.New(clean(strings.TrimSpace("plugin.config."+p.GetPath()+" "+p.GetText()))))
	}
	if len(problems) > 0 {
		return hopeless("its config is wrong: %w", errors.Join(problems...))
	}
	return nil
}

// why is err, or that the process has ended if that is the reason. This may be
// known a moment after its calls fail.
func (i *instance) why(err error) error {
	if isHopeless(err) || !i.hasEnded() {
		return err
	}
	return fmt.Errorf("it ended before it was ready (%s)%s", i.process.status(), i.process.lastWords())
}

// deathNotice is how long after a call has failed the end of a process may become
// known.
const deathNotice = 100 * time.Millisecond

// hasEnded reports whether the process has ended, or does within deathNotice.
func (i *instance) hasEnded() bool {
	timer := time.NewTimer(deathNotice)
	defer timer.Stop()
	select {
	case <-i.process.life.Done():
		return true
	case <-timer.C:
		return false
	}
}

// healthy asks the process whether it is well.
func (i *instance) healthy(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(i.process.life, limit)
	defer cancel()
	reply, err := i.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: pluginpb.Service})
	if err != nil {
		return err
	}
	if s := reply.GetStatus(); s != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("it says that it is %s", s)
	}
	return nil
}

// stop ends the process: it is told, then asked, then made to, and made to at once
// if it does not even answer. It blocks until the process is gone, which takes the
// limit and some 3 s more at most.
func (i *instance) stop(reason string, limit time.Duration) {
	i.events.close()
	ctx, cancel := context.WithTimeout(i.process.life, limit)
	_, err := i.rpc.Stop(ctx, &pluginpb.StopRequest{Reason: reason, DeadlineMs: uint32(limit.Milliseconds())})
	cancel()
	if status.Code(err) == codes.DeadlineExceeded {
		i.kill()
		return
	}
	released := i.release() // calls Shutdown, which has no deadline of its own
	if !i.process.within(shutdownTime) {
		i.process.signal(syscall.SIGTERM)
		if !i.process.within(termTime) {
			i.process.signal(syscall.SIGKILL)
		}
	}
	i.letGo(released)
}

// kill ends the process and all of its group at once.
func (i *instance) kill() {
	i.events.close()
	i.process.signal(syscall.SIGKILL)
	if i.process.pid() != 0 {
		i.process.within(termTime)
	}
	i.letGo(i.release())
}

// release has go-plugin free what it holds; that ends the process too, unless it
// hangs. The channel is closed when it is done.
func (i *instance) release() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.client.Kill()
	}()
	return done
}

// letGo waits a moment for what release does and removes what may be left.
func (i *instance) letGo(released <-chan struct{}) {
	timer := time.NewTimer(termTime)
	defer timer.Stop()
	select {
	case <-released:
	case <-timer.C:
	}
	if i.process.socket != "" {
		_ = os.RemoveAll(i.process.socket)
	}
}

// A link is what go-plugin knows of an instance: it hands over the connection.
type link struct {
	goplugin.NetRPCUnsupportedPlugin
	instance *instance
}

var _ goplugin.GRPCPlugin = (*link)(nil)

// GRPCClient implements goplugin.GRPCPlugin.
func (l *link) GRPCClient(_ context.Context, broker *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	i := l.instance
	i.broker, i.rpc, i.health = broker, pluginpb.NewPluginClient(conn), grpc_health_v1.NewHealthClient(conn)
	return i, nil
}

// GRPCServer implements goplugin.GRPCPlugin; it is the plugin's part.
func (*link) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error { return errors.ErrUnsupported }
