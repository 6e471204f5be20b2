package config

import "reflect"

// A Change is a setting that differs between two configs.
type Change struct {
	Key  string // "limits.outbox", or "listen" for all tables [[listen]]
	Old  string // as it is written in the file, in one line; a secret is redacted
	New  string
	Live bool // a reload applies it; else it needs a restart
}

// String is the change in one line: limits.outbox: "128KiB" -> "1MiB".
func (c Change) String() string {
	s := c.Key + ": " + c.Old + " -> " + c.New
	if !c.Live {
		s += " (needs a restart)"
	}
	return s
}

// Diff lists the settings that differ, in the order of Config. It is nil if
// none does.
func Diff(old, new *Config) []Change {
	return diff(settings, reflect.ValueOf(*old), reflect.ValueOf(*new))
}

// KeepRestartOnly sets in next what a reload can't apply to what it is in old,
// so that next is the config in effect after that reload. The two share lists
// from then on.
func KeepRestartOnly(old, next *Config) {
	from, to := reflect.ValueOf(old).Elem(), reflect.ValueOf(next).Elem()
	for _, s := range settings {
		if !s.live {
			s.in(to).Set(s.in(from))
		}
	}
}

func diff(all []setting, old, new reflect.Value) []Change {
	var changes []Change
	for _, s := range all {
		a, b := s.in(old), s.in(new)
		if same(a, b) {
			continue
		}
		changes = append(changes, Change{Key: s.name, Old: literal(a), New: literal(b), Live: s.live})
	}
	return changes
}

// same compares two values; no list is an empty list, and no table an empty table.
func same(a, b reflect.Value) bool {
	if k := a.Kind(); (k == reflect.Slice || k == reflect.Map) && a.Len() == 0 && b.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
