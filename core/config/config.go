package config

import (
	"log/slog"
	"time"
)

// A Config holds every setting of the server. It is plain values: it may be
// copied, and once loaded it may be shared between goroutines, because nobody
// writes to it. A reload makes a new one.
//
// A setting is live, which means that a reload applies it to the running
// server, or it needs a restart.
type Config struct {
	Server   Server   `mapstructure:"server"`
	Listen   []Listen `mapstructure:"listen" reload:"restart"` // the doors, at least one; default 127.0.0.1:5267; restart
	Shell    Shell    `mapstructure:"shell"`
	Pipeline Pipeline `mapstructure:"pipeline"`
	Login    Login    `mapstructure:"login"`
	Rooms    Rooms    `mapstructure:"rooms"`
	Room     []Room   `mapstructure:"room"` // the rooms that always exist; by default none; live
	Limits   Limits   `mapstructure:"limits"`
	History  History  `mapstructure:"history"`
	Store    Store    `mapstructure:"store"`
	Log      Log      `mapstructure:"log"`
	Roles    Roles    `mapstructure:"roles"`
	Rights   Rights   `mapstructure:"rights"`
	Plugins  Plugins  `mapstructure:"plugins"`
	Plugin   []Plugin `mapstructure:"plugin" from:"file"` // by default none; live
	Rule     []Rule   `mapstructure:"rule" from:"file"`   // by default none; live
}

// Server is the table [server]: the server as a whole.
type Server struct {
	Name  string        `mapstructure:"name"`                // of the welcome line, 1 to 64 bytes; default "ChatRoom"; live
	MOTD  string        `mapstructure:"motd"`                // lines shown after the welcome, 0 to 8192 bytes; default "", none; live
	Drain time.Duration `mapstructure:"drain"`               // how long a shutdown waits for queued output, 0s (not at all) to 1h; default 10s; live
	IO    IO            `mapstructure:"io" reload:"restart"` // how sockets are served; default auto; restart
}

// IO says how sockets are served.
type IO string

// The values of server.io.
const (
	IOAuto   IO = "auto"   // the best that works here
	IOUring  IO = "uring"  // an event loop on io_uring (Linux)
	IOEpoll  IO = "epoll"  // an event loop on epoll (Linux)
	IOStream IO = "stream" // a goroutine a connection; works everywhere
)

// Listen is one table [[listen]]: a door that people come in by.
type Listen struct {
	Addr   string `mapstructure:"addr"`   // HOST:PORT; an empty host means all interfaces, port 0 any free one; no default
	Telnet bool   `mapstructure:"telnet"` // false: no telnet byte is ever sent here; default true
}

// Shell is the table [shell]: how lines are read.
type Shell struct {
	Mode    Mode   `mapstructure:"mode"`     // what a line without a slash is; default auto; live
	Room    string `mapstructure:"room"`     // where everyone starts, [a-z0-9_-]{1,32}; default "lobby"; live
	MaxLine int    `mapstructure:"max_line"` // bytes a line without its terminator, 64 to 8192; default 1024; live
}

// Mode says what a line is that does not start with a slash.
type Mode string

// The values of shell.mode.
const (
	ModeAuto    Mode = "auto"    // a command if its first word names one, else chat
	ModeChat    Mode = "chat"    // chat
	ModeCommand Mode = "command" // a command
)

// Pipeline is the table [pipeline]: what one line of commands may take. A bound
// of 0 is off.
type Pipeline struct {
	Stages int           `mapstructure:"stages"` // commands in a line, 0 to 64; default 8; live
	Bytes  Size          `mapstructure:"bytes"`  // bytes that one command hands to the next, 0 or 1KiB to 1GiB; default 1MiB; live
	Time   time.Duration `mapstructure:"time"`   // a line may run so long, 0s or 1ms to 1h; default 10s; live
}

// Login is the table [login]: who may come in, and how passwords are treated.
type Login struct {
	Required  bool          `mapstructure:"required"`   // false: newcomers get a guest name at once; default true; live
	Grace     time.Duration `mapstructure:"grace"`      // from the connection to the login, 0s (no limit) or 1ms to 24h; default 60s; live
	GuestIdle time.Duration `mapstructure:"guest_idle"` // a guest who says nothing goes after it, 0s (never) or 1ms to 8760h; default 30m; live

	PlaintextPasswords bool          `mapstructure:"plaintext_passwords"` // true: passwords are taken in clear text from other machines too; default false; live
	SecondSession      SecondSession `mapstructure:"second_session"`      // what becomes of who is logged in and logs in once more; default attach; live

	// The cost of argon2id for new passwords; others are renewed at their next login.
	HashMemory  Size `mapstructure:"hash_memory" reload:"restart"`  // 7MiB to 128MiB, in whole KiB; default 19MiB; restart
	HashPasses  int  `mapstructure:"hash_passes" reload:"restart"`  // 1 to 16; default 2; restart
	HashThreads int  `mapstructure:"hash_threads" reload:"restart"` // 1 to 8; default 1; restart
}

// SecondSession says what a login to an account does that is logged in already.
type SecondSession string

// The values of login.second_session.
const (
	SecondAttach   SecondSession = "attach"   // both sessions are of one user
	SecondTakeover SecondSession = "takeover" // the first session ends
)

// Rooms is the table [rooms].
type Rooms struct {
	Keep      time.Duration `mapstructure:"keep"`       // an empty room is listed so long, and without a store kept at all, 0s to 8760h; default 24h; live
	JoinNoise int           `mapstructure:"join_noise"` // above this many members joins and leaves are not shown, 0 (never shown) to 1000000; default 50; live
	Max       int           `mapstructure:"max"`        // rooms in all, 0 (no limit) to 1000000; default 10000; live
	PerUser   int           `mapstructure:"per_user"`   // rooms a session is in at once, 0 (no limit) to 1000000; default 20; live
}

// Room is one table [[room]]: a room that always exists, and its door. The start
// room may be one, but stays open to everyone.
type Room struct {
	Name       string   `mapstructure:"name"`       // [a-z0-9_-]{1,32}; no default
	Topic      string   `mapstructure:"topic"`      // what it is about until somebody says otherwise, 0 to 512 bytes; default "", none
	Private    bool     `mapstructure:"private"`    // hidden, and entered by invitation or with the key; default false
	Key        Secret   `mapstructure:"key"`        // what others must say to enter, one word of 1 to 64 bytes; default "", nothing
	Role       Role     `mapstructure:"role"`       // the least that may enter; default guest
	Moderators []string `mapstructure:"moderators"` // account names that govern it; by default none
}

// Role is the name of a role.
type Role string

// The roles, lowest first.
const (
	RoleGuest     Role = "guest"
	RoleUser      Role = "user" // a registered name
	RoleModerator Role = "moderator"
	RoleOperator  Role = "operator"
	RoleAdmin     Role = "admin"
)

// Limits is the table [limits]. A limit of 0 is off; lines wait for their turn
// only if both their burst and their rate are set.
type Limits struct {
	Sessions          int           `mapstructure:"sessions"`            // at once, 0 to 10000000; default 10000; live
	SessionsPerSource int           `mapstructure:"sessions_per_source"` // at once from one /32 or /64, 0 to 1000000; default 16; live
	ConnectsPerMinute int           `mapstructure:"connects_per_minute"` // new connections from one /32 or /64, 0 to 1000000; default 32; live
	LinesBurst        int           `mapstructure:"lines_burst"`         // lines a session may send at once, 0 to 1000000; default 10; live
	LinesPerSecond    float64       `mapstructure:"lines_per_second"`    // lines after the burst, 0 or 0.01 to 1000000; the rest wait, none is lost; default 2; live
	MachineBurst      int           `mapstructure:"machine_burst"`       // LinesBurst of a machine session, 0 to 1000000; default 40; live
	MachinePerSecond  float64       `mapstructure:"machine_per_second"`  // LinesPerSecond of a machine session, 0 or 0.01 to 1000000; default 10; live
	Aliases           int           `mapstructure:"aliases"`             // of one user, 0 to 64; default 50; live
	Jobs              int           `mapstructure:"jobs"`                // scheduled lines of one user, 0 to 32; default 10; live
	Outbox            Size          `mapstructure:"outbox"`              // bytes that wait for one slow reader, 0 or 16KiB to 1GiB; default 128KiB; live
	Stall             time.Duration `mapstructure:"stall"`               // one write may take so long, 0s or 1ms to 1h; default 10s; live

	Penalty                time.Duration `mapstructure:"penalty"`                  // the longest that a source which guesses passwords is kept out, 0s or 15s to 24h; default 10m; live
	LoginsPerSource        int           `mapstructure:"logins_per_source"`        // passwords of one source that are checked at once, 0 to 1000; default 8; live
	Registrations          int           `mapstructure:"registrations"`            // new accounts in 10 minutes, 0 to 1000000; default 30; live
	RegistrationsPerSource int           `mapstructure:"registrations_per_source"` // the same from one /32 or /64, 0 to 1000000; default 3; live
	Exempt                 []string      `mapstructure:"exempt"`                   // addresses and networks that these four don't hold for; by default none; live
}

// History is the table [history]: what rooms remember. The newest messages stand
// in memory too, so that to show them waits for nothing.
type History struct {
	Replay int           `mapstructure:"replay"` // messages shown on join, 0 (none) to 1000; default 20; live
	Lines  int           `mapstructure:"lines"`  // messages in memory a room, 0 (none) to 1000000; default 1000; live
	Memory Size          `mapstructure:"memory"` // bytes in memory over all rooms, beyond it the fullest gives up its oldest, 0 (none) to 1TiB; default 64MiB; live
	Age    time.Duration `mapstructure:"age"`    // of the oldest message in the store, 0s (no limit) or 1m to 87600h; default 720h; live
	Count  int           `mapstructure:"count"`  // messages in the store a room, 0 (no limit) to 1000000000; default 0; live
	Bytes  Size          `mapstructure:"bytes"`  // bytes in the store over all rooms, beyond it the oldest go, 1MiB to 1TiB; default 1GiB; live
}

// Store is the table [store]: where accounts, roles, sanctions and history are.
// With neither a folder nor a URL everything is in memory and ends with the
// server.
type Store struct {
	Dir      string `mapstructure:"dir" reload:"restart"`      // a folder, relative to the working directory; "" for none, and then there is no admin socket; default "data"; restart
	URL      Secret `mapstructure:"url" reload:"restart"`      // NATS servers that are used instead of the one inside, parted by commas; default "", none; restart
	Prefix   string `mapstructure:"prefix" reload:"restart"`   // begins the names of all streams, 1 to 32 of a-z, 0-9 and '-'; default "chatroom"; restart
	Replicas int    `mapstructure:"replicas" reload:"restart"` // servers of the cluster at URL that keep each stream, 1 to 5; default 1; restart
	Max      Size   `mapstructure:"max" reload:"restart"`      // bytes that the store in Dir may take, 1GiB to 1024TiB and 512MiB more than History.Bytes; default 16GiB; restart
}

// Log is the table [log]: the server's own log.
type Log struct {
	Level  LogLevel  `mapstructure:"level"`  // the least that is logged; default info; live
	Format LogFormat `mapstructure:"format"` // default text; live
}

// LogLevel is the least severity that is logged.
type LogLevel string

// The values of log.level.
const (
	LevelDebug LogLevel = "debug"
	LevelInfo  LogLevel = "info"
	LevelWarn  LogLevel = "warn"
	LevelError LogLevel = "error"
)

// Level returns the slog level, slog.LevelInfo for a value that is none of the
// constants.
func (l LogLevel) Level() slog.Level {
	switch l {
	case LevelDebug:
		return slog.LevelDebug
	case LevelWarn:
		return slog.LevelWarn
	case LevelError:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// LogFormat is the form of a log line.
type LogFormat string

// The values of log.format.
const (
	FormatText LogFormat = "text" // key=value
	FormatJSON LogFormat = "json" // one object a line
)

// Roles is the table [roles]: account names that hold a role besides those
// granted while the server runs. A name in several lists has the highest of
// its roles. Each list is live and by default empty.
type Roles struct {
	Moderator []string `mapstructure:"moderator"`
	Operator  []string `mapstructure:"operator"`
	Admin     []string `mapstructure:"admin"`
}

// Rights is the table [rights]: the least role that may do a thing. All are live.
// What is open to guests by default may be closed to them; nothing else can be
// opened to them, because nobody knows who they are.
type Rights struct {
	Say            Role `mapstructure:"say"`             // speak in rooms; default guest
	Register       Role `mapstructure:"register"`        // make an account; default guest
	Report         Role `mapstructure:"report"`          // tell the moderators about somebody; default guest
	Kick           Role `mapstructure:"kick"`            // end a session; default moderator
	Mute           Role `mapstructure:"mute"`            // keep somebody from speaking; default moderator
	Ban            Role `mapstructure:"ban"`             // keep a name or an account out; default moderator
	Slow           Role `mapstructure:"slow"`            // slow a room down; default moderator
	Redact         Role `mapstructure:"redact"`          // take others' messages back; default moderator
	RoomsGovern    Role `mapstructure:"rooms_govern"`    // all that a room's owner may; default moderator
	BanAddress     Role `mapstructure:"ban_address"`     // keep addresses and networks out; default operator
	BanForever     Role `mapstructure:"ban_forever"`     // sanctions without an end; default operator
	AddressesSee   Role `mapstructure:"addresses_see"`   // where others come from; default operator
	Wall           Role `mapstructure:"wall"`            // speak to everybody; default operator
	Allowlist      Role `mapstructure:"allowlist"`       // exempt from bans of addresses and from a lockdown; default operator
	Lockdown       Role `mapstructure:"lockdown"`        // close the doors; default operator
	AuditRead      Role `mapstructure:"audit_read"`      // read the audit; default operator
	AccountsManage Role `mapstructure:"accounts_manage"` // see, make, reset and delete others' accounts; default operator
	PluginManage   Role `mapstructure:"plugin_manage"`   // start, stop and exchange plugins; default operator
	ConfigReload   Role `mapstructure:"config_reload"`   // put the config in force; default operator
	Stats          Role `mapstructure:"stats"`           // the figures of the server; default operator
	RoleGrant      Role `mapstructure:"role_grant"`      // give roles up to one's own; default operator
}
