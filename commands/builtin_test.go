package commands_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
)

// TestSpecs checks what every spec must have; the world's registry has checked
// that each is valid and that no two share a name.
func TestSpecs(t *testing.T) {
	specs := newWorld(t).dispatch.Registry().All()
	if len(specs) != 31 {
		t.Errorf("there are %d built-in commands, want 31", len(specs))
	}
	for _, s := range specs {
		switch {
		case s.Help == "" || !strings.HasSuffix(s.Help, "\n"):
			t.Errorf("%s: the help is missing or its last line does not end", s.Name)
		case s.Group == "":
			t.Errorf("%s: it is in no group", s.Name)
		case len(s.Examples) == 0:
			t.Errorf("%s: it has no example", s.Name)
		case strings.HasSuffix(s.Summary, ".") || s.Summary != strings.ToLower(s.Summary[:1])+s.Summary[1:]:
			t.Errorf("%s: the summary %q is not like the others: lower case, no full stop", s.Name, s.Summary)
		}
		for _, a := range s.Args {
			if a.Help == "" {
				t.Errorf("%s: the argument %s has no help", s.Name, a.Name)
			}
		}
		for l := range strings.Lines(s.Help) {
			if n := len(strings.TrimSuffix(l, "\n")); n > 80 {
				t.Errorf("%s: %d columns of help are too many: %s", s.Name, n, l)
			}
		}
	}
}

// TestExamples runs every example in a world where what it names is there.
func TestExamples(t *testing.T) {
	for _, s := range newWorld(t).dispatch.Registry().All() {
		for _, example := range s.Examples {
			t.Run(example, func(t *testing.T) {
				w := newWorld(t)
				w.play(`
					bob> login bob
					bob< ...
					bob> join ops
					bob< ...`)
				p := w.person("ann")
				if s.Name != "login" {
					w.play(`
						ann> login ann
						ann< ...
						bob< ...
						ann> join ops
						ann< ...
						bob< ...
						bob> msg ann hello
						ann< ...
						bob< ...`)
					p.user.SetRole(chat.Admin)
				}
				parsed, err := line.Parse(example, line.ModeAuto, w.dispatch.Grammar(p))
				if err != nil || parsed.Kind != line.Command {
					t.Fatalf("it is no command: kind %d, error %v", parsed.Kind, err)
				}
				inv, err := w.dispatch.Prepare(p, parsed)
				if err != nil {
					t.Fatal(err)
				}
				if inv.Name() != s.Name {
					t.Errorf("it runs %s", inv.Name())
				}
				errs := inv.Run(t.Context(), command.IO{})
				if len(errs) > 0 && s.Name != "unignore" { // there is nobody to unignore
					t.Error(errs)
				}
			})
		}
	}
}

// TestHelpOfAll checks that help knows every command by all its names, and that
// an operator's index lists each once.
func TestHelpOfAll(t *testing.T) {
	w := newWorld(t)
	w.play(`
		ann> login ann
		ann< ...
		ann is operator`)
	ann := w.person("ann")
	ann.typed("help")
	index := strings.Join(ann.seen, "\n")
	ann.seen = nil
	for _, s := range w.dispatch.Registry().All() {
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
