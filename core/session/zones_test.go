package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestZones(t *testing.T) {
	z := NewZones(time.UTC)
	for _, tt := range []struct {
		name string
		want uint16
	}{{"Europe/Berlin", 1}, {"UTC", 2}, {"Europe/Berlin", 1}, {"Asia/Tokyo", 3}, {"UTC", 2}, {"europe/BERLIN", 1}} {
		if n, err := z.Find(tt.name); err != nil || n != tt.want || !strings.EqualFold(z.Location(n).String(), tt.name) {
			t.Errorf("Find(%s) = %d, %v; want %d", tt.name, n, err, tt.want)
		}
	}
	if z.Location(0) != time.UTC {
		t.Errorf("zone 0 is %v", z.Location(0))
	}
	for _, name := range []string{
		"", ".", "/", "Local", "Mars/Olympus", "Europe", "Europe//Berlin", "Europe/./Berlin", "./Europe/Berlin", "Europe/Berlin/",
		"Europe/../Europe/Berlin", "/etc/localtime",
	} {
		if n, err := z.Find(name); chat.ErrorCode(err) != chat.Invalid {
			t.Errorf("Find(%q) = %d, %v; want code invalid", name, n, err)
		}
	}
	if n := len(*z.zones.Load()); n != 4 {
		t.Errorf("%d zones in the table, want 4", n)
	}
}

// The number of a zone has 16 bits, and the table stays in memory.
func TestZonesAreBounded(t *testing.T) {
	z := NewZones(time.UTC)
	full := *z.zones.Load()
	for i := len(full); i < maxZones; i++ {
		full = append(full, time.FixedZone(fmt.Sprint("Test/", i), i))
	}
	z.zones.Store(&full)
	if n, err := z.Find("Europe/Berlin"); chat.ErrorCode(err) != chat.Limited {
		t.Errorf("one more than %d: %d, %v; want code limited", maxZones, n, err)
	}
	if n, err := z.Find(fmt.Sprint("Test/", maxZones-1)); err != nil || n != maxZones-1 {
		t.Errorf("the last one: %d, %v", n, err)
	}
}
