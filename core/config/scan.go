package config

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A scanner holds every key of a TOML document, as it is written there, against
// the type that it is to fill, and notes its line.
//
// It walks the syntax tree, because what decodes documents into values is too
// kind: viper folds the case of keys, splits quoted ones at their dots and
// turns "10", true and 1.5 into numbers; go-toml's strict mode folds case too
// and stops at the first wrong type.
type scanner struct {
	file     *file
	parser   unstable.Parser
	root     node
	known    []string // every key that may stand in the file
	lines    map[string]int
	tables   map[string]int // how many [[...]] there were so far
	secrets  []string       // the keys of those that are there
	problems []*Error

	offset, line int // line is the line of the byte at offset
}

// A node is a place in the type: what a key leads to.
type node struct {
	key string // "", "limits", "limits.outbox", "listen[0]"
	typ reflect.Type
}

func newScanner(f *file, t reflect.Type) *scanner {
	return &scanner{
		file:  f,
		root:  node{typ: t},
		known: keysOf(node{typ: t}),
		lines: map[string]int{}, tables: map[string]int{},
		line: 1,
	}
}

// scan reports whether the document is well-formed, as far as the parser sees.
func (s *scanner) scan() bool {
	s.parser.Reset(s.file.data)
	table, known := s.root, true
	for s.parser.NextExpression() {
		e := s.parser.Expression()
		switch e.Kind {
		case unstable.KeyValue:
			if known { // else the header was refused, and that is enough
				s.keyValue(table, e)
			}
		case unstable.Table, unstable.ArrayTable:
			var line int
			table, line, known = s.descend(s.root, e.Key(), true)
			if !known {
				continue
			}
			s.mark(table.key, line)
			switch list := e.Kind == unstable.ArrayTable; {
			case isFree(table.typ):
			case list && isList(table.typ):
				n := s.tables[table.key]
				s.tables[table.key]++
				table = table.element(n)
				s.mark(table.key, line)
			case list && isTable(table.typ):
				known = false
				s.problem(table.key, line, "there is only one; write [%s]", withoutIndex(table.key))
			case !list && isList(table.typ):
				known = false
				s.problem(table.key, line, "is a list of tables; write [[%s]]", table.key)
			case !isTable(table.typ):
				known = false
				s.problem(table.key, line, "is no table; write %s", example(table))
			}
		}
	}
	return s.parser.Error() == nil
}

// keyValue checks one key = value under the given node.
func (s *scanner) keyValue(under node, e *unstable.Node) {
	if at, line, ok := s.descend(under, e.Key(), false); ok {
		s.mark(at.key, line)
		s.value(at, line, e.Value())
	}
}

// descend follows a key, which may have several parts. In a header those behind a
// list of tables are in its last table. It reports whether the key leads to
// anything, and if not has noted the problem.
func (s *scanner) descend(at node, key unstable.Iterator, header bool) (node, int, bool) {
	line := 0
	for key.Next() {
		part := string(key.Node().Data)
		if line == 0 {
			line = s.lineOf(key.Node())
		}
		if lower := strings.ToLower(part); lower != part && !isFree(at.typ) && at.typ != reflect.TypeFor[Free]() {
			s.problem("", line, "the key %s is not lower case; write %s", shorten(bare(part)), shorten(bare(lower)))
			return at, line, false
		}
		if n := s.tables[at.key]; header && n > 0 && isList(at.typ) {
			at = at.element(n - 1)
		}
		if isList(at.typ) {
			s.problem(at.key, line, "is a list of tables; write [[%s]]", at.key)
			return at, line, false
		}
		next, ok := at.child(part)
		if !ok {
			s.unknown(withoutIndex(at.join(bare(part))), line)
			return at, line, false
		}
		at = next
	}
	return at, line, true
}

// unknown notes a key that does not exist. Only problems that are shown are
// worth the search for what was meant.
func (s *scanner) unknown(key string, line int) {
	hint := ""
	if len(s.problems) < maxErrors {
		hint = didYouMean(key, s.known)
	}
	s.problem("", line, "unknown key %s%s", shorten(key), hint)
}

// keysOf lists the keys under a node, tables included.
func keysOf(n node) []string {
	var all []string
	t := n.typ
	if isList(t) {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		for f := range t.Fields() {
			child := node{n.join(keyName(f)), f.Type}
			all = append(append(all, child.key), keysOf(child)...)
		}
	}
	return all
}

// value checks that a value is of the type that belongs at the node.
func (s *scanner) value(at node, line int, v *unstable.Node) {
	if !accepts(at.typ, v.Kind) {
		s.problem(at.key, line, "%s is %s; write %s", s.show(at, v), kindNames[v.Kind], example(at))
		return
	}
	if at.typ == reflect.TypeFor[Secret]() && len(v.Data) > 0 {
		s.secrets = append(s.secrets, withoutIndex(at.key))
	}
	if at.typ == reflect.TypeFor[Free]() || isFree(at.typ) {
		return // what is in it is not ours to know
	}
	children := v.Children()
	switch v.Kind {
	case unstable.InlineTable:
		for children.Next() {
			s.keyValue(at, children.Node())
		}
	case unstable.Array:
		for i := 0; children.Next(); i++ {
			e := at.element(i)
			if children.Node().Raw.Length > 0 {
				line = s.lineOf(children.Node())
			}
			s.mark(e.key, line)
			s.value(e, line, children.Node())
		}
	}
}

// show is a value as it is written, for an error.
func (s *scanner) show(at node, v *unstable.Node) string {
	switch {
	case holdsSecret(at.typ):
		return redacted
	case v.Kind == unstable.Array:
		return "[...]" // the tree has no range for lists and tables
	case v.Kind == unstable.InlineTable:
		return "{...}"
	}
	return shorten(printable(string(s.parser.Raw(v.Raw))))
}

// mark notes where a key stands. The first place counts.
func (s *scanner) mark(key string, line int) {
	if _, ok := s.lines[key]; !ok {
		s.lines[key] = line
	}
}

func (s *scanner) problem(key string, line int, format string, args ...any) {
	s.problems = append(s.problems, &Error{
		Where: fmt.Sprintf("%s:%d", printable(s.file.name), line),
		Key:   key,
		Err:   fmt.Errorf(format, args...),
	})
}

// lineOf is the line where a node begins. Nodes come in the order of the
// document, so the lines are counted once.
func (s *scanner) lineOf(n *unstable.Node) int {
	if offset := int(n.Raw.Offset); offset > s.offset {
		s.line += bytes.Count(s.file.data[s.offset:offset], []byte("\n"))
		s.offset = offset
	}
	return s.line
}

// child follows one part of a key.
func (n node) child(part string) (node, bool) {
	switch n.typ.Kind() {
	case reflect.Struct:
		for f := range n.typ.Fields() {
			if keyName(f) == part {
				return node{n.join(part), f.Type}, true
			}
		}
	case reflect.Map:
		return node{n.join(bare(part)), n.typ.Elem()}, true
	case reflect.Interface:
		return node{n.join(bare(part)), n.typ}, true
	}
	return node{}, false
}

// join appends a part to the node's key.
func (n node) join(part string) string {
	if n.key == "" {
		return part
	}
	return n.key + "." + part
}

// element is the i-th place in a list.
func (n node) element(i int) node {
	return node{n.key + "[" + strconv.Itoa(i) + "]", n.typ.Elem()}
}

var listIndex = regexp.MustCompile(`\[[0-9]+\]`)

// withoutIndex is a key as it is written in the file.
func withoutIndex(key string) string { return listIndex.ReplaceAllString(key, "") }

// isList reports whether t is what [[...]] fills.
func isList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// isTable reports whether t is what [...] fills.
func isTable(t reflect.Type) bool { return t.Kind() == reflect.Struct || t.Kind() == reflect.Map }

// isFree reports whether t is what stands in a Free: anything.
func isFree(t reflect.Type) bool { return t.Kind() == reflect.Interface }

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// bare is a part of a key as it has to be written: quoted unless it is made of
// letters, digits, _ and -.
func bare(part string) string {
	if bareKey.MatchString(part) {
		return part
	}
	return quote(part)
}

// accepts reports whether a value written as kind may fill a t.
func accepts(t reflect.Type, kind unstable.Kind) bool {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return kind == unstable.String
	case reflect.TypeFor[Size]():
		return kind == unstable.String || kind == unstable.Integer
	}
	switch t.Kind() {
	case reflect.String:
		return kind == unstable.String
	case reflect.Bool:
		return kind == unstable.Bool
	case reflect.Int:
		return kind == unstable.Integer
	case reflect.Float64:
		return kind == unstable.Float || kind == unstable.Integer
	case reflect.Slice:
		return kind == unstable.Array
	case reflect.Struct, reflect.Map:
		return kind == unstable.InlineTable
	case reflect.Interface:
		return true
	}
	return false
}

var kindNames = map[unstable.Kind]string{
	unstable.String:        "a string",
	unstable.Bool:          "a boolean",
	unstable.Integer:       "a whole number",
	unstable.Float:         "a fraction",
	unstable.Array:         "a list",
	unstable.InlineTable:   "a table",
	unstable.DateTime:      "a date",
	unstable.LocalDateTime: "a date",
	unstable.LocalDate:     "a date",
	unstable.LocalTime:     "a time of day",
}

// example tells how a value of the node's type is written.
func example(n node) string {
	switch n.typ {
	case reflect.TypeFor[time.Duration]():
		return `a duration with a unit and in quotes, such as "10s"`
	case reflect.TypeFor[Size]():
		return `a size, such as "128KiB"`
	}
	switch n.typ.Kind() {
	case reflect.String:
		return "a string in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		if isList(n.typ) {
			return "tables [[" + n.key + "]]"
		}
		return `a list, such as ["one", "two"]`
	}
	if n.key != withoutIndex(n.key) {
		return "a table {...}"
	}
	return "a table [" + n.key + "]"
}
