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
					fmt.Fprintf(w, "%s = %s\n", keyName(f), literal(value))
				}
			}
			continue
		}
		in, key, _ := strings.Cut(s.name, ".")
		if in != table {
			table = in
			fmt.Fprintf(w, "\n[%s]\n", table)
		}
		line := key + " = " + literal(v)
		if s.secret() {
			line = "# " + line
		}
		printLine(w, line, origins[s.name])
	}
}

// originColumn is where the origins stand, unless a value is longer.
const originColumn = 36

func printLine(w io.Writer, line string, o Origin) {
	gap := max(1, originColumn-utf8.RuneCountInString(strings.TrimPrefix(line, "\n")))
	fmt.Fprintf(w, "%s%s# %s\n", line, strings.Repeat(" ", gap), o)
}
