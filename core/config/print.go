package config

import (
	"bufio"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Print writes the config as a file that loads again, with the origin of every
// value beside it. A secret is commented out, so that nothing false is loaded.
func (l *Loaded) Print(w io.Writer) error {
	b := bufio.NewWriter(w) // keeps the first error for Flush
	if l.Path == "" {
		fmt.Fprintln(b, "# no config file")
	} else {
		fmt.Fprintf(b, "# config file %s\n", printable(l.Path))
	}
	writeTOML(b, settings, reflect.ValueOf(l.Config), l.Origins)
	return b.Flush()
}

// writeTOML writes the settings of a struct. Each table is in one piece, because
// it is in the struct.
func writeTOML(w io.Writer, all []setting, config reflect.Value, origins map[string]Origin) {
	table := ""
	for _, s := range all {
		v := s.in(config)
		if isList(s.typ) {
			for i := range v.Len() {
				printLine(w, "\n[["+s.name+"]]", origins[s.name])
				for f, value := range v.Index(i).Fields() {
					fmt.Fprintln(w, assignment(keyName(f), value))
				}
			}
			continue
		}
		in, key, _ := strings.Cut(s.name, ".")
		if in != table {
			table = in
			fmt.Fprintf(w, "\n[%s]\n", table)
		}
		printLine(w, assignment(key, v), origins[s.name])
	}
}

// assignment is a line that sets key to v, commented out if v is secret.
func assignment(key string, v reflect.Value) string {
	line := key + " = " + literal(v)
	if hidden(v) {
		line = "# " + line
	}
	return line
}

// hidden reports whether the value is not shown.
func hidden(v reflect.Value) bool {
	switch v.Interface().(type) {
	case Secret:
		return true
	case []Secret, Free:
		return v.Len() > 0
	}
	return false
}

// originColumn is where the origins stand, unless a value is longer.
const originColumn = 36

func printLine(w io.Writer, line string, o Origin) {
	gap := max(1, originColumn-utf8.RuneCountInString(strings.TrimPrefix(line, "\n")))
	fmt.Fprintf(w, "%s%s# %s\n", line, strings.Repeat(" ", gap), o)
}
