package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// slowLine is a pipeline that takes seconds on the history that slowHistory
// makes; in the end it would print a number.
const slowLine = "history 500 | grep -v -E '.{0,999}X' | grep -v -E '.{0,999}X' | grep -c a"

const slowLines = 60

func slowHistory(c *chattest.Client) {
	for range slowLines {
		c.Send("say " + strings.Repeat("a", 1000))
	}
	programtest.Skip(c)
}

const slowConfig = "[pipeline]\ntime = \"1m\"\n"

// A running pipeline ends at once, with the lines behind it.
func TestCancelPipeline(t *testing.T) {
	s := programtest.Start(t, slowConfig)
	ann := s.Login("ann")
	slowHistory(ann)
	for name, raw := range map[string]string{
		"/cancel": "/cancel\r\n",
		"Ctrl-C":  "\x03",
		"IP":      "\xff\xf4",
		"BRK":     "\xff\xf3",
	} {
		ann.SendRaw([]byte(slowLine + "\r\nsay this waits\r\n" + raw))
		if line := ann.Next(); !strings.HasPrefix(line, "-- ") || !strings.Contains(line, "cancel") {
			t.Errorf("%s: the pipeline ends with %q", name, line)
		}
		ann.Send("/echo next")
		ann.Expect("next")
	}
	ann.Quiet(fmt.Sprint(slowLines))
	ann.Quiet("ann: this waits")
}

// What a cancelled pipeline would have said is not said.
func TestCancelBeforeSay(t *testing.T) {
	s := programtest.Start(t, slowConfig)
	ann, bob := s.Login("ann"), s.Login("bob")
	slowHistory(ann)
	ann.SendRaw([]byte(slowLine + " | say\r\n/cancel\r\n"))
	ann.Expect("cancel")
	ann.Send("say next")
	bob.Expect("ann: next")
	bob.Quiet(fmt.Sprintf("ann: %d", slowLines))
}

// While a pipeline runs its session hears the others, and they wait for nothing.
func TestPipelineLeavesOthersAlone(t *testing.T) {
	s := programtest.Start(t, slowConfig)
	ann, bob := s.Login("ann"), s.Login("bob")
	slowHistory(ann)
	programtest.Skip(bob)
	ann.Send(slowLine)
	for i := range 20 {
		text := fmt.Sprintf("line %d", i)
		bob.Send("say " + text)
		bob.ExpectExact("bob: " + text)
		ann.ExpectExact("bob: " + text) // no number has come before
	}
	ann.Send("/cancel")
	ann.Expect("cancel")
}

// Whoever hangs up takes the pipeline along; the test's end sees to it that the
// server ends well.
func TestHangUpDuringPipeline(t *testing.T) {
	s := programtest.Start(t, slowConfig)
	bob := s.Login("bob")
	ann := s.Login("ann")
	slowHistory(ann)
	for range 5 {
		c := s.Login("cid")
		c.Send(slowLine)
		c.Close()
		bob.Expect("-- cid has left")
	}
}
