package main_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// naws is what a client sends whose window has that size (RFC 1073).
func naws(cols, rows byte) []byte {
	return []byte{255, 251, 31, 255, 250, 31, 0, cols, 0, rows, 255, 240}
}

const more = "-- more"

// page returns the lines up to the pager's question, or up to mark.
func page(c *chattest.Client, mark string) (lines []string, asks bool) {
	for {
		line := c.Next()
		switch {
		case strings.HasPrefix(line, more):
			return lines, true
		case line == mark:
			return lines, false
		}
		lines = append(lines, line)
	}
}

// A long text comes in pages as high as the window, and all of it.
func TestPager(t *testing.T) {
	const rows = 10
	s := programtest.Start(t, "")
	ann := s.Login("ann")

	// A client that does not tell the size of its window gets it in one piece.
	ann.Send("man set")
	ann.Send("/echo the end")
	whole, asks := page(ann, "the end")
	if asks || len(whole) < 2*rows {
		t.Fatalf("%d lines, pages: %v", len(whole), asks)
	}

	ann.SendRaw(naws(80, rows))
	ann.Send("man set")
	var got []string
	for pages := 1; ; pages++ {
		lines, asks := page(ann, "the end")
		got = append(got, lines...)
		if len(lines) > rows-1 {
			t.Errorf("page %d has %d lines and a question", pages, len(lines))
		}
		if !asks || pages > len(whole) {
			break
		}
		ann.Send("")
		if len(got)+rows > len(whole) { // the last page comes without a question
			ann.Send("/echo the end")
		}
	}
	if !slices.Equal(got, whole) {
		t.Errorf("the pages hold\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(whole, "\n"))
	}
}

// Each way to leave a page leaves nothing behind.
func TestPagerEnds(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.SendRaw(naws(80, 10))
	programtest.Skip(ann)
	for name, raw := range map[string]string{
		"q":         "q\r\n",
		"Ctrl-C":    "\x03",
		"interrupt": "\xff\xf4",
		"a line":    "/echo something else\r\n",
		"chat":      "say something else\r\n",
		"cancel":    "/cancel\r\n",
	} {
		ann.Send("man set")
		ann.Expect(more)
		ann.SendRaw([]byte(raw))
		ann.Send("/echo and then")
		for {
			line := ann.Next()
			if line == "and then" {
				break
			}
			if !strings.HasPrefix(line, "-- ") && !strings.HasSuffix(line, "something else") {
				t.Errorf("%s: the text goes on with %q", name, line)
			}
		}
	}
	bob.Expect("ann: something else")
}

// While somebody reads a page, what others say comes through.
func TestPagerIsNotDeaf(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.SendRaw(naws(80, 10))
	programtest.Skip(ann)
	ann.Send("man set")
	ann.Expect(more)
	bob.Send("are you there, ann?")
	ann.Expect("bob: are you there, ann?")
	ann.Send("")
	ann.Expect(more)
}

// What is short, piped, or for a program is not paged.
func TestNoPager(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	ann.SendRaw(naws(80, 10))
	programtest.Skip(ann)
	for _, line := range []string{"man ping", "man set | tail 30", "who"} {
		ann.Send(line)
		ann.Send("/echo the end")
		if lines, asks := page(ann, "the end"); asks {
			t.Errorf("%s: after %d lines comes a page", line, len(lines))
		}
	}
	ann.Send("set output json")
	ann.Send("/man set")
	ann.Expect(`"code":"ok","command":"man"`)
	ann.Quiet("..." + more + "...")
}
