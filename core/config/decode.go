package config

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// decodeValue is the hook that mapstructure calls with every value before it
// puts it into a Config. It parses whatever is text, so that mapstructure's own
// weak conversions, which read "" as 0 and "010" as 8, have nothing to do. The
// text of variables and flags may be of any type; in the file the scanner has
// let through what is written as text only.
func decodeValue(_, to reflect.Type, data any) (any, error) {
	switch data := data.(type) {
	case string:
		return parseText(data, to)
	case map[string]any:
		switch to {
		case reflect.TypeFor[Listen]():
			return withDefaults(data, map[string]any{"telnet": true}), nil
		case reflect.TypeFor[Room]():
			return withDefaults(data, map[string]any{"role": string(RoleGuest), "moderators": []string{}}), nil
		case reflect.TypeFor[Plugin](), reflect.TypeFor[PluginLimits]():
			return withDefaults(data, defaultsOf(to)), nil
		case reflect.TypeFor[Rule]():
			return withDefaults(data, map[string]any{"roles": []Role{}, "rooms": []string{}, "args": []string{}}), nil
		}
	}
	return data, nil
}

// parseText reads one value of type t.
func parseText(s string, t reflect.Type) (any, error) {
	switch t {
	case reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(s)
		if err != nil {
			return nil, fmt.Errorf("%s is no duration; write it with a unit, such as %s", show(s), durationHint(s))
		}
		return d, nil
	case reflect.TypeFor[Size]():
		return ParseSize(s)
	case reflect.TypeFor[[]string]():
		return splitList(s), nil
	case reflect.TypeFor[[]Listen]():
		doors := []Listen{}
		for _, addr := range splitList(s) {
			doors = append(doors, Listen{Addr: addr, Telnet: true})
		}
		return doors, nil
	case reflect.TypeFor[[]Room]():
		rooms := []Room{}
		for _, name := range splitList(s) {
			rooms = append(rooms, Room{Name: name, Role: RoleGuest, Moderators: []string{}})
		}
		return rooms, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return nil, fmt.Errorf("%s is neither true nor false", show(s))
		}
		return b, nil
	case reflect.Int:
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, numberError(s, "a whole number", err)
		}
		return n, nil
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, numberError(s, "a number", err)
		}
		return f, nil
	}
	return s, nil
}

// durationHint is a duration as it should have been written.
func durationHint(s string) string {
	if _, err := strconv.ParseUint(s, 10, 31); err == nil {
		return quote(s + "s")
	}
	return `"90s", "10m" or "24h"`
}

func numberError(s, want string, err error) error {
	if isRange(err) {
		return fmt.Errorf("%s is too large", show(s))
	}
	return fmt.Errorf("%s is not %s", show(s), want)
}

// splitList reads a list that is written with commas.
func splitList(s string) []string {
	list := []string{}
	if strings.TrimSpace(s) == "" {
		return list
	}
	for e := range strings.SplitSeq(s, ",") {
		list = append(list, strings.TrimSpace(e))
	}
	return list
}

// defaultsOf is what a table [[plugin]], or one in it, says by default.
func defaultsOf(t reflect.Type) map[string]any {
	defaults := reflect.ValueOf(defaultPlugin())
	if t == reflect.TypeFor[PluginLimits]() {
		defaults = reflect.ValueOf(defaultPlugin().Limits)
	}
	table := map[string]any{}
	for f, value := range defaults.Fields() {
		table[keyName(f)] = value.Interface()
	}
	return table
}

// withDefaults adds what a table [[...]] leaves out: viper merges defaults into
// tables, but not into lists of them.
func withDefaults(table, defaults map[string]any) map[string]any {
	maps.Copy(defaults, table)
	return defaults
}
