package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestDiffSeesEveryLeaf(t *testing.T) {
	old, new := Default(), fileConfig()
	changes := Diff(&old, &new)
	if len(changes) != len(settings) {
		t.Fatalf("%d changes for %d settings", len(changes), len(settings))
	}
	for i, s := range settings {
		c := changes[i]
		if c.Key != s.name || c.Live != s.live || c.Old == c.New {
			t.Errorf("change %d is %+v, setting %s", i, c, s.name)
		}
	}
	if got := Diff(&old, &old); got != nil {
		t.Errorf("a config differs from itself: %v", got)
	}
	if !reflect.DeepEqual(Diff(&old, &new), changes) {
		t.Error("the order changes")
	}
}

// What Diff must see is every field, not only every setting: also those of
// [[listen]], [[room]], [[plugin]] and [[rule]].
func TestDiffSeesEveryField(t *testing.T) {
	withTables := func() Config {
		c := Default()
		c.Room = []Room{{Name: "staff"}}
		c.Plugin = []Plugin{{Name: "dice"}}
		c.Rule = []Rule{{Command: "roll"}}
		return c
	}
	config := withTables()
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		defer v.Set(was)
		switch v.Kind() {
		case reflect.Struct:
			for f, value := range v.Fields() {
				walk(path+"."+f.Name, value)
			}
			return
		case reflect.Slice:
			for i := range v.Len() {
				walk(path+"[]", v.Index(i))
			}
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("x"), reflect.ValueOf("y"))
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Int, reflect.Int64:
			v.SetInt(v.Int() + 1)
		case reflect.Float64:
			v.SetFloat(v.Float() + 1)
		default:
			t.Fatalf("%s is a %s", path, v.Kind())
		}
		old := withTables()
		if got := Diff(&old, &config); len(got) != 1 {
			t.Errorf("%s gave %v", path, got)
		}
	}
	walk("Config", reflect.ValueOf(&config).Elem())
}

// After KeepRestartOnly the live settings alone differ, as they did before.
func TestKeepRestartOnly(t *testing.T) {
	old, next := Default(), fileConfig()
	var want []Change
	for _, c := range Diff(&old, &next) {
		if c.Live {
			want = append(want, c)
		}
	}
	KeepRestartOnly(&old, &next)
	if got := Diff(&old, &next); !reflect.DeepEqual(got, want) || len(want) == len(settings) {
		t.Errorf("these differ:\n%v\nwant\n%v", got, want)
	}
	if !reflect.DeepEqual(old, Default()) {
		t.Errorf("the old config has changed: %v", old)
	}
}

func TestChangeString(t *testing.T) {
	old, new := Default(), Default()
	new.Server.MOTD = "tea\x1b"
	new.Server.IO = IOEpoll
	new.Listen = append(new.Listen, Listen{Addr: ":23"})
	new.Login.Required = false
	new.Limits.Outbox = MiB
	new.Limits.LinesPerSecond = 0.25
	new.Roles = Roles{Admin: []string{"ann", "bob"}} // nil lists are empty lists
	var got strings.Builder
	for _, c := range Diff(&old, &new) {
		fmt.Fprintln(&got, c)
	}
	want := `server.motd: "" -> "tea\u001B"
server.io: "auto" -> "epoll" (needs a restart)
listen: [{ addr = "127.0.0.1:5267", telnet = true }] -> [{ addr = "127.0.0.1:5267", telnet = true }, { addr = ":23", telnet = false }] (needs a restart)
login.required: true -> false
limits.lines_per_second: 2.0 -> 0.25
limits.outbox: "128KiB" -> "1MiB"
roles.admin: [] -> ["ann", "bob"]
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}
