package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// A pipeline over one of its limits ends with an error that names the setting,
// and the session goes on.
func TestPipelineLimits(t *testing.T) {
	for name, tt := range map[string]struct{ config, line, setting string }{
		"stages": {"stages = 3", "who | head 1 | head 1 | wc -l", "pipeline.stages"},
		"bytes":  {`bytes = "1KiB"`, "history 500 | sort | wc -l", "pipeline.bytes"},
		"time":   {`time = "50ms"`, slowLine, "pipeline.time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := programtest.Start(t, "[pipeline]\n"+tt.config+"\n")
			ann, bob := s.Login("ann"), s.Login("bob")
			slowHistory(ann)
			programtest.Skip(bob)
			for _, sink := range []string{"", " | say", " | msg bob"} {
				ann.Send(tt.line + sink)
				if line := ann.Expect(tt.setting); !strings.HasPrefix(line, "-- ") {
					t.Errorf("%s%s: %q", tt.line, sink, line)
				}
			}
			ann.Send("who | wc -l")
			ann.Expect("3")
			ann.Send("say next")
			bob.ExpectExact("ann: next")
		})
	}
}

// A limit of 0 is none.
func TestPipelineLimitsOff(t *testing.T) {
	s := programtest.Start(t, "[pipeline]\nstages = 0\nbytes = \"0B\"\ntime = \"0s\"\n")
	ann := s.Login("ann")
	slowHistory(ann)
	ann.Send("history 500" + strings.Repeat(" | tail 500", 40) + " | wc -l")
	ann.Expect(fmt.Sprint(slowLines))
}

// head ends what feeds it: what it does not read does not count.
func TestEarlyEnd(t *testing.T) {
	s := programtest.Start(t, slowConfig)
	ann := s.Login("ann")
	slowHistory(ann)
	ann.Send("history 500 | grep -v -E '.{0,999}X' | head 1 | wc -l")
	ann.ExpectExact("1")
	for range 20 {
		ann.Send("history 500 | tee | head 1 | wc -l")
		ann.Send("history 500 | head 1 | wc -l")
		ann.Send("who | tee | head 1 | wc -l")
	}
	ann.Quiet("-- ...")
}

// The ten messages of a pipeline cost as much as ten lines.
func TestPipelineIsCharged(t *testing.T) {
	s := programtest.Start(t, `
[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_burst = 12
lines_per_second = 0.01
`)
	bob := s.Dial("bob")
	bob.Send("login bob")
	for i := range 10 {
		bob.Send(fmt.Sprintf("say %d", i))
	}
	bob.Expect("bob: 9")
	ann := s.Dial("ann")
	ann.Send("login ann")
	ann.Send("history 10 | say")
	for i := range 10 {
		ann.Expect(fmt.Sprintf("ann: ...bob: %d", i))
	}
	ann.SendRaw([]byte("/echo one\r\n/echo two\r\n/echo three\r\n/echo four\r\n/cancel\r\n"))
	for {
		line := ann.Next()
		if strings.Contains(line, "cancel") {
			break
		}
		if line == "three" || line == "four" {
			t.Errorf("after ten messages of a burst of 12 came %q", line)
		}
	}
}

// What goes through a pipe is all that was asked for, however long it is.
func TestHistoryThroughPipe(t *testing.T) {
	const messages = 200
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	for range messages {
		ann.Send("say " + strings.Repeat("a", 1000))
	}
	programtest.Skip(ann)
	ann.Send("history 500 | grep -c a")
	if got := ann.Next(); got != fmt.Sprint(messages) {
		t.Errorf("history 500 writes %s of %d messages into a pipe that takes 1 MiB", got, messages)
	}
}
