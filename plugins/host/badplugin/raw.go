package badplugin

import (
	"context"
	"strings"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A raw plugin is made without the kit, and not well.
type raw struct {
	goplugin.NetRPCUnsupportedPlugin
	pluginpb.UnimplementedPluginServer
}

func serveRaw() {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{MagicCookieKey: pluginpb.CookieKey, MagicCookieValue: pluginpb.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{pluginpb.Major: {pluginpb.Service: &raw{}}},
		GRPCServer:       goplugin.DefaultGRPCServer, // without bounds
		Logger:           hclog.NewNullLogger(),
	})
}

func (r *raw) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	pluginpb.RegisterPluginServer(s, r)
	return nil
}

func (*raw) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func (*raw) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.Manifest, error) {
	m := &pluginpb.Manifest{Name: "raw"}
	for _, name := range []string{"giant", "noexit", "wrong", "secret", "status", "absent", "endless", "progress"} {
		m.Commands = append(m.Commands, &pluginpb.Command{Name: name, Summary: name})
	}
	return m, nil
}

func (*raw) Run(stream pluginpb.Plugin_RunServer) error {
	in, err := stream.Recv()
	if err != nil {
		return err
	}
	out := func(s string) error { return stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Out{Out: s}}) }
	switch in.GetStart().GetCommand() {
	case "giant":
		return out(strings.Repeat("g", 64<<20))
	case "noexit":
		return nil
	case "wrong":
		return status.Error(codes.NotFound, "There is no\x1b such thing.")
	case "secret":
		return status.Error(codes.Internal, "the password is hunter2")
	case "status":
		return stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Exit{Exit: &pluginpb.Exit{Status: 7, Code: "conflict"}}})
	case "absent":
		return status.Error(codes.Unimplemented, "absent")
	case "endless":
		for {
			if err := out("more\n"); err != nil {
				return err
			}
		}
	case "progress":
		stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Progress{Progress: &pluginpb.Progress{Note: "halfway", Fraction: 0.5}}})
		stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Err{Err: "careful"}})
		return stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Exit{Exit: &pluginpb.Exit{}}})
	}
	return nil
}
