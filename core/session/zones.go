package session

import (
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// maxZones bounds the table: a zone once in use stays in it, and there are some
// 600 names of zones.
const maxZones = 1000

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

// Find is the number of the IANA zone of that name. Errors: Invalid if there is
// no such zone, Limited if the table is full. It reads a file for a zone that
// is not in the table.
func (z *Zones) Find(name string) (uint16, error) {
	if n, ok := z.number(name); ok {
		return n, nil
	}
	// A name is a path to the system, where Europe//Berlin is Berlin too.
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" || path.Clean(name) != name {
		return 0, chat.Errorf(chat.Invalid, "There is no time zone %q; give one like Europe/Berlin, or UTC, or server.", name)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if n, ok := z.number(name); ok { // added meanwhile
		return n, nil
	}
	zones := *z.zones.Load()
	if len(zones) >= maxZones {
		return 0, chat.Errorf(chat.Limited, "So many time zones are in use that no other can be added; choose UTC or server, or one that somebody has.")
	}
	next := append(slices.Clip(zones), loc)
	z.zones.Store(&next)
	return uint16(len(next) - 1), nil
}

// number looks a zone up among those in use.
func (z *Zones) number(name string) (uint16, bool) {
	for i, known := range (*z.zones.Load())[1:] {
		if known.String() == name {
			return uint16(i + 1), true
		}
	}
	return 0, false
}

// Location is the zone of that number.
func (z *Zones) Location(n uint16) *time.Location { return (*z.zones.Load())[n] }
