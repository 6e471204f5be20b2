package sdk

import (
	"context"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// callTime bounds a call of the server whose context has no deadline.
const callTime = 5 * time.Second

// A Host is the server, as far as a plugin may reach it. Every method needs a
// capability that the plugin asks for ([Needs]) and the operator grants; else
// the error is Forbidden. Errors that can be shown to a caller are *Error. Any
// goroutine may use it; its methods block until the server answers, 5 s at most
// if ctx has no deadline.
type Host struct {
	client     pluginpb.HostClient // nil: nothing is granted
	invocation string              // in whose name; "": the plugin's own
	granted    []string
}

func newHost(conn grpc.ClientConnInterface, granted []string) *Host {
	h := &Host{granted: granted}
	if conn != nil {
		h.client = pluginpb.NewHostClient(conn)
	}
	return h
}

// forRun is the same server, asked in the name of the caller of a run.
func (h *Host) forRun(invocation string) *Host {
	return &Host{client: h.client, invocation: invocation, granted: h.granted}
}

// Granted reports whether the operator granted the capability.
func (h *Host) Granted(capability string) bool {
	for _, g := range h.granted {
		if g == capability {
			return true
		}
	}
	return false
}

// SendRoom says text in a room, under the plugin's name: up to ten lines, each a
// message. Errors: NotFound, Limited, Forbidden. It needs SayRoom.
func (h *Host) SendRoom(ctx context.Context, room, text string) error {
	return h.send(ctx, &pluginpb.SendRequest{To: &pluginpb.SendRequest_Room{Room: valid(room)}, Text: valid(text)})
}

// SendUser tells one user text, under the plugin's name: up to ten lines, each a
// message. The error is NotFound if there is nobody of that name. It needs
// SayUser.
func (h *Host) SendUser(ctx context.Context, name, text string) error {
	return h.send(ctx, &pluginpb.SendRequest{To: &pluginpb.SendRequest_User{User: valid(name)}, Text: valid(text)})
}

func (h *Host) send(ctx context.Context, m *pluginpb.SendRequest) error {
	return h.do(ctx, func(ctx context.Context) error {
		m.InvocationId = h.invocation
		_, err := h.client.Send(ctx, m)
		return err
	})
}

// A Person is a user who is there.
type Person struct {
	Name     string
	Key      string // as Caller.Key
	Account  string // "" for a guest
	Role     string
	Rooms    []string // the current one first
	Away     bool
	AwayText string
	Idle     time.Duration // since the last line
}

// Users is who is in the room, by name; "" is all who are there. It needs
// ListUsers.
func (h *Host) Users(ctx context.Context, room string) ([]Person, error) {
	var people []Person
	err := h.do(ctx, func(ctx context.Context) error {
		reply, err := h.client.List(ctx, &pluginpb.ListRequest{What: pluginpb.ListRequest_WHAT_USERS, Room: valid(room), InvocationId: h.invocation})
		for _, u := range reply.GetUsers() {
			people = append(people, Person{
				Name: u.GetName(), Key: u.GetKey(), Account: u.GetAccount(), Role: u.GetRole(), Rooms: u.GetRooms(),
				Away: u.GetAway(), AwayText: u.GetAwayText(), Idle: time.Duration(u.GetIdleMs()) * time.Millisecond,
			})
		}
		return err
	})
	return people, err
}

// A Place is a room.
type Place struct {
	Name  string
	Topic string
	Users int // in it
}

// Rooms is the rooms that may be known, by name. It needs ListRooms.
func (h *Host) Rooms(ctx context.Context) ([]Place, error) {
	var rooms []Place
	err := h.do(ctx, func(ctx context.Context) error {
		reply, err := h.client.List(ctx, &pluginpb.ListRequest{What: pluginpb.ListRequest_WHAT_ROOMS, InvocationId: h.invocation})
		for _, r := range reply.GetRooms() {
			rooms = append(rooms, Place{Name: r.GetName(), Topic: r.GetTopic(), Users: int(r.GetUsers())})
		}
		return err
	})
	return rooms, err
}

// History is what was said in the room, oldest first: the newest n messages, 100
// if n is 0, at most 1,000, and only those since, if that is not zero. It needs
// ReadHistory.
func (h *Host) History(ctx context.Context, room string, n int, since time.Time) ([]Event, error) {
	m := &pluginpb.HistoryRequest{Room: valid(room), Limit: uint32(max(n, 0)), InvocationId: h.invocation}
	if !since.IsZero() {
		m.SinceUnixMs = since.UnixMilli()
	}
	var events []Event
	err := h.do(ctx, func(ctx context.Context) error {
		stream, err := h.client.History(ctx, m)
		if err != nil {
			return err
		}
		return each(stream, func(e *pluginpb.Event) { events = append(events, event(e)) })
	})
	return events, err
}

// do runs one call of the server, with a deadline.
func (h *Host) do(ctx context.Context, f func(context.Context) error) error {
	if h.client == nil {
		return Errorf(Forbidden, "This plugin may not do that: nothing is granted to it.")
	}
	limited := ctx
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, callTime)
		defer cancel()
	}
	return fromServer(ctx, f(limited))
}

// each calls f for all that a stream has.
func each[T any](stream grpc.ServerStreamingClient[T], f func(*T)) error {
	for {
		m, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		f(m)
	}
}
