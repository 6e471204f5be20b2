package session

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
)

// An Env is what all sessions of a server share. Its fields are set before the
// first session and not changed; all are safe for concurrent use.
type Env struct {
	Hub      *chat.Hub
	Commands *command.Dispatcher
	Accounts Accounts                        // nil: there are none, everybody is a guest
	Name     func(string) (chat.Name, error) // a name that a user may take
	Log      *slog.Logger
	Zones    *Zones
	Cut      atomic.Uint64 // sessions that were ended for their own fault
	Panics   atomic.Uint64 // sessions that were lost to a defect
	settings atomic.Pointer[Settings]
	profiles profiles
}

// Settings are the present ones.
func (e *Env) Settings() *Settings { return e.settings.Load() }

// SetSettings replaces the settings; sessions use them from their next line on.
func (e *Env) SetSettings(s Settings) { e.settings.Store(&s) }

// Settings are the server's settings that sessions go by. They must not be
// changed once set.
type Settings struct {
	Name          string        // the server's, in the first line
	Motd          string        // shown after it; lines are separated by LF; "": none
	Mode          line.Mode     // of sessions that chose none
	MaxLine       int           // bytes a line, its end excluded
	LoginRequired bool          // false: a newcomer gets a guest name at once
	Plaintext     bool          // passwords may come over a network in clear text
	Takeover      bool          // a login to an account ends its other sessions; false: it joins them
	Grace         time.Duration // from connecting or logging out to logging in; 0: no limit
	GuestIdle     time.Duration // without a line, for guests; 0: no limit
	LinesBurst    int           // lines that may come at once; 0: no limit
	LinesPerSec   float64       // lines a second in the long run; 0: no limit
	MachineBurst  int           // as LinesBurst, for a program that is logged in
	MachinePerSec float64       // as LinesPerSec, for a program that is logged in
	Aliases       int           // commands of their own that users may have; 0: no limit
	Jobs          int           // lines that users may have scheduled; 0: no limit
	Outbox        int           // bytes that a session may owe; 0: no limit
	Stall         time.Duration // for what is owed to be sent; 0: no limit
	Replay        int           // messages shown on joining a room
}

// A Loop is what the sessions of one event loop share. It belongs to the loop.
type Loop struct {
	Env    *Env
	Fanout *chat.Fanout
	Now    time.Time // of the present batch

	origin  time.Time  // what moments are counted from; before any of them
	prompts []*Session // those that may be due at the end of the batch
}

// NewLoop returns the shared part of a loop that owns box and begins now.
func NewLoop(env *Env, box *chat.Mailbox, now time.Time) *Loop {
	return &Loop{Env: env, Fanout: chat.NewFanout(box, Encoder{env.Zones}), Now: now, origin: now.Add(-time.Second)}
}

// Encoder renders for the sessions of the loop.
func (l *Loop) Encoder() Encoder { return Encoder{l.Env.Zones} }

// A Transport carries the bytes of one session.
type Transport interface {
	// Attend asks the loop to look at the session at the end of the batch: to
	// send what it owes, to read on or to pause, to set its deadline, to close.
	Attend()
}
