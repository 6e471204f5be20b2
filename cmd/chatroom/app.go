package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/server"
	"github.com/chatroom-shell/chatroom/core/session"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

// An App is the whole server: the one place where concrete types meet. Open,
// Run and Reload are called in this order, Reload from any goroutine.
type App struct {
	Source config.Source // where the settings come from
	Log    io.Writer     // where the log goes; a slow one holds nothing up

	logs      *logHandler
	log       *slog.Logger
	started   time.Time
	store     *store
	roles     account.Roles
	accounts  *account.Accounts
	mail      *account.Mail
	rooms     *roomKeeper // nil in memory
	hub       *chat.Hub
	env       *session.Env
	menu      menu
	plugins   *host.Host
	server    *server.Server
	admin     *adminSocket // nil without a data directory
	listeners []string
	reserved  atomic.Pointer[text.Reserved]
	loaded    atomic.Pointer[config.Loaded]

	reloading sync.Mutex // held while settings change; guards what follows
	ready     bool       // all parts are there
	degraded  bool       // the store does not work
}

// Open loads the settings, opens the store, builds the server and has it listen.
// After an error nothing is left running.
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
	ctx := context.Background()
	if c.Store.Dir != "" {
		if err := checkAdminSocket(c.Store.Dir); err != nil {
			return err
		}
	}
	// Before the store, which a start that fails must leave alone.
	bound, err := bind(c.Listen)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			unbind(bound)
		}
	}()
	if a.store, err = openStore(ctx, c, storeOptions{log: a.log, changed: a.storeChanged, hold: a.holdHistory}); err != nil {
		return err
	}
	if inMemory(c) {
		a.log.Warn(a.store.describe(c))
	} else {
		a.log.Info(a.store.describe(c))
	}
	if err := a.build(ctx, c); err != nil {
		return err
	}
	for i, l := range c.Listen {
		if err := a.server.Serve(bound[i], l.Telnet); err != nil {
			return fmt.Errorf("listen on %s: %w", l.Addr, err)
		}
		a.listeners = append(a.listeners, fmt.Sprintf("%s listens on %s (%s)", c.Server.Name, bound[i].Addr(), a.describe(l)))
	}
	if c.Store.Dir != "" {
		if a.admin, err = listenAdmin(c.Store.Dir, a); err != nil {
			return err
		}
	}
	a.log.Info("started", "version", version(), "pid", os.Getpid(), "io", a.server.IO(), "loops", a.server.Loops(), "config", loaded.Path,
		"accounts", a.accounts.Len(), "took", time.Since(a.started).Round(time.Millisecond).String())
	return nil
}

// bind takes the addresses. Who connects waits until they are served.
func bind(doors []config.Listen) ([]*net.TCPListener, error) {
	var bound []*net.TCPListener
	for _, d := range doors {
		l, err := net.Listen("tcp", d.Addr)
		if err != nil {
			unbind(bound)
			return nil, fmt.Errorf("listen on %s: %w", d.Addr, err)
		}
		bound = append(bound, l.(*net.TCPListener))
	}
	return bound, nil
}

// unbind gives the addresses back; those that are served may be closed twice.
func unbind(bound []*net.TCPListener) {
	for _, l := range bound {
		_ = l.Close()
	}
}

func (a *App) describe(l config.Listen) string {
	if l.Telnet {
		return "telnet, " + a.server.IO()
	}
	return "plain, " + a.server.IO()
}

// build makes the parts and joins them.
func (a *App) build(ctx context.Context, c *config.Config) error {
	if err := a.openAccounts(ctx, c); err != nil {
		return explainStore(err)
	}
	a.hub = chat.NewHub(a.store.log, text.Fold, chatRules(c))
	if err := a.openRooms(ctx, c); err != nil {
		return explainStore(err)
	}
	a.env = &session.Env{
		Hub:      a.hub,
		Commands: command.NewDispatcher(&command.Registry{}, command.Options{Names: a.hub, Log: a.log, Limits: a.pipeline, Visible: a.mayKnow, Denied: a.denied}),
		Accounts: identity{a.accounts, a.mail},
		Name:     a.name,
		Log:      a.log,
		Zones:    session.NewZones(time.Local),
	}
	a.reloading.Lock()
	a.ready = true
	a.apply(c)
	a.reloading.Unlock()
	err := a.swapCommands()
	if err != nil {
		return err
	}
	a.server, err = server.New(a.env, serverLimits(c), server.Options{IO: string(c.Server.IO), Log: a.log, Accept: a.accounts.Accept})
	if err != nil {
		return err
	}
	return a.openPlugins(ctx, c)
}

func (a *App) openAccounts(ctx context.Context, c *config.Config) (err error) {
	a.roles.Configure(rolesOf(c.Roles))
	o := accountOptions(c, &a.roles, a.log)
	o.Changed = func(t account.Target) {
		if a.env != nil { // nobody is here before
			a.env.Recheck(t.Covers)
		}
	}
	if a.accounts, err = account.Open(ctx, a.store.records, o); err != nil {
		return err
	}
	a.mail, err = account.OpenMail(ctx, a.store.records, a.accounts)
	return err
}

// openRooms makes the rooms of the earlier run again and has changes kept.
func (a *App) openRooms(ctx context.Context, c *config.Config) error {
	if inMemory(c) {
		return nil
	}
	k, states, err := openRooms(ctx, a.store.records, a.log)
	if err != nil {
		return err
	}
	a.rooms = k
	a.hub.OnRoomChange(k.changed)
	if err := a.hub.Restore(states, time.Now()); err != nil {
		a.log.Error("some rooms were not restored", "err", err)
	}
	return nil
}

// holdHistory reports whether what is said in a room must wait for the room's state to
// be stored: nobody may read after a crash, through a door that was open once, what was
// said when it was closed.
func (a *App) holdHistory(room string) bool {
	a.hub.ReportRoom(room)
	return a.rooms.waits(room)
}

// deps are what the built-in commands need of the server.
func (a *App) deps() commands.Deps {
	return commands.Deps{
		Hub:      a.hub,
		Accounts: a.accounts,
		Mail:     a.mail,
		Cut:      func(u *chat.User, reason string) { a.env.CutUser(u, reason) },
		Name:     a.name,
		Registry: func() *command.Registry { return a.env.Commands.Registry() },
		Settings: func() commands.Settings {
			c := &a.loaded.Load().Config
			return commands.Settings{Motd: c.Server.MOTD, LoginRequired: c.Login.Required, MaxLine: c.Shell.MaxLine}
		},
		Reload: func(context.Context) ([]string, error) {
			changes, err := a.Reload()
			if err != nil {
				return nil, &chat.Error{Code: chat.Invalid, Text: "The config has errors and nothing was changed:\n" + err.Error(), Err: err}
			}
			return changes, nil
		},
		Stats:   a.stats,
		Plugins: a.shelf(),
		Version: version(),
		Started: a.started,
	}
}

// orders carries out what the operator of the machine wants.
func (a *App) orders() orders {
	return orders{a.accounts, a.mail, &a.roles, func(_ context.Context, key string) error {
		a.hub.Disown(key)
		return nil
	}}
}

// apply puts the live settings into force. a.reloading is held.
func (a *App) apply(c *config.Config) {
	a.hub.SetRules(chatRules(c))
	a.hub.ConfigureRooms(roomsOf(c.Room))
	a.env.SetSettings(a.settings(c))
	a.accounts.SetLimits(accountLimits(c))
	a.accounts.SetRights(rightsOf(c.Rights))
	a.roles.Configure(rolesOf(c.Roles))
}

// settings are those of sessions. a.reloading is held.
func (a *App) settings(c *config.Config) session.Settings {
	s := sessionSettings(c)
	if a.degraded {
		if s.Motd != "" {
			s.Motd += "\n"
		}
		s.Motd += "-- " + storeDown
	}
	return s
}

// denied has it kept that somebody was refused a command.
func (a *App) denied(s command.Session, name string) {
	by := account.Actor{Addr: s.Peer()}
	if u := s.User(); u != nil {
		by.Name, by.Account = u.Name().Display, u.Account()
	}
	a.accounts.Audit.Denied(by, name, s.Now())
}

// pipeline bounds a line of several commands.
func (a *App) pipeline() command.Limits {
	p := &a.loaded.Load().Config.Pipeline
	return command.Limits{Stages: p.Stages, Bytes: int64(p.Bytes), Time: p.Time}
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

// Forgets reports whether nothing outlives the server.
func (a *App) Forgets() bool { return inMemory(&a.loaded.Load().Config) }

// sweepEvery is how often what is over is looked for.
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
			a.accounts.Sweep(now)
			a.warnRules()
			a.flushSeen()
		case err := <-a.server.Failed():
			return errors.Join(fmt.Errorf("an event loop failed: %w", err), a.close(0))
		case <-ctx.Done():
			return a.close(a.loaded.Load().Config.Server.Drain)
		}
	}
}

// flushTime bounds what the end waits for that others must take: the store, and
// the log.
const (
	storeTime = 10 * time.Second
	flushTime = time.Second
)

// flushSeen keeps who was seen lately. It blocks Run for as long as the store
// takes, which holds nobody up.
func (a *App) flushSeen() {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	if err := a.accounts.Flush(ctx); err != nil {
		a.log.Warn("who was seen lately could not be saved yet", "err", err)
	}
}

// close drains for at most so long, writes what waits and frees what is held, also
// of an App that is half open. The last it does is to flush the log.
func (a *App) close(drain time.Duration) error {
	defer a.logs.out.close(flushTime)
	if a.admin != nil {
		a.admin.close()
	}
	if a.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		a.log.Info("stopping", "sessions", a.server.Sessions(), "drain", drain.String())
		if err := a.server.Shutdown(ctx); err != nil {
			a.log.Warn("some sessions were cut with output left", "err", err)
		}
	}
	a.closePlugins()
	if a.store != nil {
		if err := a.closeStore(); err != nil {
			a.log.Error("not everything could be saved", "err", err)
		}
	}
	if a.server != nil {
		a.log.Info("stopped")
	}
	return nil
}

// closeStore writes what waits, in the order in which it arose, and closes the
// store.
func (a *App) closeStore() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	if a.env != nil {
		err = a.env.Flush(ctx)
	}
	if a.rooms != nil {
		a.hub.OnRoomChange(nil)
		err = errors.Join(err, a.rooms.close(ctx))
	}
	if a.accounts != nil {
		err = errors.Join(err, a.accounts.Close(ctx))
	}
	return errors.Join(err, a.store.close(ctx))
}

// Reload loads the settings again and puts the live ones into force. It returns
// a line for each setting that changed, or that needs a restart and stays as it
// was, and for each plugin that is not as it should be; none if nothing differs. It
// waits for new plugins. After an error all stays as it was.
func (a *App) Reload() ([]string, error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	old := a.loaded.Load()
	next, err := config.Load(a.Source)
	if err != nil {
		a.log.Error("reload failed, nothing was changed", "err", err)
		return nil, err
	}
	changes := config.Diff(&old.Config, &next.Config)
	c := &next.Config
	config.KeepRestartOnly(&old.Config, c)
	if err := c.Validate(); err != nil { // beside what stays as it was
		a.log.Error("reload failed, nothing was changed", "err", err)
		return nil, fmt.Errorf("together with what needs a restart: %w", err)
	}
	for _, w := range next.Warnings {
		a.log.Warn(w)
	}
	a.loaded.Store(next)
	a.apply(c)
	if err := a.swapCommands(); err != nil {
		a.log.Error("the commands stay as they were", "err", err)
	}
	problems := a.applyPlugins(c)
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	if err := a.store.setLimits(ctx, c); err != nil {
		a.log.Error("the limits of the history stay as they were", "err", err)
	}
	a.server.SetLimits(serverLimits(c))
	a.server.Refresh()
	a.env.Recheck(nil)
	var lines []string
	for _, change := range changes {
		if change.Live {
			a.log.Info("setting changed", "key", change.Key, "old", change.Old, "new", change.New)
			lines = append(lines, "changed "+change.String())
		} else {
			a.log.Warn("setting refused: it needs a restart", "key", change.Key, "old", change.Old, "new", change.New)
			lines = append(lines, "refused "+change.String())
		}
	}
	a.logs.configure(c.Log) // what changed was logged as the log was before
	if len(lines) > 0 {
		a.accounts.Audit.Note(machine(os.Geteuid()), account.ConfigChange{Sum: fileSum(next.Path), Changes: lines}, nil)
	}
	return append(lines, problems...), nil
}

// fileSum is the SHA-256 of a file in hex, "" if there is none.
func fileSum(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
