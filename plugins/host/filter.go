package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// How many messages may wait to be judged: of one user, and in all.
const (
	maxHeldOfUser = 16
	maxHeld       = 1024
)

// A gate is the chain of the plugins' filters, in the order of the config, as the
// hub's chat.Filter. It judges the messages of one user in their order, on a
// goroutine of theirs that lasts as long as some wait.
type gate struct {
	host  *Host
	chain atomic.Pointer[[]*plugin]
	held  atomic.Int64

	mu      sync.Mutex
	lanes   map[*chat.User][]chat.Draft
	serving sync.WaitGroup
}

func newGate(h *Host) *gate {
	g := &gate{host: h, lanes: map[*chat.User][]chat.Draft{}}
	g.chain.Store(&[]*plugin{})
	return g
}

// set makes these plugins the chain, if any of them has filters.
func (g *gate) set(order []*plugin, any bool) {
	if !any {
		g.chain.Store(&[]*plugin{})
		g.host.options.Hub.SetFilter(nil)
		return
	}
	chain := slices.Clone(order)
	g.chain.Store(&chain)
	g.host.options.Hub.SetFilter(g)
}

var _ chat.Filter = (*gate)(nil)

// Hold implements chat.Filter. A message that no filter selects waits all the same
// if others of its sender do, so that they stay in order.
func (g *gate) Hold(d chat.Draft) (bool, *chat.Error) {
	selected := g.selects(d.Event)
	if !selected && g.held.Load() == 0 {
		return false, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	lane, waits := g.lanes[d.From]
	switch {
	case !selected && !waits:
		return false, nil
	case len(lane) >= maxHeldOfUser, g.held.Load() >= maxHeld:
		return false, chat.Errorf(chat.Limited, "Too many messages wait to be checked; say it again in a moment.")
	}
	g.lanes[d.From] = append(lane, d)
	g.held.Add(1)
	if !waits {
		g.serving.Go(func() { g.serve(d.From) })
	}
	return true, nil
}

// serve judges the messages of a user until none waits.
func (g *gate) serve(u *chat.User) {
	for {
		g.mu.Lock()
		lane := g.lanes[u]
		if len(lane) == 0 {
			delete(g.lanes, u)
			g.mu.Unlock()
			return
		}
		d := lane[0]
		g.lanes[u] = lane[1:]
		g.mu.Unlock()
		g.end(d)
		g.held.Add(-1)
	}
}

// end judges one message and does what follows.
func (g *gate) end(d chat.Draft) {
	switch v := g.judge(context.Background(), d.From, d.Event); {
	case v.refused != "":
		d.Refuse(v.refused)
	case v.drop:
		d.Echo()
	default:
		if err := d.Post(v.text); err != nil {
			why := "The server could not take it; try again in a moment."
			if e, ok := errors.AsType[*chat.Error](err); ok {
				why = e.Text
			}
			d.Refuse(why)
			g.host.log.Warn("a message that was held could not be posted", "err", err)
		}
	}
}

// close waits until nothing is judged any more.
func (g *gate) close() {
	g.host.options.Hub.SetFilter(nil)
	g.serving.Wait()
}

// selects reports whether any filter is to judge the message.
func (g *gate) selects(ev *chat.Event) bool {
	kind := eventKind(ev.Kind)
	for _, p := range *g.chain.Load() {
		if p.selects(kind, ev.Room, ev.Text) {
			return true
		}
	}
	return false
}

// A judgement is what the filters say of a message.
type judgement struct {
	text    string // to be posted
	refused string // why not; "": it is posted
	drop    bool   // only its author is to see it
}

// judge asks the filters that select the message, each about what the one before
// made of it. The author is nil for what a plugin says of its own accord.
func (g *gate) judge(ctx context.Context, author *chat.User, ev *chat.Event) judgement {
	kind := eventKind(ev.Kind)
	v := judgement{text: ev.Text}
	var req *pluginpb.FilterRequest
	for _, p := range *g.chain.Load() {
		if ev.Plugin && ev.From == p.name || !p.selects(kind, ev.Room, v.text) {
			continue
		}
		if req == nil {
			req = &pluginpb.FilterRequest{Event: eventOf(ev), Caller: userOf(author)}
		}
		req.Event.Text = v.text
		reply, err := p.filter(ctx, req)
		if err != nil {
			if p.supervisor().table.Closed {
				v.refused = "It can't be checked at the moment; try again later."
				return v
			}
			continue
		}
		switch r := reply.GetVerdict().(type) {
		case *pluginpb.FilterReply_Replace:
			if s := text.Clean(r.Replace); s != "" {
				v.text = s
			}
		case *pluginpb.FilterReply_Reject:
			if r.Reject = text.Clean(r.Reject); r.Reject == "" {
				r.Reject = "It is not allowed here."
			}
			v.refused = r.Reject
			return v
		case *pluginpb.FilterReply_Drop:
			if r.Drop {
				v.drop = true
				return v
			}
		}
	}
	return v
}

// filters reports whether the plugin judges messages, as far as is known.
func (p *plugin) filters() bool {
	s := p.supervisor()
	if !slices.Contains(s.table.Grant, pluginpb.CapFilter) {
		return false
	}
	m := s.known()
	return m == nil && s.table.Closed || m != nil && len(m.filters) > 0
}

// selects reports whether the plugin is to judge such a message. As long as nothing
// is known of a plugin that must not be passed over, it is to judge all.
func (p *plugin) selects(kind, room, text string) bool {
	s := p.supervisor()
	if !slices.Contains(s.table.Grant, pluginpb.CapFilter) || s.table.Disabled || p.isOff() {
		return false
	}
	if kind == pluginpb.KindPrivate && !slices.Contains(s.table.Grant, pluginpb.CapFilterPrivate) {
		return false
	}
	m := s.known()
	if m == nil {
		return s.table.Closed && kind != pluginpb.KindPrivate
	}
	return slices.Contains(m.capabilities, pluginpb.CapFilter) && anyTakes(m.filters, kind, room, text)
}

// Why a filter is not asked.
var (
	errDown   = errors.New("the plugin does not run")
	errPaused = errors.New("the filter failed too often and is left alone for a while")
	errLong   = errors.New("its answer is longer than a message may be")
)

// filter asks the plugin about one message.
func (p *plugin) filter(ctx context.Context, req *pluginpb.FilterRequest) (*pluginpb.FilterReply, error) {
	s := p.supervisor()
	i := s.instance()
	if i == nil {
		return nil, errDown
	}
	set := p.host.settings()
	if !p.breaker.allows(time.Now(), set) {
		return nil, errPaused
	}
	ctx, cancel := context.WithTimeout(ctx, set.Filter)
	defer cancel()
	reply, err := i.rpc.Filter(ctx, req)
	if most := max(maxSendLine, len(req.GetEvent().GetText())); err == nil && max(len(reply.GetReplace()), len(reply.GetReject())) > most {
		err = errLong
	}
	if n := p.breaker.note(time.Now(), err == nil, set); n == set.Failures {
		s.ail(fmt.Errorf("its filter failed %d times in a row, at last because %w", n, err))
	}
	if err != nil && status.Code(err) != codes.DeadlineExceeded {
		p.log.Warn("plugin's filter failed", "err", err)
	}
	return reply, err
}

// A breaker leaves a filter alone that failed too often in a row: for a while, then
// for one message more. The zero value is closed. It is safe for concurrent use.
type breaker struct {
	mu     sync.Mutex
	failed int // in a row
	until  time.Time
	trying bool
}

// allows reports whether the filter may be asked; then note must follow.
func (b *breaker) allows(now time.Time, s *Settings) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < s.Failures {
		return true
	}
	if now.Before(b.until) || b.trying {
		return false
	}
	b.trying = true
	return true
}

// note says how it went, and returns how many failed in a row.
func (b *breaker) note(now time.Time, ok bool, s *Settings) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	if ok {
		b.failed = 0
		return 0
	}
	b.failed++
	if b.failed >= s.Failures {
		b.until = now.Add(s.FailurePause)
	}
	return b.failed
}

// open reports whether the filter is left alone.
func (b *breaker) open(s *Settings) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed >= s.Failures
}
