package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/server"
	"github.com/chatroom-shell/chatroom/core/session"
	"github.com/chatroom-shell/chatroom/core/text"
)

// An App is the whole server: the one place where concrete types meet. Open,
// Run and Reload are called in this order, Reload from any goroutine.
type App struct {
	Source config.Source // where the settings come from
	Log    io.Writer     // where the log goes; a slow one holds nothing up

	logs      *logHandler
	log       *slog.Logger
	started   time.Time
	roles     account.Roles
	history   *memstore.Log
	hub       *chat.Hub
	env       *session.Env
	server    *server.Server
	admin     *adminSocket // nil without a data directory
	listeners []string
	reserved  atomic.Pointer[text.Reserved]
	loaded    atomic.Pointer[config.Loaded]
	reloading sync.Mutex
}

// Open loads the settings, builds the server and has it listen. After an error
// nothing is left running.
func (a *App) Open() (err error) {
	loaded, err := config.Load(a.Source)
	if err != nil {
		return err
	}
	a.Source.File = loaded.Path // a reload reads the same file, wherever it was found
	a.started = time.Now()
	a.logs = newLogHandler(newLogWriter(a.Log), loaded.Config.Log)
	a.log = slog.New(a.logs)
	defer func() {
		if err != nil {
			_ = a.close(0)
		}
	}()
	for _, w := range loaded.Warnings {
		a.log.Warn(w)
	}
	c := &loaded.Config
	a.loaded.Store(loaded)
	if c.Store.Dir != "" {
		if err := checkAdminSocket(c.Store.Dir); err != nil {
			return err
		}
	}
	if err := a.build(c); err != nil {
		return err
	}
	for _, l := range c.Listen {
		addr, err := a.server.Listen(l.Addr, l.Telnet)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", l.Addr, err)
		}
		a.listeners = append(a.listeners, fmt.Sprintf("%s listens on %s (%s)", c.Server.Name, addr, a.describe(l)))
	}
	if c.Store.Dir != "" {
		if a.admin, err = listenAdmin(c.Store.Dir, a); err != nil {
			return err
		}
	}
	a.log.Info("started", "version", version(), "pid", os.Getpid(), "io", a.server.IO(), "loops", a.server.Loops(), "config", loaded.Path)
	return nil
}

func (a *App) describe(l config.Listen) string {
	if l.Telnet {
		return "telnet, " + a.server.IO()
	}
	return "plain, " + a.server.IO()
}

// build makes the parts and joins them.
func (a *App) build(c *config.Config) error {
	a.history = memstore.NewLog(memstore.Limits{})
	a.hub = chat.NewHub(a.history, text.Fold, chat.Rules{})
	registry, err := command.NewRegistry(commands.Builtin(a.deps())...)
	if err != nil {
		return err
	}
	a.env = &session.Env{
		Hub:      a.hub,
		Commands: command.NewDispatcher(registry, command.Options{Names: a.hub, Log: a.log}),
		Roles:    a.roles.Of,
		Name:     a.name,
		Log:      a.log,
		Zones:    session.NewZones(time.Local),
	}
	a.apply(c)
	a.server, err = server.New(a.env, limits(c), server.Options{IO: string(c.Server.IO), Log: a.log})
	return err
}

// deps are what the built-in commands need of the server.
func (a *App) deps() commands.Deps {
	return commands.Deps{
		Hub:      a.hub,
		Name:     a.name,
		Registry: func() *command.Registry { return a.env.Commands.Registry() },
		Settings: func() commands.Settings {
			c := &a.loaded.Load().Config
			return commands.Settings{Motd: c.Server.MOTD, LoginRequired: c.Login.Required}
		},
		Reload: func(context.Context) ([]string, error) {
			changes, err := a.Reload()
			if err != nil {
				return nil, &chat.Error{Code: chat.Invalid, Text: "The config has errors and nothing was changed:\n" + err.Error(), Err: err}
			}
			return changes, nil
		},
		Stats:   a.stats,
		Version: version(),
		Started: a.started,
	}
}

// stats are the server's own figures for the command of that name. It waits for
// the loops.
func (a *App) stats(context.Context) ([]commands.Stat, error) {
	st := a.server.Stats()
	sum := st.Total()
	return []commands.Stat{
		{Name: "sessions", Value: fmt.Sprintf("%d now, %d in all, %d cut", st.Sessions, st.Accepted, st.Cut)},
		{Name: "io", Value: fmt.Sprintf("%s, %d loops", a.server.IO(), len(st.Loops))},
		{Name: "events", Value: fmt.Sprintf("%d, rendered %d times", sum.Fanout.Events, sum.Fanout.Encodes)},
		{Name: "deliveries", Value: fmt.Sprint(sum.Fanout.Deliveries)},
		{Name: "batches", Value: fmt.Sprintf("%d of %.1f events", sum.Fanout.Batches, float64(sum.Fanout.Events)/float64(max(1, sum.Fanout.Batches)))},
		{Name: "flushes", Value: fmt.Sprintf("%d of %.1f sends", sum.Flushes, float64(sum.Sends)/float64(max(1, sum.Flushes)))},
		{Name: "sent", Value: fmt.Sprintf("%d bytes in %d sends", sum.Bytes, sum.Sends)},
		{Name: "history", Value: fmt.Sprintf("%d bytes", a.history.Bytes())},
		{Name: "panics", Value: fmt.Sprint(st.Panics)},
	}, nil
}

// apply puts the live settings into force.
func (a *App) apply(c *config.Config) {
	a.history.SetLimits(memstore.Limits{Lines: c.History.Lines, Bytes: int64(c.History.Bytes)})
	a.hub.SetRules(chat.Rules{
		Start: c.Shell.Room, Keep: c.Rooms.Keep, JoinNoise: c.Rooms.JoinNoise, MaxRooms: c.Rooms.Max, PerUser: c.Rooms.PerUser,
	})
	a.env.SetSettings(session.Settings{
		Name: c.Server.Name, Motd: c.Server.MOTD,
		Mode: mode(c.Shell.Mode), MaxLine: c.Shell.MaxLine,
		LoginRequired: c.Login.Required, Grace: c.Login.Grace, GuestIdle: c.Login.GuestIdle,
		LinesBurst: c.Limits.LinesBurst, LinesPerSec: c.Limits.LinesPerSecond,
		Outbox: int(c.Limits.Outbox), Stall: c.Limits.Stall,
		Replay: c.History.Replay,
	})
	a.roles.Configure(rolesOf(c.Roles))
	reserved := []string{c.Shell.Room, c.Server.Name}
	for _, spec := range a.env.Commands.Registry().All() {
		reserved = append(append(reserved, spec.Name), spec.Aliases...)
	}
	a.reserved.Store(text.NewReserved(reserved...))
	a.logs.configure(c.Log)
}

func limits(c *config.Config) server.Limits {
	return server.Limits{
		Sessions: c.Limits.Sessions, SessionsPerSource: c.Limits.SessionsPerSource, ConnectsPerMinute: c.Limits.ConnectsPerMinute,
	}
}

// mode converts a value that Load has checked.
func mode(m config.Mode) (to line.Mode) {
	_ = to.UnmarshalText([]byte(m))
	return to
}

func rolesOf(c config.Roles) map[string]chat.Role {
	roles := map[string]chat.Role{}
	for _, l := range []struct {
		role  chat.Role
		names []string
	}{{chat.Moderator, c.Moderator}, {chat.Operator, c.Operator}, {chat.Admin, c.Admin}} {
		for _, name := range l.names {
			roles[text.Fold(name)] = l.role
		}
	}
	return roles
}

// name is a name that a user may take.
func (a *App) name(s string) (chat.Name, error) {
	n, err := text.ParseName(s)
	if err != nil {
		return n, err
	}
	return n, a.reserved.Load().Check(n)
}

// Listeners describes each listener in one line with its address.
func (a *App) Listeners() []string { return a.listeners }

// sweepEvery is how often empty rooms are looked for.
const sweepEvery = time.Minute

// Run serves until ctx is done, then drains, within the time that server.drain
// gives, and closes everything.
func (a *App) Run(ctx context.Context) error {
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	look := time.NewTicker(trimEvery)
	defer look.Stop()
	var trims trimmer
	for {
		select {
		case <-look.C:
			if trims.look(a.server.Accepted()) {
				trim()
			}
		case now := <-sweep.C:
			a.hub.Sweep(now)
		case err := <-a.server.Failed():
			return errors.Join(fmt.Errorf("an event loop failed: %w", err), a.close(0))
		case <-ctx.Done():
			return a.close(a.loaded.Load().Config.Server.Drain)
		}
	}
}

// flushTime is how long close waits for a log that nobody takes.
const flushTime = time.Second

// close drains for at most so long and frees what is held, also of an App that
// is half open. The last it does is to flush the log.
func (a *App) close(drain time.Duration) error {
	defer a.logs.out.close(flushTime)
	if a.admin != nil {
		a.admin.close()
	}
	if a.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	a.log.Info("stopping", "sessions", a.server.Sessions(), "drain", drain.String())
	if err := a.server.Shutdown(ctx); err != nil {
		a.log.Warn("some sessions were cut with output left", "err", err)
	}
	a.log.Info("stopped")
	return nil
}

// Reload loads the settings again and puts the live ones into force. It returns
// a line for each setting that changed, or that needs a restart and stays as it
// was; none if nothing differs. After an error all stays as it was.
func (a *App) Reload() ([]string, error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	old := a.loaded.Load()
	next, err := config.Load(a.Source)
	if err != nil {
		a.log.Error("reload failed, nothing was changed", "err", err)
		return nil, err
	}
	for _, w := range next.Warnings {
		a.log.Warn(w)
	}
	var lines []string
	for _, change := range config.Diff(&old.Config, &next.Config) {
		if change.Live {
			a.log.Info("setting changed", "key", change.Key, "old", change.Old, "new", change.New)
			lines = append(lines, "changed "+change.String())
		} else {
			a.log.Warn("setting refused: it needs a restart", "key", change.Key, "old", change.Old, "new", change.New)
			lines = append(lines, "refused "+change.String())
		}
	}
	c := &next.Config
	config.KeepRestartOnly(&old.Config, c)
	a.loaded.Store(next)
	a.apply(c)
	a.server.SetLimits(limits(c))
	a.server.Refresh()
	a.env.RolesChanged()
	return lines, nil
}
