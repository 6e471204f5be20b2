package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/text"
)

var update = flag.Bool("update", false, "write the command table into the README instead of checking it")

// The command table of the README says what the specs say.
func TestReadmeCommands(t *testing.T) {
	const file, begin, end = "../../README.md", "against the commands' specs) -->\n", "<!-- commands: end -->"
	p, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(p), begin)
	table, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatal("the README has no place for the command table")
	}
	want := commandTable(t)
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("the README's command table is not that of the specs; go test ./cmd/chatroom -run Readme -update writes it:\n%s", want)
	}
}

func commandTable(t *testing.T) string {
	hub := chat.NewHub(memstore.NewLog(memstore.Limits{}), text.Fold, chat.Rules{})
	accounts, err := account.Open(t.Context(), &memstore.Store{}, account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer accounts.Close(t.Context())
	var b strings.Builder
	b.WriteString("| group | command | also | does |\n|---|---|---|---|\n")
	group := ""
	for _, c := range commands.Builtin(commands.Deps{Hub: hub, Accounts: accounts}) {
		s := c.Spec()
		if s.Hidden {
			continue
		}
		shown := s.Group
		if s.Group == group {
			shown = ""
		}
		group = s.Group
		does := s.Summary
		if s.Role > chat.Guest {
			does += fmt.Sprintf(" (%s)", s.Role)
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", shown, strings.ReplaceAll(s.Usage(), "|", "\\|"), strings.Join(s.Aliases, ", "), does)
	}
	return b.String()
}
