package host

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// What a plugin may ask of the server at once, and for how long.
const (
	maxHostCalls = 64
	hostCallTime = 30 * time.Second
	maxSendLines = 10
	maxSendLine  = 2 << 10 // bytes
	maxHistory   = 1000
)

// services are the service Host for one process. The process is known by its
// connection, which nobody else has.
type services struct {
	pluginpb.UnimplementedHostServer
	host    *Host
	plugin  *plugin
	granted []string

	mu   sync.Mutex
	runs map[string]*command.Call // by invocation
	why  ending                   // of the draining, if it came to that
}

func newServices(p *plugin, granted []string) *services {
	return &services{host: p.host, plugin: p, granted: granted, runs: map[string]*command.Call{}}
}

// server is the gRPC server of the one connection.
func (s *services) server(opts []grpc.ServerOption) *grpc.Server {
	srv := grpc.NewServer(append(opts,
		grpc.MaxRecvMsgSize(pluginpb.MaxMessage), grpc.MaxSendMsgSize(pluginpb.MaxMessage),
		grpc.MaxConcurrentStreams(maxHostCalls), grpc.ConnectionTimeout(5*time.Second),
		grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream))...)
	pluginpb.RegisterHostServer(srv, s)
	return srv
}

func (s *services) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (reply any, err error) {
	ctx, cancel := context.WithTimeout(ctx, hostCallTime)
	defer cancel()
	defer s.guard(info.FullMethod, &err)
	return handle(ctx, req)
}

func (s *services) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	ctx, cancel := context.WithTimeout(stream.Context(), hostCallTime)
	defer cancel()
	defer s.guard(info.FullMethod, &err)
	return handle(srv, boundedStream{stream, ctx})
}

type boundedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (b boundedStream) Context() context.Context { return b.ctx }

// guard, deferred, turns a panic into an error, and an error into a status that a
// plugin may see.
func (s *services) guard(method string, err *error) {
	if v := recover(); v != nil {
		s.plugin.log.Error("call of a plugin failed", "method", method, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		*err = status.Error(codes.Internal, "The server could not do that; its log says why.")
		return
	}
	if *err == nil {
		return
	}
	if _, ok := status.FromError(*err); ok {
		return
	}
	e, ok := errors.AsType[*chat.Error](*err)
	switch {
	case ok && e.Code != chat.Internal:
		*err = status.Error(pluginpb.GRPCCode(string(e.Code)), e.Text)
	case errors.Is(*err, context.Canceled), errors.Is(*err, context.DeadlineExceeded):
		*err = status.FromContextError(*err).Err()
	default:
		s.plugin.log.Error("call of a plugin failed", "method", method, "err", *err)
		*err = status.Error(codes.Internal, "The server could not do that; its log says why.")
	}
}

// enter makes calls with the invocation act for the caller, until the function that
// it returns is called.
func (s *services) enter(id string, c *command.Call) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[id] = c
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.runs, id)
	}
}

// acting is the run in whose caller's name a call is; nil: in the plugin's own.
func (s *services) acting(id string) (*command.Call, error) {
	if id == "" {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.runs[id]; c != nil {
		return c, nil
	}
	return nil, status.Error(codes.InvalidArgument, "That run has ended, so nothing can be done in its caller's name.")
}

// viewer is the user with whose eyes a call sees; nil: any guest's.
func (s *services) viewer(id string) (*chat.User, error) {
	c, err := s.acting(id)
	if c == nil {
		return nil, err
	}
	return c.User, nil
}

// drained notes that the process is ended because somebody wants that.
func (s *services) drained(why ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why = why
}

// drainedFor is why the process is ended; "" if that is nobody's wish.
func (s *services) drainedFor() ending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// need reports that the plugin lacks a capability, and how it gets it.
func (s *services) need(capability string) error {
	if slices.Contains(s.granted, capability) {
		return nil
	}
	return status.Errorf(codes.PermissionDenied, "The plugin %[1]s may not do that. It takes a manifest that asks for %[2]s, and grant = [%[2]q] in its [[plugin]] table in chatroom.toml.", s.plugin.name, capability)
}

// Send implements the contract.
func (s *services) Send(ctx context.Context, m *pluginpb.SendRequest) (*pluginpb.SendReply, error) {
	return s.send(ctx, m)
}

func (s *services) send(ctx context.Context, m *pluginpb.SendRequest) (*pluginpb.SendReply, error) {
	call, err := s.acting(m.GetInvocationId())
	if err != nil {
		return nil, err
	}
	lines, err := messages(m.GetText())
	if err != nil {
		return nil, err
	}
	switch to := m.GetTo().(type) {
	case *pluginpb.SendRequest_Room:
		return s.sendRoom(ctx, call, to.Room, lines)
	case *pluginpb.SendRequest_User:
		return s.sendUser(ctx, call, to.User, lines)
	}
	return nil, chat.Errorf(chat.Invalid, "Say to whom: a room or a user.")
}

// messages are the lines of a text, clean.
func messages(s string) ([]string, error) {
	var lines []string
	for l := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		if l = strings.TrimRight(text.Clean(l), " "); l == "" {
			continue
		}
		if len(l) > maxSendLine {
			return nil, chat.Errorf(chat.Invalid, "A message has at most %d bytes; send several.", maxSendLine)
		}
		lines = append(lines, l)
	}
	switch n := len(lines); {
	case n == 0:
		return nil, chat.Errorf(chat.Invalid, "There is nothing to send.")
	case n > maxSendLines:
		return nil, chat.Errorf(chat.Invalid, "These are %d lines, and at most %d are sent at once.", n, maxSendLines)
	}
	return lines, nil
}

// charge pays for n messages: out of the plugin's rate, and if a caller stands
// behind them out of the caller's too.
func (s *services) charge(ctx context.Context, call *command.Call, n int) error {
	if !s.plugin.rate.take(time.Now(), n) {
		return chat.Errorf(chat.Limited, "The plugin %s says too much at once; try again in a moment.", s.plugin.name)
	}
	if call == nil {
		return nil
	}
	return call.Do(ctx, func(session command.Session) error {
		session.Charge(n)
		return nil
	})
}

func (s *services) sendRoom(ctx context.Context, call *command.Call, name string, lines []string) (*pluginpb.SendReply, error) {
	if err := s.need(pluginpb.CapSayRoom); err != nil {
		return nil, err
	}
	r, err := s.speakable(call, name)
	if err != nil {
		return nil, err
	}
	hops, ok := s.plugin.hops.next(time.Now())
	if !ok {
		return nil, chat.Errorf(chat.Limited, "Plugins have answered each other %d times in a row, so this is not sent.", maxHops)
	}
	if err := s.charge(ctx, call, len(lines)); err != nil {
		return nil, err
	}
	var author *chat.User
	if call != nil {
		author = call.User
	}
	posted := make([]string, 0, len(lines))
	for _, l := range lines { // all or nothing
		ev := &chat.Event{Kind: chat.Say, Plugin: true, Hops: hops, Time: time.Now(), Room: r.Name(), From: s.plugin.name, Text: l}
		switch v := s.host.gate.judge(ctx, author, ev); {
		case v.refused != "":
			return nil, chat.Errorf(chat.Forbidden, "%s", v.refused)
		case !v.drop:
			posted = append(posted, v.text)
		}
	}
	reply := &pluginpb.SendReply{}
	for _, l := range posted {
		if reply.Seq, err = s.host.options.Hub.Speak(s.plugin.name, hops, r, l, time.Now()); err != nil {
			return nil, err
		}
	}
	return reply, nil
}

// speakable is the room of that name, if the plugin may speak there.
func (s *services) speakable(call *command.Call, name string) (*chat.Room, error) {
	r := s.host.options.Hub.Room(roomName(name))
	if call == nil {
		if r == nil || !visible(r, nil) {
			return nil, noRoom(name)
		}
		return r, nil
	}
	u := call.User
	switch {
	case u == nil || u.Gone():
		return nil, chat.Errorf(chat.Unauthenticated, "Log in first: login NAME.")
	case r == nil || !visible(r, u):
		return nil, noRoom(name)
	case !slices.Contains(u.Rooms(), r):
		return nil, chat.Errorf(chat.Forbidden, "You are not in %s; join it first.", r.Name())
	}
	if _, _, muted := u.Muted(time.Now()); muted {
		return nil, chat.Errorf(chat.Forbidden, "You are muted, so nothing is said in your name.")
	}
	return r, nil
}

func roomName(s string) string { return strings.ToLower(strings.TrimPrefix(s, "#")) }

func noRoom(name string) error {
	return chat.Errorf(chat.NotFound, "There is no room %s; type rooms to see them.", text.Clean(name))
}

// visible reports whether u, or if nil any guest, may know of the room.
func visible(r *chat.Room, u *chat.User) bool {
	if u != nil {
		return r.Visible(u)
	}
	return !r.Door().Private
}

// readable reports whether u, or if nil any guest, may read what was said there.
func readable(r *chat.Room, u *chat.User) bool {
	if u != nil && (r.Governs(u) || slices.Contains(u.Rooms(), r)) {
		return true
	}
	d := r.Door()
	return !d.Private && !d.Keyed && d.Role == chat.Guest
}

func (s *services) sendUser(ctx context.Context, call *command.Call, name string, lines []string) (*pluginpb.SendReply, error) {
	if err := s.need(pluginpb.CapSayUser); err != nil {
		return nil, err
	}
	u := s.host.options.Hub.User(text.Fold(strings.TrimPrefix(name, "@")))
	if u == nil {
		return nil, chat.Errorf(chat.NotFound, "There is no user %s here; type who to see who is.", text.Clean(name))
	}
	if err := s.charge(ctx, call, len(lines)); err != nil {
		return nil, err
	}
	if call != nil && call.User != nil && u.Ignores(call.User) {
		return &pluginpb.SendReply{}, nil // as with anything else that the caller says
	}
	for _, l := range lines {
		s.host.options.Hub.SpeakTo(s.plugin.name, u, l, time.Now())
	}
	return &pluginpb.SendReply{}, nil
}

// List implements the contract.
func (s *services) List(_ context.Context, m *pluginpb.ListRequest) (*pluginpb.ListReply, error) {
	viewer, err := s.viewer(m.GetInvocationId())
	if err != nil {
		return nil, err
	}
	switch m.GetWhat() {
	case pluginpb.ListRequest_WHAT_USERS:
		if err := s.need(pluginpb.CapUsers); err != nil {
			return nil, err
		}
		return s.listUsers(viewer, m.GetRoom())
	case pluginpb.ListRequest_WHAT_ROOMS:
		if err := s.need(pluginpb.CapRooms); err != nil {
			return nil, err
		}
		return s.listRooms(viewer), nil
	}
	return nil, chat.Errorf(chat.Invalid, "Say what to list: users or rooms.")
}

func (s *services) listUsers(viewer *chat.User, room string) (*pluginpb.ListReply, error) {
	users := s.host.options.Hub.Users()
	if room != "" {
		r := s.host.options.Hub.Room(roomName(room))
		if r == nil || !visible(r, viewer) {
			return nil, noRoom(room)
		}
		users = r.Members()
	}
	now := time.Now()
	reply := &pluginpb.ListReply{}
	for _, u := range users {
		name, away := u.Name(), u.Away()
		one := &pluginpb.User{
			Name: name.Display, Key: name.Key, Account: u.Account(), Role: u.Role().String(),
			Away: away != "", AwayText: away, IdleMs: max(0, now.Sub(u.Active()).Milliseconds()),
		}
		current := u.Room()
		for _, r := range u.Rooms() {
			if !visible(r, viewer) {
				continue
			}
			if r == current {
				one.Rooms = slices.Insert(one.Rooms, 0, r.Name())
			} else {
				one.Rooms = append(one.Rooms, r.Name())
			}
		}
		reply.Users = append(reply.Users, one)
	}
	slices.SortFunc(reply.Users, func(a, b *pluginpb.User) int { return strings.Compare(a.Key, b.Key) })
	return reply, nil
}

func (s *services) listRooms(viewer *chat.User) *pluginpb.ListReply {
	reply := &pluginpb.ListReply{}
	for _, r := range s.host.options.Hub.Rooms() {
		if visible(r, viewer) {
			reply.Rooms = append(reply.Rooms, &pluginpb.Room{Name: r.Name(), Topic: r.Topic().Text, Users: uint32(r.Len())})
		}
	}
	return reply
}

// History implements the contract.
func (s *services) History(m *pluginpb.HistoryRequest, out grpc.ServerStreamingServer[pluginpb.Event]) error {
	if err := s.need(pluginpb.CapHistory); err != nil {
		return err
	}
	viewer, err := s.viewer(m.GetInvocationId())
	if err != nil {
		return err
	}
	r := s.host.options.Hub.Room(roomName(m.GetRoom()))
	switch {
	case r == nil || !visible(r, viewer):
		return noRoom(m.GetRoom())
	case !readable(r, viewer):
		return chat.Errorf(chat.Forbidden, "What is said in %s is for those who are in it.", r.Name())
	}
	q := chat.Query{Last: int(m.GetLimit())}
	if q.Last == 0 {
		q.Last = 100
	}
	q.Last = min(q.Last, maxHistory)
	if ms := m.GetSinceUnixMs(); ms > 0 {
		q.Since = time.UnixMilli(ms)
	}
	events, err := s.host.options.Hub.Search(out.Context(), r, q)
	if err != nil {
		return err
	}
	for _, ev := range events {
		if ev.Removed {
			continue
		}
		if err := out.Send(eventOf(ev)); err != nil {
			return err
		}
	}
	return nil
}

// A bucket holds the tokens of a rate. The zero value is full.
type bucket struct {
	mu   sync.Mutex
	used float64
	last time.Time
}

// What a plugin may send: so many messages at once, and then so many a second.
const (
	sendBurst     = 30
	sendPerSecond = 5
)

// take takes n tokens if they are there.
func (b *bucket) take(now time.Time, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() {
		b.used = max(0, b.used-now.Sub(b.last).Seconds()*sendPerSecond)
	}
	b.last = now
	if b.used+float64(n) > sendBurst {
		return false
	}
	b.used += float64(n)
	return true
}
