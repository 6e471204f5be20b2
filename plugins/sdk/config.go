package sdk

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Config is for a plugin that an operator can configure: f gets the table
// [plugin.config] of the server's config as a T, a struct, and returns the parts
// that depend on it, which may be all of them. What the table leaves out is as
// in defaults.
//
//	type config struct {
//		Words  []string      `help:"words that nobody may say" config:",required"`
//		Mask   string        `help:"what is shown in their place; empty: the message is refused"`
//		Expire time.Duration `help:"how long an offender is remembered"`
//	}
//
// A key is the field's name in lower case with underscores, MaxVotes is
// max_votes, or what the tag `config:"name"` says; `config:"-"` is no key.
// Fields may be bool, string, numbers, time.Duration ("1h30m"), what unmarshals
// text, and slices, maps by string, structs and pointers of these. An unknown
// key, a value of another type and a missing required one are told to the
// operator, by name and all at once, and the plugin does not start.
//
// So is the error of f: one sentence about what is wrong; a [Problem] also says
// where. F may be called more than once and has no effect beside its result. A
// changed config starts a new process.
func Config[T any](defaults T, f func(config T) ([]Part, error)) Part {
	return partFunc(func(p *parts) {
		p.configs = append(p.configs, configured{
			typ: reflect.TypeFor[T](),
			def: reflect.ValueOf(&defaults).Elem(),
			parts: func(data []byte) ([]Part, error) {
				var config T
				// The defaults are decoded over, so they are copied, deeply
				// enough.
				v := reflect.ValueOf(&config).Elem()
				v.Set(copyOf(reflect.ValueOf(defaults)))
				if err := decodeConfig(data, v); err != nil {
					return nil, err
				}
				return f(config)
			},
		})
	})
}

type configured struct {
	typ   reflect.Type
	def   reflect.Value
	parts func(config []byte) ([]Part, error)
}

// A Problem is one thing in the config that an operator has to put right.
type Problem struct {
	Path string // the key below [plugin.config]: "commands.deploy.timeout"; "" is the whole
	Text string // says what would do: "must be a number from 1 to 9, not 12"
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Path == "" {
		return p.Text
	}
	return p.Path + " " + p.Text
}

// Problemf is a *Problem with the formatted text.
func Problemf(path, format string, args ...any) error {
	return &Problem{Path: path, Text: fmt.Sprintf(format, args...)}
}

// problems flattens joined errors.
func problems(err error) []*Problem {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Problem
		for _, e := range many.Unwrap() {
			all = append(all, problems(e)...)
		}
		return all
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return []*Problem{p}
	}
	return []*Problem{{Text: err.Error()}}
}

// decodeConfig fills v, a struct with its defaults, from a JSON object.
func decodeConfig(data []byte, v reflect.Value) error {
	var value any = map[string]any{}
	if len(data) > 0 {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if err := d.Decode(&value); err != nil {
			return Problemf("", "is no JSON: %v", err)
		}
	}
	var d decoder
	d.decode("", value, v)
	return errors.Join(d.problems...)
}

// A decoder collects the problems of one config.
type decoder struct{ problems []error }

func (d *decoder) failf(path, format string, args ...any) {
	d.problems = append(d.problems, Problemf(path, format, args...))
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// decode puts a JSON value where it belongs.
func (d *decoder) decode(path string, value any, to reflect.Value) {
	if to.Type() == durationType {
		d.duration(path, value, to)
		return
	}
	if to.CanAddr() && to.Addr().Type().Implements(textType) {
		s, ok := value.(string)
		if !ok {
			d.failf(path, "must be a string, not %s", shown(value))
		} else if err := to.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			d.failf(path, "must be another value than %q: %v", s, err)
		}
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		d.decode(path, value, to.Elem())
	case reflect.Struct:
		d.object(path, value, to)
	case reflect.Map:
		d.table(path, value, to)
	case reflect.Slice:
		d.list(path, value, to)
	default:
		d.scalar(path, value, to)
	}
}

func (d *decoder) scalar(path string, value any, to reflect.Value) {
	switch to.Kind() {
	case reflect.Bool:
		if b, ok := value.(bool); ok {
			to.SetBool(b)
			return
		}
		d.failf(path, "must be true or false, not %s", shown(value))
	case reflect.String:
		if s, ok := value.(string); ok {
			to.SetString(s)
			return
		}
		d.failf(path, "must be a string, not %s", shown(value))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n, ok := value.(json.Number); ok {
			if i, err := n.Int64(); err == nil && !to.OverflowInt(i) {
				to.SetInt(i)
				return
			}
		}
		d.failf(path, "must be a whole number, not %s", shown(value))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n, ok := value.(json.Number); ok {
			if i, err := n.Int64(); err == nil && i >= 0 && !to.OverflowUint(uint64(i)) {
				to.SetUint(uint64(i))
				return
			}
		}
		d.failf(path, "must be a whole number that is not negative, not %s", shown(value))
	case reflect.Float32, reflect.Float64:
		if n, ok := value.(json.Number); ok {
			if f, err := n.Float64(); err == nil && !to.OverflowFloat(f) {
				to.SetFloat(f)
				return
			}
		}
		d.failf(path, "must be a number, not %s", shown(value))
	case reflect.Interface:
		to.Set(reflect.ValueOf(plain(value)))
	default:
		d.failf(path, "has the Go type %s, which a config can't have", to.Type())
	}
}

func (d *decoder) duration(path string, value any, to reflect.Value) {
	if s, ok := value.(string); ok {
		if v, err := time.ParseDuration(s); err == nil {
			to.SetInt(int64(v))
			return
		}
	}
	d.failf(path, "must be a time such as \"30s\" or \"1h30m\", not %s", shown(value))
}

func (d *decoder) object(path string, value any, to reflect.Value) {
	table, ok := value.(map[string]any)
	if !ok {
		d.failf(path, "must be a table, not %s", shown(value))
		return
	}
	fields := fieldsOf(to.Type())
	var known []string
	for _, f := range fields {
		known = append(known, f.key)
		if v, there := table[f.key]; there {
			d.decode(below(path, f.key), v, to.FieldByIndex(f.index))
		} else if f.required {
			d.failf(below(path, f.key), "is missing: %s", cmp.Or(f.help, "it is required"))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if slices.Contains(known, key) {
			continue
		}
		if near := nearest(key, known); near != "" {
			d.failf(below(path, key), "is no key here; did you mean %s?", near)
		} else {
			d.failf(below(path, key), "is no key here; there are %s", strings.Join(known, ", "))
		}
	}
}

func (d *decoder) table(path string, value any, to reflect.Value) {
	table, ok := value.(map[string]any)
	if !ok || to.Type().Key().Kind() != reflect.String {
		d.failf(path, "must be a table, not %s", shown(value))
		return
	}
	m := reflect.MakeMapWithSize(to.Type(), len(table))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		v := reflect.New(to.Type().Elem()).Elem()
		d.decode(below(path, key), table[key], v)
		m.SetMapIndex(reflect.ValueOf(key).Convert(to.Type().Key()), v)
	}
	to.Set(m)
}

func (d *decoder) list(path string, value any, to reflect.Value) {
	list, ok := value.([]any)
	if !ok {
		d.failf(path, "must be a list, not %s", shown(value))
		return
	}
	s := reflect.MakeSlice(to.Type(), len(list), len(list))
	for i, v := range list {
		d.decode(fmt.Sprintf("%s[%d]", path, i), v, s.Index(i))
	}
	to.Set(s)
}

func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// shown names a value for a problem. Long ones, and what may be a secret among
// them, are not repeated.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "a table"
	case []any:
		return "a list"
	case string:
		if len(v) > 32 {
			return "that string"
		}
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(value)
}

// plain is a value for a field of any type: numbers as int64 or float64.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return value
}

// A field is one key of a struct.
type field struct {
	key, help string
	required  bool
	index     []int
	typ       reflect.Type
}

func fieldsOf(t reflect.Type) []field {
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("config")
		if !f.IsExported() || tag == "-" || f.Anonymous && tag == "" {
			continue
		}
		key, option, _ := strings.Cut(tag, ",")
		fields = append(fields, field{
			key: cmp.Or(key, snake(f.Name)), help: f.Tag.Get("help"), required: option == "required", index: f.Index, typ: f.Type,
		})
	}
	return fields
}

// snake is MaxVotes as max_votes and URLPath as url_path.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		starts := unicode.IsUpper(r) && i > 0 &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if starts {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// nearest is the known key that differs by the fewest edits, at most two; "" if
// none is so near.
func nearest(key string, known []string) string {
	best, at := "", 3
	for _, k := range known {
		if n := distance(key, k); n < at {
			best, at = k, n
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// copyOf is a copy of v that shares no map, slice or pointer with it.
func copyOf(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(copyOf(v.Field(i)))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				c.Index(i).Set(copyOf(v.Index(i)))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			c.Set(reflect.MakeMap(v.Type()))
			for k, e := range v.Seq2() {
				c.SetMapIndex(k, copyOf(e))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(copyOf(v.Elem()))
		}
	}
	return c
}
