package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/account"
)

// pluginOrders are what the operator of the machine can have done to a plugin: by a
// right that no rule and no role takes away.
var pluginOrders = map[string]struct {
	did string // for the audit and the answer
	do  func(ctx context.Context, s pluginShelf, name string) error
}{
	"plugin start":   {"started", func(_ context.Context, s pluginShelf, name string) error { return s.Start(name) }},
	"plugin stop":    {"stopped", func(_ context.Context, s pluginShelf, name string) error { return s.Stop(name) }},
	"plugin enable":  {"enabled", func(_ context.Context, s pluginShelf, name string) error { return s.Enable(name) }},
	"plugin disable": {"disabled", func(_ context.Context, s pluginShelf, name string) error { return s.Disable(name) }},
	"plugin reload":  {"reloaded", func(ctx context.Context, s pluginShelf, name string) error { return s.Reload(ctx, name) }},
}

// pluginOrder carries out an order about plugins; ok is false if it is about
// something else.
func (a *App) pluginOrder(ctx context.Context, req order, by account.Actor) (lines []string, ok bool, err error) {
	s := a.shelf()
	switch req.Op {
	case "plugin list":
		var b strings.Builder
		err := commands.WritePlugins(&b, s.All(), time.Now(), 0)
		return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"), true, err
	case "plugin logs":
		lines, err := s.Logs(req.Name, 0)
		return lines, true, err
	}
	o, ok := pluginOrders[req.Op]
	if !ok {
		return nil, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTime(&a.loaded.Load().Config.Plugins))
	defer cancel()
	st, err := s.StatusOf(req.Name)
	if err == nil {
		err = o.do(ctx, s, req.Name)
		a.accounts.Audit.Record(ctx, by, account.PluginChange{Plugin: req.Name, Action: o.did, Sum: st.SHA256}, err)
	}
	if err != nil {
		return nil, true, err
	}
	return []string{fmt.Sprintf("%s is %s", req.Name, o.did)}, true, nil
}
