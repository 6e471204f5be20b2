package session

import (
	"cmp"
	"fmt"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/telnet"
)

// A Session is one connection's life. Start must be called first; all methods
// run on the session's loop.
type Session struct {
	loop      *Loop
	transport Transport
	seat      chat.Seat
	telnet    telnet.Decoder
	out       outbox
	user      *chat.User // nil before login
	work      *work      // nil unless lines wait or a command runs
	extra     *extra     // nil until something of it is needed
	since     moment     // see stamp; once the session ends: when it must have ended
	budget    budget
	id        uint32        // the last 32 bits of the connection's number
	entry     atomic.Uint32 // when it logged in, unix seconds; 0: it is not logged in
	prefs     prefs
	peer      endpoint

	raw      bool // telnet = false: never a telnet byte
	speech   speech
	eof      bool // no more input comes
	closing  bool // nothing is read any more; close once the outbox is empty, or at closeBy
	attended bool // the transport was asked to attend in this batch
	hurry    bool // there is a new deadline that may be sooner than the one before
}

var _ chat.Member = (*Session)(nil)

// lastWords is how long a session that was cut has to take its last line.
const lastWords = time.Second

// Start begins the session: it greets the peer. Id names the connection in
// logs, raw says that the listener sends no telnet byte.
func (s *Session) Start(l *Loop, t Transport, id uint64, peer netip.AddrPort, raw bool) {
	defer s.rescue()
	s.loop, s.transport, s.id, s.peer, s.raw = l, t, uint32(id), endpointOf(peer), raw
	s.stamp()
	s.seat.Init(l.Fanout, s.class())
	set := l.Env.Settings()
	s.say("Welcome to " + set.Name)
	if set.Motd != "" {
		s.say(set.Motd)
	}
	if set.LoginRequired {
		s.say("-- Log in with: login NAME   (help lists the commands)")
	}
	s.telnet.Open(s.options(set), opening{(*wire)(s)})
	if !set.LoginRequired {
		s.loginGuest()
	}
	s.attend()
}

func (s *Session) options(set *Settings) *telnet.Options {
	return &telnet.Options{MaxLine: set.MaxLine, Raw: s.raw}
}

// maxLine is how long a line may be after its aliases were put in, in bytes.
func (s *Session) maxLine() int { return cmp.Or(s.loop.Env.Settings().MaxLine, defaultMaxLine) }

// defaultMaxLine is what telnet.Options takes 0 for.
const defaultMaxLine = 1024

// Feed takes what the transport read. It keeps no reference to p.
func (s *Session) Feed(p []byte) {
	defer s.rescue()
	if s.closing {
		return
	}
	if s.speech < heard && s.hello(p) {
		s.cutForeign()
		return
	}
	s.telnet.Feed(s.options(s.loop.Env.Settings()), p, (*wire)(s))
	if s.work != nil {
		s.attend()
	}
}

// lookahead is how much memory the lines that wait may take when more is read,
// and atATime how many bytes are read then: few, for short lines take many times
// their length.
const (
	lookahead = 4 << 10
	atATime   = 1 << 10
)

// Window is how many bytes the transport may read and feed now; 0 means that it
// must not read until Attend.
func (s *Session) Window() int {
	switch {
	case s.closing:
		return 0
	case s.work == nil && !s.rate().limited():
		return 16 << 10
	case s.work == nil || s.work.bytes <= lookahead-atATime:
		return atATime
	}
	return 0
}

// patience is how long a session that ends may take: for its lines that wait
// and the command that runs, and for the peer to take what it is owed.
const patience = 30 * time.Second

// EOF says that the peer sends no more. Lines that wait and the command that
// runs may finish within 30 seconds, then the session ends. A last line without
// an end is not taken.
func (s *Session) EOF() {
	defer s.rescue()
	if s.eof || s.closing {
		return
	}
	s.eof = true
	if a := s.asked(); a != nil {
		s.endAsk()
		a.answer("", chat.Errorf(chat.Unavailable, "The connection ended before the answer came."))
	}
	if s.work == nil {
		s.close(patience)
		return
	}
	s.since = s.loop.moment().add(patience)
	s.hurry = true
	s.attend()
}

// Abort ends the session at once: the connection is gone. What runs is
// cancelled and the name is given back. The transport calls it exactly once for
// every session, whatever ended it.
func (s *Session) Abort(reason string) {
	s.closing = true
	s.dropWork()
	s.logout(reason)
}

// Closing reports whether the transport should close the connection: all that
// is to be sent was sent, or there was time enough for it. Sending says that
// the transport still sends what it took out of the outbox.
func (s *Session) Closing(sending bool) bool {
	return s.closing && (s.out.size == 0 && !sending || s.loop.moment() >= s.since)
}

// Shutdown tells the peer that the server is going down, and ends the session
// once that is sent.
func (s *Session) Shutdown() {
	defer s.rescue()
	if s.closing {
		return
	}
	s.say("-- the server is going down")
	s.close(time.Hour) // the server's drain time ends before
}

// End implements command.Session: it ends the session with one last line after
// all that is queued.
func (s *Session) End(last string) {
	if s.closing {
		return
	}
	if last != "" {
		s.say(last)
	}
	s.close(patience)
}

// rescue is deferred wherever the loop calls the session: a panic costs this
// session and nobody else.
func (s *Session) rescue() {
	r := recover()
	if r == nil {
		return
	}
	env := s.loop.Env
	env.Panics.Add(1)
	env.Log.Error("session panicked", "conn", s.id, "panic", r, "stack", string(debug.Stack()))
	s.out.truncate()
	s.dropWork()
	s.closing, s.since = true, s.loop.moment()
	s.Wake()
}

// call has f run on the loop. Any goroutine may use it.
func (s *Session) call(f func()) {
	s.seat.Call(func() {
		defer s.rescue()
		f()
	})
}

// close ends the session once it has taken what it is owed, which includes what
// was said in its rooms until now.
func (s *Session) close(within time.Duration) {
	s.seat.Settle()
	s.closing = true
	s.since = s.loop.moment().add(within)
	s.hurry = true
	s.dropWork()
	s.attend()
}

// cut ends the session for its own fault, with one last line that says why and
// little time to take what it is owed.
func (s *Session) cut(reason string) {
	if s.closing {
		return
	}
	s.loop.Env.Cut.Add(1)
	s.loop.Env.Log.Info("session cut", "conn", s.id, "reason", reason)
	s.say("-- " + reason)
	s.close(lastWords)
}

// cutSlow cuts a session that does not take what it is owed, which is dropped
// but for the line that is half sent.
func (s *Session) cutSlow() {
	s.seat.Settle()
	s.out.truncate()
	s.cut("You read too slowly; the connection is closed.")
}

// Tick does what is due. The loop calls it at or after Deadline.
func (s *Session) Tick() {
	defer s.rescue()
	now, set := s.loop.moment(), s.loop.Env.Settings()
	switch {
	case s.closing:
		if s.stalled(set) {
			s.since = now
		}
	case s.eof && s.since <= now:
		if w := s.work; len(w.lines) > 0 {
			s.say(fmt.Sprintf("-- %s not taken.", plural(len(w.lines), "line that waited was", "lines that waited were")))
		}
		s.close(lastWords)
	case s.stalled(set):
		s.cutSlow()
	case s.eof:
		s.proceed()
	case s.user == nil && set.Grace > 0 && now.sub(s.since) >= set.Grace:
		if a := s.loop.Env.Accounts; a != nil {
			a.Overstayed(s.Peer(), s.loop.Now)
		}
		s.cut(fmt.Sprintf("You did not log in within %s; the connection is closed.", chat.Spell(set.Grace)))
	case s.idleOut(set) && now.sub(s.since) >= set.GuestIdle:
		s.cut(fmt.Sprintf("You were idle for %s; the connection is closed.", chat.Spell(set.GuestIdle)))
	default:
		if at := s.keepAt(); at != 0 && at <= now {
			s.extra.keep = 0
			s.keepProfile(false)
		}
		s.runJobs()
		s.proceed()
	}
	s.attend()
}

// stalled reports whether the peer has not taken in time what it was owed.
func (s *Session) stalled(set *Settings) bool {
	limit := s.out.limit()
	return set.Stall > 0 && limit != 0 && limit <= s.loop.moment()
}

func (s *Session) idleOut(set *Settings) bool {
	return s.user != nil && set.GuestIdle > 0 && s.user.Role() == chat.Guest // which no account has
}

// Deadline is when the session wants Tick; zero: never.
func (s *Session) Deadline() time.Time {
	set := s.loop.Env.Settings()
	var at moment
	sooner := func(m moment) {
		if at == 0 || m < at {
			at = m
		}
	}
	if limit := s.out.limit(); limit != 0 && set.Stall > 0 {
		sooner(limit)
	}
	if !s.closing && s.work != nil && s.work.wait != 0 {
		sooner(s.work.wait)
	}
	switch {
	case s.closing || s.eof:
		sooner(s.since)
	case s.user == nil && set.Grace > 0:
		sooner(s.since.add(set.Grace))
	case s.idleOut(set):
		sooner(s.since.add(set.GuestIdle))
	}
	if !s.closing && !s.eof {
		for _, next := range [...]moment{s.nextJob(), s.keepAt()} {
			if next != 0 {
				sooner(next)
			}
		}
	}
	if at == 0 {
		return time.Time{}
	}
	return s.loop.time(at)
}

// stamp notes that the login state begins now, or that a line has come from one
// who is logged in: the session may be idle for so long from then on.
func (s *Session) stamp() {
	if !s.closing && !s.eof {
		s.since = s.loop.moment()
	}
}

// Hurry reports, once, that there is a new deadline which may be sooner than the
// one before.
func (s *Session) Hurry() bool {
	h := s.hurry
	s.hurry = false
	return h
}

// mode is how lines are taken: the session's choice, else the server's. Before
// login nothing is chat.
func (s *Session) mode() line.Mode {
	if s.user == nil {
		return line.ModeCommand
	}
	if s.prefs.modeSet {
		return s.prefs.mode
	}
	return s.loop.Env.Settings().Mode
}

// Peer is the address of the other end, without a zone. Any goroutine may ask.
func (s *Session) Peer() netip.Addr { return s.peer.addrPort().Addr() }

// local reports whether the peer is on this machine.
func (s *Session) local() bool { return s.Peer().IsLoopback() }

// An endpoint is a netip.AddrPort in little more than half of its memory. The
// zero value stands for none.
type endpoint struct {
	addr [16]byte
	port uint16
}

func endpointOf(a netip.AddrPort) endpoint {
	if !a.IsValid() {
		return endpoint{}
	}
	return endpoint{a.Addr().As16(), a.Port()}
}

func (e endpoint) addrPort() netip.AddrPort {
	if e == (endpoint{}) {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(netip.AddrFrom16(e.addr).Unmap(), e.port)
}

func (s *Session) attend() {
	if !s.attended {
		s.attended = true
		s.transport.Attend()
	}
}

// Wake has the loop look at the session at the end of the batch, also at its
// deadline, since settings may have changed.
func (s *Session) Wake() {
	s.hurry = true
	s.attend()
}

// Attended tells the session that the loop has looked at it.
func (s *Session) Attended() { s.attended = false }

// say queues private output: text of the server's own, in lines separated by
// LF.
func (s *Session) say(text string) {
	s.seat.Settle()
	m := s.machine()
	frame := make([]byte, 0, len(text)+8)
	for l := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if m != nil {
			frame = appendNotice(frame, m.now, l)
			continue
		}
		frame = append(frame, l...)
		frame = append(frame, crlf...)
	}
	s.queue(frame)
}

// queue appends a frame to the outbox.
func (s *Session) queue(frame []byte) {
	s.clearPrompt()
	s.out.push(frame)
	s.attend()
}
