package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/text"
)

// Schema is the JSON Schema of the config that the program of a table has declared when
// it was started last by a host with its files in dir, Options.Dir; "" is any. Known is
// false if none has started it. The error says why the program can't be read.
func Schema(dir string, t *Table) (schema string, known bool, err error) {
	sum, err := Sum(t)
	if err != nil {
		return "", false, err
	}
	p, err := os.ReadFile(schemaFile(filepath.Join(dir, "manifests"), sum))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return string(p), err == nil, err
}

// schemaFile is the file of the schema of a program. It goes for any config, to check
// one that the program has never had.
func schemaFile(cache, sum string) string { return filepath.Join(cache, sum+".schema") }

// A Problem is what is wrong at one place of a config.
type Problem struct {
	Path string // "words[1]"; "" is the whole
	Text string // "must be a string"; it shows no value, which may be a secret
}

// CheckConfig holds a config, a JSON object, against a schema. It knows the keywords
// type, properties, required, additionalProperties, items, enum, pattern, and the bounds
// of numbers, lengths and items; what else a schema says is left to the plugin, which
// checks its config when it starts. The error tells of a schema or a config that is no
// JSON.
func CheckConfig(schema string, config json.RawMessage) ([]Problem, error) {
	if schema == "" {
		return nil, nil
	}
	if len(config) == 0 {
		config = json.RawMessage("{}")
	}
	var s jsonSchema
	if err := json.Unmarshal([]byte(schema), &s); err != nil {
		return nil, fmt.Errorf("its schema can't be read: %w", err)
	}
	var value any
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	var c schemaCheck
	c.check("", &s, value)
	return c.problems, nil
}

// A jsonSchema is as much of a JSON Schema as is checked.
type jsonSchema struct {
	Type       oneOrMany              `json:"type"`
	Properties map[string]*jsonSchema `json:"properties"`
	Required   []string               `json:"required"`
	Others     *jsonSchema            `json:"additionalProperties"`
	Items      *jsonSchema            `json:"items"`
	Enum       []any                  `json:"enum"`
	Pattern    string                 `json:"pattern"`
	Examples   []any                  `json:"examples"`
	Minimum    *float64               `json:"minimum"`
	Maximum    *float64               `json:"maximum"`
	MinLength  *int                   `json:"minLength"`
	MaxLength  *int                   `json:"maxLength"`
	MinItems   *int                   `json:"minItems"`
	MaxItems   *int                   `json:"maxItems"`

	never bool // the schema false
}

// UnmarshalJSON implements json.Unmarshaler: true and false are schemas too.
func (s *jsonSchema) UnmarshalJSON(p []byte) error {
	var all bool
	if json.Unmarshal(p, &all) == nil {
		*s = jsonSchema{never: !all}
		return nil
	}
	type plain jsonSchema
	return json.Unmarshal(p, (*plain)(s))
}

// oneOrMany is a string or a list of them.
type oneOrMany []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMany) UnmarshalJSON(p []byte) error {
	var one string
	if json.Unmarshal(p, &one) == nil {
		*o = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(p, (*[]string)(o))
}

// A schemaCheck collects the problems of one config.
type schemaCheck struct{ problems []Problem }

func (c *schemaCheck) failf(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, text.Clean(fmt.Sprintf(format, args...))})
}

// typeNames are the types as an operator knows them, with their articles.
var typeNames = map[string]string{
	"object": "a table", "array": "a list", "string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false",
}

func (c *schemaCheck) check(path string, s *jsonSchema, value any) {
	if s == nil {
		return
	}
	if len(s.Type) > 0 && !slices.ContainsFunc(s.Type, func(t string) bool { return isOf(t, value) }) {
		var names []string
		for _, t := range s.Type {
			if name, ok := typeNames[t]; ok {
				names = append(names, name)
			}
		}
		c.failf(path, "must be %s", strings.Join(names, " or "))
		return
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e any) bool { return sameJSON(e, value) }) {
		c.failf(path, "must be one of %s", listed(s.Enum))
	}
	switch v := value.(type) {
	case map[string]any:
		c.object(path, s, v)
	case []any:
		c.bounds(path, len(v), s.MinItems, s.MaxItems, "items")
		for i, item := range v {
			c.check(path+"["+strconv.Itoa(i)+"]", s.Items, item)
		}
	case string:
		c.bounds(path, utf8.RuneCountInString(v), s.MinLength, s.MaxLength, "characters")
		c.pattern(path, s, v)
	case json.Number:
		c.number(path, s, v)
	}
}

func (c *schemaCheck) object(path string, s *jsonSchema, v map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		at := below(path, key)
		switch known, ok := s.Properties[key]; {
		case ok:
			c.check(at, known, v[key])
		case s.Others != nil && s.Others.never:
			hint := ""
			if near := text.Nearest(key, maps.Keys(s.Properties), 1); near != nil {
				hint = "; did you mean " + near[0] + "?"
			}
			c.failf(at, "is no key of it%s", hint)
		default:
			c.check(at, s.Others, v[key])
		}
	}
	for _, key := range s.Required {
		if _, ok := v[key]; !ok {
			c.failf(below(path, key), "is missing")
		}
	}
}

func (c *schemaCheck) pattern(path string, s *jsonSchema, v string) {
	if s.Pattern == "" {
		return
	}
	re, err := regexp.Compile(s.Pattern)
	switch {
	case err != nil || re.MatchString(v): // one of another dialect is the plugin's to check
	case len(s.Examples) > 0:
		c.failf(path, "must be written as in %s", listed(s.Examples))
	default:
		c.failf(path, "must match %s", s.Pattern)
	}
}

func (c *schemaCheck) number(path string, s *jsonSchema, v json.Number) {
	n, err := v.Float64()
	switch {
	case err != nil:
	case s.Minimum != nil && n < *s.Minimum:
		c.failf(path, "must be %v or more", *s.Minimum)
	case s.Maximum != nil && n > *s.Maximum:
		c.failf(path, "must be %v or less", *s.Maximum)
	}
}

// bounds checks how many of something there are.
func (c *schemaCheck) bounds(path string, n int, least, most *int, what string) {
	switch {
	case least != nil && n < *least:
		c.failf(path, "must have %d %s or more", *least, what)
	case most != nil && n > *most:
		c.failf(path, "must have %d %s or fewer", *most, what)
	}
}

// below is the path of a key in the table at path.
func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// isOf reports whether a value is of one of JSON Schema's types.
func isOf(typ string, value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return typ == "object"
	case []any:
		return typ == "array"
	case string:
		return typ == "string"
	case bool:
		return typ == "boolean"
	case json.Number:
		_, err := v.Int64()
		return typ == "number" || typ == "integer" && err == nil
	}
	return typ == "null"
}

// sameJSON reports whether two values are written alike.
func sameJSON(a, b any) bool {
	p, err1 := json.Marshal(a)
	q, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(p, q)
}

// listed are values of a schema in one line.
func listed(values []any) string {
	all := make([]string, len(values))
	for i, v := range values {
		p, _ := json.Marshal(v) // it was read from JSON
		all[i] = string(p)
	}
	return strings.Join(all, ", ")
}
