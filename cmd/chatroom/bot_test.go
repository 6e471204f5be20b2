package main_test

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// TestBot runs the bot of core/session/MACHINE.md.
func TestBot(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatalf("the example bot needs python3: %v", err)
	}
	const script = "../../core/session/testdata/bot.py"
	s := programtest.Start(t, "[server]\nmotd = \"{\\\"type\\\": be kind}\"\n")
	host, port, err := net.SplitHostPort(s.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	ann := s.Login("ann")

	bot := exec.Command(python, script, host, port, "robo")
	bot.Stderr = os.Stderr
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- bot.Wait() }()
	t.Cleanup(func() { _ = bot.Process.Kill() })

	ann.Expect("-- robo has joined")
	ann.Send("say ping pong")
	ann.Expect("ann: ping pong")
	ann.Send("say ping") // by itself ping is a command
	ann.Expect("ann: ping")
	ann.Expect("robo: pong")
	ann.Send("/msg robo quit")
	ann.Expect("-> *robo* quit")
	ann.Expect("-- robo has left")
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the bot ended with %v", err)
		}
	case <-time.After(chattest.Timeout):
		t.Errorf("the bot did not end within %v", chattest.Timeout)
	}

	taken := exec.Command(python, script, host, port, "ann")
	out, err := taken.CombinedOutput()
	if err == nil || string(out) != "The name ann is taken; choose another.\n" {
		t.Errorf("a bot whose name is taken ended with %v and said %q", err, out)
	}
}
