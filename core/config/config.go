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
	Server  Server   `mapstructure:"server"`
	Listen  []Listen `mapstructure:"listen" reload:"restart"` // the doors, at least one; default 127.0.0.1:5267; restart
	Shell   Shell    `mapstructure:"shell"`
	Login   Login    `mapstructure:"login"`
	Rooms   Rooms    `mapstructure:"rooms"`
	Limits  Limits   `mapstructure:"limits"`
	History History  `mapstructure:"history"`
	Store   Store    `mapstructure:"store"`
	Log     Log      `mapstructure:"log"`
	Roles   Roles    `mapstructure:"roles"`
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

// Login is the table [login]: who may come in.
type Login struct {
	Required  bool          `mapstructure:"required"`   // false: newcomers get a guest name at once; default true; live
	Grace     time.Duration `mapstructure:"grace"`      // from the connection to the login, 0s (no limit) or 1ms to 24h; default 60s; live
	GuestIdle time.Duration `mapstructure:"guest_idle"` // a guest who says nothing goes after it, 0s (never) or 1ms to 8760h; default 30m; live
}

// Rooms is the table [rooms].
type Rooms struct {
	Keep      time.Duration `mapstructure:"keep"`       // an empty room's topic and history stay so long, 0s (not at all) to 8760h; default 24h; live
	JoinNoise int           `mapstructure:"join_noise"` // above this many members joins and leaves are not shown, 0 (never shown) to 1000000; default 50; live
	Max       int           `mapstructure:"max"`        // rooms in all, 0 (no limit) to 1000000; default 10000; live
	PerUser   int           `mapstructure:"per_user"`   // rooms a session is in at once, 0 (no limit) to 1000000; default 20; live
}

// Limits is the table [limits]. A limit of 0 is off; lines wait for their turn
// only if both LinesBurst and LinesPerSecond are set.
type Limits struct {
	Sessions          int           `mapstructure:"sessions"`            // at once, 0 to 10000000; default 10000; live
	SessionsPerSource int           `mapstructure:"sessions_per_source"` // at once from one /32 or /64, 0 to 1000000; default 16; live
	ConnectsPerMinute int           `mapstructure:"connects_per_minute"` // new connections from one /32 or /64, 0 to 1000000; default 32; live
	LinesBurst        int           `mapstructure:"lines_burst"`         // lines a session may send at once, 0 to 1000000; default 10; live
	LinesPerSecond    float64       `mapstructure:"lines_per_second"`    // lines after the burst, 0 or 0.01 to 1000000; the rest wait, none is lost; default 2; live
	Outbox            Size          `mapstructure:"outbox"`              // bytes that wait for one slow reader, 0 or 16KiB to 1GiB; default 128KiB; live
	Stall             time.Duration `mapstructure:"stall"`               // one write may take so long, 0s or 1ms to 1h; default 10s; live
}

// History is the table [history]: what rooms remember. The messages stand in
// memory.
type History struct {
	Replay int  `mapstructure:"replay"` // messages shown on join, 0 (none) to 1000; default 20; live
	Lines  int  `mapstructure:"lines"`  // messages kept a room, 0 (none) to 1000000; default 1000; live
	Bytes  Size `mapstructure:"bytes"`  // bytes kept over all rooms, beyond it the fullest gives up its oldest, 0 (none) to 1TiB; default 64MiB; live
}

// Store is the table [store]: what is on disk.
type Store struct {
	Dir string `mapstructure:"dir" reload:"restart"` // a folder, relative to the working directory; "" for none, and then there is no admin socket; default "data"; restart
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
