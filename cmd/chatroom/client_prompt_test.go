package main_test

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// A prompt stands on the screen, messages come above it or in its place, and it
// stands again behind them. MUD clients know a prompt by its end: TinyFugue
// shows none before, and TinTin++ would go on in its row.
func TestPromptOfRealClients(t *testing.T) {
	tests := []struct {
		client string
		flags  []string // instead of those of realClients

		typing []string // the last rows when half a line is typed at the prompt
		news   []string // when messages came then
		sent   []string // and when the line was sent
	}{
		{
			client: "inetutils-telnet",
			typing: []string{"-- prompt is short now.", "lobby> half"},
			news:   []string{"-- prompt is short now.", "bob: one", "bob: two", "lobby>"},
			sent:   []string{"bob: two", "lobby>  a line", "ann: half a line", "lobby>"},
		},
		{
			client: "busybox",
			typing: []string{"-- prompt is short now.", "lobby> half"},
			news:   []string{"-- prompt is short now.", "bob: one", "bob: two", "lobby>"},
			sent:   []string{"bob: two", "lobby>  a line", "ann: half a line", "lobby>"},
		},
		{
			client: "TinTin++",
			typing: []string{"-- prompt is short now.", "lobby> half"},
			news:   []string{"lobby> half", "bob: one", "lobby>", "bob: two", "lobby>"},
			sent:   []string{"bob: two", "lobby>  a line", "ann: half a line", "lobby>"},
		},
		{
			// It has a window for what is typed, and a prompt stands there.
			client: "TinyFugue", flags: []string{"-f", "HOST", "PORT"},
			typing: []string{"-- prompt is short now.", "___...", "login ann", "set prompt short", "lobby> half"},
			news:   []string{"-- prompt is short now.", "bob: one", "bob: two", "___...", "login ann", "set prompt short", "lobby> half"},
			sent:   []string{"bob: two", "ann: half a line", "___...", "set prompt short", "lobby> half a line", "lobby>"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.client, func(t *testing.T) {
			t.Parallel()
			client := clientNamed(tt.client)
			if tt.flags != nil {
				client.argv = tt.flags
			}
			s := programtest.Start(t, "")
			bob := s.Login("bob")
			ann := openTerminal(t, "ann", t.TempDir(), client.command(t, s))
			ann.wait("welcome", hasRow("Welcome to ChatRoom"))
			ann.enter("login ann")
			ann.wait("room", hasRow("-- You are in lobby with 1 other."))
			ann.enter("set prompt short")
			ann.wait("prompt", func(rows []string) bool { return strings.HasPrefix(rows[len(rows)-1], "lobby>") })
			ann.press("half")
			ann.expect(tt.typing...)
			bob.Send("one")
			bob.Expect("bob: one")
			ann.wait("message", hasRow("bob: one"))
			bob.Send("two")
			ann.expect(tt.news...)
			ann.enter(" a line")
			bob.Expect("ann: half a line")
			ann.expect(tt.sent...)
		})
	}
}
