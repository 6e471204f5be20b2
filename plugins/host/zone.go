package host

import (
	"os"
	"strings"
	"sync"
	"time"
)

// zoneName is the IANA name of a time zone; "" is UTC, or unknown.
func zoneName(zone *time.Location) string {
	switch zone {
	case nil, time.UTC:
		return ""
	case time.Local:
		return localZone()
	}
	return zone.String()
}

// localZone is the name of the system's own zone, which package time calls Local.
var localZone = sync.OnceValue(func() string {
	link, _ := os.Readlink("/etc/localtime") // or it is a copy, whose name nobody knows
	return findZone(os.LookupEnv, link)
})

// findZone looks for the name of the system's own zone where package time looks for
// the zone: in the variable TZ, else where the link /etc/localtime leads.
func findZone(lookup func(string) (string, bool), link string) string {
	name, set := lookup("TZ")
	if !set {
		name = link
	}
	name = strings.TrimPrefix(name, ":")
	if _, after, found := strings.Cut(name, "zoneinfo/"); found {
		name = after
	}
	if _, err := time.LoadLocation(name); err != nil || name == "UTC" || name == "Local" {
		return ""
	}
	return name
}
