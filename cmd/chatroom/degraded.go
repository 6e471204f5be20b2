package main

import "time"

// What users are told about the store.
const (
	storeDown = "The server's storage is unavailable: you can talk, but accounts, roles and settings can't be changed, and what is said now may be lost if the server stops."
	storeBack = "The server's storage works again."
)

// storeChanged tells everybody that the store has ceased to work, or works again.
// Who comes while it does not reads it with the message of the day; the store
// itself has told the log why.
func (a *App) storeChanged(ok bool, _ string) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	was := a.degraded
	a.degraded = !ok
	if !a.ready || was == a.degraded {
		return
	}
	c := &a.loaded.Load().Config
	a.env.SetSettings(a.settings(c))
	text := storeDown
	if ok {
		text = storeBack
	}
	a.hub.Announce(text, time.Now())
}
