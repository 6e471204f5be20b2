package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Server is a plugin that is served by somebody else than [Serve]: by a test,
// in one process with it. Package sdktest is what tests of a plugin want.
type Server struct {
	pluginpb.UnimplementedPluginServer
	name, version string
	from          []Part
	env           Env

	running context.Context // ends with Close
	end     context.CancelFunc
	own     context.Context // of what the plugin does of its own accord: ends with Stop
	quiet   context.CancelFunc
	calls   group // of what the server asked for
	work    group // of Background

	mu     sync.Mutex
	config string // what parts was made of
	parts  *parts
	wrong  error // in the config
	host   *Host // nil before Configure
	conn   io.Closer
	log    *slog.Logger
}

// An Env is what surrounds a Server.
type Env struct {
	Dial   func(broker uint32) (*grpc.ClientConn, error) // connects to the service Host; the Server closes it
	Log    *slog.Logger
	Level  *slog.LevelVar // set to the server's level; may be nil
	Failed func(error)    // called when a Background failed: the plugin can't go on
}

// NewServer returns the server of a plugin. The error says what its author has
// to put right, all of it. Close ends it.
func NewServer(name, version string, env Env, from ...Part) (*Server, error) {
	p, _ := collect(nil, from)
	if err := p.validate(name, version); err != nil {
		return nil, err
	}
	s := &Server{name: name, version: version, from: from, env: env, log: env.Log}
	s.running, s.end = context.WithCancel(context.Background())
	s.own, s.quiet = context.WithCancel(s.running)
	return s, nil
}

// errStopped is why the context of a run ends when the plugin does.
var errStopped = errors.New("the plugin is stopped")

// Close ends all that runs and waits until it is over, or for as long as grace.
// The error says that something still runs.
func (s *Server) Close(grace time.Duration) error {
	s.end()
	began := time.Now()
	ended := s.calls.wait(grace)
	ended = s.work.wait(max(grace-time.Since(began), 0)) && ended
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
	if !ended {
		return fmt.Errorf("something still runs %v after its context ended", grace)
	}
	return nil
}

// use returns the parts for a config; wrong says what is wrong with it.
func (s *Server) use(config string) (p *parts, wrong error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parts != nil && s.config == config {
		return s.parts, s.wrong
	}
	p, wrong = collect([]byte(config), s.from)
	if wrong == nil {
		// What the author got wrong in the parts that the config makes, the
		// operator may be able to avoid.
		wrong = p.validate(s.name, s.version)
	}
	if s.host == nil { // else what runs stays as it is
		s.config, s.parts, s.wrong = config, p, wrong
	}
	return p, wrong
}

// Describe implements the contract.
func (s *Server) Describe(_ context.Context, m *pluginpb.DescribeRequest) (reply *pluginpb.Manifest, err error) {
	defer s.guard("describe", &err)
	p, _ := s.use(m.GetConfig())
	return p.manifest(s.name, s.version), nil
}

// Configure implements the contract.
func (s *Server) Configure(_ context.Context, m *pluginpb.ConfigureRequest) (reply *pluginpb.ConfigureReply, err error) {
	defer s.guard("configure", &err)
	s.level(m.GetLogLevel())
	p, wrong := s.use(m.GetConfig())
	reply = &pluginpb.ConfigureReply{}
	for _, problem := range problems(wrong) {
		reply.Problems = append(reply.Problems, &pluginpb.Problem{Path: valid(problem.Path), Text: valid(problem.Text)})
	}
	if wrong != nil {
		return reply, nil
	}
	host, err := s.connect(m)
	if err != nil {
		return nil, err
	}
	for _, f := range p.background {
		if !s.work.add() {
			return nil, status.Error(codes.Unavailable, "the plugin is stopped")
		}
		go s.runBackground(host, f)
	}
	return reply, nil
}

// connect takes the one connection to the server.
func (s *Server) connect(m *pluginpb.ConfigureRequest) (*Host, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.host != nil {
		return nil, status.Error(codes.FailedPrecondition, "the plugin is configured already")
	}
	if m.GetBrokerId() == 0 {
		s.host = newHost(nil, m.GetGranted())
		return s.host, nil
	}
	conn, err := s.env.Dial(m.GetBrokerId())
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "the plugin can't reach the server: %v", err)
	}
	s.conn = conn
	s.host = newHost(conn, m.GetGranted())
	return s.host, nil
}

func (s *Server) level(name string) {
	var level slog.Level
	if s.env.Level != nil && level.UnmarshalText([]byte(name)) == nil {
		s.env.Level.Set(level)
	}
}

func (s *Server) runBackground(host *Host, f func(context.Context, *Host) error) {
	defer s.work.done()
	err := func() (err error) {
		defer s.guard("background", &err)
		return f(s.own, host)
	}()
	if err != nil && s.own.Err() == nil {
		s.log.Error("the plugin's background work failed", "err", err)
		s.env.Failed(err)
	}
}

// ready is what a call may use; the error is that of a server that calls too
// early or too late. Who gets no error calls s.calls.done.
func (s *Server) ready() (*parts, *Host, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.host == nil {
		return nil, nil, status.Error(codes.FailedPrecondition, "the plugin is not configured yet")
	}
	if !s.calls.add() {
		return nil, nil, status.Error(codes.Unavailable, "the plugin is stopped")
	}
	return s.parts, s.host, nil
}

// with is ctx that ends with the plugin too.
func (s *Server) with(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.running, func() { cancel(errStopped) })
	return ctx, func() { stop(); cancel(context.Canceled) }
}

// Complete implements the contract.
func (s *Server) Complete(ctx context.Context, m *pluginpb.CompleteRequest) (reply *pluginpb.CompleteReply, err error) {
	p, host, err := s.ready()
	if err != nil {
		return nil, err
	}
	defer s.calls.done()
	defer s.guard("complete "+m.GetCommand(), &err)
	ctx, cancel := s.with(ctx)
	defer cancel()
	spec, err := find(p, m.GetCommand(), m.GetSub())
	if err != nil {
		return nil, err
	}
	reply = &pluginpb.CompleteReply{}
	complete := spec.complete(m.GetParam())
	if complete == nil {
		return reply, nil
	}
	out := &output{ctx: ctx, to: func(*pluginpb.RunOut) error { return nil }}
	c := &Call{
		Name: m.GetCommand(), Sub: m.GetSub(), Caller: caller(m.GetCaller()), Now: time.Now(),
		In: &input{ctx: ctx, err: io.EOF}, Out: io.Discard, Err: io.Discard, Log: s.log, Host: host,
		ctx: ctx, spec: spec, values: m.GetValues(), stream: out,
	}
	for _, choice := range complete(c, m.GetPrefix()) {
		reply.Choices = append(reply.Choices, &pluginpb.Choice{Value: valid(choice.Value), Help: valid(choice.Help)})
	}
	return reply, nil
}

// Filter implements the contract.
func (s *Server) Filter(ctx context.Context, m *pluginpb.FilterRequest) (reply *pluginpb.FilterReply, err error) {
	p, _, err := s.ready()
	if err != nil {
		return nil, err
	}
	defer s.calls.done()
	defer s.guard("filter", &err)
	ctx, cancel := s.with(ctx)
	defer cancel()
	return p.judge(ctx, &Message{Event: event(m.GetEvent()), Caller: caller(m.GetCaller())}), nil
}

// Events implements the contract.
func (s *Server) Events(stream grpc.ClientStreamingServer[pluginpb.Event, pluginpb.EventsReply]) error {
	p, host, err := s.ready()
	if err != nil {
		return err
	}
	defer s.calls.done()
	ctx, cancel := s.with(stream.Context())
	defer cancel()
	for {
		m, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&pluginpb.EventsReply{})
		}
		if err != nil {
			return err
		}
		e := event(m)
		for i := range p.events {
			if p.events[i].fits(&e) {
				s.handle(ctx, host, &p.events[i], e)
			}
		}
	}
}

func (s *Server) handle(ctx context.Context, host *Host, sub *subscription, e Event) {
	err := func() (err error) {
		defer s.guard("event "+e.Kind, &err)
		return sub.run(ctx, host, e)
	}()
	if err != nil && ctx.Err() == nil {
		s.log.Error("the plugin failed on an event", "kind", e.Kind, "room", e.Room, "err", err)
	}
}

// stopTime is how long Background has to end if the server does not say.
const stopTime = 3 * time.Second

// Stop implements the contract.
func (s *Server) Stop(ctx context.Context, _ *pluginpb.StopRequest) (*pluginpb.StopReply, error) {
	s.quiet()
	limit := stopTime
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline) * 9 / 10 // so that the answer is in time
	}
	if !s.work.wait(limit) {
		return nil, status.Error(codes.DeadlineExceeded, "the plugin's background work does not end")
	}
	return &pluginpb.StopReply{}, nil
}

// guard, deferred, turns a panic into an error, whose stack it logs.
func (s *Server) guard(what string, err *error) {
	if r := recover(); r != nil {
		s.log.Error("panic", "in", what, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		*err = status.Errorf(codes.Internal, "panic: %v", r)
	}
}

// find is the command or sub-command that the server means.
func find(p *parts, name, sub string) (*Command, error) {
	c := p.command(name)
	if c == nil {
		return nil, status.Errorf(codes.Unimplemented, "the plugin has no command %q", name)
	}
	if c = c.sub(sub); c == nil {
		return nil, status.Errorf(codes.Unimplemented, "the plugin's command %q has no sub-command %q", name, sub)
	}
	return c, nil
}

// A group counts what runs, so that Close can wait for it. The zero value is
// ready.
type group struct {
	mu     sync.Mutex
	n      int
	closed bool
	idle   chan struct{} // closed when n is 0, once closed
}

// add counts one more, unless the group is closed.
func (g *group) add() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.n++
	return true
}

func (g *group) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n--
	if g.closed && g.n == 0 {
		close(g.idle)
	}
}

// wait closes the group and waits until nothing runs; false if that takes
// longer.
func (g *group) wait(limit time.Duration) bool {
	g.mu.Lock()
	if !g.closed {
		g.closed, g.idle = true, make(chan struct{})
		if g.n == 0 {
			close(g.idle)
		}
	}
	g.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-g.idle:
		return true
	case <-timer.C:
	}
	select {
	case <-g.idle: // at the same time
		return true
	default:
		return false
	}
}
