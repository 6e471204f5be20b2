package sdk_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

type server struct {
	Addr  netip.AddrPort `config:",required" help:"where it listens"`
	Limit uint8
}

type settings struct {
	Name     string `help:"what it is called"`
	MaxVotes int
	Ratio    float64
	Loud     bool
	Wait     time.Duration
	Words    []string
	Servers  map[string]server
	Main     *server
	Other    any
	URLPath  string
	Renamed  int `config:"count"`
	Ignored  int `config:"-"`
	inner    int
}

var defaults = settings{Name: "none", MaxVotes: 3, Wait: time.Minute, Words: []string{"a"}, inner: 1, Ignored: 2}

func TestConfig(t *testing.T) {
	for _, test := range []struct {
		config string
		want   func(*settings)
	}{
		{``, func(*settings) {}},
		{`{}`, func(*settings) {}},
		{`{"name":"x","max_votes":-7,"ratio":1.5,"loud":true,"wait":"1h30m","words":["b","c"],"url_path":"/","count":9}`, func(s *settings) {
			s.Name, s.MaxVotes, s.Ratio, s.Loud, s.Wait, s.Words, s.URLPath, s.Renamed = "x", -7, 1.5, true, 90*time.Minute, []string{"b", "c"}, "/", 9
		}},
		{`{"ratio":2,"words":[],"main":{"addr":"127.0.0.1:80"},"other":{"a":[1,2.5,"x"]}}`, func(s *settings) {
			s.Ratio, s.Words, s.Main = 2, []string{}, &server{Addr: netip.MustParseAddrPort("127.0.0.1:80")}
			s.Other = map[string]any{"a": []any{int64(1), 2.5, "x"}}
		}},
		{`{"servers":{"Big One":{"addr":"[::1]:1","limit":255}}}`, func(s *settings) {
			s.Servers = map[string]server{"Big One": {Addr: netip.MustParseAddrPort("[::1]:1"), Limit: 255}}
		}},
	} {
		want := defaults
		test.want(&want)
		var got settings
		part := sdk.Config(defaults, func(s settings) ([]sdk.Part, error) {
			got = s
			if len(s.Words) > 0 {
				s.Words[0] = "spoilt" // the defaults must not be
			}
			return nil, nil
		})
		var table any
		if test.config != "" {
			table = json.RawMessage(test.config)
		}
		sdktest.Setup{Config: table}.Start(t, part).Stop()
		if len(want.Words) > 0 {
			want.Words = append([]string{"spoilt"}, want.Words[1:]...)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is\n%+v\nwant\n%+v", test.config, got, want)
		}
	}
	if defaults.Words[0] != "a" {
		t.Error("a config changed the defaults")
	}
}

func TestConfigProblems(t *testing.T) {
	for _, test := range []struct {
		config string
		want   []string
	}{
		{`[]`, []string{"must be a table, not a list"}},
		{`{"name":1}`, []string{"name must be a string, not 1"}},
		{`{"max_votes":"3"}`, []string{`max_votes must be a whole number, not "3"`}},
		{`{"max_votes":1.5}`, []string{`max_votes must be a whole number, not 1.5`}},
		{`{"max_votes":1e99}`, []string{`max_votes must be a whole number, not 1e99`}},
		{`{"ratio":true,"loud":"yes"}`, []string{"ratio must be a number, not true", `loud must be true or false, not "yes"`}},
		{`{"wait":30}`, []string{`wait must be a time such as "30s" or "1h30m", not 30`}},
		{`{"words":["a",2]}`, []string{"words[1] must be a string, not 2"}},
		{`{"servers":{"a":{}}}`, []string{"servers.a.addr is missing: where it listens"}},
		{`{"servers":{"a":{"addr":"x"}}}`, []string{`servers.a.addr must be another value than "x": `}},
		{`{"servers":{"a":{"addr":"127.0.0.1:1","limit":256}}}`, []string{"servers.a.limit must be a whole number that is not negative, not 256"}},
		{`{"main":{"addr":3}}`, []string{"main.addr must be a string, not 3"}},
		{`{"nam":"x"}`, []string{"nam is no key here; did you mean name?"}},
		{`{"Name":"x"}`, []string{"Name is no key here; did you mean name?"}},
		{`{"colour":"x"}`, []string{"colour is no key here; there are name, max_votes, "}},
		{`{"name":null}`, []string{"name must be a string, not nothing"}},
		{`{"inner":1,"ignored":1}`, []string{"ignored is no key", "inner is no key"}},
	} {
		part := sdk.Config(defaults, func(s settings) ([]sdk.Part, error) {
			if !reflect.DeepEqual(s, defaults) {
				t.Errorf("%s is taken", test.config)
			}
			return nil, nil
		})
		// Describe comes first and must not fail: it has no say in the config.
		got := sdktest.Setup{Config: json.RawMessage(test.config)}.Problems(t, part)
		for i, want := range test.want {
			if i >= len(got) || !strings.HasPrefix(got[i], want) {
				t.Errorf("%s gives %q, want %q", test.config, got, test.want)
				break
			}
		}
	}
}

func TestConfigOfTheAuthor(t *testing.T) {
	got := sdktest.Setup{}.Problems(t, sdk.Config(struct{}{}, func(struct{}) ([]sdk.Part, error) {
		return nil, errors.Join(sdk.Problemf("a.b", "must be %d", 3), errors.New("it is the wrong day"))
	}))
	if !slices.Equal(got, []string{"a.b must be 3", "it is the wrong day"}) {
		t.Errorf("the problems are %q", got)
	}
	type usage struct{ Usage string }
	got = sdktest.Setup{Config: map[string]string{"usage": "x y:z"}}.Problems(t, sdk.Config(usage{"x"}, func(u usage) ([]sdk.Part, error) {
		return []sdk.Part{sdk.Cmd(u.Usage, "do it", nothing)}, nil
	}))
	if len(got) != 1 || !strings.Contains(got[0], `there is no type "z"`) {
		t.Errorf("the problems are %q", got)
	}
}

func TestSchema(t *testing.T) {
	p := sdktest.Start(t, sdk.Config(defaults, func(settings) ([]sdk.Part, error) { return nil, nil }))
	var s struct {
		Type                 string
		AdditionalProperties bool
		Properties           map[string]struct {
			Type, Description, Pattern string
			Default                    any
			AdditionalProperties       any
		}
	}
	if err := json.Unmarshal([]byte(p.Manifest.GetConfigSchema()), &s); err != nil {
		t.Fatal(err)
	}
	if s.Type != "object" || s.AdditionalProperties || len(s.Properties) != 11 {
		t.Errorf("the schema is %s", p.Manifest.GetConfigSchema())
	}
	if n := s.Properties["name"]; n.Type != "string" || n.Description != "what it is called" || n.Default != "none" {
		t.Errorf("name is %+v", n)
	}
	if w := s.Properties["wait"]; w.Type != "string" || w.Default != "1m0s" || w.Pattern == "" {
		t.Errorf("wait is %+v", w)
	}
	if !strings.Contains(p.Manifest.GetConfigSchema(), `"required":["addr"]`) {
		t.Errorf("the schema forgets what is required: %s", p.Manifest.GetConfigSchema())
	}
}
