package main_test

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A realClient is a program that people use to get here.
type realClient struct {
	name string
	tool string
	argv []string // without the name of the program; HOST and PORT are replaced

	echoes bool // what its user types stays on the screen
	ascii  bool // knows no other characters
	colors bool // names a terminal that has colours
	width  int  // what it says the width of the window is, beside its own; see noWidth
	fixed  bool // says it once, and not when the window changes
	ctrlC  string
	menu   string // how the menu of Ctrl-C begins
	key    string // that leaves it
}

// noWidth is the width of a client that tells none.
const noWidth = -1000

// What Ctrl-C does in a client, as its own documents have it.
const (
	cancels = "drops the line"
	ends    = "ends the client"
	asks    = "asks what to do" // with a menu of its own
)

var realClients = []realClient{
	{
		name: "inetutils-telnet", tool: "inetutils-telnet", argv: []string{"HOST", "PORT"},
		echoes: true, colors: true, ctrlC: cancels,
	},
	{
		name: "plink", tool: "plink", argv: []string{"-telnet", "-P", "PORT", "HOST"},
		echoes: true, colors: true, ctrlC: ends,
	},
	{
		name: "busybox", tool: "busybox", argv: []string{"telnet", "HOST", "PORT"},
		echoes: true, colors: true, fixed: true, ctrlC: asks, menu: "Console escape.", key: "l", // line mode, as before
	},
	{
		name: "TinTin++", tool: "tt++", argv: []string{"-G", "-e", "#session chat HOST PORT"},
		echoes: true, colors: true, ctrlC: cancels,
	},
	{
		// In the locales that there are it drops the eighth bit of what is not
		// ASCII. The last column is its own.
		name: "TinyFugue", tool: "tf5", argv: []string{"-f", "-v", "HOST", "PORT"},
		echoes: true, ascii: true, colors: true, width: -1, ctrlC: asks, menu: "C) continue tf", key: "c",
	},
	{
		name: "nc", tool: "nc", argv: []string{"HOST", "PORT"},
		echoes: true, width: noWidth, ctrlC: ends,
	},
	{
		name: "socat", tool: "socat", argv: []string{"-,raw,echo=0", "TCP:HOST:PORT"},
		width: noWidth, ctrlC: cancels,
	},
}

// command is what runs the client for a server.
func (c realClient) command(t *testing.T, s *programtest.Server) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	argv := []string{c.tool}
	if games := "/usr/games/" + c.tool; exists(games) { // which is not in every PATH
		argv[0] = games
	} else {
		programtest.NeedTool(t, c.tool)
	}
	for _, arg := range c.argv {
		argv = append(argv, strings.NewReplacer("HOST", host, "PORT", port).Replace(arg))
	}
	return argv
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// enter runs the client and logs in.
func (c realClient) enter(t *testing.T, s *programtest.Server, name string) *terminal {
	t.Helper()
	x := openTerminal(t, name, t.TempDir(), c.command(t, s))
	logIn(x)
	return x
}

func clientNamed(name string) realClient {
	return realClients[slices.IndexFunc(realClients, func(c realClient) bool { return c.name == name })]
}

// hasRow reports, of the rows on a screen, whether one begins like that.
func hasRow(begin string) func(rows []string) bool {
	return func(rows []string) bool {
		return slices.ContainsFunc(rows, func(row string) bool { return strings.HasPrefix(row, begin) })
	}
}

// logIn logs in with the name of the terminal. The last row is "ready" then.
// Like a person it does not go on before there is an answer: to the server, a CR
// with text behind it ends no line, and CR is all that socat sends.
func logIn(x *terminal) {
	x.t.Helper()
	x.wait("welcome", hasRow("Welcome to ChatRoom"))
	x.enter("login " + x.name)
	x.expect("-- You are in lobby with ...")
	x.enter("echo ready")
	x.expect("ready")
}

// Two people talk, with each of the clients that people have, and see on their
// screens what they should.
func TestRealClients(t *testing.T) {
	for _, client := range realClients {
		t.Run(client.name, func(t *testing.T) {
			t.Parallel()
			s := programtest.Start(t, "")
			observer := s.Login("cid")
			observer.Send("away " + strings.Repeat("far and ", 20) + "away") // wider than any screen
			programtest.Skip(observer)
			ann := client.enter(t, s, "ann")
			bob := client.enter(t, s, "bob")
			ann.expect("ready", "-- bob has joined")

			// say has from type the text and waits until both see it behind the
			// row that they had last. The row that shows the typing is the client's
			// own: TinTin++ loses parts of an emoji there, though not of the line.
			last := map[*terminal]string{ann: "-- bob has joined", bob: "ready"}
			say := func(from *terminal, text string) {
				t.Helper()
				from.enter(text)
				said := from.name + ": " + text
				for _, x := range []*terminal{ann, bob} {
					if x == from && client.echoes {
						x.expect(last[x], "...", said)
					} else {
						x.expect(last[x], said)
					}
					last[x] = said
				}
			}
			say(ann, "hello bob")
			if client.ascii {
				say(bob, "plain text")
				say(ann, "plain, too")
			} else {
				say(bob, "你好 👋")
				say(ann, "👩‍💻 tschüß")
			}
			if got := bob.colored(last[bob]); got != client.colors {
				t.Errorf("colours: %v, want %v", got, client.colors)
			}

			ellipsis := "…"
			if client.ascii {
				ellipsis = "b" // its first byte without the eighth bit
			}
			if client.width == noWidth {
				waitForWidth(ann, 80, ellipsis)
			} else {
				waitForWidth(ann, screenCols+client.width, ellipsis)
				if !client.fixed {
					ann.resize(50, 40)
					waitForWidth(ann, 50+client.width, ellipsis)
				}
			}

			ann.press("never mind")
			if client.echoes {
				ann.expect("never mind")
			}
			ann.press("\x03")
			switch client.ctrlC {
			case cancels:
				// Telnet drops what comes until the server has answered to it.
				ann.enter("echo ready again")
				ann.expect("ready again")
				last[ann] = "ready again"
				say(bob, "still there?")
				say(ann, "yes")
			case asks:
				ann.wait("menu", hasRow(client.menu))
				ann.press(client.key)
				bob.enter("still there?")
				ann.expect("...bob: still there?")
			case ends:
				ann.expectEnd()
				bob.expect(last[bob], "-- ann has left...")
			}
			observer.Quiet("...never mind...")

			bob.enter("quit")
			observer.Expect("-- bob has left")
		})
	}
}

// waitForWidth asks who is here until the list fits the width of the screen: a
// client may send a line before the size of a window that has just changed. The
// row of cid, who is away for a long reason, is cut at the width that the server
// knows of, which an ellipsis shows.
func waitForWidth(x *terminal, cols int, ellipsis string) {
	x.t.Helper()
	deadline := time.Now().Add(chattest.Timeout)
	for try := 1; time.Now().Before(deadline); try++ {
		mark := fmt.Sprintf("try %d for %d columns", try, cols)
		x.enter("echo " + mark)
		x.expect(mark)
		x.enter("who")
		var row string
		x.wait("list of who is here", func(rows []string) bool {
			rows = rows[slices.Index(rows, mark)+1:]
			i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, "cid ") })
			if i < 0 {
				return false
			}
			row = rows[i]
			return true
		})
		if strings.HasSuffix(row, ellipsis) && utf8.RuneCountInString(row) == cols {
			return
		}
	}
	x.t.Fatalf("%s: the server does not make its lists %d columns wide", x.name, cols)
}
