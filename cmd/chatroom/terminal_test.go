package main_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A terminal is a real client in a terminal of its own, with its screen.
type terminal struct {
	t    *testing.T
	name string
	tty  *os.File

	mu      sync.Mutex
	emu     *vt.Emulator
	changed chan struct{} // closed and replaced with each change
	ended   bool
}

// openTerminal runs the client in a terminal of 80 columns and 24 rows until
// the end of the test.
func openTerminal(t *testing.T, name string, argv ...string) *terminal {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(cleanEnv(), "TERM=xterm", "LC_ALL=C.UTF-8")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, name: name, tty: tty, emu: vt.NewEmulator(80, 24), changed: make(chan struct{})}
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		x.show()
	}()
	// What the terminal answers to queries is input for the client.
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		io.Copy(tty, x.emu)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		tty.Close()
		<-shown
		x.emu.InputPipe().(io.Closer).Close()
		<-answers
		if t.Failed() {
			t.Logf("the screen of %s:\n%s", name, strings.Join(x.screen(), "\n"))
		}
	})
	return x
}

// show puts on the screen what the client prints, until it ends.
func (x *terminal) show() {
	buf := make([]byte, 4096)
	for {
		n, err := x.tty.Read(buf)
		x.mu.Lock()
		x.emu.Write(buf[:n])
		x.ended = err != nil
		close(x.changed)
		x.changed = make(chan struct{})
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// press sends keys as the keyboard does; Enter is \r.
func (x *terminal) press(keys string) {
	x.t.Helper()
	if _, err := x.tty.WriteString(keys); err != nil {
		x.t.Fatalf("%s: %v", x.name, err)
	}
}

// enter types a line.
func (x *terminal) enter(line string) {
	x.t.Helper()
	x.press(line + "\r")
}

// resize changes the window, which tells the client with SIGWINCH.
func (x *terminal) resize(cols, rows int) {
	x.t.Helper()
	x.mu.Lock()
	x.emu.Resize(cols, rows)
	x.mu.Unlock()
	if err := pty.Setsize(x.tty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		x.t.Fatal(err)
	}
}

// screen returns the rows on the screen, without what is empty at the end of
// each and of all.
func (x *terminal) screen() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	rows := strings.Split(x.emu.String(), "\n")
	for i, row := range rows {
		rows[i] = strings.TrimRight(row, " \r")
	}
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// expect waits until the last rows on the screen are as the patterns say, one
// pattern a row; see [chattest.Match].
func (x *terminal) expect(patterns ...string) {
	x.t.Helper()
	x.wait("the last rows "+strings.Join(patterns, " | "), func(rows []string) bool {
		if len(rows) < len(patterns) {
			return false
		}
		return slices.EqualFunc(patterns, rows[len(rows)-len(patterns):], chattest.Match)
	})
}

// wait returns when ok holds for the screen.
func (x *terminal) wait(what string, ok func(rows []string) bool) {
	x.t.Helper()
	timeout := time.After(chattest.Timeout)
	for {
		x.mu.Lock()
		changed, ended := x.changed, x.ended
		x.mu.Unlock()
		if ok(x.screen()) {
			return
		}
		if ended {
			x.t.Fatalf("%s: the client ended, want %s", x.name, what)
		}
		select {
		case <-changed:
		case <-timeout:
			x.t.Fatalf("%s: no %s", x.name, what)
		}
	}
}

// expectEnd waits until the client ends.
func (x *terminal) expectEnd() {
	x.t.Helper()
	timeout := time.After(chattest.Timeout)
	for {
		x.mu.Lock()
		changed, ended := x.changed, x.ended
		x.mu.Unlock()
		if ended {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			x.t.Fatalf("%s: the client did not end", x.name)
		}
	}
}

// What Ctrl-C does in a client, as its own documents have it.
const (
	cancels = "cancels the line" // and tells the server to interrupt
	ends    = "ends the client"
	asks    = "asks what to do" // with a menu of its own
)

var realClients = []struct {
	name    string
	tool    string
	argv    func(host, port string) []string
	naws    bool // tells the server the size of its window
	resizes bool // and when it changes
	ctrlC   string
}{
	{
		name: "inetutils-telnet", tool: "inetutils-telnet", naws: true, resizes: true, ctrlC: cancels,
		argv: func(host, port string) []string { return []string{"inetutils-telnet", host, port} },
	},
	{
		name: "plink", tool: "plink", naws: true, resizes: true, ctrlC: ends,
		argv: func(host, port string) []string { return []string{"plink", "-telnet", "-P", port, host} },
	},
	{
		name: "busybox", tool: "busybox", naws: true, ctrlC: asks,
		argv: func(host, port string) []string { return []string{"busybox", "telnet", host, port} },
	},
	{
		name: "nc", tool: "nc", ctrlC: ends,
		argv: func(host, port string) []string { return []string{"nc", host, port} },
	},
}

// Two people talk, with each of the clients that people have, and see on their
// screens what they should.
func TestRealClients(t *testing.T) {
	for _, client := range realClients {
		t.Run(client.name, func(t *testing.T) {
			t.Parallel()
			needTool(t, client.tool)
			s := startServer(t, "")
			host, port, err := net.SplitHostPort(s.addrs[0])
			if err != nil {
				t.Fatal(err)
			}
			observer := s.login("cid")
			argv := client.argv(host, port)
			enter := func(name string) *terminal {
				x := openTerminal(t, name, argv...)
				x.wait("welcome", func(rows []string) bool { return slices.Contains(rows, "Welcome to ChatRoom") })
				x.enter("login " + name)
				x.enter("/echo ready")
				x.expect("ready")
				return x
			}
			ann := enter("ann")
			bob := enter("bob")
			ann.expect("ready", "-- bob has joined")

			ann.enter("hello bob")
			bob.expect("ready", "ann: hello bob")
			ann.expect("-- bob has joined", "hello bob", "ann: hello bob")

			bob.enter("你好 👋")
			ann.expect("ann: hello bob", "bob: 你好 👋")
			bob.expect("ann: hello bob", "你好 👋", "bob: 你好 👋")
			ann.enter("👩‍💻 tschüß")
			bob.expect("bob: 你好 👋", "ann: 👩‍💻 tschüß")
			ann.expect("bob: 你好 👋", "👩‍💻 tschüß", "ann: 👩‍💻 tschüß")

			if client.naws {
				waitForWidth(ann, 80)
			}
			if client.resizes {
				ann.resize(40, 30)
				waitForWidth(ann, 40)
			}

			ann.press("never mind")
			ann.expect("never mind")
			ann.press("\x03")
			switch client.ctrlC {
			case cancels:
				// Telnet drops what comes until the server has answered to it.
				ann.enter("/echo ready again")
				ann.expect("ready again")
				bob.enter("still there?")
				ann.expect("ready again", "bob: still there?")
				ann.enter("yes")
				ann.expect("bob: still there?", "yes", "ann: yes")
				bob.expect("still there?", "bob: still there?", "ann: yes")
			case asks:
				ann.press("l") // line mode, as before
				bob.enter("still there?")
				ann.expect("...bob: still there?")
			case ends:
				ann.expectEnd()
				bob.expect("ann: 👩‍💻 tschüß", "-- ann has left...")
			}
			observer.Quiet("...never mind...")

			bob.enter("quit")
			observer.Expect("-- bob has left")
		})
	}
}

// waitForWidth asks for a list until it fits the width of the screen: a client
// may send a line before the size of a window that has just changed. A list
// that does not fit the width that the server knows of is cut, which an
// ellipsis shows.
func waitForWidth(x *terminal, cols int) {
	x.t.Helper()
	deadline := time.Now().Add(chattest.Timeout)
	for try := 1; time.Now().Before(deadline); try++ {
		x.enter("/set")
		x.wait("list of settings", func(rows []string) bool {
			last := rows[len(rows)-1]
			return strings.HasPrefix(last, "width ") || strings.HasSuffix(last, "the terminal's")
		})
		var zone string
		for _, row := range x.screen() {
			if strings.HasPrefix(row, "timezone ") {
				zone = row
			}
		}
		// The next list is waited for behind this row.
		mark := fmt.Sprintf("that was list %d", try)
		x.enter("/echo " + mark)
		x.expect(mark)
		switch {
		case cols >= 80 && strings.HasSuffix(zone, "or server"):
			return
		case cols < 80 && strings.HasSuffix(zone, "…") && utf8.RuneCountInString(zone) == cols:
			return
		}
	}
	x.t.Fatalf("%s: the server does not learn that the screen has %d columns", x.name, cols)
}
