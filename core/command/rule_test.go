package command

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A resident is a person in a room.
type resident struct {
	person
	seat chat.Seat
	user *chat.User
}

func (r *resident) User() *chat.User     { return r.user }
func (r *resident) Seat() *chat.Seat     { return &r.seat }
func (*resident) Queue([]byte)           {}
func (*resident) Receive(ev *chat.Event) {}

type silent struct{}

func (silent) Encode(dst []byte, _ chat.Class, _ *chat.Event) []byte { return dst }

// residents are people with a role, each in a room of their own choice.
func residents(t *testing.T) func(name string, role chat.Role, room string) *resident {
	hub := chat.NewHub(memstore.NewLog(memstore.Limits{}), text.Fold, chat.Rules{Start: "lobby"})
	fanout := chat.NewFanout(chat.NewMailbox(func() {}), silent{})
	return func(name string, role chat.Role, room string) *resident {
		t.Helper()
		r := &resident{person: person{name: name, role: role, in: true}}
		r.seat.Init(fanout, 0)
		var err error
		r.user, err = hub.Login(r, chat.Identity{Name: chat.Name{Display: name, Key: name, Skeleton: name}, Role: role}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := hub.Join(r.user, room, "", time.Now()); err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// deploy has sub-commands, an alias, and arguments.
func deploy() []Command {
	return []Command{
		New(Spec{Name: "deploy", Aliases: []string{"ship:deploy"}, Group: "Work", Summary: "deploy a service", Args: []Arg{{Name: "service", Type: String, Optional: true, Default: "web"}}},
			func(_ context.Context, c *Call) error { return c.Printf("deployed %s", c.String("service")) }),
		New(Spec{Name: "poll", Summary: "ask the room", Subs: []Spec{
			{Name: "vote", Summary: "vote", Args: []Arg{{Name: "option", Type: Int}}},
			{Name: "close", Summary: "end it"},
		}}, func(_ context.Context, c *Call) error { return c.Printf("poll %s", c.Sub) }),
	}
}

func ruledDispatcher(t *testing.T, visible func(*chat.User, string) bool, rules ...Rule) *Dispatcher {
	t.Helper()
	cmds, problems := Ruled(append(testCommands(), deploy()...), rules)
	if problems != nil {
		t.Fatal(problems)
	}
	r, err := NewRegistry(cmds...)
	if err != nil {
		t.Fatal(err)
	}
	return NewDispatcher(r, Options{Names: people{"fish"}, Visible: visible})
}

func TestRules(t *testing.T) {
	here := residents(t)
	ann, bob := here("ann", chat.Registered, "lobby"), here("bob", chat.Operator, "ops")
	cyd := here("cyd", chat.Operator, "lobby")
	production := Rule{Command: "deploy", Role: chat.Operator, Rooms: []string{"ops", "staff"}, Args: []string{"Production", "all"}}
	for _, c := range []struct {
		name string
		rule []Rule
		who  Session
		line string
		want string
	}{
		{"role", []Rule{{Command: "roll", Role: chat.Operator}}, ann, "roll 6", "roll needs the role operator, and yours is user; ask somebody who has it."},
		{"role had", []Rule{{Command: "roll", Role: chat.Operator}}, bob, "roll 6", "roll 6 0"},
		{"a rule gives nothing", []Rule{{Command: "reload", Role: chat.Registered}}, ann, "reload", "reload needs the role operator, and yours is user; ask somebody who has it."},
		{"before login", []Rule{{Command: "help", Role: chat.Registered}}, newcomer, "help", "help needs the role user, and yours is guest; ask somebody who has it."},
		{"room", []Rule{{Command: "roll", Rooms: []string{"ops"}}}, ann, "roll 6", "roll works only in the room ops; go there first: join ops."},
		{"room there", []Rule{{Command: "roll", Rooms: []string{"ops"}}}, bob, "roll 6", "roll 6 0"},
		{"rooms", []Rule{{Command: "roll", Rooms: []string{"ops", "staff"}}}, ann, "roll 6", "roll works only in the room ops or staff; go there first: join ops."},
		{"hidden room", []Rule{{Command: "roll", Rooms: []string{"cellar"}}}, ann, "roll 6", "roll does not work in this room; ask an operator where it does."},
		{"room before login", []Rule{{Command: "help", Rooms: []string{"ops"}}}, newcomer, "help", "help does not work in this room; ask an operator where it does."},
		{"an alias is no way around", []Rule{{Command: "who", Role: chat.Operator}}, ann, "users", "users needs the role operator, and yours is user; ask somebody who has it."},
		{"named by an alias", []Rule{{Command: "ship:deploy", Role: chat.Operator}}, ann, "deploy api", "deploy needs the role operator, and yours is user; ask somebody who has it."},
		{"argument", []Rule{production}, ann, "deploy production", "deploy production needs the role operator, and yours is user; ask somebody who has it."},
		{"argument in capitals and quotes", []Rule{production}, ann, `deploy "PRODUCTION"`, "deploy PRODUCTION needs the role operator, and yours is user; ask somebody who has it."},
		{"argument elsewhere", []Rule{production}, cyd, "deploy all", "deploy all works only in the room ops or staff; go there first: join ops."},
		{"argument allowed", []Rule{production}, bob, "deploy production", "deployed production"},
		{"another argument", []Rule{production}, ann, "deploy web", "deployed web"},
		{"a default is an argument", []Rule{{Command: "deploy", Role: chat.Operator, Args: []string{"web"}}}, ann, "deploy", "deploy web needs the role operator, and yours is user; ask somebody who has it."},
		{"the first word of a text", []Rule{{Command: "say", Role: chat.Operator, Args: []string{"deploy"}}}, ann, "say deploy it", "say deploy needs the role operator, and yours is user; ask somebody who has it."},
		{"both hold", []Rule{{Command: "deploy", Role: chat.Registered}, production}, cyd, "deploy all", "deploy all works only in the room ops or staff; go there first: join ops."},
		{"sub-command", []Rule{{Command: "poll close", Role: chat.Operator}}, ann, "poll close", "poll close needs the role operator, and yours is user; ask somebody who has it."},
		{"another sub-command", []Rule{{Command: "poll close", Role: chat.Operator}}, ann, "poll vote 1", "poll vote"},
		{"sub-command's room", []Rule{{Command: "poll close", Rooms: []string{"ops"}}}, ann, "poll close", "poll close works only in the room ops; go there first: join ops."},
		{"sub-command's argument", []Rule{{Command: "poll vote", Role: chat.Operator, Args: []string{"2"}}}, ann, "poll vote 2", "poll vote 2 needs the role operator, and yours is user; ask somebody who has it."},
		{"sub-command as an argument", []Rule{{Command: "poll", Role: chat.Operator, Args: []string{"close"}}}, ann, "poll close", "poll close needs the role operator, and yours is user; ask somebody who has it."},
		{"whole command with sub-commands", []Rule{{Command: "poll", Rooms: []string{"ops"}}}, ann, "poll vote 1", "poll vote works only in the room ops; go there first: join ops."},
		{"a later stage", []Rule{{Command: "grep", Rooms: []string{"ops"}}}, ann, "who | grep x", "grep works only in the room ops; go there first: join ops."},
		{"help goes on", []Rule{{Command: "roll", Rooms: []string{"ops"}}}, ann, "roll --help", "roll SIDES [AGAIN] - roll dice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := ruledDispatcher(t, func(_ *chat.User, room string) bool { return room != "cellar" }, c.rule...)
			out, _ := do(d, c.who, c.line, line.ModeCommand)
			if got, _, _ := strings.Cut(out, "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A bare line that a rule forbids is not posted.
func TestRuledLineIsNotSaid(t *testing.T) {
	here := residents(t)
	ann := here("ann", chat.Registered, "lobby")
	d := ruledDispatcher(t, nil, Rule{Command: "deploy", Rooms: []string{"ops"}})
	out, err := do(d, ann, "deploy api", line.ModeAuto)
	if chat.ErrorCode(err) != chat.Forbidden || !strings.HasSuffix(out, "\nTo say it: say deploy api") {
		t.Errorf("%q, %v", out, err)
	}
}

// Help shows what the caller may use where they are.
func TestHelpUnderRules(t *testing.T) {
	here := residents(t)
	d := ruledDispatcher(t, nil, Rule{Command: "deploy", Rooms: []string{"ops"}}, Rule{Command: "roll", Role: chat.Operator}, Rule{Command: "poll close", Role: chat.Operator})
	index := func(c Caller) string {
		var b strings.Builder
		if err := d.Registry().WriteIndex(&b, c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	ann, bob := index(here("ann", chat.Registered, "lobby")), index(here("bob", chat.Operator, "ops"))
	for _, name := range []string{"  deploy ", "  roll "} {
		if strings.Contains(ann, name) || !strings.Contains(bob, name) {
			t.Errorf("%s: ann sees\n%s\nbob sees\n%s", name, ann, bob)
		}
	}
	named, _ := d.Registry().Lookup("poll")
	var b strings.Builder
	if err := WriteHelp(&b, named.Spec()); err != nil || !strings.Contains(b.String(), "end it (needs the role operator)") {
		t.Errorf("help poll is\n%s, %v", b.String(), err)
	}
}

func TestRulesThatNeverHold(t *testing.T) {
	cmds := append(testCommands(), deploy()...)
	under, problems := Ruled(cmds, []Rule{
		{Command: "rol", Role: chat.Admin},
		{Command: "poll open", Role: chat.Admin},
		{Command: "logout", Role: chat.Admin, Args: []string{"now"}},
		{Command: "roll", Role: chat.Admin},
	})
	var told []string
	for _, p := range problems {
		told = append(told, p.Error())
	}
	want := []string{`there is no command "rol"`, `the command "poll" has no sub-command "open"`, `the command "logout" takes no arguments, so a rule for some of them never holds`}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	for i, c := range under {
		if name := c.Spec().Name; (c != cmds[i]) != (name == "roll") {
			t.Errorf("%s is another: %t", name, c != cmds[i])
		}
	}
	for _, c := range cmds {
		if c.Spec().Name == "roll" && c.Spec().Role != chat.Guest {
			t.Error("the rule changed the command that it was made of")
		}
	}
}
