package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const dumpHead = `{"type":"head","version":1,"program":"x","secrets":true,"at":"2026-01-01T00:00:00Z"}` + "\n"

// What is no whole export is refused, with the line where it is bad.
func TestReadDump(t *testing.T) {
	record := `{"type":"record","bucket":"accounts","key":"ann","value":{}}` + "\n"
	for _, tt := range []struct{ name, dump, want string }{
		{"whole", dumpHead + record + `{"type":"end","lines":1}` + "\n", ""},
		{"empty", "", "cut short"},
		{"no export", "hello\n", "no export"},
		{"another object", `{"type":"record"}` + "\n", "no export"},
		{"newer", strings.Replace(dumpHead, `"version":1`, `"version":2`, 1), "version 2"},
		{"cut", dumpHead + record, "cut short"},
		{"cut in a line", dumpHead + record[:20], "line 2"},
		{"a line is missing", dumpHead + `{"type":"end","lines":1}` + "\n", "0 lines and should have 1"},
		{"more behind", dumpHead + `{"type":"end","lines":0}` + "\n" + record, "follows the end"},
		{"another type", dumpHead + `{"type":"song"}` + "\n", `line 2: it is no line of an export of this version: "song"`},
		{"message of no room", dumpHead + `{"type":"message","message":{"room":"A B","seq":1,"kind":"say"},"at":"2026-01-01T00:00:00Z"}` + "\n", "line 2"},
		{"message of no kind", dumpHead + `{"type":"message","message":{"room":"a","seq":1,"kind":"x"},"at":"2026-01-01T00:00:00Z"}` + "\n", "line 2"},
		{"empty line", dumpHead + "\n", "line 2 is empty"},
	} {
		_, err := readDump(strings.NewReader(tt.dump), func(int, *dumpLine) error { return nil })
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestWithoutSecrets(t *testing.T) {
	for _, tt := range []struct{ bucket, value, want string }{
		{"accounts", `{"display":"ann","hash":"$argon2id$"}`, `{"display":"ann"}`},
		{"rooms", `{"name":"den","key":"c2VjcmV0"}`, `{"name":"den"}`},
		{"rooms", `{"name":"den"}`, `{"name":"den"}`},
		{"profiles", `{"hash":"is no secret here"}`, `{"hash":"is no secret here"}`},
		{"mail", `{"letters":[]}`, ""},
	} {
		got, ok, err := withoutSecrets(tt.bucket, []byte(tt.value))
		if err != nil || string(got) != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %s: %s, %v, %v", tt.bucket, tt.value, got, ok, err)
		}
	}
}

// A record that ends by itself does so after an import too, whatever it is.
func TestLifetime(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		line string
		ttl  time.Duration
		over bool
	}{
		{`{"type":"record","bucket":"plugins","key":"poll/1","value":1,"until":"2026-01-01T01:00:00Z"}`, time.Hour, false},
		{`{"type":"record","bucket":"sanctions","key":"1","value":{},"until":"2025-12-31T23:00:00Z"}`, -time.Hour, true},
		{`{"type":"record","bucket":"sanctions","key":"1","value":{}}`, 0, false},
	} {
		var l dumpLine
		if err := json.Unmarshal([]byte(tt.line), &l); err != nil {
			t.Fatal(err)
		}
		if ttl, over := l.lifetime(now); ttl != tt.ttl || over != tt.over {
			t.Errorf("%s: %s, %v", tt.line, ttl, over)
		}
	}
}

// An account that comes without a hash gets one that nobody knows the password of.
func TestLock(t *testing.T) {
	for value, locked := range map[string]bool{`{"display":"a<b"}`: true, `{"hash":"x"}`: false, `{"retired":"2026-01-02T00:00:00Z"}`: false} {
		got, err := lock([]byte(value))
		if err != nil || (got != nil) != locked {
			t.Errorf("%s: %s, %v", value, got, err)
		}
		if !locked {
			continue
		}
		var object map[string]string
		if err := json.Unmarshal(got, &object); err != nil || !strings.HasPrefix(object["hash"], "$argon2id$v=19$") || object["display"] != "a<b" {
			t.Errorf("%s: %s, %v", value, got, err)
		}
	}
}
