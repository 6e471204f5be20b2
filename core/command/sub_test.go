package command

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// room is a command with sub-commands of each kind.
func room() Command {
	return New(Spec{
		Name: "room", Aliases: []string{"r"}, Group: "Looking", Summary: "look after a room", Help: "Rooms have doors.", BeforeLogin: true,
		Subs: []Spec{
			{Name: "info", Summary: "show what is known of it", BeforeLogin: true, Records: true, Args: []Arg{{Name: "room", Type: Room, Optional: true}}},
			{Name: "key", Summary: "set its key", Args: []Arg{{Name: "key", Type: String, Secret: true}}},
			{Name: "kick", Summary: "put somebody out", Help: "They may come back.", Cost: 3,
				Args: []Arg{{Name: "user", Type: User, Help: "whom"}, {Name: "reason", Type: Text, Optional: true, Help: "why"}}},
			{Name: "log", Summary: "show what was done to it", Blocking: true, Paged: true, Role: chat.Moderator, Flags: []Flag{{Name: "all", Short: "a", Help: "from the start"}}},
			{Name: "say", Summary: "say it there", ReadsInput: true, Args: []Arg{{Name: "text", Type: Text}}},
			{Name: "sift", Summary: "keep what is of it", ReadsInput: true, Blocking: true},
			{Name: "secret", Summary: "s", Hidden: true},
		},
	}, func(_ context.Context, c *Call) error {
		got := map[string]any{"sub": c.Sub, "name": c.Name, "spec": c.Spec.Name, "json": c.JSON, "piped": c.Piped}
		for _, a := range c.Spec.Args {
			got[a.Name] = c.String(a.Name)
		}
		return c.Object(got)
	})
}

func TestSubCommands(t *testing.T) {
	d := NewDispatcher(testRegistry(t, append(stageCommands(nil), room())...), Options{Names: people{"Fish"}})
	for _, tt := range []struct {
		who  person
		in   string
		want string
	}{
		{guest, "room info", `{"json":false,"name":"room","piped":false,"room":"","spec":"room info","sub":"info"}`},
		{guest, "/r info #Ops --json", `{"json":true,"name":"r","piped":false,"room":"ops","spec":"room info","sub":"info"}`},
		{newcomer, "room info", `{"json":false,"name":"room","piped":false,"room":"","spec":"room info","sub":"info"}`},
		{guest, "room kick fish don't | x", `{"json":false,"name":"room","piped":false,"reason":"don't | x","spec":"room kick","sub":"kick","user":"fish"}`},
		{guest, "room kick fish", `{"json":false,"name":"room","piped":false,"reason":"","spec":"room kick","sub":"kick","user":"fish"}`},
		{guest, "room 'kick' fish", `{"json":false,"name":"room","piped":false,"reason":"","spec":"room kick","sub":"kick","user":"fish"}`},
		{guest, "who | room say", `{"json":false,"name":"room","piped":true,"spec":"room say","sub":"say","text":""}`},
		{operator, "room log -a", `{"json":false,"name":"room","piped":false,"spec":"room log","sub":"log"}`},
		{guest, "room secret", `{"json":false,"name":"room","piped":false,"spec":"room secret","sub":"secret"}`},
		{guest, "room info | room sift | count", "1"},
	} {
		if out, err := do(d, tt.who, tt.in, line.ModeAuto); err != nil || out != tt.want+"\n" {
			t.Errorf("%s: %q, %v; want %q", tt.in, out, err, tt.want)
		}
	}
	const usage = "\nUsage: room info|key|kick|log|say|sift ..."
	for _, tt := range []struct {
		who  person
		in   string
		code chat.Code
		want string
	}{
		{guest, "/room", chat.Invalid, "room needs one of its sub-commands: info, key, kick, say or sift." + usage},
		{operator, "/r", chat.Invalid, "r needs one of its sub-commands: info, key, kick, log, say or sift." + usage},
		{newcomer, "/room", chat.Invalid, "room needs one of its sub-commands: info." + usage},
		{guest, "/room -x", chat.Invalid, "room needs one of its sub-commands: info, key, kick, say or sift." + usage},
		{guest, "/room kcik bob's", chat.Invalid, `room has no sub-command "kcik"; did you mean kick?` + usage},
		{guest, "/room ki fish", chat.Invalid, `room has no sub-command "ki"; did you mean kick?` + usage},
		{guest, "/room secre", chat.Invalid, `room has no sub-command "secre"; it has info, key, kick, say and sift.` + usage},
		{guest, "/room for rent", chat.Invalid, `room has no sub-command "for"; it has info, key, kick, say and sift.` + usage},
		{guest, "room for rent", chat.Invalid, `room has no sub-command "for"; it has info, key, kick, say and sift.` + usage + "\nTo say it: put say before it."},
		{guest, "/room log", chat.Forbidden, "room log needs the role moderator, and yours is guest; ask somebody who has it."},
		{newcomer, "/room kick fish", chat.Unauthenticated, "Log in first: login NAME."},
		{guest, "/room kick", chat.Invalid, "room kick needs USER.\nUsage: room kick USER [REASON]"},
		{guest, "/room kick fihs", chat.NotFound, `There is no user "fihs"; did you mean Fish?`},
		{guest, "/room key a b", chat.Invalid, "room key takes 1 argument, not 2.\nUsage: room key KEY"},
		{guest, "room key a b", chat.Invalid, "room key takes 1 argument, not 2.\nUsage: room key KEY\nTo say it: put say before it."},
		{guest, "/room info --jsno", chat.Invalid, "room info has no flag \"--jsno\"; did you mean --json?\nUsage: room info [ROOM] [--json]"},
		{guest, "/room info --json=1", chat.Invalid, "--json takes no value.\nUsage: room info [ROOM] [--json]"},
		{guest, "/who | room info", chat.Invalid, "room info reads no input; it can only come first.\nUsage: room info [ROOM] [--json]"},
		{guest, "/who | room say x", chat.Invalid, "room say takes its text from the pipe here; leave out what follows it, or what comes before the |.\nUsage: room say TEXT"},
	} {
		if out, err := do(d, tt.who, tt.in, line.ModeAuto); err == nil || out != tt.want || shown(err).Code != tt.code {
			t.Errorf("%s:\n got %q, %v\nwant %q", tt.in, out, err, tt.want)
		}
	}
	for in, want := range map[string]string{
		"room --help": "room info|key|kick|log|say|sift ... - look after a room\n", "room kick --help": "room kick USER [REASON] - put somebody out\n",
		"room info -h": "room info [ROOM] [--json] - show what is known of it\n",
	} {
		if out, err := do(d, guest, in, line.ModeAuto); err != nil || !strings.HasPrefix(out, want) {
			t.Errorf("%s: %q, %v", in, out, err)
		}
	}
	p := prepare(t, d, operator, "room log")
	if !p.Blocking() || !p.Paged() || prepare(t, d, guest, "room kick fish").Cost() != 3 || p.Name() != "room log" {
		t.Errorf("room log: %t, %t, %s", p.Blocking(), p.Paged(), p.Name())
	}
}

func TestSub(t *testing.T) {
	s := &Spec{Name: "a", Group: "g", Role: chat.Moderator, BeforeLogin: true, Subs: []Spec{
		{Name: "x", Summary: "s", Role: chat.Operator, BeforeLogin: true}, {Name: "y", Summary: "s", Hidden: true},
	}}
	if x, ok := s.Sub("x"); !ok || x.Name != "a x" || x.Role != chat.Operator || !x.BeforeLogin || x.Hidden || x.Group != "g" || s.Subs[0].Name != "x" {
		t.Errorf("%+v, %t", x, ok)
	}
	if y, ok := s.Sub("y"); !ok || y.Role != chat.Moderator || y.BeforeLogin || !y.Hidden {
		t.Errorf("%+v, %t", y, ok)
	}
	if z, ok := s.Sub("a x"); ok {
		t.Errorf("%+v", z)
	}
}

// A machine is a person whose session is one.
type machine struct{ person }

func (machine) View() View { return View{Machine: true} }

// Objects are for those who ask for them, and for the end of a machine's line.
func TestJSON(t *testing.T) {
	run := func(_ context.Context, c *Call) error {
		if c.JSON {
			return c.Object(struct {
				Name string `json:"name"`
			}{"fish"})
		}
		return c.Printf("fish")
	}
	d := NewDispatcher(testRegistry(t, append(stageCommands(nil), room(),
		New(Spec{Name: "rec", Summary: "s", Records: true, Flags: []Flag{{Name: "all"}}}, run),
		New(Spec{Name: "brec", Summary: "s", Records: true, Blocking: true, ReadsInput: true}, run),
		New(Spec{Name: "srec", Summary: "s", Records: true, Args: []Arg{{Name: "text", Type: Text}}}, run),
	)...), Options{})
	const object = "{\"name\":\"fish\"}\n"
	for _, tt := range []struct {
		who      Session
		in, want string
	}{
		{guest, "rec", "fish\n"}, {guest, "rec --json", object}, {guest, "rec --all --json", object}, {guest, "rec --json | upper", strings.ToUpper(object)},
		{machine{guest}, "rec", object}, {machine{guest}, "rec | upper", "FISH\n"}, {machine{guest}, "rec | brec", object}, {machine{guest}, "brec", object},
		{guest, "srec --json", "fish\n"}, {machine{guest}, "srec x", object}, {guest, "rec | brec --json", object},
	} {
		if out, err := do(d, tt.who, tt.in, line.ModeAuto); err != nil || out != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.in, out, err, tt.want)
		}
	}
	if out, err := do(d, guest, "/rec -- --json", line.ModeAuto); chat.ErrorCode(err) != chat.Invalid {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := do(d, guest, "/who --json", line.ModeAuto); chat.ErrorCode(err) != chat.Invalid {
		t.Errorf("who has no records: %q, %v", out, err)
	}
	if err := (&Call{}).Object(func() {}); err == nil {
		t.Error("what is no JSON was written")
	} else if _, ok := err.(*json.UnsupportedTypeError); !ok {
		t.Error(err)
	}
}
