package sdktest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Host is the server as a plugin sees it, made of memory. At first ann is
// there and the room lobby, and nothing was said. Any goroutine may use it.
type Host struct {
	pluginpb.UnimplementedHostServer

	mu       sync.Mutex
	asked    []string // capabilities
	have     []string
	users    []sdk.Person
	rooms    []sdk.Place
	history  map[string][]sdk.Event
	sent     []Sent
	refusal  error
	callers  map[string]string // of the runs, by invocation
	entries  map[string]kvEntry
	versions uint64
}

type kvEntry struct {
	value   []byte
	version uint64
	ends    time.Time // zero: never
}

// A Sent is something that a plugin said.
type Sent struct {
	Room string // or
	User string // to whom
	Text string
	By   string // in whose name; "": of its own accord
}

// NewHost returns a server with nothing stored.
func NewHost() *Host {
	return &Host{
		users:   []sdk.Person{{Name: "ann", Key: "ann", Account: "ann", Role: "user", Rooms: []string{"lobby"}}},
		rooms:   []sdk.Place{{Name: "lobby", Users: 1}},
		history: map[string][]sdk.Event{}, callers: map[string]string{}, entries: map[string]kvEntry{},
	}
}

// SetUsers says who is there.
func (h *Host) SetUsers(users ...sdk.Person) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.users = users
}

// SetRooms says which rooms there are.
func (h *Host) SetRooms(rooms ...sdk.Place) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rooms = rooms
}

// SetHistory says what was said in a room, oldest first.
func (h *Host) SetHistory(room string, events ...sdk.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.history[room] = events
}

// Refuse makes the server refuse to say anything with this error, as it does for
// somebody who is muted; nil: no longer.
func (h *Host) Refuse(err *sdk.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refusal = nil
	if err != nil {
		h.refusal = status.Error(pluginpb.GRPCCode(string(err.Code)), err.Text)
	}
}

// Sent is what the plugin said since the last call, in order.
func (h *Host) Sent() []Sent {
	h.mu.Lock()
	defer h.mu.Unlock()
	sent := h.sent
	h.sent = nil
	return sent
}

// Keys is the keys of the plugin's store, sorted.
func (h *Host) Keys() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.expire()
	return slices.Sorted(maps.Keys(h.entries))
}

func (h *Host) grant(granted, asked []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.have, h.asked = granted, asked
}

func (h *Host) granted(capability string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.have, capability)
}

// began remembers in whose name a run acts; ended forgets it.
func (h *Host) began(invocation, caller string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.callers[invocation] = caller
}

func (h *Host) ended(invocation string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.callers, invocation)
}

// check refuses what is not granted. The lock is held.
func (h *Host) check(capability, invocation string) error {
	switch {
	case !slices.Contains(h.asked, capability):
		return status.Errorf(codes.PermissionDenied, "The plugin does not ask for %s; add sdk.Needs(%q).", capability, capability)
	case !slices.Contains(h.have, capability):
		return status.Errorf(codes.PermissionDenied, "This plugin may not do that; an operator can grant it %s.", capability)
	}
	if _, ok := h.callers[invocation]; invocation != "" && !ok {
		return status.Error(codes.InvalidArgument, "The run is over; a plugin acts in its caller's name no longer.")
	}
	return nil
}

// Send implements the contract.
func (h *Host) Send(_ context.Context, m *pluginpb.SendRequest) (*pluginpb.SendReply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	capability := pluginpb.CapSayRoom
	if m.GetUser() != "" {
		capability = pluginpb.CapSayUser
	}
	if err := cmp.Or(h.check(capability, m.GetInvocationId()), h.refusal); err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(m.GetText(), "\n")
	if lines := strings.Count(text, "\n") + 1; text == "" || lines > 10 {
		return nil, status.Errorf(codes.InvalidArgument, "A plugin says one to ten lines at once, not %d.", lines)
	}
	sent := Sent{Room: m.GetRoom(), Text: text, By: h.callers[m.GetInvocationId()]}
	if name := m.GetUser(); name != "" {
		i := slices.IndexFunc(h.users, func(p sdk.Person) bool { return strings.EqualFold(p.Name, name) || p.Key == name })
		if i < 0 {
			return nil, status.Errorf(codes.NotFound, "There is no user %s.", name)
		}
		sent.User = h.users[i].Name
	} else if !slices.ContainsFunc(h.rooms, func(r sdk.Place) bool { return r.Name == sent.Room }) {
		return nil, status.Errorf(codes.NotFound, "There is no room %s.", sent.Room)
	}
	h.sent = append(h.sent, sent)
	return &pluginpb.SendReply{Seq: uint64(len(h.sent))}, nil
}

// List implements the contract.
func (h *Host) List(_ context.Context, m *pluginpb.ListRequest) (*pluginpb.ListReply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	reply := &pluginpb.ListReply{}
	if m.GetWhat() == pluginpb.ListRequest_WHAT_ROOMS {
		if err := h.check(pluginpb.CapRooms, m.GetInvocationId()); err != nil {
			return nil, err
		}
		for _, r := range h.rooms {
			reply.Rooms = append(reply.Rooms, &pluginpb.Room{Name: r.Name, Topic: r.Topic, Users: uint32(r.Users)})
		}
		return reply, nil
	}
	if err := h.check(pluginpb.CapUsers, m.GetInvocationId()); err != nil {
		return nil, err
	}
	for _, u := range h.users {
		if m.GetRoom() != "" && !slices.Contains(u.Rooms, m.GetRoom()) {
			continue
		}
		reply.Users = append(reply.Users, &pluginpb.User{
			Name: u.Name, Key: u.Key, Account: u.Account, Role: u.Role, Rooms: u.Rooms, Away: u.Away, AwayText: u.AwayText, IdleMs: u.Idle.Milliseconds(),
		})
	}
	return reply, nil
}

// History implements the contract.
func (h *Host) History(m *pluginpb.HistoryRequest, to grpc.ServerStreamingServer[pluginpb.Event]) error {
	events, err := h.said(m)
	for _, e := range events {
		if err := to.Send(eventProto(e)); err != nil {
			return err
		}
	}
	return err
}

// said is what History answers.
func (h *Host) said(m *pluginpb.HistoryRequest) ([]sdk.Event, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.check(pluginpb.CapHistory, m.GetInvocationId()); err != nil {
		return nil, err
	}
	events, ok := h.history[m.GetRoom()]
	if !ok && !slices.ContainsFunc(h.rooms, func(r sdk.Place) bool { return r.Name == m.GetRoom() }) {
		return nil, status.Errorf(codes.NotFound, "There is no room %s.", m.GetRoom())
	}
	limit := int(min(cmp.Or(m.GetLimit(), 100), 1000))
	events = slices.Clone(events)
	events = slices.DeleteFunc(events, func(e sdk.Event) bool { return e.Time.UnixMilli() < m.GetSinceUnixMs() })
	return events[max(0, len(events)-limit):], nil
}

// KvGet implements the contract.
func (h *Host) KvGet(_ context.Context, m *pluginpb.KvGetRequest) (*pluginpb.KvEntry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.check(pluginpb.CapKV, ""); err != nil {
		return nil, err
	}
	h.expire()
	e, ok := h.entries[m.GetKey()]
	if !ok {
		return nil, noEntry(m.GetKey())
	}
	return &pluginpb.KvEntry{Key: m.GetKey(), Value: e.value, Version: e.version}, nil
}

// KvPut implements the contract.
func (h *Host) KvPut(_ context.Context, m *pluginpb.KvPutRequest) (*pluginpb.KvPutReply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.check(pluginpb.CapKV, ""); err != nil {
		return nil, err
	}
	if n := len(m.GetKey()); n == 0 || n > 200 {
		return nil, status.Errorf(codes.InvalidArgument, "A key is 1 to 200 bytes, not %d.", n)
	}
	if n := len(m.GetValue()); n > 256<<10 {
		return nil, status.Errorf(codes.InvalidArgument, "A value is at most 256 KiB, not %d bytes.", n)
	}
	h.expire()
	if h.entries[m.GetKey()].version != m.GetVersion() {
		return nil, changed(m.GetKey())
	}
	h.versions++
	e := kvEntry{value: slices.Clone(m.GetValue()), version: h.versions}
	if ttl := time.Duration(m.GetTtlMs()) * time.Millisecond; ttl > 0 {
		e.ends = time.Now().Add((ttl + time.Second - 1).Truncate(time.Second))
	}
	h.entries[m.GetKey()] = e
	return &pluginpb.KvPutReply{Version: e.version}, nil
}

// KvDelete implements the contract.
func (h *Host) KvDelete(_ context.Context, m *pluginpb.KvDeleteRequest) (*pluginpb.KvDeleteReply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.check(pluginpb.CapKV, ""); err != nil {
		return nil, err
	}
	h.expire()
	e, ok := h.entries[m.GetKey()]
	switch {
	case !ok:
		return nil, noEntry(m.GetKey())
	case m.GetVersion() != 0 && m.GetVersion() != e.version:
		return nil, changed(m.GetKey())
	}
	delete(h.entries, m.GetKey())
	return &pluginpb.KvDeleteReply{}, nil
}

// KvList implements the contract.
func (h *Host) KvList(m *pluginpb.KvListRequest, to grpc.ServerStreamingServer[pluginpb.KvEntry]) error {
	entries, err := h.list(m.GetPrefix())
	for _, e := range entries {
		if err := to.Send(e); err != nil {
			return err
		}
	}
	return err
}

// list is what KvList answers.
func (h *Host) list(prefix string) ([]*pluginpb.KvEntry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.check(pluginpb.CapKV, ""); err != nil {
		return nil, err
	}
	h.expire()
	var entries []*pluginpb.KvEntry
	for _, key := range slices.Sorted(maps.Keys(h.entries)) {
		if strings.HasPrefix(key, prefix) {
			e := h.entries[key]
			entries = append(entries, &pluginpb.KvEntry{Key: key, Value: e.value, Version: e.version})
		}
	}
	return entries, nil
}

// expire removes what has reached its end.
func (h *Host) expire() {
	now := time.Now()
	maps.DeleteFunc(h.entries, func(_ string, e kvEntry) bool { return !e.ends.IsZero() && !now.Before(e.ends) })
}

func noEntry(key string) error { return status.Errorf(codes.NotFound, "There is no entry %q.", key) }

func changed(key string) error {
	return status.Errorf(codes.Aborted, "The entry %q was changed meanwhile.", key)
}
