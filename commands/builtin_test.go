package commands_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
)

// TestSpecs checks what every spec must have; the world's registry has checked
// that each is valid and that no two share a name.
func TestSpecs(t *testing.T) {
	specs := slices.DeleteFunc(newWorld(t).dispatch.Registry().All(), func(s *command.Spec) bool { return s.Name == "feed" })
	if len(specs) != 72 {
		t.Errorf("there are %d built-in commands, want 72", len(specs))
	}
	for _, s := range specs {
		if s.Group == "" {
			t.Errorf("%s: it is in no group", s.Name)
		}
		checkSpec(t, s.Name, s)
		for i := range s.Subs {
			checkSpec(t, s.Name+" "+s.Subs[i].Name, &s.Subs[i])
		}
	}
}

// TestSpecsAlone: the specs can be read without a server.
func TestSpecsAlone(t *testing.T) {
	alone, whole := commands.Builtin(commands.Deps{}), newWorld(t).dispatch.Registry()
	for _, c := range alone {
		in, ok := whole.Lookup(c.Spec().Name)
		if !ok || in.Spec().Role != c.Spec().Role {
			t.Errorf("%s is another command alone", c.Spec().Name)
		}
	}
}

// TestRolesOfSpecs: help shows a command to whom the rights give it.
func TestRolesOfSpecs(t *testing.T) {
	w := newWorld(t)
	rights, err := account.NewRights(map[string]string{"kick": "admin", "wall": "user"})
	if err != nil {
		t.Fatal(err)
	}
	w.accounts.SetRights(rights)
	want := map[string]chat.Role{"kick": chat.Admin, "wall": chat.Registered, "ban": chat.Moderator, "report": chat.Guest, "audit": chat.Operator}
	for _, c := range commands.Builtin(commands.Deps{Accounts: w.accounts}) {
		if role, ok := want[c.Spec().Name]; ok && c.Spec().Role != role {
			t.Errorf("%s is for %s, want %s", c.Spec().Name, c.Spec().Role, role)
		}
	}
}

func checkSpec(t *testing.T, name string, s *command.Spec) {
	t.Helper()
	switch {
	case s.Help == "" || !strings.HasSuffix(s.Help, "\n"):
		t.Errorf("%s: the help is missing or its last line does not end", name)
	case len(s.Examples) == 0:
		t.Errorf("%s: it has no example", name)
	case strings.HasSuffix(s.Summary, ".") || s.Summary != strings.ToLower(s.Summary[:1])+s.Summary[1:]:
		t.Errorf("%s: the summary %q is not like the others: lower case, no full stop", name, s.Summary)
	}
	for _, a := range s.Args {
		if a.Help == "" {
			t.Errorf("%s: the argument %s has no help", name, a.Name)
		}
	}
	for _, f := range s.Flags {
		if f.Help == "" {
			t.Errorf("%s: the flag %s has no help", name, f.Name)
		}
	}
	for l := range strings.Lines(s.Help) {
		if n := len(strings.TrimSuffix(l, "\n")); n > 80 {
			t.Errorf("%s: %d columns of help are too many: %s", name, n, l)
		}
	}
}

// TestExamples runs every example in a world where what it names is there.
func TestExamples(t *testing.T) {
	for _, s := range newWorld(t).dispatch.Registry().All() {
		for _, example := range s.Examples {
			t.Run(example, func(t *testing.T) { tryExample(t, s, example) })
		}
		for i := range s.Subs {
			for _, example := range s.Subs[i].Examples {
				t.Run(example, func(t *testing.T) { tryExample(t, s, example) })
			}
		}
	}
}

func tryExample(t *testing.T, s *command.Spec, example string) {
	w := newWorld(t)
	w.play(`
		bob has an account
		bob> login bob "open sesame"
		bob< ...
		cid> login cid
		cid< ...
		bob< ...
		bob> join ops
		bob< ...`)
	p := w.person("ann")
	p.addr = netip.MustParseAddr("198.51.100.1") // in none of the networks that are banned
	if s.Name != "login" && s.Name != "register" {
		w.play(`
			ann has an account
			ann> login ann "open sesame"
			ann< ...
			cid< ...
			bob< ...
			ann is admin
			ann> join ops
			ann< ...
			bob< ...
			bob> msg ann hello
			ann< ...
			bob< ...`)
	}
	p.aliases = []command.Alias{{Name: "h", Line: "history"}}
	p.jobs = []command.Job{{ID: 3, Line: "uptime"}}
	first := map[string]string{ // what is done before it can be undone
		"room private off":           "room private on",
		"room key off":               "room key sesame",
		"join ops sesame":            "room key sesame",
		"room mod bob off":           "room mod cid on",
		"slow ops off":               "slow ops 30s",
		"unban bob":                  "ban bob",
		"unban 192.0.2.0/24":         "ban 192.0.2.0/24",
		"unmute bob":                 "mute bob",
		"allowlist remove 192.0.2.7": "allowlist add 192.0.2.7",
		"role bob user":              "role bob moderator",
		"redact 1":                   "say a secret",
	}
	if l := first[example]; l != "" {
		p.typed(l)
	}
	switch example { // bob owns the room
	case "room mod bob off":
		example = "room mod cid off"
	case "room mod bob on":
		example = "room mod cid on"
	}
	parsed, err := line.Parse(example, line.ModeAuto, w.dispatch.Grammar(p))
	if err != nil || parsed.Kind != line.Command {
		t.Fatalf("it is no command: kind %d, error %v", parsed.Kind, err)
	}
	if !slices.ContainsFunc(parsed.Stages, func(st line.Stage) bool { return st.Name == s.Name || slices.Contains(s.Aliases, st.Name) }) {
		t.Errorf("it does not run %s", s.Name)
	}
	prepared, err := w.dispatch.Prepare(p, parsed)
	if err != nil {
		t.Fatal(err)
	}
	done := false
	p.await(prepared, func(_ string, errs []error) {
		done = true
		if len(errs) > 0 && s.Name != "unignore" { // there is nobody to unignore
			t.Error(errs)
		}
	})
	for answers := map[string][]string{
		"register fish":  {"correct horse", "correct horse"},
		"passwd":         {password, "correct horse", "correct horse"},
		"account delete": {"ann"},
	}[example]; len(answers) > 0; answers = answers[1:] {
		p.typed(answers[0])
	}
	if !done {
		t.Error("it does not end")
	}
}

// TestHelpOfAll checks that help knows every command by all its names, and that
// an operator's index lists each once.
func TestHelpOfAll(t *testing.T) {
	w := newWorld(t)
	w.play(`
		ann has an account
		ann> login ann "open sesame"
		ann< ...
		ann is operator`)
	ann := w.person("ann")
	ann.typed("help")
	index := strings.Join(ann.seen, "\n")
	ann.seen = nil
	for _, s := range w.dispatch.Registry().All() {
		if s.Hidden {
			continue
		}
		if n := strings.Count(index, "\n  "+s.Name+" "); n != 1 {
			t.Errorf("the index has %s %d times", s.Name, n)
		}
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			ann.typed("help " + name)
			if want := s.Usage() + " - " + s.Summary; ann.seen[0] != want {
				t.Errorf("help %s begins with %q, want %q", name, ann.seen[0], want)
			}
			ann.seen = nil
		}
	}
}
