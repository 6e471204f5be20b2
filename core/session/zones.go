package session

import (
	_ "embed"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// zoneNames are the names of the zones of the IANA database's zone.tab, and UTC, a
// line each. Others can be chosen too, but are not suggested: they are old names.
//
//go:embed zones.txt
var zoneNames string

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

// Find is the number of the IANA zone of that name, in whatever case. Errors:
// Invalid if there is no such zone, with those that may be meant; Limited if the table is full. It reads a file for a zone that
// is not in the table.
func (z *Zones) Find(name string) (uint16, error) {
	for known := range strings.FieldsSeq(zoneNames) {
		if strings.EqualFold(known, name) {
			name = known
		}
	}
	if n, ok := z.number(name); ok {
		return n, nil
	}
	// A name is a path to the system, where Europe//Berlin is Berlin too.
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" || path.Clean(name) != name {
		return 0, noZone(name)
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

// noZone is the error for a name of no zone.
func noZone(name string) error {
	if near := text.Nearest(name, strings.FieldsSeq(zoneNames), 3); len(near) > 0 {
		return chat.Errorf(chat.Invalid, "There is no time zone %q; did you mean %s?", name, strings.Join(near, " or "))
	}
	return chat.Errorf(chat.Invalid, "There is no time zone %q; give one like Europe/Berlin, or UTC, or server.", name)
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
