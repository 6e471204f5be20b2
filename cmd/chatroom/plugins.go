package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

// A menu is what the commands of the moment are made of: the built-in ones, those of
// plugins, and the rules.
type menu struct {
	builtin map[string]bool // the names of the built-in commands, which nothing changes

	mu       sync.Mutex
	plugins  []command.Command
	problems []string // rules that can't hold
	told     []string // those of them that were logged
}

// openPlugins makes the host of the plugins and has it begin to start them; it waits
// for none.
func (a *App) openPlugins(ctx context.Context, c *config.Config) error {
	a.menu.builtin = map[string]bool{}
	for _, cmd := range commands.Builtin(commands.Deps{}) {
		a.menu.builtin[cmd.Spec().Name] = true
		for _, alias := range cmd.Spec().Aliases {
			a.menu.builtin[alias] = true
		}
	}
	dir, sockets := pluginFolders(c.Store.Dir)
	var err error
	a.plugins, err = host.New(host.Options{
		Hub:      a.hub,
		Log:      a.log,
		Level:    func() slog.Level { return a.loaded.Load().Config.Log.Level.Level() },
		Version:  version(),
		Settings: hostSettings(&c.Plugins),
		Dir:      dir,
		Sockets:  sockets,
		Taken:    func(name string) bool { return a.menu.builtin[name] },
		Routes:   a.route,
		KV:       a.pluginKV,
		Trouble:  a.pluginTrouble,
	})
	if err != nil {
		return fmt.Errorf("prepare for plugins: %w", err)
	}
	a.warnMissing(c)
	return a.plugins.Apply(ctx, tablesOf(c, a.loaded.Load().Path))
}

// pluginFolders are where the host keeps what it has of plugins, and its sockets; ""
// is a temporary folder.
func pluginFolders(storeDir string) (dir, sockets string) {
	if storeDir == "" {
		return "", ""
	}
	abs, err := filepath.Abs(storeDir)
	if err != nil {
		return "", ""
	}
	dir = filepath.Join(abs, "plugins")
	if sockets = filepath.Join(dir, "run"); len(sockets) > host.MaxSockets {
		sockets = ""
	}
	return dir, sockets
}

// startTime bounds how long a reload waits for plugins: as long as each of them may
// take to start, and something for a machine that is busy.
func startTime(p *config.Plugins) time.Duration {
	const busy = 15 * time.Second
	return p.Start + p.Describe + p.Configure + busy
}

// applyPlugins has the host follow the config, waits for what is new, and returns a
// line for each problem. a.reloading is held.
func (a *App) applyPlugins(c *config.Config) (lines []string) {
	ctx, cancel := context.WithTimeout(context.Background(), startTime(&c.Plugins))
	defer cancel()
	a.plugins.SetSettings(hostSettings(&c.Plugins))
	if err := a.plugins.Apply(ctx, tablesOf(c, a.loaded.Load().Path)); err != nil {
		for l := range strings.Lines(err.Error()) {
			lines = append(lines, strings.TrimSpace(l))
		}
		a.log.Error("not all plugins are as the config says", "err", err)
	}
	a.warnMissing(c)
	return append(lines, a.warnRules()...)
}

// closePlugins ends the plugins. Nobody waits for their commands any more.
func (a *App) closePlugins() {
	if a.plugins == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	a.plugins.Close(ctx)
}

// route puts the commands of plugins in the place of those that there were.
func (a *App) route(cmds []command.Command) {
	a.menu.mu.Lock()
	a.menu.plugins = cmds
	a.menu.mu.Unlock()
	if err := a.swapCommands(); err != nil {
		a.log.Error("the commands stay as they were", "err", err)
	}
}

// swapCommands makes the commands anew, of those of the moment and of the rights and
// rules of the config. Nobody may take their names or those of plugins.
func (a *App) swapCommands() error {
	a.menu.mu.Lock()
	defer a.menu.mu.Unlock()
	c := &a.loaded.Load().Config
	rules := rulesOf(c.Rule)
	all, problems := command.Ruled(append(commands.Builtin(a.deps()), unruled(a.menu.plugins, rules)...), rules)
	registry, err := command.NewRegistry(all...)
	if err != nil {
		return err
	}
	a.menu.problems = nil
	for _, p := range problems {
		a.menu.problems = append(a.menu.problems, "rule: "+p.Error())
	}
	a.env.Commands.Swap(registry)
	reserved := []string{c.Shell.Room, c.Server.Name}
	for _, spec := range registry.All() {
		reserved = append(append(reserved, spec.Name), spec.Aliases...)
	}
	for _, p := range c.Plugin {
		reserved = append(reserved, p.Name)
	}
	for _, r := range c.Room {
		reserved = append(reserved, r.Name)
	}
	a.reserved.Store(text.NewReserved(reserved...))
	return nil
}

// warnRules logs the rules that can't hold, each once, and returns those that it
// logged. A rule for a command of a plugin that has not been started yet is one of
// them until it has.
func (a *App) warnRules() (news []string) {
	a.menu.mu.Lock()
	defer a.menu.mu.Unlock()
	for _, p := range a.menu.problems {
		if !slices.Contains(a.menu.told, p) {
			news = append(news, p)
			a.log.Warn("a rule does not hold", "why", p)
		}
	}
	a.menu.told = a.menu.problems
	return news
}

// mayKnow reports whether somebody may know of a room. One that does not exist is no
// secret.
func (a *App) mayKnow(u *chat.User, name string) bool {
	r := a.hub.Room(name)
	return r == nil || r.Visible(u)
}

// pluginTrouble tells those who look after plugins.
func (a *App) pluginTrouble(_, sentence string) {
	least := a.accounts.Rights().Least(account.CanManagePlugins)
	ev := &chat.Event{Kind: chat.Notice, Time: time.Now(), Text: text.Clean(sentence)}
	for _, u := range a.hub.Users() {
		if u.Role() >= least {
			u.Notify(ev)
		}
	}
}
