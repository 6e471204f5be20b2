package session_test

import (
	"strings"
	"testing"
)

const more = "-- more: Enter for the next page, q to end"

func TestPager(t *testing.T) {
	b := newBench(t, nil)
	ann := b.terminal("ann", window(80, 6)) // four lines a page
	for _, cmd := range []string{"/list", "/slowlist"} {
		list := func(n string) {
			ann.feed(cmd + " " + n + "\r\n")
			b.await(ann, more)
		}
		ann.feed(cmd + " 3\r\n") // with the line that says that this is all it is one page
		b.await(ann, "that is all\r\n")
		ann.expect("1", "2", "3", "-- that is all")
		ann.feed("\r\nfree\r\n")
		b.await(ann, "free\r\n")
		ann.expect("ann: free")

		list("9")
		ann.expect("1", "2", "3", "4", more)
		ann.feed("\r\n")
		b.await(ann, more)
		ann.expect("5", "6", "7", "8", more)
		ann.feed("\r\n")
		b.await(ann, "that is all\r\n")
		ann.expect("9", "-- that is all")
		ann.feed("\r\nfree\r\n")
		b.await(ann, "free\r\n")
		ann.expect("ann: free")

		list("9")
		ann.take()
		ann.feed("q\r\n\r\nfree\r\n")
		b.await(ann, "free\r\n")
		ann.expect("ann: free")

		list("9")
		ann.take()
		ann.feed("queue\r\n\r\nq\r\n")
		b.await(ann, "ann: q\r\n")
		ann.expect("ann: queue", "ann: q")

		list("9")
		ann.take()
		ann.Feed([]byte{3})
		ann.feed("free\r\n")
		b.await(ann, "free\r\n")
		if got := ann.take(); strings.Contains(got, "5") || !strings.HasSuffix(got, "ann: free\r\n") {
			t.Errorf("after Ctrl-C: %q", got)
		}
	}
}

// What is shown at a time is bounded by rows, also of long lines.
func TestPagerCountsRows(t *testing.T) {
	b := newBench(t, nil)
	ann := b.terminal("ann", window(20, 5)) // three rows of 20 columns
	ann.set("width", "20")
	ann.feed("/list 2\r\n")
	ann.expect("1", "2", "-- that is all")
	ann.feed("/list 3\r\n")
	ann.expect("1", "2", "3", more)
	ann.feed("q\r\n")
	ann.expect()
}

// A long output from elsewhere waits with its command, not in memory.
func TestPagerHoldsTheCommandBack(t *testing.T) {
	b := newBench(t, nil)
	ann := b.terminal("ann", window(80, 24))
	ann.feed("/slowlist 1000000\r\n")
	for range 1000 {
		b.await(ann, more)
		ann.take()
		ann.feed("\r\n")
	}
	b.await(ann, "\r\n22022\r\n")
	ann.feed("q\r\nfree\r\n")
	b.await(ann, "ann: free")
}

func TestNoPager(t *testing.T) {
	b := newBench(t, nil)
	for name, says := range map[string]string{"unknown": "", "reader": window(80, 6)} {
		p := b.terminal(name, says)
		if name == "reader" {
			p.set("screenreader", "on")
		}
		p.feed("/list 20\r\n")
		if got := p.take(); !strings.HasSuffix(got, "20\r\n-- that is all\r\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPagerAndPrompt(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.terminal("ann", window(80, 6)+isXterm), b.login("bob")
	ann.set("color", "off")
	ann.set("prompt", "%r> ")
	ann.take()
	ann.feed("/list 9\r\n")
	ann.expect("1", "2", "3", "4", more)
	bob.feed("hi\n")
	ann.expect("bob: hi")
	ann.feed("q\r\n")
	ann.shown("lobby> \xff\xf9")
}
