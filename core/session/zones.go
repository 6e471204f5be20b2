package session

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Zones are the time zones in use, each with a small number that fits a render
// class. Zone 0 is the server's own. It is safe for concurrent use.
type Zones struct {
	mu    sync.Mutex
	zones atomic.Pointer[[]*time.Location]
}

// NewZones returns a table that holds the server's own zone.
func NewZones(local *time.Location) *Zones {
	z := &Zones{}
	z.zones.Store(&[]*time.Location{local})
	return z
}

// Find is the number of the IANA zone of that name.
func (z *Zones) Find(name string) (uint16, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return 0, chat.Errorf(chat.Invalid, "There is no time zone %q; give one like Europe/Berlin, or UTC, or server.", name)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	zones := *z.zones.Load()
	for i, known := range zones[1:] {
		if known.String() == loc.String() {
			return uint16(i + 1), nil
		}
	}
	next := append(slices.Clip(zones), loc)
	z.zones.Store(&next)
	return uint16(len(next) - 1), nil
}

// Location is the zone of that number.
func (z *Zones) Location(n uint16) *time.Location { return (*z.zones.Load())[n] }
