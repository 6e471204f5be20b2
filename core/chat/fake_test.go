package chat_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
)

// A tester is what testing.TB and rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
}

// A world is a hub with loops that a test turns by hand.
type world struct {
	t     tester
	hub   *chat.Hub
	log   *memstore.Log
	loops []*testLoop
	now   time.Time
}

func newWorld(t tester, loops int, rules chat.Rules) *world {
	log := memstore.NewLog(memstore.Limits{Lines: 100, Bytes: 1 << 20})
	w := &world{t: t, log: log, hub: chat.NewHub(log, strings.ToLower, rules), now: time.Unix(1_000_000, 0)}
	for range loops {
		l := &testLoop{}
		l.fanout = chat.NewFanout(chat.NewMailbox(func() { l.wakes++ }), encoder{})
		w.loops = append(w.loops, l)
	}
	return w
}

// turn ends a batch on every loop.
func (w *world) turn() {
	for _, l := range w.loops {
		l.turn()
	}
}

// A testLoop does what an event loop does for its fan-out.
type testLoop struct {
	fanout *chat.Fanout
	dirty  []*member
	wakes  int
}

func (l *testLoop) turn() {
	for more := true; more; {
		more = l.fanout.Drain()
		l.fanout.Finish()
		for _, m := range l.dirty {
			m.flush()
		}
		l.dirty = l.dirty[:0]
		l.fanout.Recycle(false)
	}
}

// A member keeps what it was shown.
type member struct {
	loop   *testLoop
	seat   chat.Seat
	user   *chat.User
	outbox [][]byte
	seen   bytes.Buffer
	frames int // frames that were queued
}

func (m *member) Seat() *chat.Seat { return &m.seat }

func (m *member) Queue(frame []byte) {
	if len(m.outbox) == 0 {
		m.loop.dirty = append(m.loop.dirty, m)
	}
	m.outbox = append(m.outbox, frame)
	m.frames++
}

func (m *member) Receive(ev *chat.Event) {
	m.seat.Settle()
	m.Queue(encoder{}.Encode([]byte("!"), 0, ev))
}

func (m *member) flush() {
	for _, f := range m.outbox {
		m.seen.Write(f)
	}
	m.outbox = m.outbox[:0]
}

// take returns what was shown since the last call.
func (m *member) take() string {
	s := m.seen.String()
	m.seen.Reset()
	return s
}

// An encoder writes events in short: class, kind, room, sender and text.
type encoder struct{}

func (encoder) Encode(dst []byte, c chat.Class, ev *chat.Event) []byte {
	other := ""
	if c&chat.OtherRoom != 0 {
		other = "[" + ev.Room + "]"
	}
	switch ev.Kind {
	case chat.Joined:
		return fmt.Appendf(dst, "%s+%s ", other, ev.From)
	case chat.Left:
		return fmt.Appendf(dst, "%s-%s ", other, ev.From)
	case chat.Renamed:
		return fmt.Appendf(dst, "%s%s=%s ", other, ev.From, ev.Text)
	case chat.Notice:
		return fmt.Appendf(dst, "%s(%s) ", other, ev.Text)
	case chat.Invited:
		return fmt.Appendf(dst, "%s>%s#%s ", ev.From, ev.To, ev.Room)
	case chat.Expelled:
		return fmt.Appendf(dst, "%s<%s#%s:%s ", ev.From, ev.To, ev.Room, ev.Text)
	case chat.Redacted:
		return fmt.Appendf(dst, "%s%s~%d ", other, ev.From, ev.Seq)
	}
	return fmt.Appendf(dst, "%s%s:%s ", other, ev.From, ev.Text)
}

func name(s string) chat.Name {
	key := strings.ToLower(s)
	return chat.Name{Display: s, Key: key, Skeleton: key}
}

// login has a guest enter the start room on a loop.
func (w *world) login(loop int, s string) *member {
	w.t.Helper()
	return w.loginAs(loop, chat.Identity{Name: name(s)})
}

func (w *world) loginAs(loop int, who chat.Identity) *member {
	w.t.Helper()
	m := w.newMember(loop)
	if err := w.enterAs(m, who); err != nil {
		w.t.Fatal(err)
	}
	return m
}

// newMember is a session that is not logged in.
func (w *world) newMember(loop int) *member {
	m := &member{loop: w.loops[loop]}
	m.seat.Init(m.loop.fanout, 0)
	return m
}

// enterAs logs m in and has it enter the start room.
func (w *world) enterAs(m *member, who chat.Identity) (err error) {
	w.t.Helper()
	m.user, err = w.hub.Login(m, who, w.now)
	if err == nil {
		w.join(m, w.hub.Rules().Start)
	}
	return err
}

// attach has a further session of somebody on a loop.
func (w *world) attach(loop int, to *member) *member {
	w.t.Helper()
	m := w.newMember(loop)
	u, _, err := w.hub.Attach(m, to.user, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	m.user = u
	return m
}

func (w *world) join(m *member, room string) {
	w.t.Helper()
	if _, _, _, err := w.hub.Join(m.user, room, "", w.now); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) say(m *member, text string) {
	w.t.Helper()
	if err := w.hub.Post(m.user, m.user.Room(), chat.Say, text, w.now); err != nil {
		w.t.Fatal(err)
	}
}

func expect(t *testing.T, m *member, want string) {
	t.Helper()
	if got := m.take(); got != want {
		t.Errorf("%s was shown %q, want %q", m.user.Name().Display, got, want)
	}
}
