package command

import (
	"slices"
	"testing"
)

func names(specs []*Spec) []string {
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return names
}

func TestRegistry(t *testing.T) {
	r := testRegistry(t)
	all := []string{"add", "away", "cat", "grep", "help", "history", "join", "kill", "login", "logout", "mode", "msg", "mute", "reload", "roll", "say", "who", "whois"}
	if got := names(r.All()); !slices.Equal(got, all) {
		t.Errorf("all: %q", got)
	}
	for _, tt := range []struct {
		who  person
		want []string
	}{
		{newcomer, []string{"help", "login"}},
		{guest, []string{"add", "away", "grep", "help", "history", "join", "login", "logout", "mode", "msg", "roll", "say", "who", "whois"}},
		{admin, []string{"add", "away", "grep", "help", "history", "join", "login", "logout", "mode", "msg", "mute", "reload", "roll", "say", "who", "whois"}},
	} {
		if got := names(r.Visible(tt.who.role, tt.who.in)); !slices.Equal(got, tt.want) {
			t.Errorf("visible to %v: %q", tt.who, got)
		}
	}
	for name, want := range map[string]string{"msg": "msg", "tell": "msg", "?": "help", "kill": "kill", "Msg": "", "": ""} {
		c, ok := r.Lookup(name)
		if ok != (want != "") || ok && c.Spec().Name != want {
			t.Errorf("%q: %v, %t", name, c, ok)
		}
	}
	for _, tt := range []struct {
		who  person
		name string
		want []string
	}{
		{guest, "whos", []string{"who", "whois"}},
		{guest, "pgae", []string{"page"}},
		{guest, "mute", nil},
		{operator, "mutes", []string{"mute"}},
		{newcomer, "lo", []string{"login"}},
		{guest, "lo", []string{"login", "logout"}},
	} {
		if got := r.Nearest(tt.name, tt.who); !slices.Equal(got, tt.want) {
			t.Errorf("near %q: %q", tt.name, got)
		}
	}
}

func TestRegistryZero(t *testing.T) {
	for _, r := range []*Registry{{}, func() *Registry { r, _ := NewRegistry(); return r }()} {
		if _, ok := r.Lookup("who"); ok || len(r.All()) > 0 || r.Nearest("who", guest) != nil {
			t.Error("an empty registry has commands")
		}
	}
}

func TestRegistryRefuses(t *testing.T) {
	cmd := func(name string, aliases ...string) Command {
		return New(Spec{Name: name, Aliases: aliases, Summary: "s"}, succeed)
	}
	for _, tt := range []struct {
		cmds []Command
		want string
	}{
		{[]Command{cmd("a"), cmd("a")}, `command "a": the name "a" belongs to command "a"`},
		{[]Command{cmd("a", "c"), cmd("b", "c")}, `command "b": the name "c" belongs to command "a"`},
		{[]Command{cmd("a", "b"), cmd("b", "x")}, `command "b": the name "b" belongs to command "a"`},
		{[]Command{cmd("a"), cmd("b", "a")}, `command "b": the name "a" belongs to command "a"`},
		{[]Command{cmd("A"), cmd("b"), cmd("b")}, "command \"A\": the name must be 1 to 32 of a-z, 0-9 and -, a letter first\ncommand \"b\": the name \"b\" belongs to command \"b\""},
	} {
		r, err := NewRegistry(tt.cmds...)
		if err == nil || err.Error() != tt.want || r != nil {
			t.Errorf("got %v, %v\nwant %s", r, err, tt.want)
		}
	}
}
