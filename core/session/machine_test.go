package session_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/session"
)

// machine returns a session of a program that is logged in and was shown what
// comes with it, which was three lines.
func (b *bench) machine(name string) *peer {
	b.t.Helper()
	p := b.dial(name, false)
	p.feed("set output json\nlogin " + name + "\n")
	if p.User() == nil {
		b.t.Fatalf("no login: %q", p.take())
	}
	p.take()
	return p
}

const stamp = `"time":"2026-01-02T15:04:05.000000Z"`

func TestMachineDialogue(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.Motd, s.Replay = "Be kind.", 10 })
	ann := b.login("ann")
	ann.feed("before\n")
	ann.take()
	bot := b.dial("bot", false)
	bot.take()
	bot.feed("/set output json\n")
	bot.expect(`{"type":"hello","version":1,"server":"ChatRoom",`+stamp+`}`,
		`{"type":"notice","id":1,"text":"output is json now"}`,
		`{"type":"result","id":1,"code":"ok","command":"set"}`)
	bot.feed("hello\n")
	bot.expect(`{"type":"result","id":2,"code":"unauthenticated","command":"hello","text":"Log in first: login NAME."}`)
	bot.feed("login bot\n")
	bot.expect(`{"type":"login","id":3,"user":"bot","role":"guest"}`,
		`{"type":"entered","id":3,"room":"lobby","seq":1,"members":2}`,
		`{"type":"result","id":3,"code":"ok","command":"login"}`)
	ann.feed("hi \"all\" \\o/\nhi bot\n")
	bot.expect(`{"type":"say","room":"lobby","seq":2,`+stamp+`,"from":"ann","text":"hi \"all\" \\o/"}`,
		`{"type":"say","room":"lobby","seq":3,`+stamp+`,"from":"ann","text":"hi bot","mention":true}`)
	bot.feed("hello\n\ncaf\xe9\n/crash x\n/echo x\n/people\n")
	bot.expect(`{"type":"say","room":"lobby","seq":4,`+stamp+`,"from":"bot","text":"hello"}`,
		`{"type":"result","id":4,"code":"ok"}`,
		`{"type":"result","id":5,"code":"ok"}`,
		`{"type":"result","id":6,"code":"invalid","text":"That line is not valid UTF-8 and was not taken; set your terminal to UTF-8."}`,
		`{"type":"result","id":7,"code":"invalid","command":"crash","text":"crash takes no arguments, not 1.\nUsage: crash"}`,
		`{"type":"output","id":8,"text":"x"}`,
		`{"type":"result","id":8,"code":"ok","command":"echo"}`,
		`{"type":"data","id":9,"data":{"name":"ann \u2028"}}`,
		`{"type":"result","id":9,"code":"ok","command":"people"}`)
	bot.feed("/join ops\n")
	bot.expect(`{"type":"entered","id":10,"room":"ops","members":1}`, `{"type":"result","id":10,"code":"ok","command":"join"}`)
	ann.feed("/logout\n")
	bot.expect(`{"type":"left","room":"lobby",` + stamp + `,"from":"ann"}`)
	bot.feed("/logout\n")
	bot.expect(`{"type":"logout","id":11}`, `{"type":"result","id":11,"code":"ok","command":"logout"}`)
	bot.feed("quit\nmore\n")
	bot.expect(`{"type":"notice","id":12,"text":"Goodbye."}`, `{"type":"result","id":12,"code":"ok","command":"quit"}`)
	if !bot.closed {
		t.Error("open after quit")
	}
}

// The lines that came with the one that asks for JSON are numbered too.
func TestMachineLinesBehindTheSwitch(t *testing.T) {
	b := newBench(t, func(s *session.Settings) { s.LinesBurst, s.LinesPerSec = 1, 1 })
	bot := b.dial("bot", false)
	bot.take()
	bot.feed("set output json\necho a\n/cancel\necho b\n")
	b.advance(10 * time.Second)
	got := bot.take()
	if _, rest, ok := strings.Cut(got, `"id":1,"code":"ok","command":"set"}`+"\r\n"); !ok || rest != lines(
		`{"type":"result","id":2,"code":"cancelled","text":"The line waited and was not run."}`,
		`{"type":"result","id":3,"code":"ok","command":"cancel"}`,
		`{"type":"output","id":4,"text":"b"}`,
		`{"type":"result","id":4,"code":"ok","command":"echo"}`) {
		t.Errorf("got %s", got)
	}
}

func TestMachineCancel(t *testing.T) {
	b := newBench(t, nil)
	bot := b.machine("bot")
	bot.feed("/block\n/echo waits\n")
	b.await(bot, "running")
	bot.take()
	bot.feed("/cancel\n")
	bot.expect(`{"type":"result","id":3,"code":"cancelled","command":"block","text":"block is cancelled."}`,
		`{"type":"result","id":4,"code":"cancelled","text":"The line waited and was not run."}`,
		`{"type":"result","id":5,"code":"ok","command":"cancel"}`)
	bot.feed("/fail\n")
	b.await(bot, `"result"`)
	bot.expect(`{"type":"output","id":6,"text":"half a result"}`,
		`{"type":"result","id":6,"code":"conflict","command":"fail","text":"It can't be.\nTry again."}`)
}

func TestMachineBackToText(t *testing.T) {
	b := newBench(t, nil)
	bot := b.machine("bot")
	bot.feed("/set output text\n/echo x\n")
	bot.expect(`{"type":"notice","id":3,"text":"output is text now"}`, `{"type":"result","id":3,"code":"ok","command":"set"}`, "x")
	bot.feed("/set output json\n")
	if got := bot.take(); !strings.HasPrefix(got, `{"type":"hello","version":1,"server":"ChatRoom",`+stamp+`,"user":"bot","role":"guest","room":"lobby"}`) {
		t.Errorf("got %s", got)
	}
}

func TestMachineRate(t *testing.T) {
	b := newBench(t, func(s *session.Settings) {
		s.LinesBurst, s.LinesPerSec, s.MachineBurst, s.MachinePerSec = 2, 1, 5, 10
	})
	bot := b.dial("bot", false)
	bot.feed("set output json\nlogin bot\n")
	b.advance(time.Minute)
	bot.take()
	bot.feed(strings.Repeat("/echo x\n", 7))
	if got := strings.Count(bot.take(), `"result"`); got != 5 {
		t.Errorf("%d lines at once, want 5", got)
	}
	b.advance(100 * time.Millisecond)
	if got := strings.Count(bot.take(), `"result"`); got != 1 {
		t.Errorf("%d lines in a tenth of a second, want 1", got)
	}
}

func TestMachineSettings(t *testing.T) {
	b := newBench(t, nil)
	ann, bot := b.login("ann"), b.machine("bot")
	bot.set("noise", "off")
	bot.set("color", "on")
	bot.set("timestamps", "time")
	bot.set("prompt", "short")
	ann.feed("/join ops\n/join lobby\n/logout\nlogin ann\nhi\n")
	bot.expect(`{"type":"say","room":"lobby","seq":1,` + stamp + `,"from":"ann","text":"hi"}`)
	if v := bot.View(); !v.Machine || v.Height != 0 {
		t.Errorf("view %+v", v)
	}
}

// The document holds the bot that is run against the server in cmd/chatroom.
func TestDocumentHoldsTheBot(t *testing.T) {
	doc, err := os.ReadFile("MACHINE.md")
	if err != nil {
		t.Fatal(err)
	}
	bot, err := os.ReadFile("testdata/bot.py")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), "```python\n"+string(bot)+"```\n") {
		t.Error("MACHINE.md does not hold testdata/bot.py")
	}
}

// Every type of object that is sent in these tests is in the document, and so is
// every example in the document JSON.
func TestDocumentedObjects(t *testing.T) {
	doc, err := os.ReadFile("MACHINE.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for l := range strings.Lines(string(doc)) {
		if strings.HasPrefix(l, "{") {
			examples++
			if !json.Valid([]byte(l)) {
				t.Errorf("no JSON: %s", l)
			}
		}
	}
	for _, typ := range []string{"hello", "login", "logout", "role", "entered", "say", "emote", "private", "joined", "left", "renamed", "topic",
		"invited", "expelled", "redacted", "output", "data", "notice", "job", "result"} {
		if !strings.Contains(string(doc), `"type":"`+typ+`"`) {
			t.Errorf("no example of %s", typ)
		}
	}
	if examples < 20 {
		t.Errorf("%d examples", examples)
	}
}
