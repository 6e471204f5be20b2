package sdk

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// panicStatus is the exit status of a run that panicked: EX_SOFTWARE of BSD's
// sysexits.
const panicStatus = 70

// Run implements the contract. It runs the command on the stream's own goroutine
// and starts none.
func (s *Server) Run(stream grpc.BidiStreamingServer[pluginpb.RunIn, pluginpb.RunOut]) error {
	p, host, err := s.ready()
	if err != nil {
		return err
	}
	defer s.calls.done()
	ctx, cancel := s.with(stream.Context())
	defer cancel()
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	start := first.GetStart()
	if start == nil {
		return status.Error(codes.InvalidArgument, "the first message of a run is not Start")
	}
	spec, err := find(p, start.GetCommand(), start.GetSub())
	if err != nil {
		return err
	}
	out := &output{ctx: ctx, to: stream.Send}
	c := s.call(ctx, start, spec, host, out, stream.Recv)
	return out.exit(s.run(c))
}

func (s *Server) call(ctx context.Context, start *pluginpb.Start, spec *Command, host *Host, out *output, in func() (*pluginpb.RunIn, error)) *Call {
	who := caller(start.GetCaller())
	stdout, stderr := &lineWriter{out: out, wrap: wrapOut}, &lineWriter{out: out, wrap: wrapErr}
	log := s.log.With("command", start.GetCommand(), "run", start.GetInvocationId(), "user", who.Name)
	return &Call{
		Name: start.GetCommand(), Sub: start.GetSub(), Line: start.GetLine(), Caller: who, Piped: start.GetPiped(), JSON: start.GetJson(),
		Now: time.UnixMilli(start.GetUnixMs()).In(who.Location), In: &input{ctx: ctx, from: in},
		Out: stdout, Err: stderr, Log: log, Host: host.forRun(start.GetInvocationId()),
		ctx: ctx, spec: spec, values: start.GetValues(), stream: out, writers: []*lineWriter{stdout, stderr},
	}
}

func wrapOut(text string) *pluginpb.RunOut {
	return &pluginpb.RunOut{Msg: &pluginpb.RunOut_Out{Out: text}}
}

func wrapErr(text string) *pluginpb.RunOut {
	return &pluginpb.RunOut{Msg: &pluginpb.RunOut_Err{Err: text}}
}

// run runs the command and tells how it ended.
func (s *Server) run(c *Call) (x *pluginpb.Exit) {
	defer func() {
		if r := recover(); r != nil {
			c.Log.Error("panic", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			x = &pluginpb.Exit{Status: panicStatus, Code: string(Internal), Message: valid(fmt.Sprintf("panic: %v", r))}
		}
	}()
	err := c.spec.Run(c)
	for _, w := range c.writers {
		if flushed := w.flush(); err == nil {
			err = flushed
		}
	}
	return exit(err)
}
