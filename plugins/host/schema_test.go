package host

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestCheckConfig(t *testing.T) {
	const schema = `{"type": "object", "additionalProperties": false, "required": ["word"], "properties": {
		"word": {"type": "string", "minLength": 2, "maxLength": 4},
		"every": {"type": "string", "pattern": "^[0-9]+s$", "examples": ["90s"]},
		"bare": {"type": "string", "pattern": "^[0-9]+s$"},
		"other": {"type": "string", "pattern": "(?=of another dialect)"},
		"n": {"type": "integer", "minimum": 1, "maximum": 9},
		"part": {"type": ["number", "boolean"]},
		"list": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
		"how": {"enum": ["fast", "slow", 3]},
		"free": true,
		"map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"on": {"type": "boolean"}}}}
	}}`
	for _, c := range []struct{ config, want string }{
		{`{"word": "abc"}`, ""},
		{`{"word": "abc", "every": "5s", "bare": "5s", "other": "x", "n": 9, "part": 0.5, "list": ["a"], "how": 3, "free": [{}], "map": {"x y": {"on": true}}}`, ""},
		{``, "word is missing"},
		{`[]`, " must be a table"},
		{`{"word": 1}`, "word must be a string"},
		{`{"word": "a", "wrod": 2}`, "word must have 2 characters or more; wrod is no key of it; did you mean word?"},
		{`{"word": "äöüß"}`, ""},
		{`{"word": "abcde"}`, "word must have 4 characters or fewer"},
		{`{"word": "abc", "every": "5m", "bare": "5m"}`, `bare must match ^[0-9]+s$; every must be written as in "90s"`},
		{`{"word": "abc", "n": 0.5, "part": "x"}`, "n must be a whole number; part must be a number or true or false"},
		{`{"word": "abc", "n": 0}`, "n must be 1 or more"},
		{`{"word": "abc", "n": 10}`, "n must be 9 or less"},
		{`{"word": "abc", "list": []}`, "list must have 1 items or more"},
		{`{"word": "abc", "list": ["a", 2, "c"]}`, "list must have 2 items or fewer; list[1] must be a string"},
		{`{"word": "abc", "how": "so"}`, `how must be one of "fast", "slow", 3`},
		{`{"word": "abc", "map": {"x": {"on": 1}, "y": 2}}`, "map.x.on must be true or false; map.y must be a table"},
	} {
		problems, err := CheckConfig(schema, json.RawMessage(c.config))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range problems {
			got = append(got, p.Path+" "+p.Text)
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: got %s, want %s", c.config, s, c.want)
		}
	}
	if found, err := CheckConfig("", json.RawMessage(`{"a": 1}`)); found != nil || err != nil {
		t.Errorf("without a schema: %v, %v", found, err)
	}
	if _, err := CheckConfig("nonsense", nil); err == nil {
		t.Error("nonsense is a schema")
	}
}

// The schema of a program is known once it has run, also if it refused its config.
func TestSchemaIsKept(t *testing.T) {
	dir := t.TempDir()
	table := fixture("config")
	if _, known, err := Schema(dir, &table); known || err != nil {
		t.Errorf("before: known %v, %v", known, err)
	}
	w := newWorld(t, quick, func(o *Options) { o.Dir = dir })
	w.apply(table)
	w.await("config", Quarantined)
	schema, known, err := Schema(dir, &table)
	if !known || err != nil {
		t.Fatalf("after: known %v, %v", known, err)
	}
	if found, err := CheckConfig(schema, nil); err != nil || fmt.Sprint(found) != "[{word is missing}]" {
		t.Errorf("found %v, %v", found, err)
	}
	if _, _, err := Schema(dir, &Table{Path: dir + "/nothing"}); !os.IsNotExist(err) && !strings.Contains(fmt.Sprint(err), "no such file") {
		t.Errorf("of no program: %v", err)
	}
}
