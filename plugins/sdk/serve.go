package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// closeTime is how long what runs has to end once the process is to end.
const closeTime = time.Second

// Serve is the main function of a plugin: it serves the server that started this
// program until that stops it, or is gone. The name is 1 to 32 of a-z, 0-9 and
// -, a letter first; the version is for people.
//
// It does not return if something is wrong with the parts, or if the program was
// started by hand: then it says what to do and exits with status 1.
func Serve(name, version string, parts ...Part) {
	stderr := os.Stderr // go-plugin takes the variable for itself
	level := &slog.LevelVar{}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level}))
	link := &link{}
	srv, err := NewServer(name, version, Env{
		Dial: link.dial, Log: log, Level: level,
		Failed: func(error) { os.Exit(panicStatus) },
	}, parts...)
	if err != nil {
		fmt.Fprintf(stderr, "%s: the plugin is not well made:\n%v\n", name, err)
		os.Exit(1)
	}
	if os.Getenv(pluginpb.CookieKey) != pluginpb.CookieValue {
		fmt.Fprint(stderr, byHand(srv))
		os.Exit(1)
	}
	slog.SetDefault(log)
	link.srv = srv

	watched, unwatch := context.WithCancel(context.Background())
	defer unwatch()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	go func() {
		if why := orphaned(watched, signals); why != "" {
			log.Info("the plugin ends", "why", why)
			srv.Close(closeTime)
			os.Exit(0)
		}
	}()

	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{MagicCookieKey: pluginpb.CookieKey, MagicCookieValue: pluginpb.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{pluginpb.Major: {pluginpb.Service: link}},
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(pluginpb.MaxMessage), grpc.MaxSendMsgSize(pluginpb.MaxMessage))...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Name: "go-plugin", Level: hclog.Warn, Output: stderr}),
	})
	srv.Close(closeTime)
}

// A link is what go-plugin knows of us: it registers the server and keeps the
// broker, by which the plugin reaches the host.
type link struct {
	goplugin.NetRPCUnsupportedPlugin
	srv    *Server
	broker *goplugin.GRPCBroker
}

// GRPCServer is called once, before the first call.
func (l *link) GRPCServer(broker *goplugin.GRPCBroker, s *grpc.Server) error {
	l.broker = broker
	pluginpb.RegisterPluginServer(s, l.srv)
	return nil
}

// GRPCClient is for the host's side, which has its own.
func (l *link) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.ErrUnsupported
}

func (l *link) dial(id uint32) (*grpc.ClientConn, error) {
	return l.broker.DialWithOptions(id, grpc.WithIdleTimeout(0), // the socket may be swept away from under an idle connection
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(pluginpb.MaxMessage), grpc.MaxCallSendMsgSize(pluginpb.MaxMessage)))
}

// orphaned waits until the server is gone or SIGTERM comes, and says which; ""
// if ctx ends before. The standard input ends with the server if it is a pipe of
// its. Ctrl-C in the server's terminal is for the server alone.
func orphaned(ctx context.Context, signals <-chan os.Signal) string {
	why := make(chan string, 1)
	tell := func(s string) {
		select {
		case why <- s:
		default:
		}
	}
	if stat, err := os.Stdin.Stat(); err == nil && stat.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			tell("the server closed the standard input")
		}()
	}
	parent := os.Getppid()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ""
		case s := <-why:
			return s
		case s := <-signals:
			if s == syscall.SIGTERM {
				return s.String()
			}
		case <-tick.C:
			if os.Getppid() != parent {
				return "the server is gone"
			}
		}
	}
}

// byHand tells somebody who started the program what it is.
func byHand(s *Server) string {
	var b strings.Builder
	p, _ := s.use("")
	fmt.Fprintf(&b, "%s %s is a plugin of a chatroom server, which starts it. Name it in chatroom.toml:\n\n", s.name, s.version)
	path, err := os.Executable()
	if err != nil {
		path = s.name
	}
	fmt.Fprintf(&b, "[[plugin]]\nname = %q\npath = %q\n", s.name, path)
	if len(p.needs) > 0 {
		fmt.Fprintf(&b, "grant = [\"%s\"]\n", strings.Join(p.needs, `", "`))
	}
	if len(p.commands) > 0 {
		b.WriteString("\nIts commands:\n")
	}
	for i := range p.commands {
		fmt.Fprintf(&b, "  %-16s %s\n", p.commands[i].Name, p.commands[i].Summary)
	}
	return b.String()
}
