package wall_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// pour has c say n lines of about a kilobyte, which can't be compressed, in its room,
// and reads them back.
func pour(t *testing.T, c *chattest.Client, room string, n int, each func(i int)) {
	t.Helper()
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	for sent := 0; sent < n; {
		batch := min(50, n-sent)
		var b strings.Builder
		for i := range batch {
			text := make([]byte, 900)
			for j := range text {
				text[j] = letters[rand.IntN(len(letters))]
			}
			fmt.Fprintf(&b, "say %s %d %s\r\n", room, sent+i, text)
		}
		c.SendRaw([]byte(b.String()))
		for i := range batch {
			c.Expect(fmt.Sprintf(" %s %d ", room, sent+i))
			if each != nil {
				each(sent + i)
			}
		}
		sent += batch
	}
}

// D9: at its limits of bytes and of count the history gives up what is oldest and nothing
// else: the newest messages stay, and no account, ban or role goes; after a restart all
// is the same.
func TestD9HistoryAtItsLimits(t *testing.T) {
	t.Parallel()
	s := programtest.Start(t, "[history]\nbytes = \"1MiB\"\ncount = 400\nmemory = \"256KiB\"\n")
	ann := s.Register("ann")
	s.Must("admin", "grant", "ann")
	ann.Expect("-- Your role is admin now")
	ann.Send("ban 10.0.0.1 forever spam")
	ann.Expect("-- 10.0.0.1 is banned")
	ann.Send("say the very first")
	ann.Expect("ann: the very first")
	const n = 1500 // about 1.4 MB
	pour(t, ann, "lobby", n, nil)
	bob := s.Register("bob")
	bob.Send("join den")
	bob.Expect("You are in den")
	pour(t, bob, "den", 100, nil)
	for _, when := range []string{"while it runs", "after a restart"} {
		found := export(s)
		lobby, den := found.said("lobby"), found.said("den")
		if len(lobby) < 400 || len(lobby) > n*4/5 || !strings.HasPrefix(lobby[len(lobby)-1], fmt.Sprintf("lobby %d ", n-1)) {
			t.Fatalf("%s: the lobby has %d messages of %d, want those that take 1 MiB", when, len(lobby), n)
		}
		for i, text := range lobby {
			if want := fmt.Sprintf("lobby %d ", n-len(lobby)+i); !strings.HasPrefix(text, want) {
				t.Errorf("%s: the lobby has %.20q, want %q", when, text, want)
				break
			}
		}
		if len(den) == 0 || !strings.HasPrefix(den[len(den)-1], "den 99 ") {
			t.Errorf("%s: den has %d messages", when, len(den))
		}
		for _, name := range []string{"ann", "bob"} {
			if !found.has("accounts", name) {
				t.Errorf("%s: the account %s is gone", when, name)
			}
		}
		if !found.has("sanctions", "ban/10.0.0.1/32") || found.records["accounts"]["ann"].Grant == nil {
			t.Errorf("%s: a ban or a role is gone", when)
		}
		if when == "while it runs" {
			s.Restart()
		}
	}
	ann = s.Authenticate("ann")
	ann.Send("history 500 | wc")
	shown := ann.Expect("4...")
	if !strings.Contains(shown, " 400 ") && !strings.HasPrefix(strings.TrimSpace(shown), "400 ") {
		t.Errorf("history shows %q, want 400 messages", shown)
	}
	ann.Send("history 500 | head 1")
	ann.Expect(fmt.Sprintf("ann: lobby %d ", n-400))
}
