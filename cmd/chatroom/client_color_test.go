package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// Two clients pass on NO_COLOR, if their users tell them to: one from its
// environment, one from its settings. Then nothing is coloured, unless the user
// wants it all the same.
func TestNoColorOfRealClients(t *testing.T) {
	tests := []struct {
		client   string
		file     string // in the home directory
		text     string
		flags    []string // instead of those of realClients
		variable string
	}{
		{
			client: "inetutils-telnet", file: ".telnetrc", text: "DEFAULT environ export NO_COLOR\n",
			variable: "NO_COLOR=1",
		},
		{
			client: "plink", file: ".putty/sessions/chat", text: "Protocol=telnet\nEnvironment=NO_COLOR=1\n",
			flags: []string{"-load", "chat", "-telnet", "-P", "PORT", "HOST"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.client, func(t *testing.T) {
			t.Parallel()
			client := clientNamed(tt.client)
			if tt.flags != nil {
				client.argv = tt.flags
			}
			home := t.TempDir()
			path := filepath.Join(home, tt.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := programtest.Start(t, "")
			bob := s.Login("bob")
			var variables []string
			if tt.variable != "" {
				variables = append(variables, tt.variable)
			}
			ann := openTerminal(t, "ann", home, client.command(t, s), variables...)
			logIn(ann)
			ann.enter("echo steady") // what the client told is known for sure
			ann.expect("steady")
			bob.Send("hello ann")
			ann.expect("steady", "bob: hello ann")
			if ann.colored("bob: hello ann") {
				t.Error("coloured in spite of NO_COLOR")
			}
			ann.enter("set color on")
			ann.expect("-- color is on now.")
			bob.Send("hello again")
			ann.expect("-- color is on now.", "bob: hello again")
			if !ann.colored("bob: hello again") {
				t.Error("not coloured, though the user wants it")
			}
		})
	}
}
