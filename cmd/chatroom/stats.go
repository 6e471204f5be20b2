package main

import (
	"context"
	"fmt"

	"github.com/chatroom-shell/chatroom/commands"
)

// stats are the server's own figures for the command of that name. It waits for
// the loops.
func (a *App) stats(context.Context) ([]commands.Stat, error) {
	st := a.server.Stats()
	sum := st.Total()
	all := []commands.Stat{
		{Name: "sessions", Value: fmt.Sprintf("%d now, %d in all, %d cut", st.Sessions, st.Accepted, st.Cut)},
		{Name: "accounts", Value: fmt.Sprintf("%d, %d sanctions", a.accounts.Len(), a.accounts.Sanctions.Len())},
		{Name: "io", Value: fmt.Sprintf("%s, %d loops", a.server.IO(), len(st.Loops))},
		{Name: "events", Value: fmt.Sprintf("%d, rendered %d times", sum.Fanout.Events, sum.Fanout.Encodes)},
		{Name: "deliveries", Value: fmt.Sprint(sum.Fanout.Deliveries)},
		{Name: "batches", Value: fmt.Sprintf("%d of %.1f events", sum.Fanout.Batches, float64(sum.Fanout.Events)/float64(max(1, sum.Fanout.Batches)))},
		{Name: "flushes", Value: fmt.Sprintf("%d of %.1f sends", sum.Flushes, float64(sum.Sends)/float64(max(1, sum.Flushes)))},
		{Name: "sent", Value: fmt.Sprintf("%d bytes in %d sends", sum.Bytes, sum.Sends)},
		{Name: "history", Value: fmt.Sprintf("%d bytes in memory", a.store.memory.Bytes())},
	}
	return append(append(append(all, a.storeStats()...), a.pluginStats()...), commands.Stat{Name: "panics", Value: fmt.Sprint(st.Panics)}), nil
}

func (a *App) storeStats() []commands.Stat {
	s := a.store
	if s.durable == nil {
		return []commands.Stat{{Name: "store", Value: "none, all is in memory"}}
	}
	where := "inside"
	if s.outside != nil {
		where = "NATS server " + s.outside.ConnectedServerName()
	}
	state := "works"
	if ok, reason := s.health(); !ok {
		state = "does not work: " + reason
	}
	h := s.history.Stats()
	return []commands.Stat{
		{Name: "store", Value: where + ", " + state},
		{Name: "history kept", Value: fmt.Sprintf("%d lines in %d blocks since the start, %d bytes wait, %d lines lost", h.Lines, h.Blocks, h.Waiting, h.Lost)},
	}
}
