package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// literal is a value as it is written in the file, in one line. A secret is
// redacted.
func literal(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return quote(durationText(x))
	case Size:
		return quote(x.String())
	case Secret:
		return quote(x.String())
	case interface{ literal() string }:
		return x.literal()
	case Free:
		if len(x) > 0 {
			return quote(redacted)
		}
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Float64:
		return floatText(v.Float())
	case reflect.Slice:
		var elements []string
		for i := range v.Len() {
			elements = append(elements, literal(v.Index(i)))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	case reflect.Map:
		var fields []string
		for _, key := range slices.Sorted(maps.Keys(stringKeys(v))) {
			fields = append(fields, bare(key)+" = "+literal(v.MapIndex(reflect.ValueOf(key))))
		}
		if fields == nil {
			return "{}"
		}
		return "{ " + strings.Join(fields, ", ") + " }"
	case reflect.Struct:
		var fields []string
		for f, value := range v.Fields() {
			fields = append(fields, keyName(f)+" = "+literal(value))
		}
		return "{ " + strings.Join(fields, ", ") + " }"
	}
	panic("config: no literal for a " + v.Type().String())
}

// stringKeys are the keys of a map.
func stringKeys(v reflect.Value) map[string]bool {
	keys := map[string]bool{}
	for _, key := range v.MapKeys() {
		keys[key.String()] = true
	}
	return keys
}

// durationText is d without the zero units that its String ends in: 24h, not
// 24h0m0s.
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// floatText is f with a decimal point, which makes it a fraction in TOML.
func floatText(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.ContainsAny(s, ".IN") { // +Inf and NaN are refused, but shown
		s += ".0"
	}
	return s
}

// quote is s as a basic string of TOML 1.0.
func quote(s string) string { return `"` + escape(s, `"\`) + `"` }

// printable is s for an error or a comment: one line that holds nothing a
// terminal obeys.
func printable(s string) string { return escape(s, "") }

// escape writes what can't be printed, and the characters of also, by the
// escapes of TOML.
func escape(s, also string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case strings.ContainsRune(also, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return b.String()
}
