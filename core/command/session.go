package command

import (
	"context"
	"net/netip"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Caller is whoever types a line, as far as permission goes.
type Caller interface {
	Role() chat.Role // Guest if nobody is logged in
	LoggedIn() bool
}

// A Session is the caller of a command: one connection. Its methods may be
// called on the session's loop only: from the Run of a command whose spec is not
// Blocking, or through Call.Do.
//
// If a Session is a slog.LogValuer, its log value at the time of Prepare is the
// attribute "session" of every log line about the command; otherwise those
// lines have none.
type Session interface {
	Caller

	// User is who is logged in, nil before login.
	User() *chat.User
	// Now is the time of the line that is being run.
	Now() time.Time
	// Info tells what is known of the connection.
	Info() Info
	// Peer is where the caller comes from, without a zone.
	Peer() netip.Addr

	// Login begins a login, greets and enters the start room, whose last
	// messages are shown. A guest gets the name, if it is free. The owner of an
	// account, who has proved it, gets back what follows the account: rooms,
	// settings, aliases, jobs and whom they ignore. If they are here already
	// the session joins their others, or ends them, as the server's settings
	// say; a guest who has the name meanwhile gets another one. Errors:
	// Unauthenticated if a guest wants the name of an account; Forbidden by a
	// sanction or a lockdown; Conflict if the name is in use or looks like one
	// that is, or if the session is logged in already; else those of Join.
	Login(who chat.Identity) error
	// Identify makes the guest who is logged in the owner of an account, who has
	// proved it, in the same rooms. Errors: Conflict for who is no guest;
	// else those of Login.
	Identify(who chat.Identity) error
	// Rename gives the user another name: a guest a free one, the owner of an
	// account that of the account or a free one. Errors: Conflict if the name is
	// taken or is that of an account, Forbidden as for a guest's login.
	Rename(name chat.Name) error
	// Logout gives the name back and returns to the login state.
	Logout()
	// Secret returns nil if the caller may type a password: it comes from this
	// machine, or the setting login.plaintext_passwords is on. Else the error
	// is Forbidden and names the setting.
	Secret() error
	// Wrong counts a wrong password. After the third one of a connection the
	// session ends once the line is done.
	Wrong()
	// Ask shows the caller q and gives their next line to answer instead of
	// running it, on the loop; nobody is told if ctx ends before. It is for
	// Call.Ask, where the errors are.
	Ask(ctx context.Context, q Question, answer func(line string, err error)) error
	// LastHere tells, of the owner of an account, when they were here last before
	// this login and which message of each room was their last then. The
	// zero time is never, and for guests. The map is shared: read only.
	LastHere() (at time.Time, read map[string]uint64)
	// Join enters the room, makes it the current one and, if the session was
	// not in it, tells so and shows its last messages. Key is for a room that
	// has one, "" for none. Errors are those of chat.Hub.Join.
	Join(room, key string) (r *chat.Room, joined bool, err error)
	// End queues one last line, without CRLF, and closes the connection when all
	// that is queued is sent.
	End(last string)
	// Clear clears the terminal's screen; it does nothing for a peer that is not
	// known to be a terminal.
	Clear()

	// Settings are the session's settings in the order in which they are shown.
	Settings() []Setting
	// Set changes a setting. The error is Invalid for an unknown name or a value
	// that does not fit, and says which would.
	Set(name, value string) error
	// View is how the session shows things at the moment.
	View() View
	// Charge takes further tokens of the rate limit, for what a command did that
	// its spec can't know: later lines wait for it.
	Charge(tokens int)

	// Aliases are the caller's own commands, by name.
	Aliases() []Alias
	// SetAlias makes line an alias. Errors: Invalid for a name or a line that
	// can't be one, Conflict for the name of a command, Limited at the bound.
	SetAlias(name, line string) error
	// DropAlias removes an alias. The error is NotFound.
	DropAlias(name string) error

	// Jobs are what the caller has scheduled, the next one first.
	Jobs() []Job
	// Schedule has line run in so long, and if again is true every so long from
	// then on, with the rights that the caller has at that time. Errors: Invalid
	// for a line that is no command or for a time out of bounds, Limited at the
	// bound.
	Schedule(in time.Duration, again bool, line string) (Job, error)
	// CancelJob forgets a job. The error is NotFound.
	CancelJob(id int) error
}

// A View is how a session shows things: plain data that any goroutine may use.
type View struct {
	Width   int  // columns, 80 if unknown; 0: no bound
	Height  int  // lines of the terminal; 0: unknown, or not a terminal
	Machine bool // a program reads: JSON objects, no pages
	// Zone is the caller's time zone; nil: nobody knows.
	Zone *time.Location
	// Render is ev as one line without CRLF or colour, with the time in front as
	// the session's settings say, or at least hours and minutes if clock is true.
	Render func(ev *chat.Event, clock bool) string
}

// An Alias is a command of the caller's own: a name for a line.
type Alias struct {
	Name string
	Line string // as it was given
}

// A Job is a line that is to run later.
type Job struct {
	ID    int // unique among the caller's jobs
	Line  string
	Next  time.Time
	Every time.Duration // 0: once
}

// A Setting is one of a session's settings, as `set` shows it.
type Setting struct {
	Name    string
	Value   string   // the present one
	Choices []string // the values it takes; empty: see Help
	Help    string   // what it is, one line
}

// Info is what is known of a connection.
type Info struct {
	ID       uint64
	Addr     string // the peer's address; for operators only
	Terminal string // what the terminal says it is, "" unknown
}
